package diff

import (
	"io"
	"strings"
	"testing"

	"github.com/stemma-project/stemma/schema"
)

// benchStates are an event whose toll changed, and an article of 10 kB with one
// sentence mended: what recording a version compares.
func benchStates() map[string][2]*schema.State {
	old, new := ferry()
	long, mended := *old, *old
	long.Body = strings.Repeat("The ferry had left the town of Diré in the morning with 120 people on board. It may carry half as many.\n\n", 95)
	mended.Body = strings.Replace(long.Body, "morning with 120", "evening with 140", 1)
	return map[string][2]*schema.State{"event": {old, new}, "article": {&long, &mended}}
}

func BenchmarkStates(b *testing.B) {
	for name, s := range benchStates() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				States(s[0], s[1], Options{})
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	s := benchStates()["article"]
	d := States(s[0], s[1], Options{})
	for _, style := range Styles() {
		b.Run(string(style), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := Write(io.Discard, style, d, ShowOptions{Around: AroundDefault, Width: 80}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
