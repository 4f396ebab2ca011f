package repo

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/stemma-project/stemma/diff"
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
}

// applier takes commits into the index, one by one, in the order of recording.
// It is the only place that says what a commit means; recording and rebuilding
// both go through it, so they can't differ.
type applier struct {
	tx   *index.Tx
	blob func(git.Hash) ([]byte, error)
	find func(tree git.Hash, path string) (git.Hash, error)
	seq  int64

	layout layout

	check *commitCheck // told of everything while a store is verified; else nil
}

func (s *Store) newApplier(tx *index.Tx, blob func(git.Hash) ([]byte, error)) (*applier, error) {
	seq, err := tx.Seq()
	return &applier{tx: tx, blob: blob, find: s.git.Find, layout: s.layout(), seq: seq}, err
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
	m := &e.message
	switch {
	case m.op == opCorrect && m.correction != "" && len(e.changes) == 0:
		return a.applyCorrection(e)
	case len(m.contexts) > 0 && len(e.changes) == 0:
		return a.tx.AddContexts(m.article, m.contexts)
	case !m.reassert.IsZero():
		if same, err := a.reasserts(e); err != nil || same {
			return err
		}
	case !m.link.IsZero():
		return a.applyLink(e)
	case !m.split.IsZero():
		return a.applySplit(e)
	}
	return a.applyFiles(e)
}

// applyCorrection binds a notice to the diff that it explains.
func (a *applier) applyCorrection(e *event) error {
	m := &e.message
	a.seq++
	return a.tx.AddCorrection(index.Correction{
		Seq: a.seq, Article: m.article, FromSeal: m.from, ToSeal: m.to, Type: string(m.correction), Text: m.note,
		Author: person(e.commit.Author), Recorded: e.commit.Committer.When, Commit: e.hash,
	})
}

// reasserts reports whether the commit only puts the current version's own file
// back, as it must after the past was inserted: then it is no version.
func (a *applier) reasserts(e *event) (bool, error) {
	if len(e.changes) != 1 {
		return false, nil
	}
	cur, ok, err := a.tx.Current(e.message.article)
	if err != nil || !ok {
		return false, err
	}
	return cur.Blob == e.changes[0].New, nil
}

// applyLink moves every version of one article to the end of another's list and
// adds the version that the link itself is.
func (a *applier) applyLink(e *event) error {
	m := &e.message
	rows, err := a.tx.Versions(m.link)
	if err != nil {
		return err
	}
	numbers := make([]int, len(rows))
	for i, r := range rows {
		numbers[i] = r.Number
	}
	next, err := a.tx.NextNumber(m.article)
	if err != nil {
		return err
	}
	if err := a.tx.MoveVersions(m.link, numbers, m.article, next); err != nil {
		return err
	}
	if err := a.tx.SetRedirect(m.link, m.article); err != nil {
		return err
	}
	kept := *e
	kept.changes = nil
	for _, c := range e.changes {
		if c.Path != a.layout.path(m.link) {
			kept.changes = append(kept.changes, c)
		}
	}
	if err := a.applyFiles(&kept); err != nil {
		return err
	}
	return a.rekind(m.article)
}

// applySplit gives a version, and those recorded after it, to a new article, and
// adds the version with which that one begins a chain of its own.
func (a *applier) applySplit(e *event) error {
	m := &e.message
	rows, err := a.tx.Versions(m.split)
	if err != nil {
		return err
	}
	var numbers []int
	from := 0
	for _, r := range rows {
		if r.Seal == m.from {
			from = r.Number
		}
		if from > 0 && r.Number >= from {
			numbers = append(numbers, r.Number)
		}
	}
	if from == 0 {
		return a.problem(e, a.layout.path(m.article), "", fmt.Sprintf("it splits at a version that article %s doesn't have: %s", m.split, m.from.Short()))
	}
	next, err := a.tx.NextNumber(m.article)
	if err != nil {
		return err
	}
	if err := a.tx.MoveVersions(m.split, numbers, m.article, next); err != nil {
		return err
	}
	if err := a.applyFiles(e); err != nil {
		return err
	}
	return errors.Join(a.rekind(m.article), a.rekind(m.split))
}

// problem notes something broken; the rest of the history goes on.
func (a *applier) problem(e *event, path, field, reason string) error {
	return a.tx.AddProblem(index.Problem{Commit: e.hash, Path: path, Field: field, Reason: reason})
}

// applyFiles takes each article file that the commit changed as a version.
func (a *applier) applyFiles(e *event) error {
	moved := map[schema.ID]bool{} // articles that stand in an added or changed file
	type file struct {
		change git.FileChange
		in     schema.Input
		id     schema.ID
	}
	var files []file
	removed := map[git.Hash]string{}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) {
			removed[c.Old] = c.Path
		}
	}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) || !articleFile(c.Path) {
			continue
		}
		data, err := a.blob(c.New)
		if err != nil {
			return err
		}
		in, problem := parseFile(data)
		if problem != nil {
			if err := a.tx.AddProblem(index.Problem{Commit: e.hash, Path: c.Path, Line: problem.Line, Field: problem.Field, Reason: problem.Reason}); err != nil {
				return err
			}
			continue
		}
		id, err := a.fileID(&in, c, removed)
		if err != nil {
			return err
		}
		if moved[id] {
			if err := a.problem(e, c.Path, "id", fmt.Sprintf("article %s stands in another file of the same commit", id)); err != nil {
				return err
			}
			continue
		}
		if doubled, err := a.doubled(e, c.Path, id); err != nil || doubled {
			if err != nil {
				return err
			}
			continue
		}
		if a.check != nil {
			a.check.file(e, c.Path, id, data, &in.State)
		}
		moved[id] = true
		files = append(files, file{c, in, id})
	}
	for _, f := range files {
		if err := a.applyFile(e, f.change, f.in, f.id); err != nil {
			return err
		}
	}
	for _, c := range e.changes {
		if c.New == (git.Hash{}) && articleFile(c.Path) {
			if err := a.applyRemoval(e, c, moved); err != nil {
				return err
			}
		}
	}
	return nil
}

// parseFile reads an article's file.
func parseFile(data []byte) (schema.Input, *schema.Problem) {
	in, problem := schema.ParseFile(data)
	if problem == nil {
		in.Normalize()
		problem = in.Validate()
	}
	return in, problem
}

// fileID tells which article a file holds. A file that names none keeps the
// article that stood at its path before, or at the path it was renamed from; else
// its id is derived from the path, so that every rebuild gives the same.
func (a *applier) fileID(in *schema.Input, c git.FileChange, removed map[git.Hash]string) (schema.ID, error) {
	if !in.ID.IsZero() {
		return in.ID, nil
	}
	for _, p := range []string{c.Path, removed[c.New]} {
		if p == "" {
			continue
		}
		id, ok, err := a.tx.FileArticle(p)
		if err != nil || ok {
			return id, err
		}
	}
	return schema.DeriveID("file:" + c.Path), nil
}

// doubled reports whether a file names an article whose own file stands beside
// it: a copy that kept the id is no version, and is noted.
func (a *applier) doubled(e *event, path string, id schema.ID) (bool, error) {
	if path == a.layout.path(id) || e.commit.Tree.IsZero() {
		return false, nil
	}
	_, err := a.find(e.commit.Tree, a.layout.path(id))
	if errors.Is(err, git.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, a.problem(e, path, "id", fmt.Sprintf("article %s stands in %s too: a copy wants an id of its own, or none", id, a.layout.path(id)))
}

// applyFile takes a file's new content as a version, unless it says nothing new.
func (a *applier) applyFile(e *event, c git.FileChange, in schema.Input, id schema.ID) error {
	if c.Path != a.layout.path(id) {
		if err := a.tx.SetFile(c.Path, id); err != nil {
			return err
		}
	}
	article, err := a.home(id)
	if err != nil {
		return err
	}
	state := in.State
	state.ID = id
	return a.add(e, article, id, &state, c.New)
}

// home gives the article to which an id belongs now.
func (a *applier) home(id schema.ID) (schema.ID, error) {
	to, ok, err := a.tx.Redirect(id)
	if err != nil || !ok {
		return id, err
	}
	return to, nil
}

// applyRemoval takes a file that plain git removed as a withdrawal: an article
// is never dropped.
func (a *applier) applyRemoval(e *event, c git.FileChange, moved map[schema.ID]bool) error {
	id, ok, err := a.tx.FileArticle(c.Path)
	if err != nil {
		return err
	}
	if ok {
		if err := a.tx.DropFile(c.Path); err != nil {
			return err
		}
	} else if id, err = schema.ParseID(strings.TrimSuffix(path.Base(c.Path), ".md")); err != nil || a.layout.path(id) != c.Path {
		return nil // it never was an article's
	}
	if moved[id] {
		return nil
	}
	article, err := a.home(id)
	if err != nil {
		return err
	}
	cur, ok, err := a.tx.Current(article)
	if err != nil || !ok {
		return err
	}
	state, err := a.state(&cur)
	if err != nil {
		return err
	}
	state.Status = schema.Canceled
	return a.add(e, article, id, state, git.Hash{})
}

// state reads a version's state. Where plain git removed the file, it is the
// state before with the status that says so.
func (a *applier) state(r *index.Row) (*schema.State, error) {
	return rowState(r, a.blob, func(article schema.ID, number int) (index.Row, bool, error) {
		return a.tx.Version(article, number)
	})
}

// rowState reads the state of an index row through its blob.
func rowState(r *index.Row, blob func(git.Hash) ([]byte, error), version func(schema.ID, int) (index.Row, bool, error)) (*schema.State, error) {
	if r.Blob == [20]byte{} {
		for n := r.Number - 1; n > 0; n-- {
			before, ok, err := version(r.Article, n)
			if err != nil {
				return nil, err
			}
			if ok && before.Blob != [20]byte{} {
				state, err := rowState(&before, blob, version)
				if err != nil {
					return nil, err
				}
				state.Status = schema.Canceled
				return state, nil
			}
		}
		return nil, fmt.Errorf("version %d of article %s has no file", r.Number, r.Article)
	}
	data, err := blob(r.Blob)
	if err != nil {
		return nil, err
	}
	in, problem := schema.ParseFile(data)
	if problem != nil {
		return nil, &BrokenError{Finding{Article: r.Article, Version: r.Number, Commit: git.Hash(r.Commit).String(), Reason: problem.Error()}}
	}
	in.Normalize()
	if in.ID.IsZero() {
		in.ID = r.Origin
	}
	return &in.State, nil
}

// add makes the row of a version and puts it in its place.
func (a *applier) add(e *event, article, origin schema.ID, state *schema.State, blob git.Hash) error {
	m := &e.message
	published := versionTime(e)
	before, hasBefore, err := a.tx.AsOf(article, published.T, false)
	if err != nil {
		return err
	}
	digest := contentDigest(state)
	if hasBefore && m.op == opPlain && before.Content == digest {
		return nil // renamed, or written in another way
	}
	tail, _, err := a.tx.Tail(origin)
	if err != nil {
		return err
	}
	number, err := a.tx.NextNumber(article)
	if err != nil {
		return err
	}
	author := person(e.commit.Author)
	computed := sealed{previous: tail.Seal, article: origin, published: published, author: author, salt: m.salt}.seal(state)
	seal := computed
	if m.sealed && m.article == origin {
		seal = m.seal // verify tells whether it holds
	}
	a.seq++
	row := index.Row{
		Seq: a.seq, Article: article, Origin: origin, Number: number, Commit: e.hash, Blob: blob, Seal: seal,
		Content: digest, Known: m.known, Published: published, Recorded: e.commit.Committer.When, Author: author,
		Op: strings.ToLower(m.op), Headline: state.Headline, Date: state.Date, Category: state.Category,
		Status: state.Status, Path: state.EffectivePath(), Language: state.Language, Note: m.note, Match: m.match,
		CorrectionType: string(m.correction),
	}
	if a.check != nil {
		a.check.version(e, &row, computed)
	}
	if row.CorrectionType != "" {
		row.CorrectionText = m.note
	}
	if hasBefore {
		if err := a.compare(&row, state, &before); err != nil {
			return err
		}
	}
	if err := a.tx.AddVersion(row, aliases(state, article), state.Contexts); err != nil {
		return err
	}
	return a.rekindAfter(article, published, number, state, &row)
}

// versionTime is when a version was published: what the trailer says, else the
// author's date, which can't lie after the committer's.
func versionTime(e *event) schema.Time {
	if !e.message.published.IsZero() {
		return e.message.published
	}
	t := e.commit.Author.When
	if t.After(e.commit.Committer.When) {
		t = e.commit.Committer.When
	}
	return schema.At(t)
}

// compare fills in a row's kinds of change against the version published before
// it, and the version that it restores.
func (a *applier) compare(row *index.Row, state *schema.State, before *index.Row) error {
	old, err := a.state(before)
	if err != nil {
		return err
	}
	row.Kinds = joinKinds(knownDiff(old, state, before.Known&row.Known, diff.Options{}).Kinds)
	row.Restores = 0
	if before.Content == row.Content {
		return nil
	}
	same, err := a.tx.WithContent(row.Article, row.Content)
	if err != nil {
		return err
	}
	for _, r := range same {
		if r.Number != row.Number && publishedBefore(&r, before) {
			row.Restores = r.Number
			break
		}
	}
	return nil
}

// publishedBefore orders rows as Changes does.
func publishedBefore(a, b *index.Row) bool {
	if !a.Published.T.Equal(b.Published.T) {
		return a.Published.T.Before(b.Published.T)
	}
	return a.Number < b.Number
}

// rekindAfter brings the kinds of the version that now follows an inserted one up
// to date; at the end of the list there is none.
func (a *applier) rekindAfter(article schema.ID, published schema.Time, number int, state *schema.State, row *index.Row) error {
	cur, _, err := a.tx.Current(article)
	if err != nil || cur.Number == number {
		return err
	}
	return a.rekind(article)
}

// rekind recomputes the kinds of every version of an article.
func (a *applier) rekind(article schema.ID) error {
	rows, err := a.tx.Versions(article)
	if err != nil {
		return err
	}
	sortRows(rows)
	for i := range rows {
		r := &rows[i]
		kinds, restores := r.Kinds, r.Restores
		r.Kinds, r.Restores = "", 0
		if i > 0 {
			state, err := a.state(r)
			if err != nil {
				return err
			}
			if err := a.compare(r, state, &rows[i-1]); err != nil {
				return err
			}
		}
		if r.Kinds != kinds || r.Restores != restores {
			if err := a.tx.SetKinds(article, r.Number, r.Kinds, r.Restores); err != nil {
				return err
			}
		}
	}
	return nil
}

// aliases lists the addresses that a state brings to its article.
func aliases(state *schema.State, article schema.ID) []index.Alias {
	out := []index.Alias{{Key: schema.AliasKey(state.EffectivePath()), Kind: index.AliasPath, Article: article, Date: state.Date}}
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
