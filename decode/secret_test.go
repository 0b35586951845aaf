package decode_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// signed is the message room_created of the Jellyfish protocol, section 7.3, and
// signature what openssl dgst -sha256 -hmac development prints for it.
const (
	signed    = "\x52\x08\x0a\x06room-1"
	signature = "085016fb84f0d1a614cf2788fdc6b1b117f937f6e8e417f13e268388d995d7d0"
)

func TestSign(t *testing.T) {
	if got, want := sign("development", []byte(signed)), "sha256="+signature; got != want {
		t.Errorf("Sign = %s, want %s", got, want)
	}
}

// Jellyfish protocol, sections 3.5 and 7.3.
func TestCheckSignature(t *testing.T) {
	one := []string{"development"}
	for _, c := range []struct {
		name, signature, body string
		secrets               []string
		verified              bool
	}{
		{"with prefix", "sha256=" + signature, signed, one, true},
		{"without prefix", signature, signed, one, true},
		{"upper-case digits", "sha256=" + strings.ToUpper(signature), signed, one, true},
		{"new secret", signature, signed, []string{"development", "old"}, true},
		{"old secret", signature, signed, []string{"new", "development"}, true},
		{"secret in the middle", signature, signed, []string{"new", "development", "old"}, true},
		{"beside an empty secret", signature, signed, []string{"", "development", ""}, true},

		{"no signature", "", signed, one, false},
		{"prefix alone", "sha256=", signed, one, false},
		{"other bytes", "sha256=deadbeef", signed, one, false},
		{"other secret", signature, signed, []string{"production"}, false},
		{"other secrets", signature, signed, []string{"new", "old"}, false},
		{"secret in capitals", signature, signed, []string{"Development"}, false},
		{"altered body", signature, signed[:len(signed)-1] + "2", one, false},
		{"longer body", signature, signed + "\x00", one, false},
		{"no body", signature, "", one, false},
		{"no secrets", signature, signed, nil, false},
		{"empty list of secrets", signature, signed, []string{}, false},
		{"signed with an empty secret", sign("", []byte(signed)), signed, []string{""}, false},
		{"empty secret behind another", sign("", []byte(signed)), signed, []string{"development", ""}, false},
		{"cut short", signature[:62], signed, one, false},
		{"odd number of digits", signature[:63], signed, one, false},
		{"longer", signature + "00", signed, one, false},
		{"twice", signature + signature, signed, one, false},
		{"two prefixes", "sha256=sha256=" + signature, signed, one, false},
		{"upper-case prefix", "SHA256=" + signature, signed, one, false},
		{"other prefix", "sha1=" + signature, signed, one, false},
		{"space before", " " + signature, signed, one, false},
		{"space behind", signature + " ", signed, one, false},
		{"one digit off", "1" + signature[1:], signed, one, false},
		{"last digit off", signature[:63] + "1", signed, one, false},
		{"a letter that is no digit", "g" + signature[1:], signed, one, false},
	} {
		err := decode.CheckSignature(c.signature, []byte(c.body), secrets(c.secrets...)...)
		switch {
		case c.verified && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case !c.verified && !errors.Is(err, decode.ErrUnverified):
			t.Errorf("%s: error %v, want ErrUnverified", c.name, err)
		}
	}
}

// FuzzCheckSignature compares CheckSignature with a comparison of texts.
func FuzzCheckSignature(f *testing.F) {
	f.Add("sha256="+signature, []byte(signed), "development", "", 0)
	f.Add(signature, []byte(signed), "old", "development", 1)
	f.Add("sha256=deadbeef", []byte(signed), "development", "old", 2)
	f.Add("", []byte(nil), "", "", 3)
	f.Add("sha256=", []byte("{}"), "a", "a\x00", 4)
	f.Add(strings.ToUpper(signature), []byte(signed), "development", "", 5)
	f.Fuzz(func(t *testing.T, signature string, body []byte, first, second string, own int) {
		// A random signature is never right, so most are made from the right one.
		switch own & 7 {
		case 1:
			signature = sign(first, body)
		case 2:
			signature = sign(second, body)
		case 3:
			signature = strings.TrimPrefix(sign(second, body), "sha256=")
		case 4:
			signature = sign(signature, body)
		case 5:
			signature = sign(first, body) + signature
		case 6:
			signature += sign(first, body)
		}
		want := false
		for _, secret := range []string{first, second} {
			hash := hmac.New(sha256.New, []byte(secret))
			hash.Write(body)
			digits := strings.ToLower(strings.TrimPrefix(signature, "sha256="))
			if secret != "" && digits == fmt.Sprintf("%x", hash.Sum(nil)) {
				want = true
			}
		}
		err := decode.CheckSignature(signature, body, secrets(first, second)...)
		if (err == nil) != want || err != nil && !errors.Is(err, decode.ErrUnverified) {
			t.Errorf("CheckSignature(%q, %x, %q, %q) = %v, want verified %v", signature, body, first, second, err, want)
		}
	})
}

// If the process may use approved cryptography only, a secret that is too short is an
// error. That is decided at startup, so the test runs itself again.
func TestShortSecretsWithFIPSOnly(t *testing.T) {
	if os.Getenv("GODEBUG") != "fips140=only" {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		again := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.v")
		again.Env = append(os.Environ(), "GODEBUG=fips140=only")
		output, err := again.CombinedOutput()
		if err != nil || !bytes.Contains(output, []byte("--- PASS: "+t.Name())) {
			t.Errorf("%v: %s", err, output)
		}
		return
	}
	short, long := decode.NewSecret("13 characters"), decode.NewSecret("14 characters.")
	signature, err := decode.Sign(long, []byte(signed))
	if err != nil {
		t.Errorf("a long secret: %v", err)
	}
	if _, err := decode.Sign(short, nil); err == nil {
		t.Error("a short secret signs")
	}
	if err := decode.CheckSignature(signature, []byte(signed), short); err == nil || errors.Is(err, decode.ErrUnverified) {
		t.Errorf("a short secret: error %v", err)
	}
	if err := decode.CheckSignature(signature, []byte(signed), short, long); err != nil {
		t.Errorf("beside a short secret: %v", err)
	}
	d := decode.RequestDecoder{SigningSecrets: []decode.Secret{long, short}}
	var invalid *decode.InputError
	if err := d.Check(); !errors.As(err, &invalid) || invalid.Field != "SigningSecrets[1]" {
		t.Errorf("Check: %v", err)
	}
	r := newRequest(protobufType, []byte(signed))
	r.Header.Set(decode.SignatureHeader, strings.Repeat("0", 64))
	_, err = d.Decode(r)
	checkRefused(t, "a short secret", err, 500, nil)
}
