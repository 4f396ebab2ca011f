package diff

import (
	"strings"
	"testing"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// benchPair is one pair of a class of benchmarks.
type benchPair struct{ a, b string }

// benchClass is a class of texts that BENCHMARKS.md tells apart.
type benchClass struct {
	name  string
	pairs []benchPair
	peer  bool // whether go-diff ends in a bearable time
}

func benchClasses(b *testing.B) []benchClass {
	var headlines, scripts, articles []benchPair
	real := realPairs(b)
	for _, p := range real {
		switch {
		case otherScript(p.Before):
			scripts = append(scripts, benchPair{p.Before, p.After})
		case len(p.Before) < 300:
			headlines = append(headlines, benchPair{p.Before, p.After})
		}
	}
	// an article is twelve texts, of which two were edited
	for at := 0; at+12 <= len(real); at += 4 {
		var old, new strings.Builder
		for k, p := range real[at : at+12] {
			old.WriteString(p.Before + "\n\n")
			if k == 3 || k == 8 {
				new.WriteString(p.After + "\n\n")
			} else {
				new.WriteString(p.Before + "\n\n")
			}
		}
		articles = append(articles, benchPair{old.String(), new.String()})
	}
	r := random(11)
	big := paragraphs(r.zipfWords(250_000, 30_000, "word"))[:1<<20]
	scattered := []byte(big)
	for k := range 10 {
		at := strings.Index(big[k*100_000+50_000:], " ") + k*100_000 + 50_000
		scattered[at+1] = '#'
	}
	one := big[:1<<19] + " inserted " + big[1<<19:]
	same := strings.Clone(big)
	words := r.zipfWords(100_000, 30_000, "w")
	story := join(r.zipfWords(2_500, 2_000, "word"))
	rewrite := strings.Fields(story)
	for k := range rewrite {
		if r.next(10) < 6 {
			rewrite[k] = r.zipfWords(1, 2_000, "word")[0]
		}
	}
	return []benchClass{
		{"headline", headlines, true},
		{"other-scripts", scripts, true},
		{"article", articles, true},
		{"rewrite-15kB", []benchPair{{story, join(rewrite)}}, true},
		{"1MB-equal", []benchPair{{big, same}}, true},
		{"1MB-one-edit", []benchPair{{big, one}}, true},
		{"1MB-ten-edits", []benchPair{{big, string(scattered)}}, true},
		{"100000-words-shuffled", []benchPair{{join(words), join(r.shuffle(words))}}, false},
		{"100000-words-disjoint", []benchPair{{join(numbered(100_000, "a")), join(numbered(100_000, "b"))}}, false},
	}
}

// BenchmarkTexts takes each pair of a class in turn, so that ns/op is the mean. The
// peer is go-diff as it is commonly used. Edits is the mean number of segments that
// aren't equal, so that speed can't be had for quality.
func BenchmarkTexts(b *testing.B) {
	for _, class := range benchClasses(b) {
		b.Run(class.name+"/stemma", func(b *testing.B) {
			class.run(b, func(p benchPair) (edits int) {
				for _, s := range Texts(p.a, p.b, Options{}) {
					if s.Op != Equal {
						edits++
					}
				}
				return edits
			})
		})
		if !class.peer {
			continue
		}
		b.Run(class.name+"/go-diff", func(b *testing.B) {
			class.run(b, func(p benchPair) (edits int) {
				engine := diffmatchpatch.New()
				for _, d := range engine.DiffCleanupSemantic(engine.DiffMain(p.a, p.b, false)) {
					if d.Type != diffmatchpatch.DiffEqual {
						edits++
					}
				}
				return edits
			})
		})
	}
}

func (c benchClass) run(b *testing.B, diff func(benchPair) int) {
	bytes := 0
	for _, p := range c.pairs {
		bytes += len(p.a)
	}
	b.SetBytes(int64(bytes / len(c.pairs)))
	b.ReportAllocs()
	edits, n := 0, 0
	start := processorTime(b)
	for ; b.Loop(); n++ {
		edits += diff(c.pairs[n%len(c.pairs)])
	}
	b.ReportMetric(float64(processorTime(b)-start)/float64(n), "cpu-ns/op")
	b.ReportMetric(float64(edits)/float64(n), "edits/op")
}
