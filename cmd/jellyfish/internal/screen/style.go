package screen

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"
)

// What is coloured, and how. A colour only underlines what a sign says already.
var styles = map[string]lipgloss.Style{
	"title":    lipgloss.NewStyle().Bold(true),
	"heading":  lipgloss.NewStyle().Bold(true),
	"selected": lipgloss.NewStyle().Reverse(true),
	"live":     lipgloss.NewStyle().Foreground(lipgloss.Green),
	"trying":   lipgloss.NewStyle().Foreground(lipgloss.Yellow),
	"down":     lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true),
	"gap":      lipgloss.NewStyle().Foreground(lipgloss.Yellow).Bold(true),
	"inferred": lipgloss.NewStyle().Foreground(lipgloss.Cyan),
	"crashed":  lipgloss.NewStyle().Foreground(lipgloss.Red),
	"faint":    lipgloss.NewStyle().Faint(true),
}

// paint returns text in a style, or as it is without colour.
func (m *Model) paint(style, text string) string {
	if !m.colour {
		return text
	}
	return styles[style].Render(text)
}

// fit returns text that is exactly so wide.
func fit(text string, width int) string {
	if width <= 0 {
		return ""
	}
	if over := ansi.StringWidth(text) - width; over > 0 {
		return ansi.Truncate(text, width, "…")
	} else if over < 0 {
		return text + strings.Repeat(" ", -over)
	}
	return text
}

// right returns text at the right of so many columns.
func right(text string, width int) string {
	missing := width - ansi.StringWidth(text)
	if missing < 0 {
		return ansi.Truncate(text, width, "…")
	}
	return strings.Repeat(" ", missing) + text
}

// shorten returns an id that is too long without its middle, so that its
// beginning and its end can be recognised.
func shorten(id string, width int) string {
	if ansi.StringWidth(id) <= width {
		return id
	}
	if width < 8 {
		return ansi.Truncate(id, width, "…")
	}
	end := (width - 1) / 3
	return ansi.Truncate(id, width-end, "…") + ansi.TruncateLeft(id, ansi.StringWidth(id)-end, "")
}
