package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
)

func (a *app) tokenCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Make, revoke and list the secrets by which programs use serve",
		Long: `Say which programs may use the store through serve, and for whom. A token does what
its user may do, or less, and is sent as

  Authorization: Bearer TOKEN

or, by programs that know names and passwords alone (git, feed readers), as the
password. It is printed once, when it is made; the store keeps its SHA-256 alone.`,
		Example: `  stemma token create ada@example.org --role reader --note "nightly check" --expires 90d
  stemma token revoke 4t7h0c2k`,
		Args: wantSubcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{Use: "list", Short: "List the tokens",
		Long: "List the tokens: id, user, role, until when, and what each is for; never a secret.", Args: argCount(0, 0, "no arguments"),
		RunE: a.withAccounts(func(f *accounts.File, _ []string) error { return a.listTokens(f) })}
	revoke := &cobra.Command{Use: "revoke ID", Short: "End a token",
		Long: "End a token at once: the next request that carries it is refused.", Example: "  stemma token revoke 4k7q", Args: argCount(1, 1, "one token's id, as list shows it"),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error { return f.RevokeToken(args[0]) })}
	cmd.AddCommand(a.tokenCreateCommand(), list, revoke)
	return cmd
}

func (a *app) tokenCreateCommand() *cobra.Command {
	var role, note, expires string
	cmd := &cobra.Command{
		Use:   "create EMAIL",
		Short: "Make a token for a user and print its secret",
		Long:  `Make a token for a user and print its secret, once: the store keeps its hash alone.`,
		Example: `  stemma token create ada@example.org --note "nightly import" --expires 90d
  stemma token create bot@example.org --role reader`,
		Args: argCount(1, 1, "one user's address"),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error {
			t := accounts.Token{Email: args[0], Note: note}
			var err error
			if role != "" {
				if t.Role, err = accounts.ParseRole(role); err != nil {
					return usagef("--role: %s", err)
				}
			}
			if expires != "" {
				life, err := parseLife(expires)
				if err != nil {
					return err
				}
				t.Expires = a.now().Add(life).Truncate(time.Second)
			}
			secret, t, err := f.CreateToken(t)
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(struct {
					accounts.Token
					Secret string `json:"secret"`
				}{t, secret})
			}
			if _, err := fmt.Fprintln(a.out, secret); err != nil {
				return err
			}
			a.hint("this is shown once; token %s is %s's, as %s", t.ID, line(t.Email), t.Role)
			return nil
		}),
	}
	f := cmd.Flags()
	f.StringVar(&role, "role", "", "what it may do at most: reader, editor or admin (default its user's)")
	f.StringVar(&note, "note", "", "what it is for")
	f.StringVar(&expires, "expires", "", "how long it is good for: 90d, 12h (default for ever)")
	return cmd
}

// parseLife reads how long something is good for: a duration as Go writes it, or days.
func parseLife(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return d, nil
	}
	return 0, usagef("%q is no time to last: write 90d or 12h", s)
}

func (a *app) listTokens(f *accounts.File) error {
	tokens, err := f.Tokens()
	if err != nil {
		return err
	}
	if a.json {
		for _, t := range tokens {
			if err := a.printJSON(t); err != nil {
				return err
			}
		}
		return nil
	}
	var t table
	for _, k := range tokens {
		until := "for ever"
		if !k.Expires.IsZero() {
			until = "until " + k.Expires.Format("2006-01-02 15:04")
		}
		t.add(k.ID, line(k.Email), k.Role.String(), until, line(k.Note))
	}
	if len(tokens) == 0 {
		a.hint("no token yet; make one with: stemma token create EMAIL")
	}
	return t.write(a.out)
}
