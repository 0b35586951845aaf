package main

import (
	"fmt"
	"math/rand/v2"
)

// identifiers makes ids as a server gives them to rooms and peers: random UUIDs,
// the same in every run.
type identifiers struct{ random *rand.Rand }

func newIdentifiers() identifiers {
	return identifiers{rand.New(rand.NewPCG(1, 2))}
}

func (i identifiers) next() string {
	high, low := i.random.Uint64(), i.random.Uint64()
	return fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xfff, low>>48&0x3fff|0x8000, low&0xffffffffffff)
}
