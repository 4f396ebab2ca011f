package diff

import (
	"strings"
	"testing"
)

// BenchmarkNature measures the kinds of one field's diff alone, the diff being
// made: a headline, a paragraph replaced by another, and an edit in an article.
func BenchmarkNature(b *testing.B) {
	changes := headlineChanges(b)
	var before, after []string
	for _, c := range changes[:8] {
		before, after = append(before, c.Before), append(after, c.After)
	}
	var others []string
	for _, c := range changes[20:28] {
		others = append(others, c.After)
	}
	paragraph := strings.Join(before, " ")
	article := strings.Repeat(paragraph+"\n\n", 8)
	for _, c := range []struct{ name, old, new string }{
		{"headline", changes[2].Before, changes[2].After},
		{"paragraph", paragraph, strings.Join(others, " ")},
		{"rewrite", paragraph, strings.Join(after, " ")},
		{"article", article, article[:4000] + " seven " + article[4000:]},
	} {
		segs := Texts(c.old, c.new, Options{})
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(c.old) + len(c.new)))
			for b.Loop() {
				nature(c.old, c.new, segs, english)
			}
		})
	}
}
