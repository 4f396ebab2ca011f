package repo

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/schema"
)

// BehindError says that a remote holds versions that this store doesn't: nothing is
// pushed over them.
type BehindError struct {
	Remote string
}

func (e *BehindError) Error() string {
	return e.Remote + " holds versions that are not here: nothing was pushed"
}

// Pushed is what a push came to.
type Pushed struct {
	Remote  string
	Tip     string // the commit that the remote's branch stands at now; "" where the store has none
	Commits int    // how many the remote got
}

// Push brings a remote up to what this store holds. The remote's history only ever
// grows: where it holds something else, the error is a *BehindError and nothing
// happens. remote is a name; "" is the default one, or the only one.
func (s *Store) Push(ctx context.Context, g GitProgram, remote string) (Pushed, error) {
	r, err := s.remote(remote)
	if err != nil {
		return Pushed{}, err
	}
	p := Pushed{Remote: r.Name}
	tip, err := s.git.Tip()
	if err != nil || tip.IsZero() {
		return p, err
	}
	branch, err := s.branch(r.Name)
	if err != nil {
		return p, err
	}
	heads, _, err := s.heads(ctx, g, r)
	if err != nil {
		return p, err
	}
	theirs := heads[branch]
	count, err := s.countBetween(theirs, tip)
	if errors.Is(err, git.ErrNotFound) {
		return p, &BehindError{Remote: r.Name}
	}
	if err != nil {
		return p, err
	}
	p.Tip, p.Commits = tip.String(), count
	if count > 0 {
		if err := s.push(ctx, g, r, theirs, tip, branch); err != nil {
			return p, err
		}
	}
	return p, s.saw(r.Name, tip)
}

// countBetween counts the commits behind tip that are not behind theirs. It fails
// with git.ErrNotFound where theirs is not behind tip.
func (s *Store) countBetween(theirs, tip git.Hash) (int, error) {
	if !theirs.IsZero() {
		if _, err := s.git.Commit(theirs); err != nil {
			return 0, err
		}
	}
	behind, err := s.git.IsAncestor(theirs, tip)
	if err == nil && !behind {
		err = git.ErrNotFound
	}
	if err != nil {
		return 0, err
	}
	log, err := s.git.Log(tip, theirs)
	return len(log), err
}

// push asks git to move a remote's branch forward to one commit. Without a plus
// sign in front of the names git itself refuses anything else, on both sides.
func (s *Store) push(ctx context.Context, g GitProgram, r Remote, theirs, tip git.Hash, branch string) error {
	if g.absent() {
		err := s.git.PushTo(ctx, g.wire(), r.URL, branch, theirs, tip)
		if errors.Is(err, git.ErrRemoteMoved) {
			return &BehindError{Remote: r.Name}
		}
		return failed("push to "+r.Name, err)
	}
	quiet := "--quiet"
	if g.Progress != nil {
		quiet = "--progress"
	}
	out, err := g.run(ctx, s.Dir(), "push to "+r.Name+" at "+git.Place(r.URL), "push", quiet, "--porcelain", "--no-force-with-lease", "--no-follow-tags", "--no-signed",
		"--no-recurse-submodules", "--receive-pack=git-receive-pack", "--", r.Name, tip.String()+":"+branch)
	var failed *TransportError
	if !errors.As(err, &failed) {
		return err
	}
	for l := range strings.Lines(out) {
		flag, rest, _ := strings.Cut(strings.TrimSpace(l), "\t")
		if flag != "!" {
			continue
		}
		for _, sign := range []string{"fetch first", "non-fast-forward", "needs force", "stale info", "but expected", "cannot lock ref", "failed to update ref"} {
			if strings.Contains(rest, sign) || strings.Contains(failed.Reason, sign) {
				return &BehindError{Remote: r.Name}
			}
		}
		if _, why, ok := strings.Cut(rest, "\t"); ok {
			failed.Reason = strings.TrimSpace(why) + ": " + failed.Reason
		}
	}
	return failed
}

// Clone makes a store in dir, which must be empty or not exist, whose main is that
// of the store, or of any repository of Markdown, at url; the remote "origin" leads
// back there. What came is checked on the way in. Where cloning fails, nothing of it
// is left.
func Clone(ctx context.Context, url, dir string, opt PullOptions) (s *Store, a *Arrival, err error) {
	_, statErr := os.Stat(dir)
	made := errors.Is(statErr, os.ErrNotExist)
	if s, err = Init(dir); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close(), clearAway(dir, made))
			s, a = nil, nil
		}
	}()
	opt.Remote = DefaultRemote
	if err = s.AddRemote(DefaultRemote, url); err != nil {
		return s, nil, err
	}
	r, err := s.remote(DefaultRemote)
	if err != nil {
		return s, nil, err
	}
	if err = s.track(ctx, opt.Git, r); err != nil {
		return s, nil, err
	}
	tip, found, err := s.fetch(ctx, opt.Git, r)
	if err != nil {
		return s, nil, err
	}
	if !found {
		return s, &Arrival{Remote: r.Name, UpToDate: true}, nil
	}
	if s, err = s.withLevels(tip); err != nil {
		return s, nil, err
	}
	if a, err = s.receive(ctx, r, tip, opt); err != nil {
		return s, nil, err
	}
	return s, a, s.saw(r.Name, tip)
}

// track notes which branch of the remote holds its history: main, else what its
// HEAD names.
func (s *Store) track(ctx context.Context, g GitProgram, r Remote) error {
	heads, head, err := s.heads(ctx, g, r)
	if err != nil {
		return err
	}
	branch := "refs/heads/main"
	if heads[branch].IsZero() && !heads[head].IsZero() {
		branch = head
	}
	if err := s.git.SetSetting("branch", "main", "remote", r.Name); err != nil {
		return err
	}
	return s.git.SetSetting("branch", "main", "merge", branch)
}

// clearAway removes what a clone that failed has made: the folder's content, and
// the folder if it was not there before.
func clearAway(dir string, made bool) error {
	if made {
		return os.RemoveAll(dir)
	}
	rows, err := os.ReadDir(dir)
	for _, row := range rows {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, row.Name())))
	}
	return err
}

// withLevels gives a clone as many levels of folders as the files that came have:
// each store's are fixed when it is made, and its config doesn't travel.
func (s *Store) withLevels(tip git.Hash) (*Store, error) {
	c, err := s.git.Commit(tip)
	if err != nil {
		return s, err
	}
	levels, err := s.levelsOf(c.Tree, nil)
	if err != nil || levels == 0 || layout(levels) == s.layout() {
		return s, err
	}
	if err := s.git.SetSetting("stemma", "", "levels", strconv.Itoa(levels)); err != nil {
		return s, err
	}
	dir, now := s.Dir(), s.now
	if err := s.Close(); err != nil {
		return s, err
	}
	again, err := Open(dir)
	if err != nil {
		return s, err
	}
	again.now = now
	return again, nil
}

// levelsOf looks for the first file that stands where some number of levels puts
// its article, and gives that number; 0 where there is none.
func (s *Store) levelsOf(tree git.Hash, above []string) (int, error) {
	rows, err := s.git.Tree(tree)
	if err != nil || len(above) > 8 {
		return 0, err
	}
	for _, row := range rows {
		if row.IsTree() {
			if len(row.Name) != 1 {
				continue
			}
			if n, err := s.levelsOf(row.Hash, append(above, row.Name)); n > 0 || err != nil {
				return n, err
			}
			continue
		}
		id, err := schema.ParseID(strings.TrimSuffix(row.Name, ".md"))
		if n := len(above); err == nil && n > 0 && layout(n).path(id) == strings.Join(append(above, row.Name), "/") {
			return n, nil
		}
	}
	return 0, nil
}
