package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/failure"
	"github.com/jellyfish-dev/jellyfish-go/cmd/jellyfish/internal/output"
	"github.com/jellyfish-dev/jellyfish-go/decode"
)

// longestLine is how many bytes a line with a message may have.
const longestLine = 64 << 20

func newDecode() *cobra.Command {
	var file string
	var raw bool
	c := &cobra.Command{
		Use:   "decode [HEX|BASE64 …]",
		Short: "Turn the bytes of messages into JSON",
		Long: `Print the notifications in messages as JSON, an object a line.

A message is given in hex or base64, as an argument or as a line of a file or of
the standard input; spaces in hex are allowed. With --raw the file, or the
standard input, is one message as it is. The body of a webhook, protobuf or
JSON, is a message too.`,
		Example: examples(
			"jellyfish decode 52080a06 726f6f6d2d31",
			"jellyfish decode --raw --file frame.bin"),
		RunE: func(c *cobra.Command, args []string) error {
			d := decoder{out: c.OutOrStdout()}
			if len(args) > 0 {
				if file != "" || raw {
					return failure.Usagef("--file and --raw don't go with arguments")
				}
				return d.arguments(args)
			}
			in := c.InOrStdin()
			if file != "" && file != "-" {
				opened, err := os.Open(file)
				if err != nil {
					return err
				}
				defer opened.Close()
				in = opened
			}
			if raw {
				return d.whole(in)
			}
			return d.lines(in)
		},
	}
	c.Flags().StringVarP(&file, "file", "f", "", "read from this `FILE`; - is the standard input")
	c.Flags().BoolVar(&raw, "raw", false, "the input is one message, as it is")
	return c
}

// decoder prints what is in messages.
type decoder struct{ out io.Writer }

// arguments takes each argument for a message, or all of them for one where
// they are parts of it.
func (d decoder) arguments(args []string) error {
	if joined, err := hex.DecodeString(strings.Join(args, "")); err == nil && len(args) > 1 {
		if d.message(joined) == nil {
			return nil
		}
	}
	for i, arg := range args {
		if err := d.text(arg); err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
	}
	return nil
}

func (d decoder) whole(in io.Reader) error {
	message, err := io.ReadAll(io.LimitReader(in, longestLine))
	if err != nil {
		return err
	}
	return d.message(message)
}

// lines takes each line for a message. One that is none doesn't end it.
func (d decoder) lines(in io.Reader) error {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, longestLine)
	var problems []error
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" {
			continue
		}
		if err := d.text(line); err != nil {
			problems = append(problems, fmt.Errorf("line %d: %w", number, err))
		}
	}
	return errors.Join(append(problems, scanner.Err())...)
}

// text decodes a message in hex or base64, or the JSON of a webhook.
func (d decoder) text(text string) error {
	if strings.HasPrefix(text, "{") {
		return d.message([]byte(text))
	}
	compact := strings.Join(strings.Fields(text), "")
	if message, err := hex.DecodeString(strings.TrimPrefix(compact, "0x")); err == nil {
		return d.message(message)
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if message, err := encoding.DecodeString(compact); err == nil {
			return d.message(message)
		}
	}
	return errors.New("neither hex nor base64: for the bytes as they are give --raw")
}

func (d decoder) message(message []byte) error {
	read := decode.Append
	if bytes.HasPrefix(message, []byte("{")) {
		read = decode.AppendBody
	}
	notifications, err := read(nil, message)
	if err != nil {
		return err
	}
	for _, n := range notifications {
		if err := output.Object(d.out, n); err != nil {
			return err
		}
	}
	return nil
}
