package repo

import (
	"context"
	"errors"
	"fmt"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// partSize is how many commits the index takes in at once where many are missing:
// what was taken in by then is not lost when the process ends.
const partSize = 1 << 17

// bulkFrom is from how many commits on it pays to give the index more memory.
const bulkFrom = 5000

// bulkFilesKept is how many bytes of files are kept at hand then.
const bulkFilesKept = 64 << 20

// catchUp takes in what git holds and the index does not.
func (s *Store) catchUp(ctx context.Context, progress func(done, total int)) error {
	tip, err := s.git.Tip()
	if err != nil {
		return err
	}
	if covered, err := s.idx.Tip(); err != nil || covered == tip {
		return err
	}
	tx, err := s.idx.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	next, tip, err := s.ready(ctx, tx)
	if err != nil || tip.IsZero() {
		return err
	}
	done, total := 0, len(next.hashes)
	from, files := s.source(total)
	report := func(n, _ int) {
		if progress != nil {
			progress(done+n, total)
		}
	}
	for next.lineage == nil && len(next.hashes) > partSize {
		part := next
		part.hashes, next.hashes = next.hashes[:partSize], next.hashes[partSize:]
		last := part.hashes[partSize-1]
		if err := s.takePart(ctx, tx, from, files, part, last, report); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
		done += partSize
		if tx, err = s.idx.Begin(ctx); err != nil {
			return err
		}
		if covered, err := tx.Tip(); err != nil {
			return err
		} else if covered != last { // somebody else went on meanwhile
			return errors.Join(tx.Rollback(), s.catchUp(ctx, progress))
		}
	}
	if err := s.takePart(ctx, tx, from, files, next, tip, report); err != nil {
		return err
	}
	if err := s.nameLost(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// catchUpIn does so inside a transaction, up to the tip as it stands by then.
func (s *Store) catchUpIn(ctx context.Context, tx *index.Tx, progress func(done, total int)) error {
	next, tip, err := s.ready(ctx, tx)
	if err != nil || tip.IsZero() {
		return err
	}
	from, files := s.source(len(next.hashes))
	if err := s.takePart(ctx, tx, from, files, next, tip, progress); err != nil {
		return err
	}
	return s.nameLost(tx)
}

// ready tells what the index is to take in, and up to which commit; where history was
// rewritten it goes back to where the two part first. The commit is zero where there
// is nothing to do.
func (s *Store) ready(ctx context.Context, tx *index.Tx) (next sequence, tip git.Hash, err error) {
	none := git.Hash{}
	if tip, err = s.git.Tip(); err != nil {
		return next, none, err
	}
	top, err := tx.Tip()
	covered := git.Hash(top)
	if err != nil || covered == tip {
		return next, none, err
	}
	if !covered.IsZero() {
		kept, err := s.git.IsAncestor(covered, tip)
		if err == nil && !kept {
			covered, err = s.goBack(tx, covered, tip)
		}
		if err != nil {
			return next, none, err
		}
	}
	if err := s.keepPlace(ctx, tip, covered); err != nil {
		return next, none, err
	}
	next, fits, err := s.ordered(tip, covered)
	if err == nil && !fits {
		err = startAgain(tx)
	}
	if err == nil && len(next.hashes) >= bulkFrom {
		err = tx.Bulk()
	}
	return next, tip, err
}

// takePart takes commits in, the last of which is tip.
func (s *Store) takePart(ctx context.Context, tx *index.Tx, from source, files *files, next sequence, tip git.Hash, progress func(done, total int)) error {
	a, err := s.newApplier(tx, files)
	if err != nil {
		return err
	}
	if err := takeInFrom(ctx, from, a, next, progress); err != nil {
		return err
	}
	return tx.SetTip(tip)
}

// keepPlace notes when and behind what came that plain git brought.
func (s *Store) keepPlace(ctx context.Context, tip, covered git.Hash) error {
	return s.noteArrivals(ctx, tip, covered)
}

// goBack goes back to where rewritten history left the one that the index covers, and
// gives the commit that it covers then: zero where it had to be emptied. Every version
// dropped is written down, so that what the new history lacks can be named.
func (s *Store) goBack(tx *index.Tx, covered, tip git.Hash) (git.Hash, error) {
	last, err := s.lastKept(tx, covered, tip)
	if err != nil {
		return git.Hash{}, err
	}
	cut := false
	if last.Seq > 0 {
		var again []schema.ID
		if again, cut, err = tx.Cut(last.Seq, historyField); err == nil && cut {
			err = s.rekindAll(tx, again)
		}
	}
	kept := git.Hash(last.Commit)
	if err == nil && !cut {
		kept = git.Hash{}
		if err = tx.Lose(0); err == nil {
			err = startAgain(tx)
		}
	}
	if err != nil {
		return kept, err
	}
	reason := fmt.Sprintf("history was rewritten: commit %s, which was the newest before, is no part of main any more", covered)
	return kept, tx.AddProblem(index.Problem{Commit: tip, Field: historyField, Reason: reason})
}

// lastKept gives the last version that the index can keep when history was rewritten;
// the zero Row where it is to be built anew: where the two histories share nothing, or
// a merge stands between, which may have brought what came before.
func (s *Store) lastKept(tx *index.Tx, covered, tip git.Hash) (index.Row, error) {
	gone, err := s.gone(covered, tip)
	if err != nil || gone == nil {
		return index.Row{}, err
	}
	for r, err := range tx.Log(index.Filter{}) {
		if err != nil || !gone[r.Commit] {
			return r, err
		}
	}
	return index.Row{}, nil
}

// gone gives the commits of a line that another line, which left it somewhere, does
// not have; nil where that can't be told by walking back along both.
func (s *Store) gone(from, to git.Hash) (map[git.Hash]bool, error) {
	sides := [2]map[git.Hash]bool{{}, {}} // what was passed on either line
	for at := [2]git.Hash{from, to}; !at[0].IsZero() || !at[1].IsZero(); {
		for i, h := range at {
			if h.IsZero() {
				continue
			}
			if sides[1-i][h] { // here they parted
				for g := h; i == 1 && !g.IsZero(); {
					delete(sides[0], g)
					c, err := s.git.Commit(g)
					if err != nil {
						return nil, err
					}
					if g = (git.Hash{}); len(c.Parents) == 1 && sides[0][c.Parents[0]] {
						g = c.Parents[0]
					}
				}
				return sides[0], nil
			}
			c, err := s.git.Commit(h)
			if errors.Is(err, git.ErrNotFound) && i == 0 {
				return nil, nil // git has cleaned the old history up
			}
			if err != nil || len(c.Parents) > 1 {
				return nil, err
			}
			sides[i][h], at[i] = true, git.Hash{}
			if len(c.Parents) == 1 {
				at[i] = c.Parents[0]
			}
		}
	}
	return nil, nil
}

// rekindAll finds out anew how the versions of articles differ, after others between
// them went.
func (s *Store) rekindAll(tx *index.Tx, articles []schema.ID) error {
	a, err := s.newApplier(tx, newFiles(s.git.Blob, filesKept))
	for _, id := range articles {
		if err == nil {
			err = a.rekind(id)
		}
	}
	return err
}

// startAgain empties the index, but for what it alone can know: that history was
// rewritten.
func startAgain(tx *index.Tx) error {
	problems, err := tx.Problems()
	if err != nil {
		return err
	}
	if err := tx.Reset(); err != nil {
		return err
	}
	for _, p := range problems {
		if p.Field == historyField {
			if err := tx.AddProblem(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// historyField marks a problem of the history itself.
const historyField = "history"

// nameLost notes each version that was known before history was rewritten and is
// in it no more, or says something else, or stands in another place: that is how a
// dropped, forged or moved version is named.
func (s *Store) nameLost(tx *index.Tx) error {
	last, some := int64(0), false
	for k, err := range tx.Lost() {
		if err != nil {
			return err
		}
		some = true
		rows, err := tx.BySeal(schema.ID{}, Seal(k.Seal).String())
		if err != nil {
			return err
		}
		reason := "it is gone from the history"
		if len(rows) > 0 {
			now := rows[0]
			reason = changedSince(&k, &now)
			if now.Seq < last && reason == "" {
				reason = "it stands in another place of the history now"
			}
			last = max(last, now.Seq)
		}
		if reason == "" {
			continue
		}
		p := index.Problem{Commit: k.Commit, Path: s.layout().path(k.Article), Field: historyField, Reason: fmt.Sprintf(
			"version %d of article %s (seal %s, %q) was recorded: %s", k.Number, k.Article, Seal(k.Seal).Short(), k.Headline, reason)}
		if err := tx.AddProblem(p); err != nil {
			return err
		}
	}
	if !some {
		return nil
	}
	return tx.ForgetLost()
}

// changedSince says what differs between a version as it was known and as
// rewritten history has it under the same seal; "" where nothing does.
func changedSince(k, now *index.Row) string {
	for _, f := range []struct {
		differs bool
		what    string
	}{
		{k.Article != now.Article, "the article that it belongs to"},
		{k.Content != now.Content || k.Headline != now.Headline, "its text"},
		{k.Published.String() != now.Published.String(), "the time of its publication"},
		{!k.Recorded.Equal(now.Recorded), "the time of its recording"},
		{k.Author != now.Author, "its author"},
		{k.Note != now.Note, "its note"},
		{k.CorrectionType != now.CorrectionType, "its correction"},
		{k.Known != now.Known, "what is known of it"},
		{k.Match != now.Match, "how its article was found"},
		{k.Op != now.Op, "its subject"},
	} {
		if f.differs {
			return f.what + " was changed in the history"
		}
	}
	return ""
}
