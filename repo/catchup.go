package repo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

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
	if err := s.catchUpIn(ctx, tx, progress); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// catchUpIn does so inside a transaction, up to the tip as it stands by then.
func (s *Store) catchUpIn(ctx context.Context, tx *index.Tx, progress func(done, total int)) error {
	tip, err := s.git.Tip()
	if err != nil {
		return err
	}
	covered, err := tx.Tip()
	if err != nil || covered == tip {
		return err
	}
	var known []index.Row
	if covered != (git.Hash{}) {
		kept, err := s.git.IsAncestor(covered, tip)
		if err != nil {
			return err
		}
		if !kept {
			if known, err = s.startOver(tx, covered, tip); err != nil {
				return err
			}
			covered = git.Hash{}
		}
	}
	if err := s.keepPlace(ctx, tip, covered); err != nil {
		return err
	}
	next, fits, err := s.ordered(tip, covered)
	if err != nil {
		return err
	}
	if !fits {
		if err := startAgain(tx); err != nil {
			return err
		}
	}
	a, err := s.newApplier(tx, newFiles(s.git.Blob, filesKept))
	if err != nil {
		return err
	}
	if err := s.takeIn(ctx, a, next, progress); err != nil {
		return err
	}
	if err := s.nameLost(tx, known); err != nil {
		return err
	}
	return tx.SetTip(tip)
}

// keepPlace notes where main stood before a merge came from elsewhere, so that
// what was recorded here goes on to come first, and keeps its numbers, also when
// the index is built anew.
func (s *Store) keepPlace(ctx context.Context, tip, covered git.Hash) error {
	if covered.IsZero() {
		return nil
	}
	if _, straight, err := s.git.Line(tip, covered); err != nil || straight {
		return err
	}
	receipts, err := s.git.Receipts()
	if err != nil {
		return err
	}
	for _, r := range receipts {
		if r.Old == covered {
			return nil
		}
	}
	who := git.Signature{Name: nobody.Name, Email: nobody.Email}
	return s.git.AddReceipt(ctx, git.Receipt{Old: covered, Arrived: tip, At: s.now()}, who, "Receipt: a merge came by a push")
}

// startOver empties the index because history was rewritten, and gives every
// version that the index knew, so that what the new history lacks can be named.
func (s *Store) startOver(tx *index.Tx, covered, tip git.Hash) ([]index.Row, error) {
	var known []index.Row
	for r, err := range tx.Log(index.Filter{}) {
		if err != nil {
			return nil, err
		}
		known = append(known, r)
	}
	slices.Reverse(known) // oldest first
	if err := startAgain(tx); err != nil {
		return nil, err
	}
	reason := fmt.Sprintf("history was rewritten: commit %s, which was the newest before, is no part of main any more", covered)
	return known, tx.AddProblem(index.Problem{Commit: tip, Field: historyField, Reason: reason})
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
func (s *Store) nameLost(tx *index.Tx, known []index.Row) error {
	last := int64(0)
	for _, k := range known {
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
	return nil
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
