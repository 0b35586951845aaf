package redact

import "strings"

// headerSecretLength is how many bytes a part of a header's value must have to be
// taken for a secret: shorter ones are flags and numbers.
const headerSecretLength = 8

// HeaderSecrets returns what may be secret in the values of a header, for [New]:
// each value, each of its words, such as what follows "Bearer", and what follows
// the equals sign in a word, as in a cookie.
func HeaderSecrets(header map[string][]string) []string {
	var secrets []string
	add := func(part string) {
		if len(part) >= headerSecretLength {
			secrets = append(secrets, part)
		}
	}
	for _, values := range header {
		for _, value := range values {
			add(value)
			for _, word := range strings.FieldsFunc(value, betweenWords) {
				_, assigned, _ := strings.Cut(word, "=")
				add(word)
				add(strings.Trim(assigned, `"`))
			}
		}
	}
	return secrets
}

func betweenWords(r rune) bool { return strings.ContainsRune(" \t;,", r) }
