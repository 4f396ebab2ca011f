package diff

// blameVersion is a distinct version as the paragraphs in which it differs from the one
// before it.
type blameVersion struct {
	before     *blameVersion
	head, tail int              // paragraphs that both have at their ends
	middle     []*paragraphCopy // and those between
	whole      []*paragraphCopy // all of them, in some versions, so that none is far from one
	depth      int              // how many versions it is from one
}

// wholeEvery is the distance between versions that are kept as wholes.
const wholeEvery = 64

// paragraphs gives the paragraphs of a version.
func (v *blameVersion) paragraphs() []*paragraphCopy {
	if v == nil || v.whole != nil {
		if v == nil {
			return nil
		}
		return v.whole
	}
	before := v.before.paragraphs()
	list := make([]*paragraphCopy, 0, v.head+len(v.middle)+v.tail)
	list = append(list, before[:v.head]...)
	list = append(list, v.middle...)
	return append(list, before[len(before)-v.tail:]...)
}

// linesKey hashes the numbers of paragraphs.
func linesKey(lines []blameLine) uint64 {
	h := uint64(len(lines))
	for _, l := range lines {
		h = mix(h ^ uint64(l.form.number))
	}
	return h
}

// knownVersion finds the earlier version that has these paragraphs, nil if there is none.
func (b *Blame) knownVersion(key uint64, lines []blameLine) *blameVersion {
candidates:
	for _, v := range b.versions[key] {
		list := v.paragraphs()
		if len(list) != len(lines) {
			continue
		}
		for i, c := range list {
			if c.form != lines[i].form {
				continue candidates
			}
		}
		return v
	}
	return nil
}

// restore gives the paragraphs at hand the words of an earlier version, all of which
// are free.
func (b *Blame) restore(v *blameVersion) {
	for i, c := range v.paragraphs() {
		b.now[i].copy = c
		for _, s := range c.sentences {
			b.setLive(s.words, true)
		}
	}
	b.at = v
}

// keepVersion notes the version at hand, which is a new one.
func (b *Blame) keepVersion(key uint64, head, tail int) {
	v := &blameVersion{before: b.at, head: head, tail: tail}
	if v.before != nil {
		v.depth = v.before.depth + 1
	}
	lines := b.now[head : len(b.now)-tail]
	if v.depth >= wholeEvery {
		v.before, v.depth, lines = nil, 0, b.now
	}
	list := make([]*paragraphCopy, len(lines))
	for i, l := range lines {
		list[i] = l.copy
	}
	if v.middle = list; v.before == nil {
		v.middle, v.whole = nil, list
	}
	b.versions[key] = append(b.versions[key], v)
	b.at = v
}
