package diff

import (
	"slices"
	"strings"
)

// randomHistory makes versions of few words and few sentences, which are deleted,
// inserted, moved, doubled, edited, emptied and brought back.
func randomHistory(r *random, versions int) []string {
	vocabulary := strings.Fields("a b c d e f g h the of")[:3+r.next(8)]
	sentence := func() string {
		var words []string
		for range 1 + r.next(7) {
			words = append(words, vocabulary[r.next(len(vocabulary))])
		}
		s := strings.Join(words, " ")
		if r.next(4) > 0 {
			s += "."
		}
		return s
	}
	paragraph := func() []string {
		var list []string
		for range 1 + r.next(3) {
			list = append(list, sentence())
		}
		return list
	}
	write := func(text [][]string) string {
		var lines []string
		for _, p := range text {
			lines = append(lines, strings.Join(p, " "))
		}
		return strings.Join(lines, strings.Repeat("\n", 1+r.next(2)))
	}
	var text [][]string
	for range 1 + r.next(4) {
		text = append(text, paragraph())
	}
	var past [][][]string
	var out []string
	for range versions {
		past = append(past, text)
		out = append(out, write(text))
		var next [][]string
		for _, p := range text {
			next = append(next, slices.Clone(p))
		}
		for range 1 + r.next(3) {
			next = randomEdit(r, next, past, vocabulary, sentence, paragraph)
		}
		text = next
	}
	return out
}

func randomEdit(r *random, text [][]string, past [][][]string, vocabulary []string, sentence func() string, paragraph func() []string) [][]string {
	at := r.next(len(text) + 1)
	switch kind := r.next(12); {
	case kind == 0 || len(text) == 0:
		return slices.Insert(text, at, paragraph())
	case kind == 1: // something of the past comes back
		old := past[r.next(len(past))]
		if r.next(3) == 0 || len(old) == 0 {
			return slices.Clone(old)
		}
		return slices.Insert(text, at, slices.Clone(old[r.next(len(old))]))
	case kind == 2 && r.next(4) == 0:
		return nil
	case kind == 3:
		k := r.next(len(text))
		return slices.Delete(text, k, k+1)
	case kind == 4: // a paragraph moves
		k := r.next(len(text))
		p := text[k]
		text = slices.Delete(text, k, k+1)
		return slices.Insert(text, r.next(len(text)+1), p)
	case kind == 5: // and one is doubled
		return slices.Insert(text, at, slices.Clone(text[r.next(len(text))]))
	}
	k := r.next(len(text))
	p := text[k]
	n := r.next(len(p))
	switch r.next(5) {
	case 0:
		text[k] = slices.Insert(p, n, sentence())
	case 1: // a sentence goes elsewhere
		s := p[n]
		text[k] = slices.Delete(p, n, n+1)
		to := r.next(len(text))
		text[to] = append(text[to], s)
	case 2:
		words := strings.Fields(p[n])
		w := r.next(len(words))
		p[n] = strings.Join(slices.Delete(words, w, w+1), " ")
		if p[n] == "" {
			p[n] = "x"
		}
	case 3:
		words := strings.Fields(p[n])
		words[r.next(len(words))] = vocabulary[r.next(len(vocabulary))]
		p[n] = strings.Join(words, " ")
	default:
		words := strings.Fields(p[n])
		words = slices.Insert(words, r.next(len(words)+1), vocabulary[r.next(len(vocabulary))])
		p[n] = strings.Join(words, " ")
	}
	if text[k] = slices.DeleteFunc(text[k], func(s string) bool { return s == "" }); len(text[k]) == 0 {
		text = slices.Delete(text, k, k+1)
	}
	return text
}
