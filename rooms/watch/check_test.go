package watch

import (
	"reflect"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// check waits until everything has settled and checks what must hold at any time.
func (p *program) check() {
	synctest.Wait()
	now := p.view.Rooms()
	state := stateOf(now)
	p.checkMoment(now, state)
	if kept := stateOf(p.kept); !same(p.keptAs, kept) {
		p.Errorf("an earlier moment has changed (-then +now):\n%s", cmp.Diff(p.keptAs, kept))
	}
	for _, c := range p.consumers {
		known, _, err := c.known()
		if err != nil {
			p.Errorf("consumer %d: %v", c.name, err)
		} else if c.prompt() && !same(state, known) {
			p.Errorf("what consumer %d knows (-view +consumer):\n%s", c.name, cmp.Diff(state, known))
		}
	}
}

func (p *program) checkMoment(now Rooms, state []Room) {
	if now.Len() != len(state) {
		p.Errorf("Len is %d of %d rooms", now.Len(), len(state))
	}
	for i, room := range state {
		if i > 0 && state[i-1].ID == room.ID {
			if state[i-1].Node == room.Node {
				p.Errorf("room %s is there twice", room.ID)
			}
			continue
		}
		found, ok := now.Room(room.ID)
		if !ok || !same(normal(found), room) {
			p.Errorf("room %s is found as %v, not %v", room.ID, found, room)
		}
	}
}

// same is cmp.Equal, and fast for what is the same to the last nil, which is nearly
// always.
func same(a, b any) bool { return reflect.DeepEqual(a, b) || cmp.Equal(a, b) }
