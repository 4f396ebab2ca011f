package repo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stemma-project/stemma/repo/internal/git"
)

// GitProgram is the git program, by which a store reaches others: it knows every
// transport, and the user's ssh and credentials. The zero value works where no
// part of the environment matters.
type GitProgram struct {
	// Environ is the environment in which it runs, as os.Environ gives it. Of git's
	// own variables only those that concern the transport are passed on.
	Environ []string
	// Progress gets what git says while it works; nil: nothing is shown.
	Progress io.Writer
}

// NoGitError says that git is not installed.
type NoGitError struct{}

func (*NoGitError) Error() string {
	return "the git program is needed to reach other stores, and it is not installed"
}

// TransportError says that git could not do what was asked of it.
type TransportError struct {
	What   string // "fetch from origin"
	Reason string // git's own words, on one line
}

func (e *TransportError) Error() string { return "cannot " + e.What + ": " + e.Reason }

// Remote is another store, or a repository at any git host, known by a name.
type Remote struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// DefaultRemote is the name of the remote that a clone was made from.
const DefaultRemote = "origin"

var (
	remoteName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`) })
	urlScheme  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):(//|:)`) })
)

// protocols are the transports that a URL may name. Git knows others, by which a
// URL could run any program.
func protocols() []string { return []string{"file", "git", "http", "https", "ssh"} }

// CleanURL checks the address of a remote and makes a relative path absolute, from
// base. Paths, [user@]host:path and URLs of ssh, http, https, git and file are
// addresses; what git would take for an option or for a program to run is refused.
func CleanURL(url, base string) (string, error) {
	bad := func(why string) (string, error) {
		return "", refusal("url", "%.200q is no address of a store: %s", url, why)
	}
	if url == "" || strings.ContainsFunc(url, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return bad("it is empty or holds control characters")
	}
	if strings.HasPrefix(url, "-") {
		return bad("it begins with a hyphen; write ./-name for a folder of that name")
	}
	if m := urlScheme().FindStringSubmatch(url); m != nil {
		if m[2] == ":" || !slices.Contains(protocols(), strings.ToLower(m[1])) {
			return bad("only " + strings.Join(protocols(), ", ") + " can be used")
		}
		rest := url[len(m[0]):]
		if strings.HasPrefix(rest, "-") || strings.Contains(rest, "@-") {
			return bad("its host begins with a hyphen")
		}
		return url, nil
	}
	host, _, isRemote := strings.Cut(url, ":")
	if isRemote && len(host) > 1 && !strings.ContainsAny(host, `/\`) {
		if strings.Contains(host, "@-") {
			return bad("its host begins with a hyphen")
		}
		return url, nil // [user@]host:path, as ssh takes it
	}
	if !filepath.IsAbs(url) {
		url = filepath.Join(base, url)
	}
	return url, nil
}

// gitSettings keep what stands in anybody's config from changing what a transfer
// does: no hooks, no upkeep, no submodules or tags; everything that comes is
// checked, kept as a pack and synced.
func gitSettings() []string {
	return []string{
		"core.hooksPath=" + os.DevNull, "core.fsmonitor=false", "core.fsync=all",
		"transfer.fsckObjects=true", "fetch.fsckObjects=true", "fetch.unpackLimit=1", "transfer.unpackLimit=1",
		"gc.auto=0", "maintenance.auto=false", "fetch.writeCommitGraph=false", "fetch.prune=false",
		"fetch.recurseSubmodules=no", "push.recurseSubmodules=no", "submodule.recurse=false",
		"push.gpgSign=false", "push.followTags=false", "push.useForceIfIncludes=false",
	}
}

// keptVariables are the git variables that concern how other hosts are reached, and
// where the user's own configuration is. All others would turn git to another
// repository, or to another task.
func keptVariables() []string {
	return []string{
		"GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSH_VARIANT", "GIT_ASKPASS", "GIT_TERMINAL_PROMPT", "GIT_PROXY_COMMAND",
		"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_EXEC_PATH",
		"GIT_HTTP_USER_AGENT", "GIT_HTTP_LOW_SPEED_LIMIT", "GIT_HTTP_LOW_SPEED_TIME", "GIT_SSL_NO_VERIFY", "GIT_SSL_CAINFO",
		"GIT_SSL_CAPATH", "GIT_SSL_CERT", "GIT_SSL_KEY", "GIT_SSL_CERT_PASSWORD_PROTECTED",
	}
}

func (g GitProgram) environ() []string {
	var out []string
	for _, v := range g.Environ {
		name, _, _ := strings.Cut(v, "=")
		upper := strings.ToUpper(name)
		if strings.HasPrefix(upper, "GIT_") && !slices.Contains(keptVariables(), upper) || upper == "LANGUAGE" || strings.HasPrefix(upper, "LC_") {
			continue
		}
		out = append(out, v)
	}
	return append(out, "LC_ALL=C", "GIT_ALLOW_PROTOCOL="+strings.Join(protocols(), ":"))
}

// run runs git on the store in dir and gives its output. what says in words what
// it is for.
func (g GitProgram) run(ctx context.Context, dir, what string, args ...string) (string, error) {
	full := []string{"--git-dir=" + dir, "--no-pager", "--literal-pathspecs"}
	for _, c := range gitSettings() {
		full = append(full, "-c", c)
	}
	cmd := exec.CommandContext(ctx, "git", append(full, args...)...)
	cmd.Dir, cmd.Env = dir, g.environ()
	// Asked to stop, git removes what it has half written.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if g.Progress != nil {
		cmd.Stderr = io.MultiWriter(&said, g.Progress)
	}
	err := cmd.Run()
	switch {
	case err == nil:
		return out.String(), nil
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, exec.ErrNotFound):
		return "", &NoGitError{}
	}
	return out.String(), &TransportError{What: what, Reason: lastWords(said.String(), err)}
}

// lastWords picks what git says of a failure from all that it says.
func lastWords(said string, err error) string {
	var words []string
	for l := range strings.Lines(strings.ReplaceAll(said, "\r", "\n")) {
		l = strings.TrimSpace(l)
		for _, mark := range []string{"fatal: ", "error: ", "ERROR: ", "remote: "} {
			if rest, ok := strings.CutPrefix(l, mark); ok && len(words) < 4 {
				words = append(words, strings.TrimSpace(rest))
			}
		}
	}
	if len(words) == 0 {
		return err.Error()
	}
	return strings.Join(words, "; ")
}

// Remotes lists the remotes by name.
func (s *Store) Remotes(ctx context.Context, g GitProgram) ([]Remote, error) {
	out, err := g.run(ctx, s.Dir(), "read the store's config", "config", "--local", "-z", "--get-regexp", `^remote\..*\.url$`)
	var failed *TransportError
	if errors.As(err, &failed) && out == "" {
		return nil, nil // git's way of saying that there is none
	}
	if err != nil {
		return nil, err
	}
	var list []Remote
	for _, row := range strings.Split(out, "\x00") {
		key, url, ok := strings.Cut(row, "\n")
		name := strings.TrimSuffix(strings.TrimPrefix(key, "remote."), ".url")
		if ok && !slices.ContainsFunc(list, func(r Remote) bool { return r.Name == name }) {
			list = append(list, Remote{name, url})
		}
	}
	slices.SortFunc(list, func(a, b Remote) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// AddRemote gives a name to another store. The address is one that [CleanURL] gave.
func (s *Store) AddRemote(ctx context.Context, g GitProgram, name, url string) error {
	if !remoteName().MatchString(name) {
		return refusal("name", "%.80q is no name for a remote: letters, digits, - and _ are wanted", name)
	}
	url, err := CleanURL(url, s.Dir())
	if err != nil {
		return err
	}
	list, err := s.Remotes(ctx, g)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Name == name {
			return refusal("name", "there is a remote %q already: %s", name, r.URL)
		}
	}
	_, err = g.run(ctx, s.Dir(), "add the remote "+name, "remote", "add", name, url)
	return err
}

// RemoveRemote forgets a remote, and what was seen there last. What came from it
// stays.
func (s *Store) RemoveRemote(ctx context.Context, g GitProgram, name string) error {
	if _, err := s.remote(ctx, g, name); err != nil {
		return err
	}
	if _, err := g.run(ctx, s.Dir(), "remove the remote "+name, "remote", "remove", name); err != nil {
		return err
	}
	return s.forget(name)
}

// remote finds a remote by name; "" is the default one, or the only one.
func (s *Store) remote(ctx context.Context, g GitProgram, name string) (Remote, error) {
	list, err := s.Remotes(ctx, g)
	if err != nil {
		return Remote{}, err
	}
	if name == "" && len(list) == 1 {
		return list[0], nil
	}
	want := name
	if want == "" {
		want = DefaultRemote
	}
	for _, r := range list {
		if r.Name != want {
			continue
		}
		if !remoteName().MatchString(r.Name) {
			break
		}
		r.URL, err = CleanURL(r.URL, s.Dir())
		return r, err
	}
	return Remote{}, &NotFoundError{Name: want, What: "remote"}
}

// branch is the branch of a remote that holds its history: main, save where the
// clone found another.
func (s *Store) branch(ctx context.Context, g GitProgram, name string) (string, error) {
	out, err := g.run(ctx, s.Dir(), "read the store's config", "config", "--local", "--get-regexp", `^branch\.main\.(remote|merge)$`)
	var failed *TransportError
	if err != nil && !errors.As(err, &failed) {
		return "", err
	}
	remote, merge := "", ""
	for l := range strings.Lines(out) {
		key, value, _ := strings.Cut(strings.TrimRight(l, "\n"), " ")
		switch key {
		case "branch.main.remote":
			remote = value
		case "branch.main.merge":
			merge = value
		}
	}
	if remote == name && strings.HasPrefix(merge, "refs/heads/") {
		return merge, nil
	}
	return "refs/heads/main", nil
}

// heads lists a remote's branches, and the one that its HEAD names, "" for none.
func (g GitProgram) heads(ctx context.Context, dir string, r Remote) (heads map[string]string, head string, err error) {
	out, err := g.run(ctx, dir, "reach "+r.URL, "ls-remote", "--symref", "--upload-pack=git-upload-pack", "--", r.URL, "HEAD", "refs/heads/*")
	if err != nil {
		return nil, "", err
	}
	heads = map[string]string{}
	for l := range strings.Lines(out) {
		what, name, _ := strings.Cut(strings.TrimRight(l, "\n"), "\t")
		if to, ok := strings.CutPrefix(what, "ref: "); ok {
			if name == "HEAD" {
				head = to
			}
		} else if strings.HasPrefix(name, "refs/heads/") {
			heads[name] = what
		}
	}
	return heads, head, nil
}

// fetch brings a remote's branch into the store, beside main, and gives its tip.
// found is false where the remote has no such branch yet.
func (s *Store) fetch(ctx context.Context, g GitProgram, r Remote) (tip git.Hash, found bool, err error) {
	branch, err := s.branch(ctx, g, r.Name)
	if err != nil {
		return tip, false, err
	}
	heads, _, err := g.heads(ctx, s.Dir(), r)
	if err != nil {
		return tip, false, err
	}
	if heads[branch] == "" {
		if len(heads) > 0 {
			return tip, false, &TransportError{What: "fetch from " + r.Name, Reason: "it has no branch " + strings.TrimPrefix(branch, "refs/heads/")}
		}
		return tip, false, nil
	}
	quiet := "--quiet"
	if g.Progress != nil {
		quiet = "--progress"
	}
	_, err = g.run(ctx, s.Dir(), "fetch from "+r.Name, "fetch", quiet, "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
		"--no-recurse-submodules", "--refmap=", "--upload-pack=git-upload-pack", "--", r.Name, branch)
	if err != nil {
		return tip, false, err
	}
	// No ref is made: a git that is killed leaves none locked. Git keeps objects to
	// which no ref leads for two weeks.
	if tip, err = git.ParseHash(heads[branch]); err == nil {
		_, err = s.git.Commit(tip)
	}
	if errors.Is(err, git.ErrNotFound) {
		err = &TransportError{What: "fetch from " + r.Name, Reason: "its history was rewritten meanwhile; try again"}
	}
	return tip, err == nil, err
}

// What the history of a remote was when it was seen last, and part of main, stands
// in a file of its own, so that a history that is rewritten there is noticed.
func (s *Store) seenFile(name string) string {
	return filepath.Join(s.Dir(), "stemma", "remotes", name)
}

func (s *Store) seen(name string) (git.Hash, error) {
	data, err := os.ReadFile(s.seenFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return git.Hash{}, nil
	}
	if err != nil {
		return git.Hash{}, err
	}
	h, err := git.ParseHash(strings.TrimSpace(string(data)))
	if err != nil {
		return h, fmt.Errorf("%s: %w; remove it to forget what %s was", s.seenFile(name), err, name)
	}
	return h, nil
}

// saw notes what a remote's history is, now that the store holds it.
func (s *Store) saw(name string, tip git.Hash) error {
	dir := filepath.Dir(s.seenFile(name))
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tmp-*") // no remote's name begins with a dot
	if err != nil {
		return err
	}
	_, err = f.WriteString(tip.String() + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), s.seenFile(name))
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func (s *Store) forget(name string) error {
	err := os.Remove(s.seenFile(name))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
