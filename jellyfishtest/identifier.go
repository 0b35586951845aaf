package jellyfishtest

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
)

// identifiers makes the ids of rooms, peers, components and tracks. Its owner's
// lock guards it.
type identifiers struct {
	sequential bool
	count      uint64
}

// uuid returns the id of a room, a peer or a component.
func (i *identifiers) uuid() string {
	if i.sequential {
		i.count++
		return fmt.Sprintf("00000000-0000-4000-8000-%012x", i.count)
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// track returns the id of a component's track, which has another form.
func (i *identifiers) track() string {
	if i.sequential {
		i.count++
		return fmt.Sprintf("%016X", i.count)
	}
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return strings.ToUpper(hex.EncodeToString(b[:]))
}
