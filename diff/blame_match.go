package diff

import "slices"

// blameMatch finds the words of one more version. old and new are its paragraphs and
// those of the version before, less the ends that both have in common.
type blameMatch struct {
	b        *Blame
	old, new []blameLine
	gaps     []blameGap
}

// blameGap is what stands between two paragraphs that stay, or between two sentences.
type blameGap struct {
	old []*sentenceCopy // that stood there
	new []*newSentence
}

// newSentence is a sentence of a paragraph that was not found as a whole.
type newSentence struct {
	form  *blameSentence
	copy  *sentenceCopy
	words []int32 // -1: not known
}

// release lets the words of the old paragraphs go; those that stay are taken again.
func (b *Blame) release(old []blameLine) {
	place := int32(0)
	for i, l := range old {
		l.copy.seen = lastSeen{b.adds, int32(i)}
		for _, s := range l.copy.sentences {
			s.seen = lastSeen{b.adds, place}
			place++
			b.setLive(s.words, false)
		}
	}
}

func (b *Blame) setLive(words []int32, live bool) {
	for _, w := range words {
		b.live[w] = live
	}
}

// free says that none of the words stands in the version at hand.
func (b *Blame) free(words []int32) bool {
	for _, w := range words {
		if b.live[w] {
			return false
		}
	}
	return true
}

func (m *blameMatch) run() {
	if len(m.new) == 0 {
		return
	}
	m.b.align.begin()
	stay := m.keepParagraphs()
	for j := range m.new {
		if l := &m.new[j]; l.copy == nil {
			m.takeParagraph(l, m.b.pastParagraph(l.form))
		}
	}
	sentences := m.openGaps(stay)
	var between []blameGap
	for k := range m.gaps {
		between = append(between, m.keepSentences(&m.gaps[k])...)
	}
	for _, s := range sentences {
		if s.copy == nil {
			s.take(m.b, m.b.pastSentence(s.form))
		}
	}
	for k := range between {
		m.keepWords(&between[k])
	}
	for _, s := range sentences {
		m.recall(s)
	}
	m.close(sentences)
}

// keepParagraphs is rule 1.
func (m *blameMatch) keepParagraphs() (stay []aligned) {
	p, q := make([]int32, len(m.old)), make([]int32, len(m.new))
	for i, l := range m.old {
		p[i] = l.form.number
	}
	for j, l := range m.new {
		q[j] = l.form.number
	}
	stay = slices.Clone(m.b.align.run(p, q))
	for _, k := range stay {
		m.takeParagraph(&m.new[k.j], m.old[k.i].copy)
	}
	return stay
}

// takeParagraph gives a new paragraph its words, if a copy was found.
func (m *blameMatch) takeParagraph(l *blameLine, found *paragraphCopy) {
	if l.copy = found; found != nil {
		for _, s := range found.sentences {
			m.b.setLive(s.words, true)
		}
	}
}

// pastParagraph is rule 2.
func (b *Blame) pastParagraph(form *blameParagraph) *paragraphCopy {
	f := &form.free
	if f.begin(b.adds) {
		slices.SortFunc(form.copies, func(x, y *paragraphCopy) int { return x.seen.compare(y.seen) })
	}
	for ; f.next < len(form.copies); f.next++ {
		c := form.copies[f.next]
		if !slices.ContainsFunc(c.sentences, func(s *sentenceCopy) bool { return !b.free(s.words) }) {
			return c
		}
	}
	return nil
}

// openGaps lists what stands between the paragraphs that stay, and gives all sentences
// that are looked for.
func (m *blameMatch) openGaps(stay []aligned) (all []*newSentence) {
	i, j := 0, 0
	for _, k := range append(stay, aligned{len(m.old), len(m.new)}) {
		var g blameGap
		for ; i < k.i; i++ {
			g.old = append(g.old, m.old[i].copy.sentences...)
		}
		for ; j < k.j; j++ {
			if m.new[j].copy == nil {
				for _, s := range m.new[j].form.sentences {
					g.new = append(g.new, &newSentence{form: s})
				}
			}
		}
		all = append(all, g.new...)
		if len(g.old) > 0 && len(g.new) > 0 {
			m.gaps = append(m.gaps, g)
		}
		i, j = k.i+1, k.j+1
	}
	return all
}

// keepSentences is rule 3. It gives the smaller gaps that are left.
func (m *blameMatch) keepSentences(g *blameGap) (between []blameGap) {
	var p, at, q []int32 // at: the place of p's sentences in the gap
	for i, s := range g.old {
		if m.b.free(s.words) {
			p, at = append(p, s.form.number), append(at, int32(i))
		}
	}
	for _, s := range g.new {
		q = append(q, s.form.number)
	}
	i, j := 0, 0
	add := func(toI, toJ int) {
		if i < toI && j < toJ {
			between = append(between, blameGap{g.old[i:toI], g.new[j:toJ]})
		}
		i, j = toI+1, toJ+1
	}
	for _, k := range m.b.align.run(p, q) {
		g.new[k.j].take(m.b, g.old[at[k.i]])
		add(int(at[k.i]), k.j)
	}
	add(len(g.old), len(g.new))
	return between
}

// take gives a new sentence its words, if a copy was found.
func (s *newSentence) take(b *Blame, found *sentenceCopy) {
	if s.copy = found; found != nil {
		b.setLive(found.words, true)
		return
	}
	s.words = make([]int32, len(s.form.words))
	for k := range s.words {
		s.words[k] = -1
	}
}

// pastSentence is rule 4.
func (b *Blame) pastSentence(form *blameSentence) *sentenceCopy {
	form.sortCopies(b.adds)
	for f := &form.free; f.next < len(form.copies); f.next++ {
		if c := form.copies[f.next]; b.free(c.words) {
			return c
		}
	}
	return nil
}

// sortCopies puts the copies that stood last first.
func (s *blameSentence) sortCopies(change int32) {
	if s.free.begin(change) {
		slices.SortFunc(s.copies, func(x, y *sentenceCopy) int { return x.seen.compare(y.seen) })
	}
}

// wordsBetween are the words of a gap that rule 5 looks at.
type wordsBetween struct {
	numbers []int32
	places  []int32 // old: in Blame.origin
	begins  []bool  // a sentence
}

func (w *wordsBetween) add(number, place int32, begins bool) {
	w.numbers, w.places, w.begins = append(w.numbers, number), append(w.places, place), append(w.begins, begins)
}

// keepWords is rule 5.
func (m *blameMatch) keepWords(g *blameGap) {
	var old, new wordsBetween
	for _, s := range g.old {
		for k, w := range s.words {
			if !m.b.live[w] {
				old.add(s.form.words[k], w, k == 0)
			}
		}
	}
	var open []*newSentence
	for _, s := range g.new {
		if s.copy != nil {
			continue
		}
		open = append(open, s)
		for k, number := range s.form.words {
			new.add(number, -1, k == 0)
		}
	}
	if len(old.numbers) == 0 || len(new.numbers) == 0 {
		return
	}
	match := make([]int, len(new.numbers))
	for j := range match {
		match[j] = -1
	}
	taken := make([]bool, len(old.numbers))
	pairs := m.b.align.run(old.numbers, new.numbers)
	for _, k := range pairs {
		match[k.j] = k.i
	}
	slideBack(match, new)
	slideBackOld(match, old)
	for _, i := range match {
		if i >= 0 {
			taken[i] = true
		}
	}
	changedPlaces(match, taken, old, new, open)
	at := 0
	for _, s := range open {
		for k := range s.words {
			if i := match[at]; i >= 0 {
				s.words[k] = old.places[i]
				m.b.live[s.words[k]] = true
			}
			at++
		}
	}
}

// slideBack lets a row of new words begin with a sentence where it can: of "A cat slept.
// A dog barked." before "A dog barked." the first sentence is new, and not "cat slept.
// A".
func slideBack(match []int, new wordsBetween) {
	for to := 0; to < len(match); to++ {
		if match[to] >= 0 {
			continue
		}
		from := to
		for to+1 < len(match) && match[to+1] < 0 {
			to++
		}
		for by := 0; ; by++ {
			first, last := from-by, to+1-by
			if new.begins[first] {
				for k := range by { // the words that the row passes over move to its end
					match[to-k], match[from-1-k] = match[from-1-k], -1
				}
				break
			}
			if first == 0 || match[first-1] < 0 || new.numbers[first-1] != new.numbers[last-1] {
				break
			}
		}
	}
}

// slideBackOld does the same for a row of words that went.
func slideBackOld(match []int, old wordsBetween) {
	back := make([]int, len(old.numbers))
	for i := range back {
		back[i] = -1
	}
	for j, i := range match {
		if i >= 0 {
			back[i] = j
		}
	}
	slideBack(back, old)
	for i, j := range back {
		if j >= 0 {
			match[j] = i
		}
	}
}

// changedPlaces lets the sentences that are mostly made of what stood in the gap have
// those of its words that are left, the first of equals first.
func changedPlaces(match []int, taken []bool, old, new wordsBetween, open []*newSentence) {
	left := map[int32][]int{}
	for i, number := range old.numbers {
		if !taken[i] {
			left[number] = append(left[number], i)
		}
	}
	if len(left) == 0 {
		return
	}
	at := 0
	for _, s := range open {
		have := map[int32]int{}
		kept := 0
		for k := range s.form.words {
			number := new.numbers[at+k]
			if match[at+k] >= 0 {
				kept++
			} else if have[number] < len(left[number]) {
				have[number]++
				kept++
			}
		}
		for k := range s.form.words {
			number := new.numbers[at+k]
			if rest := left[number]; 2*kept >= len(s.form.words) && match[at+k] < 0 && len(rest) > 0 {
				match[at+k], left[number] = rest[0], rest[1:]
			}
		}
		at += len(s.form.words)
	}
}

// triedSentences is how many past sentences one is compared with.
const triedSentences = 4

// recall is rule 6.
func (m *blameMatch) recall(s *newSentence) {
	if s.copy != nil || !slices.Contains(s.words, -1) {
		return
	}
	b := m.b
	for _, past := range b.alike(s.form) {
		pairs := b.align.run(past.words, s.form.words)
		if 2*len(pairs) < min(len(past.words), len(s.form.words)) {
			continue
		}
		b.passStanding(past)
		for _, k := range pairs {
			if s.words[k.j] < 0 {
				if w := b.freeWord(past, k.i); w >= 0 {
					s.words[k.j] = w
					b.live[w] = true
				}
			}
		}
	}
}

// alike gives the past sentences that share most pairs of words with one, the most
// first; of equals the one that was written first.
func (b *Blame) alike(form *blameSentence) []*blameSentence {
	b.rounds++
	var found []*blameSentence
	for i := 1; i < len(form.words); i++ {
		pair := b.pairs[[2]int32{form.words[i-1], form.words[i]}]
		if pair == nil || len(pair.sentences) > commonPair || pair.round == b.rounds {
			continue
		}
		pair.round = b.rounds
		for _, s := range pair.sentences {
			if s.round != b.rounds {
				s.round, s.shared = b.rounds, 0
				found = append(found, s)
			}
			s.shared++
		}
	}
	for k := range min(triedSentences, len(found)) { // the best of the rest comes to place k
		best := k
		for n := k + 1; n < len(found); n++ {
			if x, y := found[n], found[best]; x.shared > y.shared || x.shared == y.shared && x.number < y.number {
				best = n
			}
		}
		found[k], found[best] = found[best], found[k]
	}
	return found[:min(triedSentences, len(found))]
}

// freeWord gives word k of the copy of a past sentence that stood last, of those where
// that word stands nowhere now; -1 where there is none. What passStanding passed has none.
func (b *Blame) freeWord(form *blameSentence, k int) int32 {
	for _, c := range form.copies[form.used.next:] {
		if !b.live[c.words[k]] {
			return c.words[k]
		}
	}
	return -1
}

// passStanding passes over the copies of a past sentence all of whose words stand now.
func (b *Blame) passStanding(form *blameSentence) {
	form.sortCopies(b.adds)
	used := &form.used
	used.begin(b.adds)
	for used.next < len(form.copies) && b.standing(form.copies[used.next].words) {
		used.next++
	}
}

// standing says that all of the words stand in the version at hand.
func (b *Blame) standing(words []int32) bool {
	for _, w := range words {
		if !b.live[w] {
			return false
		}
	}
	return true
}

// close is rule 7: it makes the copies of what is new, in part or as a whole.
func (m *blameMatch) close(sentences []*newSentence) {
	b := m.b
	for _, s := range sentences {
		if s.copy != nil {
			continue
		}
		for k, w := range s.words {
			if w < 0 {
				s.words[k] = int32(len(b.origin))
				b.origin, b.live = append(b.origin, int32(b.version)), append(b.live, true)
			}
		}
		s.copy = &sentenceCopy{form: s.form, words: s.words}
		s.form.copies = append(s.form.copies, s.copy)
	}
	for j := range m.new {
		l := &m.new[j]
		if l.copy != nil {
			continue
		}
		l.copy = &paragraphCopy{form: l.form}
		for range l.form.sentences {
			l.copy.sentences = append(l.copy.sentences, sentences[0].copy)
			sentences = sentences[1:]
		}
		l.form.copies = append(l.form.copies, l.copy)
	}
}
