package git

import "slices"

// Log returns the commits that are reachable from one commit and not from
// another, oldest first: a commit stands after all its parents, and the line
// of the first parent before the side branches of a merge. The order depends
// on the commits alone, never on clocks. A zero until leaves nothing out; a
// zero from gives nothing.
//
// Along a line without merges this costs one read a commit. Where there is a
// merge and until is not zero, everything behind until is walked once: without
// trust in clocks there is no shorter way to know where a side branch left.
func (r *Repo) Log(from, until Hash) ([]Hash, error) {
	if from.IsZero() {
		return nil, nil
	}
	line, reached, err := r.straight(from, until)
	if err != nil || reached {
		return line, err
	}
	known := map[Hash]bool{}
	if !until.IsZero() {
		if err := r.walk(until, known, nil); err != nil {
			return nil, err
		}
	}
	var out []Hash
	err = r.walk(from, known, func(h Hash) { out = append(out, h) })
	return out, err
}

// Line is Log for a history without a merge between the two commits. ok is false
// where there is one, or where until doesn't lie on the line.
func (r *Repo) Line(from, until Hash) (line []Hash, ok bool, err error) {
	return r.straight(from, until)
}

// straight follows a line of single parents from one commit to another, or to
// the first commit of all where until is zero. It gives up at a merge.
func (r *Repo) straight(from, until Hash) (line []Hash, reached bool, err error) {
	for h := from; h != until; {
		_, parents, err := r.links(h)
		if err != nil {
			return nil, false, err
		}
		line = append(line, h)
		if len(parents) > 1 || len(parents) == 0 && !until.IsZero() {
			return nil, false, nil
		}
		h = Hash{}
		if len(parents) == 1 {
			h = parents[0]
		}
	}
	slices.Reverse(line)
	return line, true, nil
}

// walk visits every commit reachable from h that is not in seen, parents
// before children, first parents first, and adds it to seen.
func (r *Repo) walk(h Hash, seen map[Hash]bool, visit func(Hash)) error {
	type frame struct {
		hash    Hash
		parents []Hash
		next    int
	}
	var stack []frame
	push := func(h Hash) error {
		_, parents, err := r.links(h)
		if err != nil {
			return err
		}
		seen[h] = true
		stack = append(stack, frame{hash: h, parents: parents})
		return nil
	}
	if seen[h] {
		return nil
	}
	if err := push(h); err != nil {
		return err
	}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(top.parents) {
			if visit != nil {
				visit(top.hash)
			}
			stack = stack[:len(stack)-1]
			continue
		}
		parent := top.parents[top.next]
		top.next++
		if !seen[parent] {
			if err := push(parent); err != nil {
				return err
			}
		}
	}
	return nil
}

// IsAncestor reports whether a is b or lies behind it. The zero Hash lies
// behind everything.
func (r *Repo) IsAncestor(a, b Hash) (bool, error) {
	if a.IsZero() || a == b {
		return true, nil
	}
	if b.IsZero() {
		return false, nil
	}
	seen := map[Hash]bool{b: true}
	for queue := []Hash{b}; len(queue) > 0; queue = queue[1:] {
		_, parents, err := r.links(queue[0])
		if err != nil {
			return false, err
		}
		for _, p := range parents {
			if p == a {
				return true, nil
			}
			if !seen[p] {
				seen[p] = true
				queue = append(queue, p)
			}
		}
	}
	return false, nil
}

// MergeBase returns the newest commit of b's first-parent line that a has too:
// where a rewritten history left the old one. It is the zero Hash where the
// two share nothing.
func (r *Repo) MergeBase(a, b Hash) (Hash, error) {
	known := map[Hash]bool{}
	if !a.IsZero() {
		if err := r.walk(a, known, nil); err != nil {
			return Hash{}, err
		}
	}
	for h := b; !h.IsZero(); {
		if known[h] {
			return h, nil
		}
		_, parents, err := r.links(h)
		if err != nil {
			return Hash{}, err
		}
		h = Hash{}
		if len(parents) > 0 {
			h = parents[0]
		}
	}
	return Hash{}, nil
}
