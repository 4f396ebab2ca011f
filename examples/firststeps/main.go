// Command firststeps is the library in a few lines: it makes a store, records two
// states of an article, and prints its Changes and the word diff.
//
//	go run ./examples/firststeps
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "firststeps-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	store, err := repo.Init(filepath.Join(dir, "news.stemma"))
	if err != nil {
		return err
	}
	defer store.Close()

	ada := schema.Person{Name: "Ada Reporter", Email: "ada@example.org"}
	article := "" // none yet
	for _, text := range []string{
		"---\nheadline: Two dead as bridge falls\ndate: 2018-02-06\n---\n\nThe bridge fell at noon.\n",
		"---\nheadline: Seven dead as bridge falls\ndate: 2018-02-06\n---\n\nThe bridge fell at noon, police say.\n",
	} {
		in, problem := schema.Parse(schema.FormatMarkdown, []byte(text))
		if problem != nil {
			return problem
		}
		// The figure differs and nothing else ties the two states together, so the
		// second would be an article of its own: name the one that is meant.
		draft := repo.Draft{Input: in, Author: ada, Article: article}
		results, err := store.Record(ctx, []repo.Draft{draft}, repo.RecordOptions{})
		if err != nil {
			return err
		}
		fmt.Println(results[0].Outcome, results[0].Version.Headline)
		article = results[0].Version.Article.String()
	}

	current, err := store.ResolveVersion(ctx, "seven-dead")
	if err != nil {
		return err
	}
	versions, err := store.Changes(ctx, current.Article)
	if err != nil {
		return err
	}
	for _, v := range versions {
		fmt.Println(v.Number, v.Author.Name, v.Kinds, v.Headline, v.Place)
	}
	difference, err := store.Diff(ctx, versions[0], current, diff.Options{})
	if err != nil {
		return err
	}
	return diff.Write(os.Stdout, diff.Plain, difference, diff.ShowOptions{Around: diff.AroundAll})
}
