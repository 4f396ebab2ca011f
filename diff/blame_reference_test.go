package diff

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The rules of Blame once more, as slow and as plain as they can be said: no numbers, no
// hashes, nothing kept but the versions themselves; every question about the past is put
// to each version, word by word. It reads texts of words, and of full stops behind them,
// parted by single blanks and line ends, with a splitter of its own.

type refWord struct {
	text   string
	origin int
}

type (
	refSentence  []*refWord
	refParagraph []refSentence
	refVersion   []refParagraph
)

// refGap is what stands between two places that stay.
type refGap struct{ old, new []refSentence }

func (p refParagraph) words() (all []*refWord) {
	for _, s := range p {
		all = append(all, s...)
	}
	return all
}

func (v refVersion) sentences() (all []refSentence) {
	for _, p := range v {
		all = append(all, p...)
	}
	return all
}

// reading gives the words as text; sentences of a paragraph are parted.
func (p refParagraph) reading() string {
	var parts []string
	for _, s := range p {
		parts = append(parts, s.reading())
	}
	return strings.Join(parts, " | ")
}

func (s refSentence) reading() string {
	var parts []string
	for _, w := range s {
		parts = append(parts, w.text)
	}
	return strings.Join(parts, " ")
}

// refRead takes a text apart into new words.
func refRead(text string) (v refVersion) {
	for _, line := range strings.Split(text, "\n") {
		var p refParagraph
		var s refSentence
		words := strings.Fields(strings.ReplaceAll(line, ".", " ."))
		for i, w := range words {
			s = append(s, &refWord{text: w, origin: -1})
			if w == "." && len(s) >= 3 && len(words)-i-1 >= 3 {
				p, s = append(p, s), nil
			}
		}
		if len(s) > 0 {
			p = append(p, s)
		}
		if len(p) > 0 {
			v = append(v, p)
		}
	}
	return v
}

// refLCS is dynamic programming by the book, between equal ends.
func refLCS(p, q []string) (pairs [][2]int) {
	head := 0
	for head < min(len(p), len(q)) && p[head] == q[head] {
		pairs = append(pairs, [2]int{head, head})
		head++
	}
	tail := 0
	for tail < min(len(p), len(q))-head && p[len(p)-1-tail] == q[len(q)-1-tail] {
		tail++
	}
	a, b := p[head:len(p)-tail], q[head:len(q)-tail]
	best := make([][]int, len(a)+1)
	for i := range best {
		best[i] = make([]int, len(b)+1)
	}
	for i := range a {
		for j := range b {
			best[i+1][j+1] = max(best[i][j+1], best[i+1][j])
			if a[i] == b[j] {
				best[i+1][j+1] = best[i][j] + 1
			}
		}
	}
	var middle [][2]int
	for i, j := len(a), len(b); i > 0 && j > 0; {
		switch best[i][j] {
		case best[i-1][j]:
			i--
		case best[i][j-1]:
			j--
		default:
			i, j = i-1, j-1
			middle = append(middle, [2]int{head + i, head + j})
		}
	}
	slices.Reverse(middle)
	pairs = append(pairs, middle...)
	for k := range tail {
		pairs = append(pairs, [2]int{head + len(a) + k, head + len(b) + k})
	}
	return pairs
}

// refBlame is the past, and the words that the next version has used already.
type refBlame struct {
	past []refVersion // the newest last; never two equal ones in a row
	used map[*refWord]bool
}

func (r *refBlame) free(words []*refWord) bool {
	return !slices.ContainsFunc(words, func(w *refWord) bool { return r.used[w] })
}

// take replaces new words by old ones.
func (r *refBlame) take(new []*refWord, old []*refWord) {
	for k := range new {
		new[k] = old[k]
		r.used[old[k]] = true
	}
}

func (r *refBlame) takeParagraph(new, old refParagraph) {
	for k := range new {
		r.take(new[k], old[k])
	}
}

func known(words []*refWord) bool {
	return !slices.ContainsFunc(words, func(w *refWord) bool { return w.origin < 0 })
}

func (r *refBlame) add(version int, text string) {
	next := refRead(text)
	var before refVersion
	if len(r.past) > 0 {
		before = r.past[len(r.past)-1]
	}
	r.used = map[*refWord]bool{}

	reading := func(v refVersion) (list []string) {
		for _, p := range v {
			list = append(list, p.reading())
		}
		return list
	}
	for v := len(r.past) - 1; v >= 0; v-- {
		if slices.Equal(reading(r.past[v]), reading(next)) {
			for k, p := range next {
				r.takeParagraph(p, r.past[v][k])
			}
			r.past = append(r.past, next)
			return
		}
	}
	// Rule 1.
	stay := refLCS(reading(before), reading(next))
	for _, k := range stay {
		r.takeParagraph(next[k[1]], before[k[0]])
	}
	// Rule 2.
	for _, p := range next {
		if !known(p.words()) {
			r.pastParagraph(p)
		}
	}
	// Rule 3.
	var between []refGap
	var open []refSentence
	i, j := 0, 0
	for _, k := range append(stay, [2]int{len(before), len(next)}) {
		var g refGap
		for ; i < k[0]; i++ {
			g.old = append(g.old, before[i]...)
		}
		for ; j < k[1]; j++ {
			if !known(next[j].words()) {
				g.new = append(g.new, next[j]...)
			}
		}
		i, j = k[0]+1, k[1]+1
		open = append(open, g.new...)
		between = append(between, r.refKeepSentences(g.old, g.new)...)
	}
	// Rule 4.
	for _, s := range open {
		if !known(s) {
			r.pastSentence(s)
		}
	}
	whole := map[*refWord]bool{} // first words of sentences that are done
	for _, s := range open {
		if known(s) {
			whole[s[0]] = true
		}
	}
	for _, g := range between {
		r.refKeepWords(g.old, slices.DeleteFunc(slices.Clone(g.new), func(s refSentence) bool { return known(s) && whole[s[0]] }))
	}
	for _, s := range open {
		r.refRecall(s)
	}
	for _, p := range next {
		for _, w := range p.words() {
			if w.origin < 0 {
				w.origin = version
			}
		}
	}
	r.past = append(r.past, next)
}

// pastParagraph is rule 2.
func (r *refBlame) pastParagraph(p refParagraph) {
	for v := len(r.past) - 1; v >= 0; v-- {
		for _, old := range r.past[v] {
			if old.reading() == p.reading() && r.free(old.words()) {
				r.takeParagraph(p, old)
				return
			}
		}
	}
}

// pastSentence is rule 4.
func (r *refBlame) pastSentence(s refSentence) {
	for v := len(r.past) - 1; v >= 0; v-- {
		for _, old := range r.past[v].sentences() {
			if old.reading() == s.reading() && r.free(old) {
				r.take(s, old)
				return
			}
		}
	}
}

// refKeepSentences is rule 3.
func (r *refBlame) refKeepSentences(old, new []refSentence) (between []refGap) {
	var p, q []string
	var at []int
	for i, s := range old {
		if r.free(s) {
			p, at = append(p, s.reading()), append(at, i)
		}
	}
	for _, s := range new {
		q = append(q, s.reading())
	}
	i, j := 0, 0
	for _, k := range append(refLCS(p, q), [2]int{-1, len(new)}) {
		end := len(old)
		if k[0] >= 0 {
			end = at[k[0]]
			r.take(new[k[1]], old[end])
		}
		between = append(between, refGap{old[i:end], new[j:k[1]]})
		i, j = end+1, k[1]+1
	}
	return between
}

// refKeepWords is rule 5.
func (r *refBlame) refKeepWords(old, new []refSentence) {
	var p, q []string
	var words []*refWord // of p
	var places []**refWord
	var beginsP, beginsQ []bool
	for _, s := range old {
		for k, w := range s {
			if !r.used[w] {
				p, words, beginsP = append(p, w.text), append(words, w), append(beginsP, k == 0)
			}
		}
	}
	for _, s := range new {
		for k := range s {
			q, places, beginsQ = append(q, s[k].text), append(places, &s[k]), append(beginsQ, k == 0)
		}
	}
	match := map[int]int{} // place in q → in p
	for _, k := range refLCS(p, q) {
		match[k[1]] = k[0]
	}
	match = refSlide(match, q, beginsQ)
	back := map[int]int{}
	for j, i := range match {
		back[i] = j
	}
	back = refSlide(back, p, beginsP)
	match = map[int]int{}
	for i, j := range back {
		match[j] = i
	}
	// words that changed places
	at := 0
	for _, s := range new {
		var left []int // of p
		for i := range p {
			if _, taken := back[i]; !taken {
				left = append(left, i)
			}
		}
		kept := 0
		moved := map[int]int{}
		for k, w := range s {
			if _, ok := match[at+k]; ok {
				kept++
				continue
			}
			for n, i := range left {
				if p[i] == w.text {
					moved[at+k] = i
					left = slices.Delete(left, n, n+1)
					kept++
					break
				}
			}
		}
		if 2*kept >= len(s) {
			for j, i := range moved {
				match[j], back[i] = i, j
			}
		}
		at += len(s)
	}
	for j, i := range match {
		*places[j] = words[i]
		r.used[words[i]] = true
	}
}

// refSlide moves each row of unmatched words back, word for word, as long as the word
// before it equals its last one, if it comes to begin with a sentence on the way.
func refSlide(match map[int]int, words []string, begins []bool) map[int]int {
	out := map[int]int{}
	for j, i := range match {
		out[j] = i
	}
	for from := 0; from < len(words); from++ {
		if _, ok := out[from]; ok {
			continue
		}
		to := from
		for ; to+1 < len(words); to++ {
			if _, ok := out[to+1]; ok {
				break
			}
		}
		try := map[int]int{}
		for j, i := range out {
			try[j] = i
		}
		for a, b := from, to; ; a, b = a-1, b-1 {
			if begins[a] {
				out = try
				break
			}
			i, ok := 0, false
			if a > 0 {
				i, ok = try[a-1]
			}
			if !ok || words[a-1] != words[b] {
				break
			}
			delete(try, a-1)
			try[b] = i
		}
		from = to
	}
	return out
}

// refRecall is rule 6.
func (r *refBlame) refRecall(s refSentence) {
	if known(s) {
		return
	}
	var all []refSentence // the distinct sentences of the past, the oldest first
	for _, v := range r.past {
		for _, old := range v.sentences() {
			if !slices.ContainsFunc(all, func(x refSentence) bool { return x.reading() == old.reading() }) {
				all = append(all, old)
			}
		}
	}
	shared := map[int]int{}
	var pairs []string
	for k := 1; k < len(s); k++ {
		pair := s[k-1].text + " " + s[k].text
		if slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
		var having []int
		for n, old := range all {
			if strings.Contains(" "+old.reading()+" ", " "+pair+" ") {
				having = append(having, n)
			}
		}
		if len(having) <= 32 {
			for _, n := range having {
				shared[n]++
			}
		}
	}
	for range 4 {
		best := -1
		for n := range all {
			if shared[n] > 0 && (best < 0 || shared[n] > shared[best]) {
				best = n
			}
		}
		if best < 0 {
			return
		}
		shared[best] = 0
		lcs := refLCS(strings.Fields(all[best].reading()), strings.Fields(s.reading()))
		if 2*len(lcs) < min(len(all[best]), len(s)) {
			continue
		}
		for _, k := range lcs {
			if s[k[1]].origin >= 0 {
				continue
			}
		search:
			for v := len(r.past) - 1; v >= 0; v-- {
				for _, old := range r.past[v].sentences() {
					if old.reading() == all[best].reading() && !r.used[old[k[0]]] {
						s[k[1]] = old[k[0]]
						r.used[old[k[0]]] = true
						break search
					}
				}
			}
		}
	}
}

// origins gives the last version's words with their origins.
func (r *refBlame) origins() (out []refWord) {
	for _, p := range r.past[len(r.past)-1] {
		for _, w := range p.words() {
			out = append(out, *w)
		}
	}
	return out
}

// TestBlameEqualsReference compares every word's origin, at every version. STEMMA_BLAMES
// says over how many histories.
func TestBlameEqualsReference(t *testing.T) {
	histories := 300
	if many := os.Getenv("STEMMA_BLAMES"); many != "" {
		var err error
		if histories, err = strconv.Atoi(many); err != nil {
			t.Fatal(err)
		}
	}
	words, old, notNeighbour := 0, 0, 0
	for seed := range histories {
		r := random(seed)*2 + 1
		versions := randomHistory(&r, 3+r.next(12))
		var fast Blame
		var slow refBlame
		for v, text := range versions {
			fast.Add(v, text)
			slow.add(v, text)
			want := slow.origins()
			got := fast.Words()
			if len(got) != len(want) {
				t.Fatalf("history %d, version %d: %d words, want %d of %q", seed, v, len(got), len(want), text)
			}
			for k, w := range want {
				if word := text[got[k].Start:got[k].End]; word != w.text || got[k].Version != w.origin {
					t.Fatalf("history %d, version %d, word %d: %s of %d, want %s of %d\n%q", seed, v, k, word, got[k].Version, w.text, w.origin, versions[:v+1])
				}
				words++
				if w.origin < v {
					old++
				}
				if w.origin < v-1 && !strings.Contains(versions[v-1], w.text) {
					notNeighbour++
				}
			}
		}
	}
	t.Logf("%d words; %d older than their version, %d of them not in the one before", words, old, notNeighbour)
}
