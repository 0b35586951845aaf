package jellyfishtest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

const (
	// tokenHead is how the tokens of a Jellyfish server begin.
	tokenHead = "SFMyNTY"
	// tokenLife is how long a peer can connect with its token.
	tokenLife = 24 * time.Hour
	// tokenKey signs the tokens. All test servers have the same one, as the nodes
	// of a cluster do: none of them guards anything.
	tokenKey = "jellyfishtest"
)

// peerToken is what a peer's token says.
type peerToken struct {
	Room   string    `json:"room_id"`
	Peer   string    `json:"peer_id"`
	Signed time.Time `json:"signed"`
}

// sign returns the token's text.
func (t peerToken) sign() string {
	claims, _ := json.Marshal(t) // strings and a time can always be marshalled
	body := tokenHead + "." + base64.RawURLEncoding.EncodeToString(claims)
	return body + "." + signature(body)
}

// verifyPeerToken returns what a token says. The error closes the connection of
// the peer that sent it.
func verifyPeerToken(text string) (peerToken, error) {
	invalid := closing{1000, "invalid token"}
	dot := strings.LastIndexByte(text, '.')
	if dot < 0 || !hmac.Equal([]byte(text[dot+1:]), []byte(signature(text[:dot]))) {
		return peerToken{}, invalid
	}
	claims, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(text[:dot], tokenHead+"."))
	if err != nil {
		return peerToken{}, invalid
	}
	var t peerToken
	if err := json.Unmarshal(claims, &t); err != nil {
		return peerToken{}, invalid
	}
	if time.Since(t.Signed) > tokenLife {
		return peerToken{}, closing{1000, "expired token"}
	}
	return t, nil
}

func signature(body string) string {
	mac := hmac.New(sha256.New, []byte(tokenKey))
	mac.Write([]byte(body))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
