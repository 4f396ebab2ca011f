package repo

import (
	"errors"
	"path"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// event is a commit as the index takes it in: the same for a commit that this
// process has just made and for one that plain git brought.
type event struct {
	hash    git.Hash
	commit  *git.Commit
	message message
	changes []git.FileChange
	// inherited names the files of a merge that it took over from a parent.
	inherited map[string]bool
	arrived   time.Time // when this store got it, where it came from elsewhere
	bad       error     // why the message's trailers could not be read; it is taken for plain git's then

	ahead    []ahead   // what was worked out of its files before its turn
	foreseen *foreseen // the same of its kinds of change, or what is being worked out; or nil
}

// applier takes commits into the index, one by one, in the order of recording.
// It is the only place that says what a commit means; recording and rebuilding
// both go through it, so they can't differ.
type applier struct {
	tx    *index.Tx
	files *files
	find  func(tree git.Hash, path string) (git.Hash, error)
	// commit reads one that is in git already.
	commit func(git.Hash) (*git.Commit, error)
	seq    int64

	sums    sums
	layout  layout
	lineage *lineage // nil where all that was taken in lies behind what comes

	check *commitCheck // told of everything while a store is verified; else nil

	foreseen *foreseen // the kinds of change of the commit at hand, where they were begun early

	added []index.Row // the versions that the last commit made which made any
}

func (s *Store) newApplier(tx *index.Tx, files *files) (*applier, error) {
	seq, err := tx.Seq()
	return &applier{tx: tx, files: files, find: s.git.Find, commit: s.git.Commit, layout: s.layout(), seq: seq}, err
}

// articleFile reports whether a path of the tree holds an article: a Markdown
// file that is no README and stands in no hidden folder.
func articleFile(p string) bool {
	if !strings.HasSuffix(p, ".md") || strings.EqualFold(path.Base(p), "README.md") {
		return false
	}
	for _, part := range strings.Split(p, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	return true
}

// layout is how many levels of folders stand above an article's file.
type layout int

// path is where an article's file stands: in folders named by the first
// characters of its id, which never change.
func (l layout) path(id schema.ID) string {
	s := id.String()
	var b strings.Builder
	for i := range min(int(l), len(s)) {
		b.WriteString(s[i:i+1] + "/")
	}
	return b.String() + s + ".md"
}

// apply takes one commit in.
func (a *applier) apply(e *event) error {
	a.foreseen = e.foreseen
	if err := a.step(e); err != nil {
		return err
	}
	if err := a.addUnchanged(e); err != nil {
		return err
	}
	m := &e.message
	switch {
	case e.isNotice():
		return a.applyCorrection(e)
	case e.isContexts():
		return a.tx.AddContexts(m.article, m.contexts)
	case !m.reassert.IsZero():
		if same, err := a.reasserts(e); err != nil || same {
			return err
		}
	case m.sealed && !m.link.IsZero() && m.link != m.article:
		return a.applyLink(e)
	case m.sealed && !m.split.IsZero() && m.split != m.article:
		return a.applySplit(e)
	}
	return a.applyFiles(e)
}

// isNotice reports whether a commit brings a correction and nothing else.
func (e *event) isNotice() bool {
	return e.message.op == opCorrect && e.message.correction != "" && len(e.changes) == 0
}

// recorded is when this store learnt of a commit: its own clock's time, where there
// is one.
func (e *event) recorded() time.Time {
	if !e.arrived.IsZero() {
		return e.arrived
	}
	return e.commit.Committer.When
}

// isContexts reports whether a commit brings contexts and nothing else.
func (e *event) isContexts() bool { return len(e.message.contexts) > 0 && len(e.changes) == 0 }

// addUnchanged names the file of a sealed version that changes no byte of main: a
// state inserted in the past may be the very one that is current. Git shows no
// difference there, yet it is a version.
func (a *applier) addUnchanged(e *event) error {
	m := &e.message
	if !m.sealed || e.commit.Tree.IsZero() {
		return nil
	}
	p := a.layout.path(m.article)
	for _, c := range e.changes {
		if c.Path == p {
			return nil
		}
	}
	h, err := a.find(e.commit.Tree, p)
	if errors.Is(err, git.ErrNotFound) {
		return nil
	}
	e.changes = append(e.changes, git.FileChange{Path: p, Old: h, New: h})
	return err
}

// applyCorrection binds a notice to the diff that it explains.
func (a *applier) applyCorrection(e *event) error {
	m := &e.message
	a.seq++
	return a.tx.AddCorrection(index.Correction{
		Seq: a.seq, Article: m.article, FromSeal: m.from, ToSeal: m.to, Type: string(m.correction), Text: m.note,
		Author: person(e.commit.Author), Recorded: e.recorded(), Commit: e.hash,
	})
}

// reasserts reports whether the commit only puts the current version's own file
// back, as it must after the past was inserted: then it is no version.
func (a *applier) reasserts(e *event) (bool, error) {
	if len(e.changes) != 1 || e.changes[0].Path != a.layout.path(e.message.article) {
		return false, nil
	}
	cur, ok, err := a.current(e.message.article)
	if err != nil || !ok {
		return false, err
	}
	return cur.Blob == e.changes[0].New, nil
}

// problem notes something broken; the rest of the history goes on.
func (a *applier) problem(e *event, path, field, reason string) error {
	return a.tx.AddProblem(index.Problem{Commit: e.hash, Path: path, Field: field, Reason: reason})
}

// add makes the row of a version and puts it in its place.
func (a *applier) add(e *event, article, origin schema.ID, state *schema.State, blob git.Hash) error {
	m := &e.message
	published, err := a.versionTime(e, origin)
	if err != nil {
		return err
	}
	before, hasBefore, err := a.tx.AsOf(article, published.T, false)
	if err != nil {
		return err
	}
	known, hasKnown, err := a.asOf(origin, published)
	if err != nil {
		return err
	}
	digest := e.digest(blob, state, &a.sums)
	if hasKnown && m.op == opPlain {
		same := known.Content == digest // renamed, or written in another way
		if !same {
			same, err = a.tied(e, origin, &known, digest)
		}
		if err != nil || same {
			return err
		}
	}
	chain, err := a.link(origin)
	if err != nil {
		return err
	}
	number, err := a.tx.NextNumber(article)
	if err != nil {
		return err
	}
	author := person(e.commit.Author)
	claimed := m.sealed && m.article == origin
	seal, computed := m.seal, Seal{}
	if !claimed || a.check != nil { // whether a claim holds is what verify tells
		computed = sealed{previous: chain.previous, article: origin, published: published, author: author, salt: m.salt}.over(e.root(blob, state, &a.sums))
	}
	if !claimed {
		seal = computed
	}
	a.seq++
	path := state.EffectivePath()
	row := index.Row{
		Seq: a.seq, Article: article, Origin: origin, Number: number, Commit: e.hash, Blob: blob, Seal: seal,
		Content: digest, Known: m.known, Published: published, Recorded: e.recorded(), Author: author,
		After: chain.after, Open: chain.open, Op: strings.ToLower(m.op), Headline: state.Headline, Date: state.Date, Category: state.Category,
		Status: state.Status, Path: path, Language: state.Language, Note: m.note, Match: m.match,
		CorrectionType: string(m.correction),
	}
	if a.check != nil {
		a.check.version(e, &row, computed, rowIf(&known, hasKnown))
	}
	if row.CorrectionType != "" {
		row.CorrectionText = m.note
	}
	var c compared
	if hasBefore {
		if c, err = a.compare(&row, state, &before); err != nil {
			return err
		}
	}
	if err := a.tx.AddVersion(row, aliases(state, path, article), state.Contexts); err != nil {
		return err
	}
	if err := a.setPassages(&row, rowIf(&before, hasBefore), state, &c); err != nil {
		return err
	}
	if len(a.added) > 0 && a.added[0].Commit != row.Commit {
		a.added = a.added[:0]
	}
	a.added = append(a.added, row)
	return a.rekindAfter(&row)
}

// made gives the versions that a commit made.
func (a *applier) made(h git.Hash) ([]index.Row, error) {
	if len(a.added) > 0 && a.added[0].Commit == h {
		return a.added, nil
	}
	return a.tx.ByCommit(h)
}

// versionTime is when a version was published: what the trailer says. A commit of
// plain git has none: it counts as published when it was written, but where that
// lies before the version which it replaced on main (it was rebased, or merged)
// when it was committed, and never before that version.
func (a *applier) versionTime(e *event, origin schema.ID) (schema.Time, error) {
	if !e.message.published.IsZero() {
		return e.message.published, nil
	}
	written, committed := schema.At(e.commit.Author.When), schema.At(e.commit.Committer.When)
	if committed.Before(written) {
		written = committed
	}
	cur, ok, err := a.current(origin)
	switch {
	case err != nil || !ok || !written.Before(cur.Published):
		return written, err
	case !committed.Before(cur.Published):
		return committed, nil
	}
	return schema.At(cur.Published.T), nil
}

// aliases lists the addresses that a state with this path brings to its article.
func aliases(state *schema.State, path string, article schema.ID) []index.Alias {
	out := []index.Alias{{Key: schema.AliasKey(path), Kind: index.AliasPath, Article: article, Date: state.Date}}
	for _, c := range state.Sources {
		if c.URL != "" {
			out = append(out, index.Alias{Key: schema.AliasKey(c.URL), Kind: index.AliasSource, Article: article, Date: state.Date})
		}
	}
	for _, s := range state.Aliases {
		kind := index.AliasOther
		if strings.HasPrefix(s, "/") {
			kind = index.AliasPath
		}
		out = append(out, index.Alias{Key: schema.AliasKey(s), Kind: kind, Article: article, Date: state.Date})
	}
	return out
}

// person drops the time of a signature.
func person(s git.Signature) schema.Person { return schema.Person{Name: s.Name, Email: s.Email} }
