package main

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// prose makes text that compresses about as English does: words of a small
// vocabulary, the common ones short, in sentences, with a figure here and there.
type prose struct {
	words []string
}

// vocabulary is how many words the prose knows.
const vocabulary = 1500

func newProse() *prose {
	onsets := strings.Fields("b br c ch cl d dr f fl g gr h j k l m n p pl pr qu r s sc sh sl sp st t th tr v w")
	vowels := strings.Fields("a e i o u ai ea ee ie oa ou")
	codas := []string{"", "", "", "n", "r", "s", "t", "l", "nd", "st", "ck", "m"}
	r := rand.New(rand.NewPCG(1, vocabulary))
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	seen := map[string]bool{}
	p := &prose{}
	for len(p.words) < vocabulary {
		var b strings.Builder
		for range 1 + min(2, len(p.words)/200) {
			b.WriteString(pick(onsets) + pick(vowels) + pick(codas))
		}
		if word := b.String(); !seen[word] {
			seen[word] = true
			p.words = append(p.words, word)
		}
	}
	return p
}

// text gives sentences of about size bytes, always the same for one seed.
func (p *prose) text(seed uint64, size int) string {
	r := rand.New(rand.NewPCG(seed, 2))
	b := make([]byte, 0, size+80)
	for len(b) < size {
		if len(b) > 0 {
			b = append(b, ' ')
		}
		start := len(b)
		for i := range 7 + r.IntN(9) {
			if i > 0 {
				b = append(b, ' ')
			}
			if i > 0 && r.IntN(24) == 0 {
				b = strconv.AppendInt(b, int64(r.IntN(2000)), 10)
				continue
			}
			u := r.Float64()
			b = append(b, p.words[int(u*u*float64(len(p.words)))]...)
		}
		b[start] -= 'a' - 'A'
		b = append(b, '.')
	}
	return string(b)
}

// headline gives one line of about six words.
func (p *prose) headline(seed uint64) string {
	words := strings.Fields(p.text(seed, 40))
	return strings.TrimRight(strings.Join(words[:min(6, len(words))], " "), ".")
}
