package main

import (
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	for _, moment := range []time.Time{time.Unix(0, 1), time.Now(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)} {
		stamp := formatStamp(moment)
		if parsed, err := parseStamp(stamp); len(stamp) != stampLength || err != nil || !parsed.Equal(moment) {
			t.Errorf("stamp of %v is %q, parsed %v, error %v", moment, stamp, parsed, err)
		}
	}
	if moment, err := parseStamp("no stamp"); err == nil {
		t.Errorf("parsed %v of no stamp", moment)
	}
}
