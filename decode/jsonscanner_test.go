package decode

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// takes reports whether a scanner accepts the text as one value.
func takes(text string) bool {
	s := jsonScanner{text: text}
	_, _, err := s.value()
	return err == nil && s.end() == nil
}

// The scanner accepts what encoding/json accepts, and nothing else.
func TestScannerAgreesWithJSON(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 5))
	parts := []string{
		"{", "}", "[", "]", ",", ":", `"a":`, `""`, `"`, " ", "\n", "0", "-", "1", ".5", "e", "E+1", "-0", "01", "true", "false", "null", "nul",
		`\`, `\u12aF`, `\u12`, `\n`, `\x`, "\x00", "\x7f", "\xff", "é", "\u2028", `"\ud800"`, `{"a":[1,{}]}`, "[[]]",
	}
	valid := 0
	for range 200_000 {
		var text strings.Builder
		for range 1 + random.IntN(8) {
			text.WriteString(parts[random.IntN(len(parts))])
		}
		want := json.Valid([]byte(text.String()))
		if got := takes(text.String()); got != want {
			t.Fatalf("%q is taken: %v, want %v", text.String(), got, want)
		}
		if want {
			valid++
		}
	}
	if valid < 2000 {
		t.Errorf("only %d texts were JSON", valid)
	}
}

// Brackets match at any depth, also at the end of a 64-bit word of them.
func TestScannerNestsWithoutLimit(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 5))
	for _, depth := range []int{1, 2, 63, 64, 65, 127, 128, 129, 1000, 100_000} {
		begin, end := make([]string, 0, depth), make([]string, depth)
		for i := range depth {
			if random.IntN(2) == 0 {
				begin, end[depth-1-i] = append(begin, "["), "]"
			} else {
				begin, end[depth-1-i] = append(begin, `{"":`), "}"
			}
		}
		text := strings.Join(begin, "") + "1" + strings.Join(end, "")
		if !takes(text) {
			t.Errorf("%d levels are not taken", depth)
		}
		for range 20 {
			i := random.IntN(depth)
			wrong := []byte(text)
			at := len(text) - 1 - i
			wrong[at] ^= ']' ^ '}'
			if takes(string(wrong)) {
				t.Errorf("of %d levels the end of one is another's", depth)
			}
		}
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range []string{`{"a":[1,-0.5e+3,"\u00e9\n",true,null,{}],"":[]}`, " [[],{}] ", `"\ud800"`, "01", "1.", "-", "[1,]", `{"a"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "[")+strings.Count(text, "{") > 10_000 {
			return // Too deep for encoding/json.
		}
		if got, want := takes(text), json.Valid([]byte(text)); got != want {
			t.Errorf("%q is taken: %v, want %v", text, got, want)
		}
	})
}
