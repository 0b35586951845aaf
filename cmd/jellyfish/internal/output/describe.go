package output

import (
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"

	"github.com/jellyfish-dev/jellyfish-go/decode"
	"github.com/jellyfish-dev/jellyfish-go/stream"
)

// Description is a notification in words.
type Description struct {
	// Kind is the notification's kind, Room the room's id.
	Kind, Room string
	// Who is the id of the peer, the component, or what else it is about; WhoType
	// is "peer", "component" and so on.
	Who, WhoType string
	// Details are all other fields, Brief the same without the ids of tracks.
	Details, Brief string
}

// owners are the fields that say what a notification is about, the first of
// which counts.
var owners = map[string]string{
	"PeerID":      "peer",
	"ComponentID": "component",
	"ViewerID":    "viewer",
	"StreamerID":  "streamer",
	"StreamID":    "stream",
}

// Describe returns a notification in words. Types that are newer than this
// command are described by their fields.
func Describe(n decode.Notification) Description {
	d := Description{Kind: n.Kind().String()}
	if text := special(n); text != "" {
		d.Details, d.Brief = text, text
		return d
	}
	d.Room, _ = decode.RoomOf(n)
	var details, brief []string
	value := reflect.ValueOf(n)
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		kind, isOwner := owners[name]
		switch field := value.Field(i).Interface().(type) {
		case decode.Owner:
			d.WhoType, d.Who = field.Type.String(), field.ID
		case decode.Track:
			if field.ID != "" {
				details = append(details, field.Type.String(), field.ID, string(field.Metadata))
				brief = append(brief, field.Type.String(), string(field.Metadata))
			}
		case decode.Metadata:
			details, brief = append(details, string(field)), append(brief, string(field))
		default:
			text := fmt.Sprint(field)
			switch {
			case name == "RoomID" || text == "":
			case isOwner && d.Who == "":
				d.WhoType, d.Who = kind, text
			case name == "Reason":
				details, brief = append(details, text), append(brief, text)
			case name != "PeerType":
				text = strings.TrimSuffix(snake(name), "_id") + " " + text
				details, brief = append(details, text), append(brief, text)
			}
		}
	}
	d.Details, d.Brief = strings.TrimSpace(strings.Join(details, " ")), strings.TrimSpace(strings.Join(brief, " "))
	return d
}

// special describes what isn't described by its fields.
func special(n decode.Notification) string {
	switch n := n.(type) {
	case stream.Gap:
		return gap(n)
	case stream.Report:
		return strings.TrimPrefix(n.String(), "metrics report of ")
	case decode.MetricsReport:
		return fmt.Sprintf("%d bytes", len(n.JSON))
	case decode.Unknown:
		return fmt.Sprintf("number %d, %d bytes", n.Number, len(n.Payload))
	}
	return ""
}

// gap says what is missing, how it came about, and where.
func gap(g stream.Gap) string {
	var parts []string
	if g.Dropped > 0 {
		parts = append(parts, fmt.Sprintf("%d dropped, too slow here", g.Dropped))
	}
	if g.Undecodable > 0 {
		parts = append(parts, fmt.Sprintf("%d undecodable", g.Undecodable))
	}
	if g.Outages > 0 {
		parts = append(parts, fmt.Sprintf("%s, %.1fs, unknown number missing", Count(g.Outages, "outage"), g.Until.Sub(g.Since).Seconds()))
	}
	text := strings.Join(parts, ", ")
	if g.Outages > 0 && g.From != g.To {
		text += "  " + g.From + " → " + g.To
	}
	if g.Err != nil {
		text += "  (" + g.Err.Error() + ")"
	}
	return text
}

// snake returns the name of a field as the server's schema has it.
func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 && unicode.IsLower(rune(name[i-1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// Printable returns text on one line that leaves the terminal unharmed.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, text)
}

// Age returns how long something has taken, in at most four characters.
func Age(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0s"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// Count returns a number and what is counted.
func Count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok {
		noun = stem + "ie"
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
