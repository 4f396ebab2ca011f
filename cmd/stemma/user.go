package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/stemma-project/stemma/cmd/internal/accounts"
	"github.com/stemma-project/stemma/schema"
)

func (a *app) userCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "user",
		Short: "Add, remove and list those who may write through serve",
		Long: `Say who may use the store through serve. Readers read, where reading is not open
to all; editors record versions and corrections and restore; admins do everything.
A user's name and address are those of the author of what they record.

The users stand in the file stemma/users.json in the store, which no clone and no
push takes along; of a password it holds the Argon2id hash alone. A server that runs
sees every change at once. Passwords are asked for, or read from the first line of
stdin; they are never arguments.`,
		Example: `  stemma user add "Ada Reporter <ada@example.org>" --role editor
  stemma user passwd ada@example.org
  stemma user role ada@example.org admin
  stemma user remove ada@example.org`,
		Args: wantSubcommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	list := &cobra.Command{Use: "list", Short: "List the users",
		Long: "List the users: address, role and name, a line each.", Args: argCount(0, 0, "no arguments"),
		RunE: a.withAccounts(func(f *accounts.File, _ []string) error { return a.listUsers(f) })}
	remove := &cobra.Command{Use: "remove EMAIL", Short: "Remove a user with their tokens",
		Long: `Remove a user and their tokens. A session that is under way ends with the next
request. What they recorded stays, under their name.`,
		Example: "  stemma user remove ada@example.org", Args: argCount(1, 1, "one address"),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error { return f.Remove(args[0]) })}
	passwd := &cobra.Command{Use: "passwd EMAIL", Short: "Set a user's password",
		Long:    `Set a user's password: asked for twice on a terminal, else the first line of stdin.`,
		Example: "  stemma user passwd ada@example.org", Args: argCount(1, 1, "one address"),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error {
			if _, err := f.User(args[0]); err != nil {
				return err
			}
			password, err := a.newPassword()
			if err != nil {
				return err
			}
			return f.SetPassword(args[0], password)
		})}
	role := &cobra.Command{Use: "role EMAIL reader|editor|admin", Short: "Change what a user may do",
		Long: `Change what a user may do: a reader reads, an editor records too, an admin does
everything. It counts from the next request on.`,
		Example: "  stemma user role ada@example.org admin", Args: argCount(2, 2, "an address and a role"),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error {
			r, err := accounts.ParseRole(args[1])
			if err != nil {
				return usagef("%s", err)
			}
			return f.SetRole(args[0], r)
		})}
	cmd.AddCommand(a.userAddCommand(), list, remove, passwd, role)
	return cmd
}

func (a *app) userAddCommand() *cobra.Command {
	var role string
	var without bool
	cmd := &cobra.Command{
		Use:   `add "NAME <EMAIL>"`,
		Short: "Add a user",
		Long: `Add a user, by the name and the address under which what they record is kept. The
password is asked for twice on a terminal, else it is the first line of stdin.`,
		Example: `  stemma user add "Ada Reporter <ada@example.org>" --role editor
  stemma user add "Bot <bot@example.org>" --no-password`,
		Args: argCount(1, 1, `one user: "Name <address>"`),
		RunE: a.withAccounts(func(f *accounts.File, args []string) error {
			p, err := parsePerson(args[0])
			if err != nil {
				return err
			}
			r, err := accounts.ParseRole(role)
			if err != nil {
				return usagef("--role: %s", err)
			}
			u := accounts.User{Name: p.Name, Email: p.Email, Role: r}
			if err := u.Check(); err != nil {
				return usagef("%s", err)
			}
			if _, err := f.User(u.Email); err == nil {
				return accounts.Taken(u.Email)
			}
			password := ""
			if !without {
				if password, err = a.newPassword(); err != nil {
					return err
				}
			}
			if err := f.Add(u, password); err != nil {
				return err
			}
			return a.printUser(u)
		}),
	}
	cmd.Flags().StringVar(&role, "role", "editor", "what they may do: reader, editor or admin")
	cmd.Flags().BoolVar(&without, "no-password", false, "none: they sign in through OpenID Connect, or use tokens alone")
	return cmd
}

// accountFault tells of an error that concerns users and tokens.
func accountFault(err error, r *report) bool {
	switch {
	case errors.Is(err, accounts.ErrNone):
		r.code, r.Kind, r.Hint = exitNotFound, "not-found", "list them with: stemma user list, stemma token list"
	case errors.Is(err, accounts.ErrExists):
		r.code, r.Kind, r.Hint = exitRefused, "refused", "change it with: stemma user passwd, stemma user role"
	default:
		return false
	}
	return true
}

// wantSubcommand is for commands that do nothing by themselves.
func wantSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return &usageError{message: fmt.Sprintf("%s knows no %q", strings.TrimPrefix(cmd.CommandPath(), "stemma "), args[0])}
}

// withAccounts makes a command's body of one that needs the store's users alone.
func (a *app) withAccounts(body func(f *accounts.File, args []string) error) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		s, err := a.open()
		if err != nil {
			return err
		}
		err = body(accounts.In(s.Dir()), args)
		return errors.Join(err, s.Close())
	}
}

// newPassword asks for a new password: twice on a terminal, else in the first line of
// stdin.
func (a *app) newPassword() (string, error) {
	if !a.inTerminal {
		l, err := bufio.NewReader(io.LimitReader(a.in, 4<<10)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		l = strings.TrimRight(l, "\r\n")
		if l == "" {
			return "", usagef("no password: its line on stdin is empty")
		}
		return l, checkPassword(l)
	}
	first, err := a.askSecret("Password: ")
	if err == nil {
		err = checkPassword(first)
	}
	if err != nil {
		return "", err
	}
	again, err := a.askSecret("Once more: ")
	if err == nil && again != first {
		err = usagef("the two passwords differ")
	}
	return first, err
}

func checkPassword(p string) error {
	if err := accounts.CheckPassword(p); err != nil {
		return &schema.Problem{Field: "password", Reason: err.Error()}
	}
	return nil
}

// askSecret asks on the terminal, without showing what is typed.
func (a *app) askSecret(question string) (string, error) {
	fmt.Fprint(a.stderr(), question)
	b, err := a.secret()
	fmt.Fprintln(a.stderr())
	return string(b), err
}

func (a *app) listUsers(f *accounts.File) error {
	users, err := f.Users()
	if err != nil {
		return err
	}
	if a.json {
		for _, u := range users {
			if err := a.printJSON(u); err != nil {
				return err
			}
		}
		return nil
	}
	var t table
	for _, u := range users {
		t.add(line(u.Email), u.Role.String(), line(u.Name))
	}
	if len(users) == 0 {
		a.hint("no user yet; add one with: stemma user add \"Name <address>\"")
	}
	return t.write(a.out)
}

func (a *app) printUser(u accounts.User) error {
	if a.json {
		return a.printJSON(u)
	}
	_, err := fmt.Fprintf(a.out, "added  %s  %s  %s\n", line(u.Email), u.Role, line(u.Name))
	return err
}
