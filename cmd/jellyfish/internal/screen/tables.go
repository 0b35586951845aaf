package screen

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/board"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/rooms"
	"github.com/jellyfish-dev/jellyfish-go/rooms/watch"
)

// column is one of a table; width 0 is what the others leave over.
type column struct {
	heading string
	width   int
	right   bool
}

// row returns the cells of a line below each other's columns.
func row(columns []column, width int, cells ...string) string {
	for _, c := range columns {
		width -= c.width + 1
	}
	var line strings.Builder
	for i, c := range columns {
		w := c.width
		if w == 0 {
			w = max(4, width)
		}
		if c.right {
			line.WriteString(right(cells[i], w))
		} else {
			line.WriteString(fit(cells[i], w))
		}
		line.WriteByte(' ')
	}
	return line.String()
}

func headings(columns []column) []string {
	var cells []string
	for _, c := range columns {
		cells = append(cells, c.heading)
	}
	return cells
}

// rooms returns the heading of the list and so many rows.
func (m *Model) rooms(width, height int) []string {
	columns := []column{
		{"ROOM", 0, false}, {"AGE", 4, true}, {"PEERS", 7, true}, {"TRACKS", 7, true},
		{"IN", 5, true}, {"OUT", 5, true}, {"LOSS", 5, true}, {" LAST EVENT", 20, false},
	}
	if width < 78 {
		columns[len(columns)-1].width = 18
	}
	inner := width - 3
	lines := []string{"   " + m.paint("heading", row(columns, inner, headings(columns)...))}
	room := m.look.List
	for i, r := range room {
		marker := " "
		selected := m.look.Top+i == m.look.Index
		if selected {
			marker = "▸"
		}
		last := "   –"
		if r.Last != 0 {
			last = fmt.Sprintf("%4s %v", m.age(r.LastAt), r.Last)
		}
		line := row(columns, inner,
			shorten(output.Printable(r.ID), m.free(columns, inner)), m.age(r.Appeared), peers(r), tracks(r.Audio, r.Video),
			m.bitrate(r.Traffic.In), m.bitrate(r.Traffic.Out), m.loss(r.Traffic.Loss), last)
		line = " " + marker + " " + line
		if selected {
			line = m.paint("selected", fit(line, width))
		}
		lines = append(lines, line)
	}
	switch {
	case len(room) > 0 || height < 3:
	case !m.look.Synced:
		lines = append(lines, "", "   The server is being asked for its rooms.")
	case m.filter != "":
		lines = append(lines, "", "   No room has "+m.filter+" in its id. Esc takes the filter away.")
	default:
		lines = append(lines, "", "   No rooms yet. They appear here when one is created:", "   jellyfish rooms create")
	}
	return upTo(lines, height+1)
}

// free returns how wide the column is that takes what is left over.
func (m *Model) free(columns []column, width int) int {
	for _, c := range columns {
		width -= c.width + 1
	}
	return max(4, width)
}

// upTo returns exactly so many lines.
func upTo(lines []string, n int) []string {
	for len(lines) < n {
		lines = append(lines, "")
	}
	return lines[:n]
}

func peers(r board.Room) string { return fmt.Sprintf("%d/%d", r.Connected, r.Peers) }

// tracks returns how many there are of each type.
func tracks(audio, video int) string {
	var parts []string
	if audio > 0 {
		parts = append(parts, fmt.Sprintf("%da", audio))
	}
	if video > 0 {
		parts = append(parts, fmt.Sprintf("%dv", video))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, " ")
}

func countTracks(list []decode.Track) string {
	audio := 0
	for _, t := range list {
		if t.Type == decode.TrackTypeAudio {
			audio++
		}
	}
	return tracks(audio, len(list)-audio)
}

// room returns a room in full, in so many lines.
func (m *Model) room(width, height int) []string {
	r := m.look.Opened
	switch {
	case m.look.Gone:
		return upTo([]string{"", " The room has ended. Its last events stand below; esc leads back."}, height)
	case r == nil:
		return upTo(nil, height)
	}
	lines := []string{m.roomTitle(r, width)}
	if len(r.Peers)+len(r.Components)+len(r.Streamers)+len(r.Viewers) == 0 {
		lines = append(lines, "", "   Nobody is here yet: jellyfish peers create "+output.Printable(r.ID))
		return upTo(lines, height)
	}
	if len(r.Peers) > 0 {
		lines = append(lines, m.peerRows(r, width)...)
	}
	lines = append(lines, m.livestreamRows(r, width)...)
	lines = append(lines, m.componentRows(r, width)...)
	if over := len(lines) - height; over > 0 {
		lines = append(lines[:height-1], m.paint("faint", fmt.Sprintf("   … %d more", over+1)))
	}
	return upTo(lines, height)
}

func (m *Model) roomTitle(r *board.Opened, width int) string {
	parts := []string{m.age(r.Appeared)}
	if r.Node != "" {
		parts = append(parts, "node "+r.Node)
	}
	if r.Config.VideoCodec != "" {
		parts = append(parts, string(r.Config.VideoCodec))
	}
	limit := ""
	if r.Config.MaxPeers != nil {
		limit = fmt.Sprintf(" of %d", *r.Config.MaxPeers)
	}
	if r.IsLivestream() {
		parts = append(parts, output.Printable(string(r.Type)), output.Count(len(r.Streamers), "streamer"), output.Count(len(r.Viewers), "viewer"))
	} else {
		parts = append(parts, output.Count(len(r.Peers), "peer")+limit)
	}
	rest := output.Printable(strings.Join(parts, " · "))
	id := shorten(output.Printable(r.ID), max(8, width-len([]rune(rest))-5))
	return " " + m.paint("title", id) + "  " + rest
}

func (m *Model) peerRows(r *board.Opened, width int) []string {
	columns := []column{
		{"PEER", 0, false}, {"STATUS", 12, false}, {"SINCE", 5, true}, {"TRACKS", 7, true},
		{"IN", 5, true}, {"OUT", 5, true}, {"LOSS", 5, true},
	}
	if width < 64 {
		columns[1] = column{"", 1, false}
	}
	full := width >= wide // There is place for the id and the metadata.
	if full {
		columns[0].width = 20
		columns = slices.Insert(columns, 1, column{"ID", 36, false})
		columns = append(columns, column{" METADATA", 0, false})
	}
	lines := []string{"   " + m.paint("heading", row(columns, width-3, headings(columns)...))}
	list := slices.Clone(r.Peers)
	slices.SortStableFunc(list, func(x, y watch.Peer) int { // Who is there comes first.
		return strings.Compare(string(x.Status), string(y.Status))
	})
	for _, p := range list {
		status := "○ expected"
		if p.Status == rooms.StatusConnected {
			status = "● connected"
		}
		name := output.Printable(board.Name(p.Metadata))
		traffic := r.Traffic[p.ID]
		cells := []string{name, status, m.age(p.ConnectedAt), countTracks(p.Tracks), m.bitrate(traffic.In), m.bitrate(traffic.Out), m.loss(traffic.Loss)}
		switch {
		case full:
			if name == "" {
				cells[0] = "–"
			}
			cells = slices.Insert(cells, 1, output.Printable(p.ID))
			metadata := output.Printable(string(p.Metadata))
			if metadata == "" || metadata == "null" {
				metadata = "–"
			}
			cells = append(cells, " "+metadata)
		case name == "":
			cells[0] = shorten(output.Printable(p.ID), m.free(columns, width-3))
		}
		if width < 64 {
			cells[1] = string([]rune(status)[:1])
		}
		lines = append(lines, "   "+row(columns, width-3, cells...))
	}
	return lines
}

// livestreamRows returns who streams a livestream of hosted Fishjam, and who watches it.
func (m *Model) livestreamRows(r *board.Opened, width int) []string {
	if len(r.Streamers)+len(r.Viewers) == 0 {
		return nil
	}
	columns := []column{{"STREAMERS AND VIEWERS", min(36, width-32), false}, {"ROLE", 9, false}, {"STATUS", 11, false}, {"SINCE", 5, true}}
	lines := []string{"   " + m.paint("heading", row(columns, width-3, headings(columns)...))}
	add := func(id, role string, connected bool, since time.Time) {
		status := "○ expected"
		if connected {
			status = "● connected"
		}
		lines = append(lines, "   "+row(columns, width-3, shorten(output.Printable(id), columns[0].width), role, status, m.age(since)))
	}
	for _, s := range r.Streamers {
		add(s.ID, "streamer", s.Status == rooms.StatusConnected, s.ConnectedAt)
	}
	for _, v := range r.Viewers {
		add(v.ID, "viewer", !v.ConnectedAt.IsZero(), v.ConnectedAt)
	}
	return lines
}

func (m *Model) componentRows(r *board.Opened, width int) []string {
	if len(r.Components) == 0 {
		return nil
	}
	columns := []column{{"COMPONENT", min(36, width-26), false}, {"TYPE", 10, false}, {"TRACKS", 7, true}}
	lines := []string{"   " + m.paint("heading", row(columns, width-3, headings(columns)...))}
	for _, c := range r.Components {
		kind := output.Printable(string(c.Type))
		if hls, ok := c.Properties.(rooms.HLSProperties); ok && hls.Playable {
			kind += " ▶"
		}
		lines = append(lines, "   "+row(columns, width-3, shorten(output.Printable(c.ID), columns[0].width), kind, countTracks(c.Tracks)))
	}
	return lines
}

// eventsTitle separates the events from what is above, and says which they are.
func (m *Model) eventsTitle() string {
	what := "all"
	if m.opened != nil {
		what = output.Printable(m.opened.ID)
	}
	title := " EVENTS (" + what + ")"
	if m.find != "" {
		title += " filter: " + m.find
	}
	if m.search != "" && m.typing != &m.search {
		title += " find: " + m.search + " (n older, N newer)"
	}
	if m.paused {
		title += fmt.Sprintf(" ▮ paused: %d newer", m.look.Newest-m.frozen)
	}
	return m.paint("heading", title) + " " + strings.Repeat("─", max(0, m.width-len([]rune(title))-2))
}

// eventLines returns the events, the latest first.
func (m *Model) eventLines(height int) []string {
	var lines []string
	for _, e := range m.look.Events {
		lines = append(lines, m.eventLine(e))
	}
	if len(lines) == 0 && height > 1 {
		lines = append(lines, "   "+m.paint("faint", "Nothing yet. What happens from now on appears here."))
	}
	return upTo(lines, height)
}

func (m *Model) eventLine(e board.Event) string {
	at := " " + e.At.Format("15:04:05")
	if m.search != "" && e.Contains(strings.ToLower(m.search)) {
		at = m.paint("selected", "»") + e.At.Format("15:04:05")
	}
	d := e.Describe()
	if e.IsGap() {
		return m.paint("gap", at+"  ▓▓ GAP  "+output.Printable(d.Details))
	}
	room, who := 16, 14
	if m.width >= wide {
		room, who = 38, 38
	}
	name := e.Name
	if name == "" {
		name = shorten(d.Who, who)
	}
	line := at + "  " + fit(d.Kind, 22) + " " + fit(shorten(output.Printable(d.Room), room), room) + " " +
		fit(output.Printable(name), who) + " " + output.Printable(d.Brief)
	switch {
	case e.Notification == nil:
		return m.paint("inferred", fit(line, m.width))
	case strings.HasSuffix(d.Kind, "_crashed"):
		return m.paint("crashed", fit(line, m.width))
	}
	return line
}
