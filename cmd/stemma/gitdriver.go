package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// Git calls an external diff driver (gitattributes(5), GIT_EXTERNAL_DIFF in
// git(1)) with
//
//	path old-file old-hex old-mode new-file new-hex new-mode
//
// and two more for a file that was renamed or copied: its new path, and what git
// would print above the change. A side that isn't there is /dev/null with "." for
// hash and mode. For a path that is not merged yet it gives the path alone. No
// other use of diff has seven or nine arguments, so their number tells; of one
// argument an environment variable tells that git sets for its drivers.

// Environment variables that git sets for what it starts.
const (
	envGitCounter = "GIT_DIFF_PATH_COUNTER" // for a diff driver: the number of the path
	envGitPager   = "GIT_PAGER_IN_USE"      // output goes through git's pager to a terminal
	envColumns    = "COLUMNS"               // that terminal's width, as git measured it
)

// noFile is how git names the side that a new or deleted file lacks.
const noFile = "/dev/null"

// gitChange is what git says of one file.
type gitChange struct {
	oldPath, newPath string
	oldFile, newFile string
	oldMode, newMode string
	said             string // "similarity index 90%\nrename from …" and the like
}

// gitCall reads the arguments that git gives a diff driver; ok is false for any
// others.
func (a *app) gitCall(args []string) (c gitChange, ok bool) {
	switch {
	case len(args) == 1 && a.getenv(envGitCounter) != "":
		return gitChange{oldPath: args[0]}, true
	case len(args) != 7 && len(args) != 9:
		return c, false
	}
	c = gitChange{
		oldPath: args[0], newPath: args[0], oldFile: args[1], oldMode: args[3], newFile: args[4], newMode: args[6],
	}
	if len(args) == 9 {
		c.newPath, c.said = args[7], args[8]
	}
	return c, true
}

// unmerged reports that git only named a path.
func (c *gitChange) unmerged() bool { return c.oldFile == "" }

// head gives the lines above a change: those of git's own, but for its hashes.
func (c *gitChange) head() (lines []string) {
	if c.unmerged() {
		return []string{"* Unmerged path " + c.oldPath}
	}
	lines = append(lines, "diff --stemma a/"+c.oldPath+" b/"+c.newPath)
	switch {
	case c.oldFile == noFile:
		lines = append(lines, "new file mode "+c.newMode)
	case c.newFile == noFile:
		lines = append(lines, "deleted file mode "+c.oldMode)
	case c.oldMode != c.newMode:
		lines = append(lines, "old mode "+c.oldMode, "new mode "+c.newMode)
	}
	for said := range strings.Lines(c.said) {
		if said = strings.TrimSpace(said); said != "" && !strings.HasPrefix(said, "index ") {
			lines = append(lines, said)
		}
	}
	return lines
}

// side reads one side of a change, under its path.
func (a *app) side(name, path string) (file, error) {
	if name == noFile {
		return file{name: path}, nil
	}
	f, err := a.read(name)
	f.name = path
	return f, err
}

// diffForGit shows one file's change to git. It fails only where a file can't be
// read: git ends its whole diff when a driver fails, so an article that is broken
// is shown as the text that it is.
func (a *app) diffForGit(c gitChange, opt diffOptions) error {
	a.noPager = true // git has its own
	style, show, err := a.gitShowOptions(opt)
	if err != nil {
		return err
	}
	if c.unmerged() {
		a.printHead(c, show.Color)
		return nil
	}
	old, err := a.side(c.oldFile, c.oldPath)
	if err != nil {
		return err
	}
	new, err := a.side(c.newFile, c.newPath)
	if err != nil {
		return err
	}
	if style == diff.Term || style == diff.Plain {
		a.printHead(c, show.Color)
	}
	if isBinary(old.content) || isBinary(new.content) {
		fmt.Fprintf(a.out, "Binary files a/%s and b/%s differ\n", line(c.oldPath), line(c.newPath))
		return nil
	}
	show.From, show.To = "a/"+c.oldPath, "b/"+c.newPath
	if style == diff.Unified { // one patch of the file, not one of each field
		return a.diffTexts(style, old, new, show, diffOptions{noMoves: opt.noMoves, exitOnDiffs: opt.exitOnDiffs})
	}
	if d, ok := articlesOf(old, new, c, opt); ok {
		if style == diff.Term || style == diff.Plain {
			show.From, show.To = "", "" // they stand above
		}
		return a.writeArticle(style, d, show, opt)
	}
	return a.diffTexts(style, old, new, show, diffOptions{noMoves: opt.noMoves, exitOnDiffs: opt.exitOnDiffs})
}

func (a *app) printHead(c gitChange, color bool) {
	for _, l := range c.head() {
		if l = line(l); color {
			l = "\x1b[1m" + l + "\x1b[m"
		}
		fmt.Fprintln(a.out, l)
	}
}

// articlesOf compares two files as articles, where both are; one that isn't there
// is whatever the other is.
func articlesOf(old, new file, c gitChange, opt diffOptions) (diff.Article, bool) {
	state := func(f file, missing bool) (*schema.State, bool) {
		if missing {
			return nil, true
		}
		format := articleFormat(f, schema.Format(opt.as))
		if format == "" {
			return nil, false
		}
		in, _, err := f.parse(format)
		if err != nil {
			return nil, false
		}
		in.Normalize()
		return &in.State, true
	}
	a, ok := state(old, c.oldFile == noFile)
	if !ok {
		return diff.Article{}, false
	}
	b, ok := state(new, c.newFile == noFile)
	if !ok || a == nil && b == nil {
		return diff.Article{}, false
	}
	return diff.States(a, b, diff.Options{NoMoves: opt.noMoves}), true
}

// isBinary tells as git does: by a NUL in the first 8,000 bytes.
func isBinary(b []byte) bool { return bytes.IndexByte(b[:min(len(b), 8000)], 0) >= 0 }

// gitShowOptions is showOptions below git, whose pager hides the terminal: git
// tells whether there is one, how wide it is, and whether the user wants colours.
func (a *app) gitShowOptions(opt diffOptions) (diff.Style, diff.ShowOptions, error) {
	terminal := a.outTerminal || a.getenv(envGitPager) != ""
	if opt.color == colorAuto && a.getenv("NO_COLOR") == "" && a.gitWantsColor(terminal) {
		opt.color = colorAlways
	} else if opt.color == colorAuto {
		opt.color = colorNever
	}
	if opt.format == "" && !a.json {
		opt.format = string(diff.Term) // it folds what is far from a change, as git does
	}
	style, show, err := a.showOptions(opt)
	if terminal && show.Width == 0 {
		show.Width, _ = strconv.Atoi(a.getenv(envColumns))
		show.Width = max(show.Width, 0)
	}
	return style, show, err
}

// gitWantsColor asks git for what color.diff and color.ui say, those of its
// command line too.
func (a *app) gitWantsColor(terminal bool) bool {
	cmd := exec.Command("git", "config", "--get-colorbool", "color.diff", strconv.FormatBool(terminal))
	cmd.Dir, cmd.Env = a.dir, a.environ
	out, err := cmd.Output()
	if err != nil {
		return terminal && a.getenv("TERM") != "dumb"
	}
	return strings.TrimSpace(string(out)) == "true"
}

func gitTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "git",
		Short: "How git shows word diffs of articles by stemma",
		Long: `In any git repository, git diff, git show and git log can show articles field by
field and word by word. Say once what stemma is:
  git config diff.stemma.command "stemma diff"       (--global: everywhere)
and in .gitattributes which files are shown so:
  *.md  diff=stemma
For a bare repository, as a store is, the line goes into its info/attributes.

  git diff                          what is not committed yet
  git diff main draft -- story.md
  git log -p --ext-diff             log and show want to be asked
  git show --ext-diff
  git diff --no-ext-diff            git's own diff, for once

A file is taken for an article by its name (.json, or .md that begins with front
matter); others, and what can't be read as one, are compared as texts. Options go
into the command: "stemma diff --around all", "stemma diff --as plain". Colours
are git's choice (color.diff, color.ui, NO_COLOR) unless --color says otherwise.
A patch that git apply reads comes from git format-patch and git diff
--no-ext-diff, or from "stemma diff --format unified".`,
	}
}
