package stream_test

import "time"

// sleepInBubble lets the fake clock of a synctest bubble run on for a moment.
func sleepInBubble() { time.Sleep(10 * time.Millisecond) }
