package repo

import "context"

// Maintained is what an upkeep did.
type Maintained struct {
	Packs int // how many packs became one; 0 where there was nothing to do
}

// Maintain makes many small packs one, and lets the index put itself in order. It
// is harmless at any time, beside readers and writers, and never needed: writing
// keeps the number of packs small by itself.
func (s *Store) Maintain(ctx context.Context) (Maintained, error) {
	if err := s.view(ctx); err != nil {
		return Maintained{}, err
	}
	n, err := s.git.Maintain(ctx)
	if err != nil {
		return Maintained{Packs: n}, err
	}
	return Maintained{Packs: n}, s.idx.Optimize(ctx)
}
