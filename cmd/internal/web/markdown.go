package web

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markdownRenderer makes HTML of bodies, and remembers so many bytes of it. Raw HTML in one is left out
// and addresses that could run script are dropped: goldmark's own rules, which hold
// unless they are switched off.
func markdownRenderer(most int) func(body string) (template.HTML, error) {
	m := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))
	made := &parts[string]{most: most}
	return func(body string) (template.HTML, error) {
		text, err := made.of(body, len(body), func() (string, error) {
			var b bytes.Buffer
			err := m.Convert([]byte(body), &b)
			return b.String(), err
		})
		return template.HTML(text), err
	}
}
