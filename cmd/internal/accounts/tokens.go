package accounts

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tokenPrefix begins every token's secret, so that one that leaked can be found and
// known for what it is.
const tokenPrefix = "stemma_"

// tokenBytes is how much of a secret is random: 160 bits.
const tokenBytes = 20

// maxNote bounds a token's note, in bytes.
const maxNote = 200

// CreateToken makes a token for a user and gives its secret, which is told this once.
// Of t, ID and Created are filled in.
func (f *File) CreateToken(t Token) (secret string, made Token, err error) {
	random := make([]byte, tokenBytes+5)
	rand.Read(random) // never fails: see crypto/rand
	b32 := base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
	secret = tokenPrefix + b32.EncodeToString(random[:tokenBytes])
	t.ID = b32.EncodeToString(random[tokenBytes:])
	t.Created = time.Now().UTC().Truncate(time.Second)
	t.Expires = t.Expires.UTC()
	if len(t.Note) > maxNote || !plain(t.Note) {
		return "", t, fmt.Errorf("a token's note is one line of at most %d bytes", maxNote)
	}
	if !t.Expires.IsZero() && t.Expires.Before(t.Created) {
		return "", t, errors.New("a token can't have ended already")
	}
	err = f.change(func(c *content) error {
		u := c.user(t.Email)
		if u == nil {
			return noUser(t.Email)
		}
		if t.Role == Nobody {
			t.Role = u.Role
		}
		if t.Role > u.Role {
			return fmt.Errorf("%s may do what the role %s may: a token of theirs can't do more", u.Email, u.Role)
		}
		t.Email = u.Email
		c.Tokens = append(c.Tokens, storedToken{Token: t, Hash: hashToken(secret)})
		return nil
	})
	return secret, t, err
}

func hashToken(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Tokens lists the tokens in the order in which they were made.
func (f *File) Tokens() ([]Token, error) {
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, len(c.Tokens))
	for i, t := range c.Tokens {
		tokens[i] = t.Token
	}
	return tokens, nil
}

// RevokeToken ends a token.
func (f *File) RevokeToken(id string) error {
	return f.change(func(c *content) error {
		n := len(c.Tokens)
		c.Tokens = slices.DeleteFunc(c.Tokens, func(t storedToken) bool { return t.ID == id })
		if len(c.Tokens) == n {
			return &told{fmt.Sprintf("no token %q", id), ErrNone}
		}
		return nil
	})
}

// ByToken gives the user for whom a token acts, with the role that it has. The error
// is ErrRefused where it is no token, or is one no longer.
func (f *File) ByToken(secret string, now time.Time) (User, error) {
	if !strings.HasPrefix(secret, tokenPrefix) {
		return User{}, ErrRefused
	}
	c, err := f.read()
	if err != nil {
		return User{}, err
	}
	// How long the search takes tells something of hashes, and nothing of secrets.
	hash := hashToken(secret)
	for _, t := range c.Tokens {
		if t.Hash != hash {
			continue
		}
		u := c.user(t.Email)
		if u == nil || !t.Expires.IsZero() && !now.Before(t.Expires) {
			return User{}, ErrRefused
		}
		return User{Name: u.Name, Email: u.Email, Role: min(u.Role, t.Role)}, nil
	}
	return User{}, ErrRefused
}
