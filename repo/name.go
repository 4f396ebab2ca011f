package repo

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stemma-project/stemma/repo/internal/index"
	"github.com/stemma-project/stemma/schema"
)

// minPrefix is the fewest characters of an id or a seal that may stand for it. Of a
// slug any beginning may.
const minPrefix = 4

// maxCandidates bounds how many articles are listed where a name fits several.
const maxCandidates = 20

// Resolve finds the article that a name leads to: its id or a unique prefix of
// that (4 characters or more), a page's path or URL, old ones too, a source's
// URL, or a slug or its unique prefix. The error is a *NotFoundError.
func (s *Store) Resolve(ctx context.Context, name string) (schema.ID, error) {
	if err := s.view(ctx); err != nil {
		return schema.ID{}, err
	}
	return resolve(s.idx.Reader, name)
}

// resolve tries the ways in which a name may lead to articles, the surest first:
// the first that finds any decides.
func resolve(r index.Reader, name string) (schema.ID, error) {
	name = strings.TrimSpace(name)
	for _, look := range []func(index.Reader, string) ([]schema.ID, error){byID, byAddress, byPrefix} {
		found, err := look(r, name)
		if err != nil {
			return schema.ID{}, err
		}
		ids, err := homes(r, found)
		switch {
		case err != nil:
			return schema.ID{}, err
		case len(ids) == 1:
			return ids[0], nil
		case len(ids) > 1:
			return schema.ID{}, several(r, name, ids)
		}
	}
	return schema.ID{}, &NotFoundError{Name: name, What: "article"}
}

// byID takes the name for a whole id.
func byID(_ index.Reader, name string) ([]schema.ID, error) {
	id, err := schema.ParseID(name)
	if err != nil {
		return nil, nil // it is another kind of name
	}
	return []schema.ID{id}, nil
}

// byAddress takes the name for a page's path or URL, a source's URL, a guid, or a
// whole slug.
func byAddress(r index.Reader, name string) ([]schema.ID, error) {
	if name == "" {
		return nil, nil
	}
	for _, key := range []string{schema.AliasKey(name), schema.AliasKey(schema.NormalizePath(name))} {
		found, err := r.Aliases(key)
		if err != nil || len(found) > 0 {
			return articles(found), err
		}
	}
	slug := strings.ToLower(name)
	found, err := r.SlugPrefix(slug, maxCandidates)
	if err != nil {
		return nil, err
	}
	found = slices.DeleteFunc(found, func(a index.Alias) bool {
		return a.Key[strings.LastIndexByte(a.Key, '/')+1:] != slug
	})
	return articles(found), nil
}

// byPrefix takes the name for the beginning of an id or of a slug.
func byPrefix(r index.Reader, name string) ([]schema.ID, error) {
	if name == "" {
		return nil, nil
	}
	prefix := strings.ToLower(name)
	var ids []schema.ID
	if len(name) >= minPrefix {
		var err error
		if ids, err = r.ArticlesWithPrefix(prefix, maxCandidates); err != nil {
			return nil, err
		}
	}
	found, err := r.SlugPrefix(prefix, maxCandidates)
	if err != nil {
		return nil, err
	}
	ids = append(ids, articles(found)...)
	if strings.HasPrefix(name, "/") {
		if found, err = r.AliasPrefix(schema.AliasKey(name), maxCandidates); err != nil {
			return nil, err
		}
		ids = append(ids, articles(found)...)
	}
	return ids, nil
}

func articles(aliases []index.Alias) []schema.ID {
	ids := make([]schema.ID, len(aliases))
	for i, a := range aliases {
		ids[i] = a.Article
	}
	return ids
}

// homes follows links and gives each article that exists once.
func homes(r index.Reader, ids []schema.ID) ([]schema.ID, error) {
	var out []schema.ID
	for _, id := range ids {
		if to, ok, err := r.Redirect(id); err != nil {
			return nil, err
		} else if ok {
			id = to
		}
		exists, err := r.Exists(id)
		if err != nil {
			return nil, err
		}
		if exists && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out, nil
}

func several(r index.Reader, name string, ids []schema.ID) error {
	e := &NotFoundError{Name: name, What: "article"}
	for _, id := range ids {
		cur, ok, err := r.Current(id)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		v, err := toVersion(r, &cur)
		if err != nil {
			return err
		}
		e.Candidates = append(e.Candidates, v)
	}
	return e
}

// SplitName splits "ARTICLE@V" into the article's name and V; V is "" where none
// is given. An @ that is part of an address is left alone.
func SplitName(name string) (article, v string) {
	if strings.HasSuffix(name, "}") {
		if i := strings.LastIndex(name, "@{"); i >= 0 {
			return name[:i], name[i+1:]
		}
	}
	i := strings.LastIndexByte(name, '@')
	if i < 0 || strings.ContainsAny(name[i+1:], "/.?#") || i+1 == len(name) {
		return name, ""
	}
	return name[:i], name[i+1:]
}

// ResolveVersion finds the version that "ARTICLE" or "ARTICLE@V" names; without
// V it is the current one. V is a number, "first", "current", "-1" (the one
// before current), a seal prefix of 4 characters or more, or a time, for which it
// is the version that was current then: "2018-02-06", "{2018-02-06 13:00}", "{3
// days ago}".
func (s *Store) ResolveVersion(ctx context.Context, name string) (Version, error) {
	article, v := SplitName(name)
	id, err := s.Resolve(ctx, article)
	if err != nil {
		if whole, werr := s.Resolve(ctx, name); werr == nil && v != "" {
			return s.Version(ctx, whole, "current")
		}
		return Version{}, err
	}
	if v == "" {
		v = "current"
	}
	return s.Version(ctx, id, v)
}

// Version finds one version of an article by what stands after the "@".
func (s *Store) Version(ctx context.Context, id schema.ID, v string) (Version, error) {
	if err := s.view(ctx); err != nil {
		return Version{}, err
	}
	if found, ok, err := s.oneVersion(id, v); err != nil || ok {
		return found, err
	}
	rows, err := s.idx.Versions(id)
	if err != nil {
		return Version{}, err
	}
	row, err := pickVersion(rows, v, s.now())
	if err != nil {
		return Version{}, err
	}
	versions, err := versionsOf(s.idx.Reader, id, rows)
	if err != nil {
		return Version{}, err
	}
	for _, found := range versions {
		if found.Number == row.Number {
			return found, nil
		}
	}
	return Version{}, noVersion(rows, v)
}

func noVersion(rows []index.Row, v string) error {
	if len(rows) == 0 {
		return &NotFoundError{Name: v, What: "version"}
	}
	return &NotFoundError{Name: rows[0].Article.String() + "@" + v, What: "version"}
}

// oneVersion finds the version that is named most: the current one, or one by its
// number, without reading the others. ok is false where v is another kind of name, or
// none of a version.
func (s *Store) oneVersion(id schema.ID, v string) (found Version, ok bool, err error) {
	var row index.Row
	switch number, bad := strconv.ParseUint(v, 10, 31); {
	case v == "current" || v == "":
		row, ok, err = s.idx.Current(id)
	case bad == nil && number > 0:
		row, ok, err = s.idx.Version(id, int(number))
	}
	if err != nil || !ok {
		return Version{}, false, err
	}
	found, err = s.placed(s.idx.Reader, &row)
	return found, err == nil, err
}

// pickVersion finds a version among all of an article's.
func pickVersion(rows []index.Row, v string, now time.Time) (*index.Row, error) {
	rows = slices.Clone(rows)
	sortRows(rows)
	n := len(rows)
	if n == 0 {
		return nil, noVersion(rows, v)
	}
	switch v {
	case "first":
		return &rows[0], nil
	case "current", "":
		return &rows[n-1], nil
	}
	if number, err := strconv.Atoi(v); err == nil {
		if number < 0 && -number < n {
			return &rows[n-1+number], nil
		}
		for i := range rows {
			if rows[i].Number == number && number > 0 && v[0] != '+' {
				return &rows[i], nil
			}
		}
	}
	if r := bySeal(rows, v); r != nil {
		return r, nil
	}
	text := strings.TrimSuffix(strings.TrimPrefix(v, "{"), "}")
	_, at, err := ParseMoment(text, now)
	if err != nil {
		return nil, noVersion(rows, v)
	}
	for i := n - 1; i >= 0; i-- {
		if !rows[i].Published.T.After(at) {
			return &rows[i], nil
		}
	}
	return nil, noVersion(rows, v)
}

// bySeal finds the one version whose seal begins so.
func bySeal(rows []index.Row, prefix string) (found *index.Row) {
	if len(prefix) < minPrefix {
		return nil
	}
	prefix = strings.ToLower(prefix)
	for i := range rows {
		if strings.HasPrefix(Seal(rows[i].Seal).String(), prefix) {
			if found != nil {
				return nil
			}
			found = &rows[i]
		}
	}
	return found
}

// Complete lists names that begin with prefix, for completion in a shell.
func (s *Store) Complete(ctx context.Context, prefix string, limit int) ([]string, error) {
	if err := s.view(ctx); err != nil {
		return nil, err
	}
	return s.idx.Complete(prefix, limit)
}

// AtPath finds the article that has, or ever had, this very path as its page's
// address, old links and aliases among them; with or without extension. Where
// several had it, it is the one that has it now. The error is a *NotFoundError, with
// candidates where that decides nothing.
func (s *Store) AtPath(ctx context.Context, path string) (schema.ID, error) {
	if !strings.HasPrefix(path, "/") {
		return schema.ID{}, &NotFoundError{Name: path, What: "article"}
	}
	return s.AtAddress(ctx, path)
}

// AtAddress is AtPath for any address that leads to an article, a source's URL or a
// guid too; but not for the beginning of one.
func (s *Store) AtAddress(ctx context.Context, path string) (schema.ID, error) {
	if err := s.view(ctx); err != nil {
		return schema.ID{}, err
	}
	found, err := s.idx.Aliases(schema.AliasKey(path))
	if err != nil {
		return schema.ID{}, err
	}
	ids, err := homes(s.idx.Reader, articles(found))
	switch {
	case err != nil:
		return schema.ID{}, err
	case len(ids) == 0:
		return schema.ID{}, &NotFoundError{Name: path, What: "article"}
	case len(ids) == 1:
		return ids[0], nil
	}
	for _, id := range ids {
		cur, ok, err := s.idx.Current(id)
		if err != nil {
			return schema.ID{}, err
		}
		if ok && schema.AliasKey(cur.Path) == schema.AliasKey(path) {
			return id, nil
		}
	}
	return schema.ID{}, several(s.idx.Reader, path, ids)
}
