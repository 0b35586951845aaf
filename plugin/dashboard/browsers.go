package dashboard

import (
	"log/slog"
)

const (
	// maxBrowsers is how many streams there are at once.
	maxBrowsers = 256
	// maxBehind is how many messages wait for a browser before it is disconnected.
	maxBehind = 16
)

// browser is one stream. Its queue is closed when it lags behind or the page ends.
type browser struct{ queue chan []byte }

// browsers are the streams that there are. Its owner's lock guards it.
type browsers struct {
	all    map[*browser]struct{}
	ended  bool
	slow   uint64 // How many were disconnected.
	logger *slog.Logger
}

func (bs *browsers) join() (*browser, bool) {
	if bs.ended || len(bs.all) >= maxBrowsers {
		return nil, false
	}
	b := &browser{queue: make(chan []byte, maxBehind)}
	bs.all[b] = struct{}{}
	return b, true
}

func (bs *browsers) leave(b *browser) { delete(bs.all, b) }

// send hands a message to all, who share its bytes. It never waits.
func (bs *browsers) send(text []byte) {
	for b := range bs.all {
		select {
		case b.queue <- text:
		default:
			delete(bs.all, b)
			close(b.queue)
			bs.slow++
			if bs.logger != nil {
				bs.logger.Info("A browser was too slow for the dashboard and was disconnected.")
			}
		}
	}
}

// end closes all streams and refuses further ones.
func (bs *browsers) end() {
	bs.ended = true
	for b := range bs.all {
		delete(bs.all, b)
		close(b.queue)
	}
}
