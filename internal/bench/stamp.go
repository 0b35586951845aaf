package main

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"time"
)

// stampLength is the length of a stamp: a time as text that can stand for an id,
// the nanoseconds of the system's clock, which all processes of a machine share.
const stampLength = 16

func formatStamp(t time.Time) string { return string(appendStamp(nil, t)) }

func appendStamp(dst []byte, t time.Time) []byte {
	var nanoseconds [8]byte
	binary.BigEndian.PutUint64(nanoseconds[:], uint64(t.UnixNano()))
	return hex.AppendEncode(dst, nanoseconds[:])
}

func parseStamp(s string) (time.Time, error) {
	nanoseconds, err := strconv.ParseUint(s, 16, 64)
	if err != nil {
		return time.Time{}, err
	}
	return time.Unix(0, int64(nanoseconds)), nil
}
