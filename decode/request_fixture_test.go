package decode_test

import "github.com/jellyfish-dev/jellyfish-go/decode"

// secrets returns a list that isn't nil.
func secrets(texts ...string) []decode.Secret {
	list := make([]decode.Secret, 0, len(texts))
	for _, text := range texts {
		list = append(list, decode.NewSecret(text))
	}
	return list
}

// sign returns the signature of a body. No secret is too short for it here.
func sign(secret string, body []byte) string {
	signature, err := decode.Sign(decode.NewSecret(secret), body)
	if err != nil {
		panic(err)
	}
	return signature
}
