// Package accounts keeps the people and programs that may use a store that is served,
// and what each may do.
//
// [In] gives the file of a store's users; its methods add and remove them and let them
// in: [File.SignIn] with a password, [File.ByToken] with a token. Every process that
// uses the file sees what another wrote at its next call, so that a user who was
// removed is out at once.
//
// [OpenSessions] gives the file of those who are signed in, for one server at a time.
//
// What is kept can't be used by who reads the file: of a password its Argon2id hash
// (RFC 9106), of a token or of a
// session's cookie, which are random, their SHA-256. Nobody learns from an answer,
// or from the work that it took, whether an address is a user's.
package accounts

import (
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is somebody who may use a store. Name and address are what git will call the
// author of what they record.
type User struct {
	Name  string `json:"name"`
	Email string `json:"email"` // what they sign in with; without regard to case
	Role  Role   `json:"role"`
}

// Token is a secret by which a program acts for a user. The secret itself is told
// once, when the token is made.
type Token struct {
	ID      string    `json:"id"` // names it in lists, and is no secret
	Email   string    `json:"email"`
	Role    Role      `json:"role"` // what it may do at most; never more than its user
	Note    string    `json:"note,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
}

// The errors of this package, beside those of reading and writing the file.
var (
	// ErrRefused says that a password or token lets nobody in, and not why.
	ErrRefused = errors.New("the address or the password is wrong")
	// ErrNone says that there is no such user or token.
	ErrNone = errors.New("there is none")
	// ErrExists says that an address is a user's already.
	ErrExists = errors.New("there is one already")
)

// told is one of the errors above, in a sentence that says which user or token.
type told struct {
	text string
	kind error
}

func (e *told) Error() string { return e.text }

func (e *told) Unwrap() error { return e.kind }

func noUser(email string) error { return &told{fmt.Sprintf("no user %q", email), ErrNone} }

// Taken says that an address is a user's already: an ErrExists.
func Taken(email string) error {
	return &told{fmt.Sprintf("%q is a user already", email), ErrExists}
}

// The bounds of what a user is called, in bytes.
const (
	maxName  = 200
	maxEmail = 254 // RFC 5321, section 4.5.3.1.3
)

// Check says what is wrong with a user, if anything: name and address must be ones
// that git can keep as an author's.
func (u User) Check() error {
	switch {
	case strings.TrimSpace(u.Name) == "":
		return errors.New("a user wants a name, as it will stand beside what they record")
	case len(u.Name) > maxName || !plain(u.Name) || strings.TrimSpace(u.Name) != u.Name:
		return fmt.Errorf("%q is no name: at most %d bytes on one line, without < and >", u.Name, maxName)
	case u.Role == Nobody || u.Role > Admin:
		return errors.New("a user wants a role: reader, editor or admin")
	}
	a, err := mail.ParseAddress(u.Email)
	if err != nil || a.Address != u.Email || len(u.Email) > maxEmail || !plain(u.Email) || strings.ContainsAny(u.Email, " \"") {
		return fmt.Errorf("%q is no e-mail address", u.Email)
	}
	return nil
}

func plain(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsGraphic(r) || r == '<' || r == '>' {
			return false
		}
	}
	return true
}

// sameEmail compares addresses as people type them.
func sameEmail(a, b string) bool { return strings.EqualFold(a, b) }
