package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/repo"
	"github.com/stemma-project/stemma/schema"
)

// app is one run of the program: the world around it and the options that every
// command has.
type app struct {
	world
	out     *output // stdout; hides world.out, so that nothing writes past the buffer
	store   string
	json    bool
	noPager bool
}

// run does what args say and gives the exit code. It reads nothing but w.
func run(ctx context.Context, args []string, w world) int {
	a := &app{world: w, out: newOutput(w.out)}
	args = protectVersions(args)
	a.json = slices.Contains(args, "--json") // a command line that can't be parsed is told in JSON too
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(w.in)
	root.SetOut(a.out)
	root.SetErr(w.err)
	cmd, err := root.ExecuteContextC(ctx)
	if cerr := a.out.close(); err == nil && cerr != nil {
		err = fmt.Errorf("cannot write the output: %w", cerr)
	}
	if ctx.Err() != nil && err != nil {
		err = context.Canceled
	}
	if u, ok := err.(*usageError); ok && u.command == "" && cmd != root {
		u.command = strings.TrimPrefix(cmd.CommandPath(), "stemma ")
	}
	a.tell(err)
	return exitCode(err)
}

// protectVersions lets "-1", the version before the current one, stand as an
// argument of its own after diff: as @-1, which no option looks like.
func protectVersions(args []string) []string {
	out := slices.Clone(args)
	start := slices.Index(out, "diff")
	if start < 0 {
		return out
	}
	for i := start + 2; i < len(out) && out[i] != "--"; i++ {
		digits := strings.TrimPrefix(out[i], "-")
		if digits == out[i] || digits == "" || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		if !strings.HasPrefix(out[i-1], "-") {
			out[i] = "@" + out[i]
		}
	}
	return out
}

// commands is the list of what exists, by the groups of the help.
func (a *app) commands() map[string][]*cobra.Command {
	return map[string][]*cobra.Command{
		"write": {a.initCommand(), a.recordCommand(), a.editCommand(), a.importCommand()},
		"read": {
			a.changesCommand(), a.diffCommand(), a.blameCommand(), a.whenCommand(), a.searchCommand(), a.showCommand(),
			a.logCommand(), a.listCommand(), a.dayCommand(), a.relatedCommand(), a.convertCommand(),
		},
		"mend": {a.restoreCommand(), a.correctCommand(), a.withdrawCommand(), a.linkCommand(), a.splitCommand()},
		"keep": {
			a.serveCommand(), a.userCommand(), a.tokenCommand(), a.cloneCommand(), a.pullCommand(), a.pushCommand(), a.remoteCommand(),
			a.exportCommand(), a.verifyCommand(), a.reindexCommand(), a.maintainCommand(), a.demoCommand(),
		},
		"": {exitCodesTopic(), articlesTopic(), timesTopic(), jsonTopic(), formatsTopic(), gitTopic()},
	}
}

// groups are the headings of the help, in their order.
func groups() []*cobra.Group {
	return []*cobra.Group{
		{ID: "write", Title: "Record:"},
		{ID: "read", Title: "Look:"},
		{ID: "mend", Title: "Mend:"},
		{ID: "keep", Title: "Keep:"},
	}
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "stemma",
		Short: "Track how articles change: record versions, list their Changes, show word diffs",
		Long: `stemma keeps every version of an article and answers when a story changed,
what exactly, who did it, and whether that holds up.

Start with:
  stemma demo                  a store of real content, to look around in
  stemma init                  an empty store here
  stemma record FILE           record a state of an article
  stemma changes ARTICLE       its versions, first to current
  stemma diff ARTICLE          what its last version changed, word by word`,
		Version:       version(),
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("stemma {{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{message: err.Error(), command: strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), "stemma"))}
	})
	f := root.PersistentFlags()
	f.StringVarP(&a.store, "store", "C", "", "the store's folder (default $STEMMA_STORE, else the nearest one from here up)")
	f.BoolVar(&a.json, "json", false, "print JSON: one object, or one a line for lists")
	f.BoolVar(&a.noPager, "no-pager", false, "never show long output through $PAGER")
	root.AddGroup(groups()...)
	for group, commands := range a.commands() {
		for _, cmd := range commands {
			cmd.GroupID = group
			root.AddCommand(cmd)
		}
	}
	return root
}

// helpCommand is cobra's own, but that a topic it does not know is wrong usage.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND|TOPIC]",
		Short: "Explain a command or a topic",
		Long:  `Explain a command, or one of the topics that stemma --help lists.`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
			var names []cobra.Completion
			if len(args) == 0 {
				for _, sub := range cmd.Root().Commands() {
					if !sub.Hidden && strings.HasPrefix(sub.Name(), prefix) {
						names = append(names, sub.Name())
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return &usageError{message: fmt.Sprintf("no command or topic %q", strings.Join(args, " ")), hint: "see stemma --help"}
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	e := &usageError{message: fmt.Sprintf("no command %q", args[0]), hint: "see stemma --help"}
	cmd.SuggestionsMinimumDistance = min(2, len(args[0])/3)
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		e.hint = "did you mean: stemma " + strings.Join(near, ", stemma ")
	}
	return e
}

// version names the build: the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown build)"
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" {
		v = "(devel)"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				v += " " + s.Value[:12]
			}
		}
	}
	return v
}

// argCount wants between low and high arguments; high < 0 is no limit. what says
// in words what they are.
func argCount(low, high int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		name := strings.TrimPrefix(cmd.CommandPath(), "stemma ")
		switch {
		case len(args) < low && high == 0:
			return usagef("%s takes no arguments", name)
		case len(args) < low:
			return usagef("%s wants %s", name, what)
		case high == 0 && len(args) > 0:
			return usagef("%s takes no arguments, but was given %q", name, args[0])
		case high >= 0 && len(args) > high:
			return usagef("%s wants %s, but was also given %q", name, what, args[high])
		}
		return nil
	}
}

// path makes a name that the user typed absolute.
func (a *app) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.dir, name)
}

// open opens the store that --store, $STEMMA_STORE or the working directory name.
func (a *app) open() (*repo.Store, error) {
	dir := a.store
	if dir == "" {
		dir = a.getenv("STEMMA_STORE")
	}
	if dir != "" {
		s, err := repo.Open(a.path(dir))
		var none *repo.NoStoreError
		if errors.As(err, &none) && none.Reason == "" {
			err = &notThere{none}
		}
		return s, err
	}
	dir, err := repo.Find(a.dir)
	if err != nil {
		return nil, err
	}
	return repo.Open(dir)
}

// withStore makes a command's body of one that needs the store.
func (a *app) withStore(body func(ctx context.Context, s *repo.Store, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := a.open()
		if err != nil {
			return err
		}
		err = body(cmd.Context(), s, args)
		if cerr := s.Close(); err == nil {
			err = cerr
		}
		return err
	}
}

// hint says something on stderr that is no error and no data.
func (a *app) hint(format string, args ...any) {
	fmt.Fprintf(a.stderr(), format+"\n", args...)
}

// stderr is where all but data goes, after the data that came before it: a hint
// stands below the line that it is about. Where flushing fails, closing tells it.
func (a *app) stderr() io.Writer {
	_ = a.out.flush()
	return a.world.err
}

// usePager lets long output go through a pager, where stdout is a terminal.
func (a *app) usePager() {
	if !a.outTerminal || a.noPager || a.json {
		return
	}
	_, height := a.size()
	a.out.page(a.pagerCommand(), append(slices.Clone(a.environ), "LESSCHARSET=utf-8"), height)
}

func (a *app) pagerCommand() []string {
	switch p := a.getenv("PAGER"); p {
	case "":
		return []string{"less", "-R"}
	case "cat":
		return nil
	default:
		words := strings.Fields(p)
		if len(words) > 0 && words[0] == "less" && !slices.Contains(words, "-R") {
			words = append(words, "-R")
		}
		return words
	}
}

// color reports whether stdout may be coloured: a terminal, and no NO_COLOR.
func (a *app) color() bool {
	return a.outTerminal && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// warnOfBroken says on stderr where a commit of plain git brought a file of the
// article that can't be read: what is printed is the state before it.
func (a *app) warnOfBroken(ctx context.Context, s *repo.Store, id schema.ID) error {
	problems, err := s.Problems(ctx)
	if err != nil {
		return err
	}
	for _, f := range problems {
		if f.Article == id {
			a.hint("passed over, as it can't be read: %s", findingLine(f))
			a.hint("  stemma verify tells whether that still stands, and what to do")
		}
	}
	return nil
}

// state reads the state of a version together with its file's format.
func state(ctx context.Context, s *repo.Store, name string) (repo.Version, *schema.State, error) {
	v, err := s.ResolveVersion(ctx, name)
	if err != nil {
		return v, nil, err
	}
	st, err := s.State(ctx, v)
	return v, st, err
}

// completeArticle completes the name of an article, as the argument at one of
// the places.
func (a *app) completeArticle(places ...int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(places) > 0 && !slices.Contains(places, len(args)) {
			return nil, cobra.ShellCompDirectiveDefault
		}
		s, err := a.open()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		defer s.Close()
		names, err := s.Complete(cmd.Context(), prefix, 50)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
