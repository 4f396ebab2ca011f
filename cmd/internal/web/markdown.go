package web

import (
	"bytes"
	"html/template"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markdownRenderer makes HTML of bodies. Raw HTML in one is left out and addresses
// that could run script are dropped: goldmark's own rules, which hold unless they
// are switched off.
func markdownRenderer() func(body string) (template.HTML, error) {
	m := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough))
	return func(body string) (template.HTML, error) {
		var b bytes.Buffer
		err := m.Convert([]byte(body), &b)
		return template.HTML(b.String()), err
	}
}
