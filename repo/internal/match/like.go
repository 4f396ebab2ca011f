package match

// likeness says how much two headlines have in common.
type likeness struct {
	dice  float64 // twice the weight of the shared words over the weight of all: 0 … 1
	order float64 // the same of the longest run of words, with gaps, that both have in one order
	kept  float64 // weight of the shared words over that of the headline with fewer: 0 … 1
	less  float64 // the weight of the headline with fewer

	figures bool // a figure stands in one alone
	names   bool // a name stands in one alone
	swapped bool // names stand in each that the other lacks
	turned  bool // all but the same words, in another order
}

// compare compares two headlines, as sets of words.
func compare(a, b headline) likeness {
	if len(a.acronyms)+len(b.acronyms) > 0 {
		a, b = a.contract(b), b.contract(a)
	}
	var shared float64
	var l likeness
	wa, wb := a.weight, b.weight
	var onlyA, onlyB bool
	i, j := 0, 0
	for i < len(a.words) || j < len(b.words) {
		switch {
		case j == len(b.words) || i < len(a.words) && a.words[i].stem < b.words[j].stem:
			l.alone(a.words[i], &onlyA)
			i++
		case i == len(a.words) || a.words[i].stem > b.words[j].stem:
			l.alone(b.words[j], &onlyB)
			j++
		default:
			x, y := a.words[i], b.words[j]
			w := max(x.weight, y.weight)
			shared += w
			wa += w - x.weight
			wb += w - y.weight
			// Niger and Nigeria have one stem and are two names.
			l.names = l.names || x.full != y.full && (x.name || y.name)
			i++
			j++
		}
	}
	l.swapped = onlyA && onlyB
	l.less = min(wa, wb)
	if l.less > 0 {
		l.dice = 2 * shared / (wa + wb)
		l.kept = shared / l.less
		if l.dice >= orderFloor {
			l.order = inOrder(a.text, b.text)
		}
		l.turned = l.dice >= likeFloor && turned(a.text, b.text)
	}
	return l
}

// inOrder is the Dice of the heaviest sequence of words that both texts have in
// this order, among others. A revision leaves most words where they are; another
// desk's report of the same day uses the same words in an order of its own.
func inOrder(a, b []word) float64 {
	row := make([]float64, len(b)+1)
	var wa, wb float64
	for _, y := range b {
		wb += y.weight
	}
	for _, x := range a {
		wa += x.weight
		diagonal := 0.0
		for j, y := range b {
			above := row[j+1]
			row[j+1] = max(above, row[j])
			if x.stem == y.stem {
				row[j+1] = max(row[j+1], diagonal+(x.weight+y.weight)/2)
			}
			diagonal = above
		}
	}
	if wa+wb == 0 {
		return 0
	}
	return 2 * row[len(b)] / (wa + wb)
}

// turned says whether figures or words of weight stand in both texts, but not in one
// order: who attacks whom, how many are dead and how many hurt.
func turned(a, b []word) bool {
	x, y := weighty(a, b), weighty(b, a)
	if len(x) > len(y) {
		x, y = y, x
	}
	for _, stem := range y {
		if len(x) > 0 && x[0] == stem {
			x = x[1:]
		}
	}
	return len(x) > 0
}

// weighty gives the stems of a's words that count in full in both texts, and of the
// figures, in the order of a.
func weighty(a, b []word) []string {
	counts := func(w word) bool { return w.figure || w.weight == 1 }
	also := map[string]bool{}
	for _, w := range b {
		also[w.stem] = also[w.stem] || counts(w)
	}
	var out []string
	for _, w := range a {
		if counts(w) && also[w.stem] {
			out = append(out, w.stem)
		}
	}
	return out
}

// alone notes a word that the other headline lacks.
func (l *likeness) alone(w word, named *bool) {
	l.figures = l.figures || w.figure
	if w.name {
		l.names = true
		*named = true
	}
}
