package prometheus_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A Prometheus server takes the metrics in, and has something to show in every panel
// of the dashboard.
func TestPrometheusShowsTheDashboard(t *testing.T) {
	program := installed(t, "prometheus")
	s := everything(t)
	web := httptest.NewServer(s.collector.Handler())
	defer web.Close()
	p := scraping(t, program, web.Listener.Addr().String())
	eventually(t, "Prometheus has scraped twice", func() bool {
		return p.query(t, `count_over_time(jellyfish_client_view_up[1m]) >= 2`) > 0
	})
	check(t, s.server.SendMetrics(report("ada", 1500, 2700, 15, 3, 30, 5)))
	for _, expr := range readDashboard(t).expressions() {
		if strings.Contains(expr, "> 0") || strings.Contains(expr, "/ sum") {
			p.query(t, expr) // There may be none.
			continue
		}
		eventually(t, expr, func() bool { return p.query(t, expr) > 0 })
	}
}

// prometheusServer is one that scrapes twice a second.
type prometheusServer struct{ address string }

func scraping(t *testing.T, program, target string) prometheusServer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	p := prometheusServer{listener.Addr().String()}
	check(t, listener.Close())
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	check(t, os.WriteFile(config, fmt.Appendf(nil, `{
		"global": {"scrape_interval": "500ms", "scrape_timeout": "500ms"},
		"scrape_configs": [{"job_name": "app", "static_configs": [{"targets": [%q]}]}]
	}`, target), 0o600))
	ctx, cancel := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, program,
		"--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.address)
	output, err := command.StderrPipe()
	check(t, err)
	check(t, command.Start())
	t.Cleanup(func() {
		cancel()
		_ = command.Wait() // It was killed.
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Server is ready") {
			go func() {
				for lines.Scan() { // It must not wait for a reader.
				}
			}()
			return p
		}
		t.Log(lines.Text())
	}
	t.Fatal("Prometheus didn't start")
	return p
}

// query returns how many series an expression has.
func (p prometheusServer) query(t *testing.T, expr string) int {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	answer, err := client.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(expr))
	check(t, err)
	defer answer.Body.Close()
	var found struct {
		Status, Error string
		Data          struct{ Result []any }
	}
	check(t, json.NewDecoder(answer.Body).Decode(&found))
	if found.Status != "success" {
		t.Fatalf("%s: %s", expr, found.Error)
	}
	return len(found.Data.Result)
}
