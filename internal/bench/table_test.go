package main

import (
	"strings"
	"testing"
	"time"
)

func TestTables(t *testing.T) {
	whole := round{
		library: sample{rate: 1_523_000, cpu: 680.4, allocs: 2},
		plain:   sample{rate: 390_500, cpu: 2801, allocs: 6.04},
		bare:    sample{rate: 24_000_000},
	}
	lossy := withMissed(rates(1, 1, 1), 17)
	untimed := rates(150, 100, 160)
	slow := delays{p50: time.Millisecond, p99: 20 * time.Millisecond, p999: 2 * time.Second, rate: 1000}
	quick := delays{p50: 900, p99: 10 * time.Millisecond, p999: 12 * time.Millisecond, rate: 999}
	var out strings.Builder
	printTables(&out, []result{
		outcome{comparison{name: "Short", bar: bar{ratio: 3}}, []round{whole, lossy}},
		outcome{comparison{name: "Long"}, []round{untimed}},
		outcome{comparison{name: "Lossy"}, []round{lossy}},
		latencyResult{latencyAt(1000, 1), []delaysRound{{quick, slow}}},
		reconnectResult{reconnecting(), percentiles{time.Second}},
	})
	want := `
| message | library, msg/s | plain loop, msg/s | ratio (min–max)  | bar | CPU ns/msg, library : plain | allocs/msg, library : plain | missed | rounds counted | sender alone, msg/s |
|---------|----------------|-------------------|------------------|-----|-----------------------------|-----------------------------|--------|----------------|---------------------|
| Short   | 1.52 M         | 390 k             | 3.90 (3.90–3.90) | 3.0 | 680 : 2801                  | 2.0 : 6.0                   | 17     | 1 of 2         | 24 M                |
| Long    | 150            | 100               | 1.50 (1.50–1.50) | –   | –                           | –                           | 0      | 1 of 1         | 160 (the limit)     |
| Lossy   | –              | –                 | –                | –   | –                           | –                           | 17     | 0 of 1         | –                   |

| latency, median of rounds | library p50 | p99   | p99.9 | plain loop p50 | p99   | p99.9 | ratio of p99 (min–max) | bar | sent a second, library : plain |
|---------------------------|-------------|-------|-------|----------------|-------|-------|------------------------|-----|--------------------------------|
| Latency at 1,000 a second | 0.9 µs      | 10 ms | 12 ms | 1 ms           | 20 ms | 2 s   | 0.50 (0.50–0.50)       | 1.0 | 999 : 1000                     |

| outage            | cuts | p50 | p99 | bar for p99 | back-off                         |
|-------------------|------|-----|-----|-------------|----------------------------------|
| Cut to live again | 200  | 1 s | 1 s | 250 ms      | {Base:100ms Cap:30s Healthy:1ns} |
`
	if got := out.String(); got != want {
		t.Errorf("tables are%s\nwant%s", got, want)
	}
}
