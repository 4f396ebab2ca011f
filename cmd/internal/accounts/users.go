package accounts

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
	"time"
)

// Users lists the users by their addresses.
func (f *File) Users() ([]User, error) {
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	users := make([]User, len(c.Users))
	for i, u := range c.Users {
		users[i] = u.User
	}
	slices.SortFunc(users, func(a, b User) int { return strings.Compare(a.Email, b.Email) })
	return users, nil
}

// User finds a user by address; the error is ErrNone where there is none.
func (f *File) User(email string) (User, error) {
	c, err := f.read()
	if err != nil {
		return User{}, err
	}
	if u := c.user(email); u != nil {
		return u.User, nil
	}
	return User{}, noUser(email)
}

// Add adds a user. Without a password they can sign in by other means alone.
func (f *File) Add(u User, password string) error {
	if err := u.Check(); err != nil {
		return err
	}
	stored := storedUser{User: u, Created: time.Now().UTC().Truncate(time.Second)}
	if password != "" {
		if err := CheckPassword(password); err != nil {
			return err
		}
		stored.Password = hashPassword(password)
	}
	return f.change(func(c *content) error {
		if c.user(u.Email) != nil {
			return Taken(u.Email)
		}
		c.Users = append(c.Users, stored)
		return nil
	})
}

// SetPassword changes a user's password. Whoever is signed in with the old one is so
// no longer.
func (f *File) SetPassword(email, password string) error {
	if err := CheckPassword(password); err != nil {
		return err
	}
	hash := hashPassword(password)
	return f.change(func(c *content) error {
		u := c.user(email)
		if u == nil {
			return noUser(email)
		}
		u.Password = hash
		return nil
	})
}

// SetRole changes what a user may do.
func (f *File) SetRole(email string, role Role) error {
	return f.change(func(c *content) error {
		u := c.user(email)
		if u == nil {
			return noUser(email)
		}
		u.Role = role
		return u.Check()
	})
}

// Remove removes a user with their tokens. What they recorded keeps their name.
func (f *File) Remove(email string) error {
	return f.change(func(c *content) error {
		n := len(c.Users)
		c.Users = slices.DeleteFunc(c.Users, func(u storedUser) bool { return sameEmail(u.Email, email) })
		if len(c.Users) == n {
			return noUser(email)
		}
		c.Tokens = slices.DeleteFunc(c.Tokens, func(t storedToken) bool { return sameEmail(t.Email, email) })
		return nil
	})
}

// Standing is how a user stood when they signed in: as long as it is the same, what
// they signed in with is good.
type Standing [sha256.Size]byte

func (u *storedUser) standing() Standing {
	return sha256.Sum256([]byte("stemma standing\x00" + strings.ToLower(u.Email) + "\x00" + u.Password))
}

// SignIn lets a user in by a password. The error is ErrRefused where it is not
// theirs, or nobody has the address: the work is the same. A hash that cost less than
// they do today is replaced.
func (f *File) SignIn(ctx context.Context, email, password string) (User, Standing, error) {
	c, err := f.read()
	if err != nil {
		return User{}, Standing{}, err
	}
	u, h := c.user(email), stranger()
	if u != nil && u.Password != "" {
		if h, err = parsePHC(u.Password); err != nil {
			return User{}, Standing{}, err
		}
	}
	if len(password) > maxPassword {
		password = password[:maxPassword]
	}
	ok, err := f.turns.matches(ctx, h, password)
	switch {
	case err != nil:
		return User{}, Standing{}, err
	case !ok || u == nil || u.Password == "":
		return User{}, Standing{}, ErrRefused
	}
	in := *u // what is kept is others' too
	if h.weak() {
		if stronger, err := f.strengthen(in.Email, in.Password, password); err == nil {
			in.Password = stronger
		} // else it is as good as it was, and tried again the next time
	}
	return in.User, in.standing(), nil
}

// strengthen hashes a password anew at today's costs, where the hash is still the one
// that it was checked against, and gives the hash that is kept now. Who is signed in
// elsewhere signs in anew.
func (f *File) strengthen(email, old, password string) (kept string, err error) {
	hash := hashPassword(password)
	err = f.change(func(c *content) error {
		u := c.user(email)
		if u == nil || u.Password != old {
			return noUser(email)
		}
		u.Password = hash
		return nil
	})
	return hash, err
}

// Still gives a user as they are now, and whether what they signed in with is still
// good; a zero Standing asks only whether there is such a user.
func (f *File) Still(email string, s Standing) (User, bool, error) {
	c, err := f.read()
	if err != nil {
		return User{}, false, err
	}
	u := c.user(email)
	if u == nil || s != (Standing{}) && u.standing() != s {
		return User{}, false, nil
	}
	return u.User, true, nil
}
