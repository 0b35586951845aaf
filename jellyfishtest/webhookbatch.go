package jellyfishtest

import (
	"net/url"
	"slices"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// notifyBatch queues notifications as one batch for each address that they go
// to.
func (w *webhooks) notifyBatch(ns []decode.Notification) {
	if w.server.config.Webhooks.JSON {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var addresses []*url.URL
	byAddress := make(map[*url.URL][]decode.Notification)
	for _, n := range ns {
		to := w.urlOf(n)
		if byAddress[to] == nil {
			addresses = append(addresses, to)
		}
		byAddress[to] = append(byAddress[to], n)
	}
	for _, to := range addresses {
		if message, err := encodeBatch(byAddress[to]); err == nil {
			w.push(delivery{url: to, message: message, alone: true})
		}
	}
}

// batch takes from the queue what can be sent with the first delivery, and
// returns the message that has it all. The caller holds the mutex.
func (w *webhooks) batch(first delivery) []byte {
	messages := [][]byte{first.message}
	ended := false
	w.queue = slices.DeleteFunc(w.queue, func(d delivery) bool {
		switch {
		case ended || d.url != first.url:
			return false
		case d.alone && (d.room == first.room || d.room == ""): // of no room is a batch of any rooms
			ended = true // what comes after it mustn't overtake it
			return false
		case d.room != first.room:
			return false
		}
		messages = append(messages, d.message)
		return true
	})
	if len(messages) == 1 {
		return first.message
	}
	return batchOf(messages)
}
