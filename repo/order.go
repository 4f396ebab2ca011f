package repo

import (
	"slices"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// sequence is a stretch of history in the order of recording.
type sequence struct {
	hashes []git.Hash
	// lineage tells what lies behind each of them; nil where all that was taken in
	// before does, as it does along a line without merges.
	lineage *lineage
	arrived map[git.Hash]time.Time // when this store got the commits that came from elsewhere
}

// ordered gives the commits behind tip that covered does not have, in the order of
// recording. fits is false where that order doesn't begin with what covered
// covers: then it is the order of everything, and all must be taken in anew.
//
// Without a merge the order is that of the parents. A merge leaves it open which
// side came first, and its first parent doesn't tell: who pulls into a clone and
// pushes makes the store's own line the second one. The store's receipts tell
// where main stood before something came from elsewhere, and that comes first.
// Where there is none, a sealed version tells: it was made on top of everything
// that main held, so what lies behind it comes before all else. Thus a number,
// once given, stays what it was.
func (s *Store) ordered(tip, covered git.Hash) (seq sequence, fits bool, err error) {
	receipts, err := s.git.Receipts()
	if err != nil {
		return seq, false, err
	}
	line, ok, err := s.git.Line(tip, covered)
	if err != nil || ok {
		return sequence{hashes: line, arrived: arrivals(receipts, covered, line)}, true, err
	}
	o, err := s.newOrderer(tip)
	if err != nil {
		return seq, false, err
	}
	stops := receipts
	if i := slices.IndexFunc(receipts, func(r git.Receipt) bool { return r.Old == covered }); i >= 0 {
		fits, stops = true, receipts[i:]
		if err := o.pass(covered); err != nil {
			return seq, false, err
		}
	}
	for _, r := range stops {
		if _, reached := o.lineage.place[r.Old]; !reached {
			continue // it never came to be part of main, or history was rewritten
		}
		if err := o.upTo(r.Old); err != nil {
			return seq, false, err
		}
	}
	if err := o.upTo(tip); err != nil {
		return seq, false, err
	}
	seq = sequence{hashes: o.out, lineage: o.lineage}
	if covered.IsZero() {
		fits = true
	} else if !fits {
		if seq.hashes, fits, err = s.after(o.out, covered); err != nil {
			return seq, false, err
		}
	}
	if !fits {
		covered = git.Hash{}
	}
	o.lineage.begin(covered)
	seq.arrived = arrivals(receipts, covered, seq.hashes)
	return seq, fits, nil
}

// after cuts off what covered covers, where the order begins with that.
func (s *Store) after(all []git.Hash, covered git.Hash) ([]git.Hash, bool, error) {
	behind, err := s.git.Log(covered, git.Hash{})
	if err != nil {
		return nil, false, err
	}
	if i := slices.Index(all, covered); i+1 == len(behind) {
		return all[i+1:], true, nil
	}
	return all, false, nil
}

// arrivals tells when the commits came that a receipt stands for. On the store's
// order they follow what main was before, one after another; a receipt for which
// that isn't so never came to be true.
func arrivals(receipts []git.Receipt, covered git.Hash, hashes []git.Hash) map[git.Hash]time.Time {
	var out map[git.Hash]time.Time
	var at map[git.Hash]int
	for _, r := range receipts {
		if r.Count == 0 {
			continue
		}
		if at == nil {
			out, at = map[git.Hash]time.Time{}, make(map[git.Hash]int, len(hashes))
			for i, h := range hashes {
				at[h] = i + 1
			}
		}
		from, ok := at[r.Old]
		if !ok && r.Old != covered || from+r.Count > len(hashes) || hashes[from+r.Count-1] != r.Arrived {
			continue
		}
		for _, h := range hashes[from : from+r.Count] {
			if _, earlier := out[h]; !earlier {
				out[h] = r.At
			}
		}
	}
	return out
}

// orderer lists a history that has merges.
type orderer struct {
	s       *Store
	lineage *lineage
	listed  map[git.Hash]bool
	out     []git.Hash
}

func (s *Store) newOrderer(tip git.Hash) (*orderer, error) {
	log, err := s.git.Log(tip, git.Hash{})
	if err != nil {
		return nil, err
	}
	return &orderer{s: s, lineage: newLineage(s.git, log), listed: make(map[git.Hash]bool, len(log))}, nil
}

// pass counts a commit and all behind it as listed.
func (o *orderer) pass(h git.Hash) error {
	return o.walk(h, func(git.Hash) error { return nil })
}

// upTo lists a commit and what lies behind it and isn't listed yet: for each sealed
// commit what lies behind that, then the commit; at last the rest.
func (o *orderer) upTo(h git.Hash) error {
	var heads, all []git.Hash
	err := o.walk(h, func(x git.Hash) error {
		all = append(all, x)
		c, err := o.s.git.Commit(x)
		if err != nil {
			return err
		}
		o.lineage.parents[x] = c.Parents
		if m, err := parseMessage(c.Message); err == nil && m.sealed {
			heads = append(heads, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, x := range all {
		delete(o.listed, x)
	}
	list := func(x git.Hash) error {
		o.out = append(o.out, x)
		return nil
	}
	for _, x := range append(heads, h) {
		if err := o.walk(x, list); err != nil {
			return err
		}
	}
	return nil
}

// walk visits a commit and what lies behind it and isn't listed, parents before
// children and the first parent's line before the others, and lists it.
func (o *orderer) walk(h git.Hash, visit func(git.Hash) error) error {
	for stack := []git.Hash{h}; len(stack) > 0; {
		top := stack[len(stack)-1]
		if o.listed[top] {
			stack = stack[:len(stack)-1]
			continue
		}
		parents, err := o.lineage.parentsOf(top)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(parents, func(p git.Hash) bool { return !o.listed[p] }); i >= 0 {
			stack = append(stack, parents[i])
			continue
		}
		stack = stack[:len(stack)-1]
		o.listed[top] = true
		if err := visit(top); err != nil {
			return err
		}
	}
	return nil
}
