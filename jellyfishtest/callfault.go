package jellyfishtest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"time"
)

// CallFault is what goes wrong with REST calls. The zero value changes nothing.
type CallFault struct {
	// Method is the method of the calls, every method by default.
	Method string
	// Path is a pattern of [path.Match] for their path without the query, as the
	// client escaped it: "/room/*" stands for every room. By default it is every
	// path.
	Path string
	// Times is how many calls it happens to, by default all until the next
	// [Server.FailCalls].
	Times int

	// Delay is how long the call waits before anything else happens. A server
	// that is stopped doesn't wait.
	Delay time.Duration
	// Carry makes the server carry out the call and then throw its own answer
	// away, where Status or Cut replace it. By default nothing is done then.
	Carry bool
	// Status is the status of the answer, from 200 to 999, or 101. By default the
	// server answers as it would have.
	Status int
	// Header is added to the answer: a Retry-After, for example.
	Header http.Header
	// Body is the body of the answer if Status or Cut is set. A Content-Type is
	// the Header's to say.
	Body string
	// Cut ends the connection in place of an answer. With a Body, the answer
	// begins and the connection ends after the Body, before the answer's end.
	Cut bool
}

// FailCalls makes things go wrong with REST calls from now on, in place of what
// it was given before; without arguments it ends that. To a call happens the
// first of the faults that is for it and whose Times aren't used up. That comes
// before the server looks at anything, at the token too. [Server.Calls] has the
// calls nevertheless. The error is that of a Status or a Path that can't be.
func (s *Server) FailCalls(faults ...CallFault) error {
	for _, fault := range faults {
		if status := fault.Status; status != 0 && status != http.StatusSwitchingProtocols && (status < 200 || status > 999) {
			return fmt.Errorf("jellyfishtest: fail calls: status %d: must be 101 or from 200 to 999", status)
		}
		if _, err := path.Match(fault.Path, ""); err != nil {
			return fmt.Errorf("jellyfishtest: fail calls: path %q: %w", fault.Path, err)
		}
	}
	faults = slices.Clone(faults)
	for i, fault := range faults {
		faults[i].Header = fault.Header.Clone()
	}
	f := &s.faults
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = faults
	return nil
}

// takeCall returns what happens to a call, and counts it.
func (f *faults) takeCall(r *http.Request) (CallFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.calls {
		if fault.Times < 0 || !fault.concerns(r) {
			continue
		}
		switch fault.Times {
		case 0: // without end
		case 1:
			f.calls[i].Times = -1
		default:
			f.calls[i].Times--
		}
		return fault, true
	}
	return CallFault{}, false
}

func (f CallFault) concerns(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Path == "" {
		return true
	}
	matches, err := path.Match(f.Path, r.URL.EscapedPath())
	return err == nil && matches
}

// serve answers a call to which the fault happens.
func (f CallFault) serve(s *Server, w http.ResponseWriter, q *request, refused *answer) {
	if !f.await(q) {
		panic(http.ErrAbortHandler)
	}
	own := f.Status == 0 && !f.Cut
	a := refused
	if a == nil && (own || f.Carry) {
		a = s.answer(q)
	}
	for name, values := range f.Header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if own {
		a.write(w, q.Request)
		return
	}
	if f.Cut && f.Body == "" {
		panic(http.ErrAbortHandler)
	}
	f.write(w, q.Request)
}

// await waits for the fault's delay. It returns false if the call ended before.
func (f CallFault) await(q *request) bool {
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-q.Context().Done():
		return false
	}
}

// write sends the fault's own answer.
func (f CallFault) write(w http.ResponseWriter, r *http.Request) {
	header, status := w.Header(), f.Status
	if status == 0 {
		status = http.StatusOK
	}
	if header["Content-Type"] == nil {
		header["Content-Type"] = nil // none unless it was given
	}
	size := len(f.Body)
	if f.Cut {
		size++ // what is missing
	}
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(size))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(f.Body)) // a client that is gone doesn't matter
	}
	if status == http.StatusSwitchingProtocols { // nothing more is answered on the connection
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	if f.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
