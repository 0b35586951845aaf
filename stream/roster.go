package stream

// roster is a list of members from which any can be taken at once.
type roster struct {
	members []*member
}

// seat is a member's place in one roster.
type seat struct {
	roster *roster
	place  int
}

func (r *roster) add(m *member) {
	m.seats = append(m.seats, seat{r, len(r.members)})
	r.members = append(r.members, m)
}

// vacate takes the member of a seat out; the last member takes its place.
func (r *roster) vacate(place int) {
	last := len(r.members) - 1
	moved := r.members[last]
	for i := range moved.seats {
		if s := &moved.seats[i]; s.roster == r && s.place == last {
			s.place = place
		}
	}
	r.members[place] = moved
	r.members[last] = nil
	r.members = r.members[:last]
}
