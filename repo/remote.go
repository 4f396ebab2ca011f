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

// GitProgram is how a store reaches others: by the git program, which knows every
// transport, and the user's ssh and credentials. Where it is not installed, or not
// wanted, what is built in does the same for folders, ssh, http and git's own
// protocol, without credential helpers and the settings of the user's git config.
// The zero value works where no part of the environment matters.
type GitProgram struct {
	// Environ is the environment in which it runs, as os.Environ gives it. Of git's
	// own variables only those that concern the transport are passed on.
	Environ []string
	// Progress gets what git, or the other side, says while it works; nil: nothing is
	// shown.
	Progress io.Writer
	// Without does without the git program, though it may be installed.
	Without bool
}

// absent reports whether there is no git program to be used.
func (g GitProgram) absent() bool {
	_, err := exec.LookPath("git")
	return g.Without || err != nil
}

// wire is what is used in its place.
func (g GitProgram) wire() git.Wire { return git.Wire{Environ: g.environ(), Progress: g.Progress} }

// TransportError says that another store could not be reached, or did not do what
// was asked of it. It holds no credentials.
type TransportError struct {
	What   string // "fetch from origin"
	Reason string // git's own words, or the other side's, on one line, with its host
	Hint   string // what to do; "" where the reason says it
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
	if err == nil {
		return out.String(), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	reason := git.WithoutCredentials(lastWords(said.String(), err))
	return out.String(), &TransportError{What: what, Reason: reason, Hint: transportHint(reason)}
}

// transportHint says what to do about the failures that are met most.
func transportHint(reason string) string {
	for _, known := range []struct{ sign, hint string }{
		{"could not read Username", "store a token with git credential approve, or put it into the address (https://USER:TOKEN@HOST/...)"},
		{"Authentication failed", "store a fresh token with git credential approve, or put it into the address (https://USER:TOKEN@HOST/...)"},
		{"Permission denied (", "add your key with ssh-add, and your public key at that host"},
		{"Host key verification failed", "connect once with ssh to see and accept the host's key"},
		{"Could not resolve host", "check the host's name in stemma remote, and the network"},
		{"ailed to connect", "check the address in stemma remote, and that the host is up"},
		{"Connection refused", "check the address in stemma remote, and that the host is up"},
		{"timed out", "check the address in stemma remote, and the network"},
		{"does not appear to be a git repository", "check the address in stemma remote"},
		{"not found", "check the address in stemma remote, and that you may read it"},
		{"Could not read from remote repository", "check the address in stemma remote, and that you may read it"},
	} {
		if strings.Contains(reason, known.sign) {
			return known.hint
		}
	}
	return ""
}

// failed turns what the built-in transport says into a TransportError.
func failed(what string, err error) error {
	var wire *git.WireError
	if errors.As(err, &wire) {
		return &TransportError{What: what, Reason: wire.Error(), Hint: wire.Hint}
	}
	return err
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

// Remotes lists the remotes by name. Their addresses are without the credentials
// that they may hold.
func (s *Store) Remotes() ([]Remote, error) {
	list, err := s.remotes()
	for i := range list {
		list[i].URL = git.WithoutCredentials(list[i].URL)
	}
	return list, err
}

func (s *Store) remotes() ([]Remote, error) {
	settings, err := s.git.Settings()
	if err != nil {
		return nil, err
	}
	var list []Remote
	for _, name := range settings.Subs("remote") {
		if urls := settings.All("remote", name, "url"); len(urls) > 0 {
			list = append(list, Remote{name, urls[0]})
		}
	}
	return list, nil
}

// AddRemote gives a name to another store. The address is one that [CleanURL] gave.
func (s *Store) AddRemote(name, url string) error {
	if !remoteName().MatchString(name) {
		return refusal("name", "%.80q is no name for a remote: letters, digits, - and _ are wanted", name)
	}
	url, err := CleanURL(url, s.Dir())
	if err != nil {
		return err
	}
	list, err := s.Remotes()
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.Name == name {
			return refusal("name", "there is a remote %q already: %s", name, r.URL)
		}
	}
	if err := s.git.SetSetting("remote", name, "url", url); err != nil {
		return err
	}
	return s.git.SetSetting("remote", name, "fetch", "+refs/heads/*:refs/remotes/"+name+"/*")
}

// RemoveRemote forgets a remote, and what was seen there last. What came from it
// stays.
func (s *Store) RemoveRemote(name string) error {
	if _, err := s.remote(name); err != nil {
		return err
	}
	settings, err := s.git.Settings()
	if err != nil {
		return err
	}
	if settings.Get("branch", "main", "remote") == name {
		err = s.git.RemoveSettings("branch", "main")
	}
	if err == nil {
		err = s.git.RemoveSettings("remote", name)
	}
	if err == nil {
		err = s.git.RemoveRefs("refs/remotes/" + name + "/") // which a push by git leaves
	}
	if err != nil {
		return err
	}
	return s.forget(name)
}

// remote finds a remote by name; "" is the default one, or the only one.
func (s *Store) remote(name string) (Remote, error) {
	list, err := s.remotes()
	if err != nil {
		return Remote{}, err
	}
	if name == "" && len(list) == 1 {
		name = list[0].Name
	}
	if name == "" {
		name = DefaultRemote
	}
	for _, r := range list {
		if r.Name == name && remoteName().MatchString(r.Name) {
			r.URL, err = CleanURL(r.URL, s.Dir())
			return r, err
		}
	}
	return Remote{}, &NotFoundError{Name: name, What: "remote"}
}

// branch is the branch of a remote that holds its history: main, save where the
// clone found another.
func (s *Store) branch(name string) (string, error) {
	settings, err := s.git.Settings()
	if err != nil {
		return "", err
	}
	merge := settings.Get("branch", "main", "merge")
	if settings.Get("branch", "main", "remote") == name && strings.HasPrefix(merge, "refs/heads/") {
		return merge, nil
	}
	return "refs/heads/main", nil
}

// heads lists a remote's branches, and the one that its HEAD names, "" for none.
func (s *Store) heads(ctx context.Context, g GitProgram, r Remote) (heads map[string]git.Hash, head string, err error) {
	what := "reach " + r.Name + " at " + git.Place(r.URL)
	if g.absent() {
		heads, head, err = g.wire().Heads(ctx, r.URL)
		return heads, head, failed("reach "+r.Name, err)
	}
	// By name: its address may hold what nobody is to see in the list of processes.
	out, err := g.run(ctx, s.Dir(), what, "ls-remote", "--symref", "--upload-pack=git-upload-pack", "--", r.Name, "HEAD", "refs/heads/*")
	if err != nil {
		return nil, "", err
	}
	heads = map[string]git.Hash{}
	for l := range strings.Lines(out) {
		what, name, _ := strings.Cut(strings.TrimRight(l, "\n"), "\t")
		if to, ok := strings.CutPrefix(what, "ref: "); ok {
			if name == "HEAD" {
				head = to
			}
			continue
		}
		if strings.HasPrefix(name, "refs/heads/") {
			if heads[name], err = git.ParseHash(what); err != nil {
				return nil, "", fmt.Errorf("%s names its objects in a way that this program doesn't know: %w", r.Name, err)
			}
		}
	}
	return heads, head, nil
}

// fetch brings a remote's branch into the store, beside main, and gives its tip.
// found is false where the remote has no such branch yet.
func (s *Store) fetch(ctx context.Context, g GitProgram, r Remote) (tip git.Hash, found bool, err error) {
	branch, err := s.branch(r.Name)
	if err != nil {
		return tip, false, err
	}
	heads, _, err := s.heads(ctx, g, r)
	if err != nil {
		return tip, false, err
	}
	tip, found = heads[branch]
	if !found {
		if len(heads) > 0 {
			return tip, false, &TransportError{What: "fetch from " + r.Name, Reason: "it has no branch " + strings.TrimPrefix(branch, "refs/heads/")}
		}
		return tip, false, nil
	}
	// No ref is made: who is killed leaves none locked. Git keeps objects to which no
	// ref leads for two weeks.
	if err = s.fetchTip(ctx, g, r, branch, tip); err == nil {
		_, err = s.git.Commit(tip)
	}
	if errors.Is(err, git.ErrNotFound) {
		err = &TransportError{What: "fetch from " + r.Name, Reason: "its history was rewritten meanwhile; try again"}
	}
	return tip, err == nil, err
}

func (s *Store) fetchTip(ctx context.Context, g GitProgram, r Remote, branch string, tip git.Hash) error {
	if g.absent() {
		seen, err := s.seen(r.Name)
		if err != nil {
			return err
		}
		return failed("fetch from "+r.Name, s.git.FetchFrom(ctx, g.wire(), r.URL, tip, seen))
	}
	quiet := "--quiet"
	if g.Progress != nil {
		quiet = "--progress"
	}
	_, err := g.run(ctx, s.Dir(), "fetch from "+r.Name+" at "+git.Place(r.URL), "fetch", quiet, "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
		"--no-recurse-submodules", "--refmap=", "--upload-pack=git-upload-pack", "--", r.Name, branch)
	return err
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
