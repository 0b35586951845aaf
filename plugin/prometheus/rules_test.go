package prometheus_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"

	"github.com/jellyfish-dev/jellyfish-go/plugin/prometheus"
)

// promtool runs Prometheus' own tool. Where it isn't installed the test is skipped,
// unless JELLYFISH_REQUIRE_PROMTOOL is 1.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	out, err := exec.Command(installed(t, "promtool"), args...).CombinedOutput()
	if err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func installed(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("JELLYFISH_REQUIRE_PROMTOOL") == "1" {
		t.Fatalf("%s is required: apt-get install prometheus", program)
	}
	t.Skipf("%s isn't installed (apt-get install prometheus)", program)
	return ""
}

func TestAlertsAreAcceptedAndFire(t *testing.T) {
	promtool(t, "check", "rules", "alerts.yml")
	promtool(t, "test", "rules", "alerts_test.yml")
}

func TestEveryAlertHasACase(t *testing.T) {
	rules, err := os.ReadFile("alerts.yml")
	check(t, err)
	cases, err := os.ReadFile("alerts_test.yml")
	check(t, err)
	alerts := regexp.MustCompile(`alert: (\w+)`).FindAllStringSubmatch(string(rules), -1)
	if len(alerts) == 0 {
		t.Fatal("there are no alerts")
	}
	for _, alert := range alerts {
		if !strings.Contains(string(cases), fmt.Sprintf("alertname=%q", alert[1])) {
			t.Errorf("no case in alerts_test.yml has %s fire", alert[1])
		}
	}
}

func TestScrapesPassPromtool(t *testing.T) {
	tool := installed(t, "promtool")
	s := everything(t)
	_, body := get(s.collector.Handler())
	command := exec.Command(tool, "check", "metrics")
	command.Stdin = strings.NewReader(body)
	if out, err := command.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// everything is a setup that shows every metric there is.
func everything(t *testing.T) *setup {
	t.Helper()
	s := measured(t, prometheus.Config{SingleRooms: 5})
	s.confer(t)
	sub, err := s.notifier.Subscribe(t.Context())
	check(t, err)
	check(t, s.collector.Add("billing", sub))
	eventually(t, "a room is chosen", func() bool {
		return s.families(t)["jellyfish_client_single_room_webrtc_sent_bytes_total"] != nil
	})
	return s
}

// dashboard is what the tests look at in dashboard.json.
type dashboard struct {
	Panels []struct {
		ID      int
		Title   string
		Type    string
		GridPos struct{ H, W, X, Y int }
		Targets []struct{ Expr, LegendFormat string }
	}
	Annotations struct{ List []struct{ Expr string } }
	Templating  struct{ List []struct{ Definition string } }
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	check(t, err)
	var d dashboard
	check(t, json.Unmarshal(text, &d))
	if len(d.Panels) == 0 {
		t.Fatal("the dashboard has no panels")
	}
	return d
}

// expressions are all of the dashboard, with Grafana's variables filled in.
func (d dashboard) expressions() []string {
	var all []string
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			all = append(all, target.Expr)
		}
	}
	for _, annotation := range d.Annotations.List {
		all = append(all, annotation.Expr)
	}
	variables := strings.NewReplacer("$__rate_interval", "1m", "$job", ".*", "$instance", ".*")
	for i := range all {
		all[i] = variables.Replace(all[i])
	}
	return all
}

var (
	metricName   = regexp.MustCompile(`jellyfish_client_\w+`)
	metricLabels = regexp.MustCompile(`(jellyfish_client_\w+)\{([^}]*)\}`)
	labelName    = regexp.MustCompile(`(\w+)\s*(?:=~|!~|!=|=)`)
	grouping     = regexp.MustCompile(`(?:by|without|ignoring) \(([^)]*)\)`)
	legendLabel  = regexp.MustCompile(`\{\{\s*(\w+)\s*\}\}`)
)

func TestDashboardAndAlertsUseWhatThereIs(t *testing.T) {
	families := everything(t).families(t)
	labels := []string{"job", "instance", "le"} // Of every scrape, and of buckets.
	for _, f := range families {
		labels = append(labels, labelsOf(f)...)
	}
	known := func(kind, name string) {
		t.Helper()
		if name = strings.TrimSpace(name); !slices.Contains(labels, name) {
			t.Errorf("%s: no metric has the label %q", kind, name)
		}
	}
	d := readDashboard(t)
	texts := d.expressions()
	for _, variable := range d.Templating.List {
		texts = append(texts, variable.Definition)
	}
	alerts, err := os.ReadFile("alerts.yml")
	check(t, err)
	for _, text := range append(texts, string(alerts)) {
		for _, name := range metricName.FindAllString(text, -1) {
			if familyOf(families, name) == nil {
				t.Errorf("there is no %s, which %.80q uses", name, text)
			}
		}
		for _, use := range metricLabels.FindAllStringSubmatch(text, -1) {
			f := familyOf(families, use[1])
			for _, label := range labelName.FindAllStringSubmatch(use[2], -1) {
				if own := append(labelsOf(f), "job", "instance"); !slices.Contains(own, label[1]) {
					t.Errorf("%s has no label %s", use[1], label[1])
				}
			}
		}
		for _, list := range grouping.FindAllStringSubmatch(text, -1) {
			for _, label := range strings.Split(list[1], ",") {
				known(text[:min(len(text), 80)], label)
			}
		}
	}
	for _, panel := range d.Panels {
		for _, target := range panel.Targets {
			for _, label := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
				known(panel.Title, label[1])
				if !strings.Contains(target.Expr, label[1]) {
					t.Errorf("%s: the expression gives no %s for the legend", panel.Title, label[1])
				}
			}
		}
	}
}

func familyOf(families map[string]*dto.MetricFamily, name string) *dto.MetricFamily {
	if f := families[name]; f != nil {
		return f
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if f := families[strings.TrimSuffix(name, suffix)]; f.GetType() == dto.MetricType_HISTOGRAM {
			return f
		}
	}
	return nil
}

func labelsOf(f *dto.MetricFamily) []string {
	var names []string
	for _, m := range f.GetMetric() {
		for _, l := range m.GetLabel() {
			names = append(names, l.GetName())
		}
	}
	return names
}

func TestDashboardIsLaidOut(t *testing.T) {
	taken := make(map[[2]int]string)
	ids := make(map[int]bool)
	for _, panel := range readDashboard(t).Panels {
		if ids[panel.ID] {
			t.Errorf("%s has the id of another panel", panel.Title)
		}
		ids[panel.ID] = true
		if panel.Type != "row" && len(panel.Targets) == 0 {
			t.Errorf("%s shows nothing", panel.Title)
		}
		at := panel.GridPos
		for x := at.X; x < at.X+at.W; x++ {
			for y := at.Y; y < at.Y+at.H; y++ {
				if other, ok := taken[[2]int{x, y}]; ok || x >= 24 {
					t.Fatalf("%s is on top of %q, or beyond the right edge", panel.Title, other)
				}
				taken[[2]int{x, y}] = panel.Title
			}
		}
	}
}

// Prometheus reads the dashboard's expressions.
func TestDashboardsExpressionsAreAccepted(t *testing.T) {
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	var rules []rule
	for i, expr := range readDashboard(t).expressions() {
		rules = append(rules, rule{fmt.Sprint("panel:", i), expr})
	}
	text, err := json.Marshal(map[string]any{"groups": []any{map[string]any{"name": "dashboard", "rules": rules}}})
	check(t, err)
	file := filepath.Join(t.TempDir(), "dashboard.yml") // JSON is YAML.
	check(t, os.WriteFile(file, text, 0o600))
	promtool(t, "check", "rules", file)
}

func TestReadmeListsEveryMetric(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	check(t, err)
	families := everything(t).families(t)
	for name := range families {
		if !strings.Contains(string(readme), "`"+strings.TrimPrefix(name, "jellyfish_client_")) {
			t.Errorf("the README doesn't list %s", name)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)").FindAllStringSubmatch(string(readme), -1) {
		if families["jellyfish_client_"+row[1]] == nil {
			t.Errorf("the README lists %s, which there isn't", row[1])
		}
	}
}
