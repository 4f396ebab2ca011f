package main

import (
	"context"
	"os/exec"
	"strings"

	"github.com/stemma-project/stemma/schema"
)

// parsePerson reads "Name <address>", "Name" or "address".
func parsePerson(s string) (schema.Person, error) {
	if strings.ContainsAny(s, "\n\r\x00") {
		return schema.Person{}, usagef("%q is no author: it holds a line break or a NUL", s)
	}
	s = strings.TrimSpace(s)
	p := schema.Person{Name: s}
	if open := strings.LastIndexByte(s, '<'); open >= 0 {
		if !strings.HasSuffix(s, ">") {
			return schema.Person{}, usagef("%q is no author: \"Name <address>\" is wanted", s)
		}
		p = schema.Person{Name: strings.TrimSpace(s[:open]), Email: strings.TrimSpace(s[open+1 : len(s)-1])}
	} else if strings.Contains(s, "@") && !strings.Contains(s, " ") {
		p = schema.Person{Name: s[:strings.IndexByte(s, '@')], Email: s}
	}
	if p.Name == "" || strings.ContainsAny(p.Name+p.Email, "<>") {
		return schema.Person{}, usagef("%q is no author: \"Name <address>\" is wanted", s)
	}
	return p, nil
}

// author is who records: --author, else $STEMMA_AUTHOR, else whom git would
// name, else the account at this machine.
func (a *app) author(ctx context.Context, flag string) (schema.Person, error) {
	for _, s := range []string{flag, a.getenv("STEMMA_AUTHOR")} {
		if s != "" {
			return parsePerson(s)
		}
	}
	p := schema.Person{Name: a.getenv("GIT_AUTHOR_NAME"), Email: a.getenv("GIT_AUTHOR_EMAIL")}
	if p.Name == "" || p.Email == "" {
		name, email := a.gitUser(ctx)
		p.Name, p.Email = or(p.Name, name), or(p.Email, email)
	}
	if p.Name == "" || p.Email == "" {
		u := a.user()
		p.Name, p.Email = or(p.Name, u.Name), or(p.Email, u.Email)
	}
	if p.Name == "" {
		return p, withHint(usagef("nobody is named as the author"), `name one with --author "Name <address>" or $STEMMA_AUTHOR`)
	}
	return p, nil
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// gitUser asks git for user.name and user.email as set where the program runs.
// Without git, or without an answer, both are empty.
func (a *app) gitUser(ctx context.Context) (name, email string) {
	cmd := exec.CommandContext(ctx, "git", "config", "--get-regexp", `^user\.(name|email)$`)
	cmd.Dir, cmd.Env = a.dir, a.environ
	out, err := cmd.Output()
	if err != nil {
		return "", ""
	}
	for l := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimRight(l, "\r\n"), " ")
		switch key { // the last one wins, as in git
		case "user.name":
			name = value
		case "user.email":
			email = value
		}
	}
	return name, email
}
