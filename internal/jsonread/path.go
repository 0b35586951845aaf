package jsonread

import (
	"strconv"

	"github.com/jellyfish-dev/jellyfish-go/internal/redact"
)

// MaxProblems is how many problems are kept at most, of those that weren't taken
// yet.
const MaxProblems = 8

// path is where in the text the reader is, by the objects and arrays that were
// begun, and what couldn't be read.
type path struct {
	steps    []step
	names    []byte // The keys of all steps, one behind another.
	root     int    // How many steps stand before the path of a problem.
	problems []string
}

// step is one object or array that was begun.
type step struct {
	name  int // Where in names its present key begins,
	index int // or which element it is at; -1 before the first, and for objects.
	array bool
}

func (p *path) enter() { p.steps = append(p.steps, step{len(p.names), -1, false}) }

func (p *path) leave() {
	last := len(p.steps) - 1
	p.names = p.names[:p.steps[last].name]
	p.steps = p.steps[:last]
}

// named keeps a copy of the present key, and returns that.
func (p *path) named(key []byte) []byte {
	begin := p.steps[len(p.steps)-1].name
	p.names = append(p.names[:begin], key...)
	return p.names[begin:]
}

func (p *path) counted() {
	last := &p.steps[len(p.steps)-1]
	last.array = true
	last.index++
}

// String returns the path from its root on, as in "peers[2].tracks[0].id".
func (p *path) String() string {
	var text []byte
	for i := p.root; i < len(p.steps); i++ {
		if p.steps[i].array {
			text = append(strconv.AppendInt(append(text, '['), int64(p.steps[i].index), 10), ']')
			continue
		}
		end := len(p.names)
		if i+1 < len(p.steps) {
			end = p.steps[i+1].name
		}
		if len(text) > 0 {
			text = append(text, '.')
		}
		text = append(text, p.names[p.steps[i].name:end]...)
	}
	return redact.Line(string(text))
}

// Root makes the paths of problems begin at the value that is to be read next,
// and forgets the problems that there are. Zero steps stand before it at first.
func (r *Reader) Root() {
	r.root = len(r.steps)
	r.problems = nil
}

// Problem notes what is wrong with the value that was read last, as in "has no
// id".
func (r *Reader) Problem(what string) {
	if r.err != nil || len(r.problems) == MaxProblems {
		return
	}
	text := r.path.String()
	if text != "" {
		text += ": "
	}
	text += what
	if r.Charge(32 + textSize(len(text))) { // The text, and its place in a list.
		r.problems = append(r.problems, text)
	}
}

// Problems returns what couldn't be read since Root was called, one line each, at
// most MaxProblems of them. No text from outside is in them but keys.
func (r *Reader) Problems() []string { return r.problems }
