package decode

import "strings"

// MetricsTrackID is the id of a track in a report. It begins with the id that the
// track has everywhere else, which is the publisher's id, a colon and a UUID.
// There may follow another colon and a variant:
//
//	<endpoint id>:<uuid>:       sent by the endpoint, without simulcast
//	<endpoint id>:<uuid>:h      sent by the endpoint, simulcast variant h, m or l
//	<endpoint id>:<uuid>:high   received, frames of the variant high, medium or low
//	<endpoint id>:<uuid>        received
type MetricsTrackID string

// Track returns the id without the variant, as in [TrackAdded].
func (id MetricsTrackID) Track() string {
	return string(id[:id.end()])
}

// Publisher returns the id of the endpoint that publishes the track. It is empty
// where the id has no colon.
func (id MetricsTrackID) Publisher() string {
	publisher, _, ok := strings.Cut(string(id), ":")
	if !ok {
		return ""
	}
	return publisher
}

// Variant returns what follows the second colon, and whether there is one. The
// variant of a track without simulcast is empty.
func (id MetricsTrackID) Variant() (variant string, ok bool) {
	end := id.end()
	if end == len(id) {
		return "", false
	}
	return string(id[end+1:]), true
}

// end returns where the second colon is, or the id's length where there is none.
func (id MetricsTrackID) end() int {
	first := strings.IndexByte(string(id), ':') + 1
	second := strings.IndexByte(string(id[first:]), ':')
	if second < 0 {
		return len(id)
	}
	return first + second
}
