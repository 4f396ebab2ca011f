//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package git

import (
	"fmt"
	"testing"
)

// BenchmarkDeflater compresses texts of two kilobytes, and short ones without a
// search, each by ours and by the encoder of larger objects.
func BenchmarkDeflater(b *testing.B) {
	texts := realTexts(b)
	for _, size := range []int{400, 2250} {
		search := size > 1000
		run := func(name string, f func(text []byte)) {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				start, n := processTime(b), 0
				for ; b.Loop(); n++ {
					text := texts[n%len(texts)]
					f(text[:min(size, len(text))])
				}
				b.ReportMetric(float64((processTime(b)-start).Nanoseconds())/float64(n), "cpu-ns/op")
			})
		}
		z, e := &deflater{}, &entryEncoder{}
		var out []byte
		run("ours", func(text []byte) { out = z.deflate(out[:0], text, search) })
		run("theirs", func(text []byte) {
			var err error
			if out, err = e.stream(out[:0], text, !search); err != nil {
				b.Fatal(err)
			}
		})
	}
}
