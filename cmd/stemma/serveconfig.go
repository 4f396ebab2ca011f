package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/cmd/internal/web"
	"github.com/stemma-project/stemma/schema"
)

// serveOptions are what serve is told: by its options, else by its file, else by
// defaults.
type serveOptions struct {
	listen, base, title string
	cert, key           string
	closed, trustProxy  bool
	jsonLog             bool
	limits              web.Limits
	outside             web.Outside
	secretFile          string // of the OpenID Connect client
	config              string
	patience            patience // with clients; no option says it
}

// maxConfig bounds a config file, in bytes.
const maxConfig = 1 << 20

// setting is one key of the config file: what reads its value.
type setting struct {
	key string
	set func(*yaml.Node) error
}

// settings are the keys of the config file. A key that is also an option has its name.
func (o *serveOptions) settings() []setting {
	return []setting{
		{"listen", text(&o.listen)},
		{"base-url", text(&o.base)},
		{"title", text(&o.title)},
		{"tls-cert", text(&o.cert)},
		{"tls-key", text(&o.key)},
		{"trust-proxy", yesNo(&o.trustProxy)},
		{"read", either(&o.closed, "open", "closed")},
		{"log", either(&o.jsonLog, "text", "json")},
		{"limits", func(n *yaml.Node) error {
			return readSettings(n, []setting{
				{"sign-ins", number(&o.limits.SignIns)}, {"writes", number(&o.limits.Writes)},
				{"searches", number(&o.limits.Searches)}, {"previews", number(&o.limits.Previews)},
			})
		}},
		{"oidc", func(n *yaml.Node) error {
			return readSettings(n, []setting{
				{"issuer", text(&o.outside.Issuer)}, {"client-id", text(&o.outside.ClientID)}, {"client-secret-file", text(&o.secretFile)},
				{"name", text(&o.outside.Name)}, {"allow", o.readAllowed},
			})
		}},
	}
}

// readAllowed reads whom the OpenID Connect provider may vouch for.
func (o *serveOptions) readAllowed(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return atLine(n, "a list is wanted: each with email or domain, and role")
	}
	for _, item := range n.Content {
		var a web.Allowed
		var role string
		if err := readSettings(item, []setting{{"email", text(&a.Email)}, {"domain", text(&a.Domain)}, {"role", text(&role)}}); err != nil {
			return err
		}
		var err error
		if a.Role, err = accounts.ParseRole(role); err != nil {
			return atLine(item, "%s", err)
		}
		if (a.Email == "") == (a.Domain == "") {
			return atLine(item, "either email or domain is wanted")
		}
		o.outside.Allow = append(o.outside.Allow, a)
	}
	return nil
}

// readConfig reads a config file strictly: a key that isn't known may be a rule that
// somebody believes to hold.
func (o *serveOptions) readConfig(content []byte) error {
	var doc yaml.Node
	d := yaml.NewDecoder(strings.NewReader(string(content)))
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil // empty, or all comments
		}
		return &schema.Problem{Reason: strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := d.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return &schema.Problem{Reason: "one document is wanted, without a second after ---"}
	}
	return readSettings(doc.Content[0], o.settings())
}

func readSettings(n *yaml.Node, known []setting) error {
	if n.Kind != yaml.MappingNode {
		return atLine(n, "keys with values are wanted here, as in listen: 127.0.0.1:8080")
	}
	seen := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		j := slices.IndexFunc(known, func(s setting) bool { return s.key == key.Value })
		if j < 0 {
			names := make([]string, len(known))
			for k, s := range known {
				names[k] = s.key
			}
			return atLine(key, "no setting %q: there are %s", key.Value, strings.Join(names, ", "))
		}
		if seen[key.Value] {
			return atLine(key, "%s is set twice", key.Value)
		}
		seen[key.Value] = true
		if err := known[j].set(value); err != nil {
			var p *schema.Problem
			if errors.As(err, &p) && p.Field == "" {
				p.Field = key.Value
			}
			return err
		}
	}
	return nil
}

func atLine(n *yaml.Node, format string, args ...any) error {
	return &schema.Problem{Line: n.Line, Reason: fmt.Sprintf(format, args...)}
}

func text(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value == "" || n.ShortTag() == "!!null" {
			return atLine(n, "a text is wanted")
		}
		*to = n.Value
		return nil
	}
}

func yesNo(to *bool) func(*yaml.Node) error { return either(to, "false", "true") }

// either reads one of two words.
func either(to *bool, no, yes string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value != no && n.Value != yes {
			return atLine(n, "%q is wanted, or %q", no, yes)
		}
		*to = n.Value == yes
		return nil
	}
}

func number(to *int) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		v, err := strconv.Atoi(n.Value)
		if n.Kind != yaml.ScalarNode || err != nil || v < -1 || v > 1_000_000 {
			return atLine(n, "a number of times a minute is wanted; -1 is without limit")
		}
		*to = v
		return nil
	}
}

// configured gives the options with the config file beneath those that were typed.
func (a *app) configured(typed serveOptions, given func(flag string) bool) (serveOptions, error) {
	o := serveOptions{listen: "127.0.0.1:8080", title: "stemma", patience: usualPatience()}
	if typed.config != "" {
		f, err := a.read(typed.config)
		if err != nil {
			return o, err
		}
		if len(f.content) > maxConfig {
			return o, &schema.Problem{File: f.name, Reason: "it is too long for a config file"}
		}
		if err := o.readConfig(f.content); err != nil {
			var p *schema.Problem
			if errors.As(err, &p) {
				p.File = f.name
			}
			return o, err
		}
	}
	for flag, take := range map[string]func(){
		"listen": func() { o.listen = typed.listen }, "base-url": func() { o.base = typed.base }, "title": func() { o.title = typed.title },
		"tls-cert": func() { o.cert = typed.cert }, "tls-key": func() { o.key = typed.key },
		"trust-proxy": func() { o.trustProxy = typed.trustProxy }, "closed": func() { o.closed = typed.closed }, "log-json": func() { o.jsonLog = typed.jsonLog },
	} {
		if given(flag) {
			take()
		}
	}
	if (o.cert == "") != (o.key == "") {
		return o, usagef("a certificate wants its key: give both --tls-cert and --tls-key")
	}
	if o.outside.Issuer != "" {
		if o.outside.ClientID == "" || o.secretFile == "" || len(o.outside.Allow) == 0 {
			return o, usagef("oidc wants issuer, client-id, client-secret-file and whom to allow")
		}
		b, err := os.ReadFile(a.path(o.secretFile))
		if err != nil {
			return o, renamed(err, o.secretFile)
		}
		o.outside.ClientSecret = strings.TrimSpace(string(b))
	}
	return o, nil
}
