package jellyfishtest

import (
	"fmt"
	"net/http"
	"path"
	"slices"
	"strconv"
	"time"
)

// CallFault is a failure of REST calls. The zero value changes nothing.
type CallFault struct {
	// Method restricts the fault to calls with this method. The default is any.
	Method string
	// Path restricts the fault to calls whose path matches this [path.Match]
	// pattern, such as "/room/*". It is compared with the path as the client
	// escaped it, without the query and, on a hosted server, without the prefix
	// /api/v1/connect/{id}. The default is any.
	Path string
	// Times is the number of calls that fail. The default is no limit.
	Times int

	// Delay is how long the call waits before anything else happens. The wait
	// ends early if the connection does.
	Delay time.Duration
	// Status is the status of the response: 101, or 200 to 999. By default the
	// server executes the call and gives its own response.
	Status int
	// Header is added to the response, for example a Retry-After.
	Header http.Header
	// Body is the response's body. It needs Status or Cut.
	Body string
	// Cut closes the connection instead of responding or, if there is a Body,
	// after the Body but before the end that Content-Length announces.
	Cut bool
	// Execute makes the server execute the call although Status or Cut replaces
	// its response. By default such a call has no effect.
	Execute bool
}

// FailCalls makes REST calls fail from now on. It replaces the faults of an earlier
// FailCalls; without arguments it ends them. The first fault that matches a call and
// has Times left applies to it, before the server checks anything, even the token.
// [Server.Calls] includes the failed calls. The error names the invalid field of a
// fault.
func (s *Server) FailCalls(faults ...CallFault) error {
	for _, fault := range faults {
		if status := fault.Status; status != 0 && status != http.StatusSwitchingProtocols && (status < 200 || status > 999) {
			return fmt.Errorf("jellyfishtest: fail calls: status %d: must be 101 or from 200 to 999", status)
		}
		if fault.Times < 0 {
			return fmt.Errorf("jellyfishtest: fail calls: times %d: must not be negative", fault.Times)
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

// takeCall returns the fault that applies to a call, and counts the call.
func (f *faults) takeCall(r *http.Request) (CallFault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, fault := range f.calls {
		if fault.Times < 0 || !fault.matches(r) {
			continue
		}
		switch fault.Times {
		case 0: // Without end.
		case 1:
			f.calls[i].Times = -1
		default:
			f.calls[i].Times--
		}
		return fault, true
	}
	return CallFault{}, false
}

// matches reports whether the fault is for a call like r.
func (f CallFault) matches(r *http.Request) bool {
	if f.Method != "" && f.Method != r.Method {
		return false
	}
	if f.Path == "" {
		return true
	}
	ok, err := path.Match(f.Path, r.URL.EscapedPath())
	return err == nil && ok
}

// serve answers a call to which the fault applies. refused is the answer to a
// request whose body can't be used, nil for any other.
func (f CallFault) serve(s *Server, w http.ResponseWriter, q *request, refused *answer) {
	if !f.await(q) {
		panic(http.ErrAbortHandler)
	}
	own := f.Status == 0 && !f.Cut
	a := refused
	if a == nil && (own || f.Execute) {
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

// await waits for the fault's delay. It reports whether the connection is still
// there.
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

// write sends the answer that the fault describes.
func (f CallFault) write(w http.ResponseWriter, r *http.Request) {
	header, status := w.Header(), f.Status
	if status == 0 {
		status = http.StatusOK
	}
	if header["Content-Type"] == nil {
		header["Content-Type"] = nil // None unless it was given.
	}
	size := len(f.Body)
	if f.Cut {
		size++ // What is missing.
	}
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		header.Set("Content-Length", strconv.Itoa(size))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(f.Body)) // A client that is gone doesn't matter.
	}
	if status == http.StatusSwitchingProtocols { // Nothing more is answered on the connection.
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}
	if f.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}
