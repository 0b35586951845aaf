package watch

// Stats are a view's counters since it began.
type Stats struct {
	// Lists counts the times that a node listed all its rooms, Lookups those that
	// it was asked for one, Failures those that either failed.
	Lists, Lookups, Failures uint64
	// Gaps counts the Gaps that the source told of.
	Gaps uint64
	// Inferred counts how often a list or a lookup changed a room, Corrected how
	// often a periodic list did, though nothing seemed to be missing.
	Inferred, Corrected uint64
}

// Stats returns the view's counters.
func (v *View) Stats() Stats {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.stats
}
