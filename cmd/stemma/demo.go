package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

func (a *app) demoCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a store of real content to look around in",
		Long: `Make a store of real content in a new temporary folder, or in --dir, show the
Changes list and the word diff of two events, and say what to type next. The
content ships with the program; its sources and licences are named in the file
SOURCES.md beside the store.`,
		Args: argCount(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "dir", "", "the folder to make, instead of a temporary one")
	return cmd
}

// demoAuthor is who the example pages are attributed to: the site prints nobody.
var demoAuthor = schema.Person{Name: "thecontext.net", Email: "news@thecontext.invalid"}

func (a *app) demo(ctx context.Context, dir string) error {
	dir, err := a.demoDir(dir)
	if err != nil {
		return err
	}
	store := filepath.Join(dir, "news.stemma")
	s, err := repo.Init(store)
	if err != nil {
		return err
	}
	d := demonstration{app: a, store: s, dir: store}
	err = d.fill(ctx)
	if err == nil {
		err = d.writeSources(dir)
	}
	if err == nil {
		err = d.show(ctx)
	}
	return errors.Join(err, s.Close())
}

func (a *app) demoDir(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "stemma-demo-")
	}
	dir = a.path(dir)
	return dir, os.MkdirAll(dir, 0o777)
}

// demonstration is a demo under way.
type demonstration struct {
	*app
	store              *repo.Store
	dir                string
	articles, versions int
	iraq, toll         schema.ID // the two events that are shown
}

// fill records the example pages one by one, then the stream of events.
func (d *demonstration) fill(ctx context.Context) error {
	for _, page := range examples.Pages() {
		draft, err := examplePage(page)
		if err != nil {
			return err
		}
		results, err := d.store.Record(ctx, []repo.Draft{draft}, repo.RecordOptions{Earlier: page.Earlier})
		if err != nil {
			return err
		}
		if err := d.count(results[0]); err != nil {
			return err
		}
		if path.Base(page.File) == "iraq-2-2018.md" {
			d.iraq = results[0].Version.Article
		}
	}
	f, err := examples.FS.Open(examples.CurrentEvents)
	if err != nil {
		return err
	}
	defer f.Close()
	drafts := func(yield func(repo.Draft, error) bool) {
		for item, err := range ingest.JSONL(f, examples.CurrentEvents) {
			if !yield(draftOf(item, demoAuthor), err) {
				return
			}
		}
	}
	var failed error
	err = d.store.Import(ctx, drafts, repo.RecordOptions{}, func(r repo.Result) {
		failed = errors.Join(failed, d.count(r))
	})
	d.toll = schema.DeriveID("current-events/2025-11-21-06")
	return errors.Join(err, failed)
}

// examplePage reads one of the example pages into a draft.
func examplePage(page examples.Page) (repo.Draft, error) {
	content, err := examples.FS.ReadFile(page.File)
	if err != nil {
		return repo.Draft{}, err
	}
	format := schema.FormatPage
	if path.Ext(page.File) == ".json" {
		format = schema.FormatJSON
	}
	in, _, err := file{page.File, content}.parse(format)
	if err != nil {
		return repo.Draft{}, err
	}
	published, err := schema.ParseTime(page.Published)
	return repo.Draft{
		Input: in, Author: demoAuthor, Published: published, Note: page.Note, File: page.File,
		Source: repo.SourceOf{SHA256: file{"", content}.sum(), Reader: string(format), Address: page.File},
	}, err
}

func (d *demonstration) count(r repo.Result) error {
	made := r.Earlier
	switch r.Outcome {
	case repo.Created, repo.Recorded:
		made = append(made, r.Version)
	case repo.Refused:
		return r.Err
	}
	for _, v := range made {
		d.versions++
		if v.Number == 1 {
			d.articles++
		}
	}
	return nil
}

func (d *demonstration) writeSources(dir string) error {
	b, err := examples.FS.ReadFile(examples.Sources)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "SOURCES.md"), b, 0o666)
}

// show prints the two events, then what to type next.
func (d *demonstration) show(ctx context.Context) error {
	if d.json {
		return d.printJSON(map[string]any{"store": d.dir, "articles": d.articles, "versions": d.versions})
	}
	fmt.Fprintf(d.out, "A store of real content: %d articles in %d versions, in\n  %s\n", d.articles, d.versions, line(d.dir))
	slug, err := d.slug(ctx, d.iraq)
	if err != nil {
		return err
	}
	if err := d.event(ctx, "A headline that was changed and changed back", d.iraq, slug); err != nil {
		return err
	}
	tollSlug, err := d.slug(ctx, d.toll)
	if err != nil {
		return err
	}
	if err := d.event(ctx, "A toll that climbed", d.toll, tollSlug); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\nWhat to type next:\n  export STEMMA_STORE=%s\n", d.dir)
	for _, next := range []string{
		"stemma list", "stemma log --kind figure",
		"stemma show " + slug + "@first --format text", "stemma show " + slug + " --format page",
		"stemma day 2018-02-04 --at 2018-02-04", "stemma related " + slug,
		"EDITOR=nano stemma edit " + tollSlug, "stemma verify",
	} {
		fmt.Fprintf(d.out, "  %s\n", next)
	}
	_, err = fmt.Fprintf(d.out, "It is a git repository too: git -C %s log --stat\n", d.dir)
	return err
}

// event prints the Changes list of an article and what its last version changed.
func (d *demonstration) event(ctx context.Context, title string, id schema.ID, slug string) error {
	fmt.Fprintf(d.out, "\n%s\n\n$ stemma changes %s\n", title, slug)
	versions, err := d.store.Changes(ctx, id)
	if err != nil {
		return err
	}
	if err := d.printChanges(versions, nil, false); err != nil {
		return err
	}
	fmt.Fprintf(d.out, "\n$ stemma diff %s\n", slug)
	current := versions[len(versions)-1]
	before, _, err := d.store.Before(ctx, current)
	if err != nil {
		return err
	}
	difference, err := d.store.Diff(ctx, before, current, diff.Options{})
	if err != nil {
		return err
	}
	style, show, err := d.showOptions(diffOptions{})
	if err != nil {
		return err
	}
	return diff.Write(d.out, style, difference, show)
}

// slug gives the beginning of an article's slug: enough words to be told from
// every other article of the demo.
func (d *demonstration) slug(ctx context.Context, id schema.ID) (string, error) {
	v, err := d.store.Version(ctx, id, "current")
	if err != nil {
		return "", err
	}
	full := path.Base(v.Path)
	for i, c := range full {
		if c != '-' || i < 12 {
			continue
		}
		if got, err := d.store.Resolve(ctx, full[:i]); err == nil && got == id {
			return full[:i], nil
		}
	}
	return full, nil
}
