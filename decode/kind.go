package decode

// Kind identifies a notification's type. Kinds that the server sends have the field
// number of the message in its schema (ServerMessage of the Jellyfish and Fishjam
// protocol files).
type Kind int32

// The kinds. KindUnknown and the negative ones are never a number on the wire.
const (
	// KindGap is the kind of stream.Gap, a gap in a subscription.
	KindGap Kind = -2
	// KindUndecodable is the kind of [Undecodable].
	KindUndecodable Kind = -1
	// KindUnknown is the kind of [Unknown].
	KindUnknown Kind = 0

	KindRoomCrashed            Kind = 1
	KindPeerConnected          Kind = 2
	KindPeerDisconnected       Kind = 3
	KindPeerCrashed            Kind = 4
	KindComponentCrashed       Kind = 5
	KindRoomCreated            Kind = 10
	KindRoomDeleted            Kind = 11
	KindMetricsReport          Kind = 12
	KindHLSPlayable            Kind = 13
	KindHLSUploaded            Kind = 14
	KindHLSUploadCrashed       Kind = 15
	KindPeerMetadataUpdated    Kind = 16
	KindTrackAdded             Kind = 17
	KindTrackRemoved           Kind = 18
	KindTrackMetadataUpdated   Kind = 19
	KindPeerAdded              Kind = 20
	KindPeerDeleted            Kind = 21
	KindStreamConnected        Kind = 22
	KindStreamDisconnected     Kind = 23
	KindViewerConnected        Kind = 24
	KindViewerDisconnected     Kind = 25
	KindStreamerConnected      Kind = 26
	KindStreamerDisconnected   Kind = 27
	KindChannelAdded           Kind = 28
	KindChannelRemoved         Kind = 29
	KindTrackForwarding        Kind = 30
	KindTrackForwardingRemoved Kind = 31
	KindVAD                    Kind = 32
	KindRecordingStatusChanged Kind = 34
)

// kindNames are the names of the kinds that aren't in the schema.
var kindNames = map[Kind]string{
	KindGap:         "gap",
	KindUndecodable: "undecodable",
	KindUnknown:     "unknown",
}

// Kinds returns all kinds that servers send, in the order of their numbers.
// [KindUnknown], [KindUndecodable] and [KindGap] are not included, since no server
// sends them. The caller may modify the slice.
func Kinds() []Kind {
	var kinds []Kind
	for number := range table {
		if table[number].isNotification() {
			kinds = append(kinds, Kind(number))
		}
	}
	return kinds
}

// ParseKind returns the kind with the given name in the server's schema, such as
// "peer_connected", and whether there is one. It is the inverse of [Kind.String] for
// [Kinds].
func ParseKind(name string) (k Kind, ok bool) {
	for number := range table {
		if table[number].name == name && table[number].isNotification() {
			return Kind(number), true
		}
	}
	return 0, false
}

// String returns the kind's name in the server's schema, such as
// "peer_connected", or "kind(99)" for a number that this package doesn't know.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	if e := entryOf(k); e.isNotification() {
		return e.name
	}
	return numbered("kind", k)
}

// MarshalText returns the kind's name, so that it is the name in JSON.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText parses the result of MarshalText, for any kind.
func (k *Kind) UnmarshalText(text []byte) error {
	name := string(text)
	if known, ok := ParseKind(name); ok {
		*k = known
		return nil
	}
	for kind, known := range kindNames {
		if known == name {
			*k = kind
			return nil
		}
	}
	return parseNumbered("kind", name, k)
}
