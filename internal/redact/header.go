package redact

import "strings"

// headerSecretLength is how many bytes a part of a header's value must have to be
// taken for a secret: shorter ones are flags and numbers.
const headerSecretLength = 8

// HeaderSecrets returns what may be secret in the values of a header, for [New]:
// each value, and each of its words, such as what follows "Bearer".
func HeaderSecrets(header map[string][]string) []string {
	var secrets []string
	for _, values := range header {
		for _, value := range values {
			for _, part := range append(strings.Fields(value), value) {
				if len(part) >= headerSecretLength {
					secrets = append(secrets, part)
				}
			}
		}
	}
	return secrets
}
