package rooms

import (
	"errors"
	"fmt"
	"log/slog"
)

// S3Credentials is where the server uploads to. The zero value is nowhere;
// otherwise all fields are required. It prints without the keys, but is complete
// as JSON.
type S3Credentials struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	Region          string `json:"region"`
	Bucket          string `json:"bucket"`
}

// Format prints the credentials without the keys, whatever the verb.
func (c S3Credentials) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "rooms.S3Credentials%v", c.shown())
}

// LogValue returns the credentials without the keys.
func (c S3Credentials) LogValue() slog.Value { return slog.GroupValue(c.shown()...) }

func (c S3Credentials) shown() []slog.Attr {
	return []slog.Attr{
		slog.Bool("AccessKeyID set", c.AccessKeyID != ""),
		slog.Bool("SecretAccessKey set", c.SecretAccessKey != ""),
		slog.String("Region", c.Region),
		slog.String("Bucket", c.Bucket),
	}
}

// check refuses what is neither zero nor complete: the whole room dies of it.
func (c S3Credentials) check(field string) error {
	if c == (S3Credentials{}) {
		return nil
	}
	for _, part := range []struct{ name, value string }{
		{"AccessKeyID", c.AccessKeyID},
		{"SecretAccessKey", c.SecretAccessKey},
		{"Region", c.Region},
		{"Bucket", c.Bucket},
	} {
		if part.value == "" {
			return &InputError{field + "." + part.name, errors.New("is empty")}
		}
	}
	return nil
}

func (c S3Credentials) secrets() []string { return []string{c.AccessKeyID, c.SecretAccessKey} }
