// Command quietedits reports what a newsroom changed without saying so: versions
// of published text that came without a note and without a correction, with the
// words that changed. Without an argument it looks at a store of the example
// events; with one, at the store in that folder.
//
//	go run ./examples/quietedits [STORE]
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/examples"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/repo/ingest"
	"github.com/stemma-project/stemma/schema"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		store, err := repo.Open(args[0])
		if err != nil {
			return err
		}
		return errors.Join(report(ctx, store), store.Close())
	}
	dir, err := os.MkdirTemp("", "quietedits-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := repo.Init(filepath.Join(dir, "news.stemma"))
	if err != nil {
		return err
	}
	defer store.Close()
	if err := fill(ctx, store); err != nil {
		return err
	}
	return report(ctx, store)
}

// fill imports the example events.
func fill(ctx context.Context, store *repo.Store) error {
	f, err := examples.FS.Open(examples.CurrentEvents)
	if err != nil {
		return err
	}
	defer f.Close()
	drafts := func(yield func(repo.Draft, error) bool) {
		for item, err := range ingest.JSONL(f, examples.CurrentEvents) {
			if !yield(repo.Draft{Input: item.Input, Author: item.Input.Author, File: item.File}, err) {
				return
			}
		}
	}
	var refused error
	err = store.Import(ctx, drafts, repo.RecordOptions{}, func(r repo.Result) { refused = errors.Join(refused, r.Err) })
	return errors.Join(err, refused)
}

// report prints the figures that changed quietly, newest first.
func report(ctx context.Context, store *repo.Store) error {
	filter := repo.LogFilter{QuietEdits: true, Kinds: []diff.Kind{diff.KindFigure}}
	for v, err := range store.Log(ctx, filter) {
		if err != nil {
			return err
		}
		before, ok, err := store.Before(ctx, v)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		difference, err := store.Diff(ctx, before, v, diff.Options{})
		if err != nil {
			return err
		}
		fmt.Printf("%s, %s: %s\n", schema.VisibleLine(v.Author.Name), v.Published, schema.VisibleLine(diff.Summarize(v.Kinds)))
		show := diff.ShowOptions{Around: diff.AroundAll, Fields: []string{"headline"}}
		if err := diff.Write(os.Stdout, diff.Plain, difference, show); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}
