package stream

// roster is a list of members from which any can be taken at once.
type roster struct {
	occupants []occupant
}

// occupant is a member, and which of its seats is in this roster.
type occupant struct {
	*member
	seat int
}

// seat is a member's place in one roster.
type seat struct {
	roster *roster
	place  int
}

func (r *roster) add(m *member) {
	r.occupants = append(r.occupants, occupant{m, len(m.seats)})
	m.seats = append(m.seats, seat{r, len(r.occupants) - 1})
}

// vacate takes the member at a place out; the last one moves there.
func (r *roster) vacate(place int) {
	last := len(r.occupants) - 1
	moved := r.occupants[last]
	r.occupants[place] = moved
	moved.seats[moved.seat].place = place
	r.occupants[last] = occupant{}
	r.occupants = r.occupants[:last]
}
