package main

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
)

func (a *app) cloneCommand() *cobra.Command {
	var without bool
	cmd := &cobra.Command{
		Use:   "clone URL [DIR]",
		Short: "Make a store of another one, or of a git repository of Markdown",
		Long: `Make a store in DIR that holds what the one at URL does: every version, with its
seal. DIR must be empty or not exist; without it, its name is that of URL. The
other store is known as the remote origin from then on.

Any git repository will do: every Markdown file in it is an article, and every
commit that changed one is a version.

What came is checked. What doesn't hold is listed, and the exit code is 1 then;
the clone is made all the same. Files that can't be read as articles are told of
on standard error.`,
		Example: `  stemma clone ssh://git@example.org/news.stemma
  stemma clone ../desk.stemma here`,
		Args: argCount(1, 2, "a URL and one folder at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			url, err := repo.CleanURL(args[0], a.dir)
			if err != nil {
				return err
			}
			dir := or(a.store, nameOfURL(args[0]))
			if len(args) == 2 {
				dir = args[1]
			}
			if dir == "" {
				return usagef("no folder can be named after %q: give one", args[0])
			}
			p := a.progress("commits")
			s, arrived, err := repo.Clone(cmd.Context(), url, a.path(dir), repo.PullOptions{Git: a.gitProgram(without), Progress: p.of})
			p.clear()
			if err != nil {
				return err
			}
			defer s.Close()
			if a.json {
				return a.arrivedJSON(arrived, pair{"store", s.Dir()})
			}
			if arrived.UpToDate {
				fmt.Fprintf(a.out, "cloned an empty store into %s\n", line(s.Dir()))
				return nil
			}
			fmt.Fprintf(a.out, "cloned %s in %s into %s\n", count(arrived.Articles, "article", "articles"),
				count(arrived.Versions, "version", "versions"), line(s.Dir()))
			return a.printFindings(arrived)
		},
	}
	withoutGit(cmd, &without)
	return cmd
}

// nameOfURL gives the folder that a clone is made in: the last part of the URL.
func nameOfURL(url string) string {
	url = strings.TrimRight(filepath.ToSlash(url), "/")
	if i := strings.LastIndexAny(url, "/:"); i >= 0 {
		url = url[i+1:]
	}
	name := path.Base(strings.TrimSuffix(url, ".git"))
	if name == "." || name == ".." || name == "/" {
		return ""
	}
	return name
}
