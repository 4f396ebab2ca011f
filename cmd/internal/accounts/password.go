package accounts

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// What an Argon2id hash costs: 19 MiB of memory in two passes, the least that OWASP's
// Password Storage Cheat Sheet recommends, so that a server can work out a few at once.
const (
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1
	saltBytes  = 16
	hashBytes  = 32
)

// The bounds of a password: NIST SP 800-63B asks for length and against rules on what
// it is made of.
const (
	minPassword = 10      // characters
	maxPassword = 1 << 10 // bytes
)

// CheckPassword says what is wrong with a new password, if anything.
func CheckPassword(p string) error {
	switch {
	case !utf8.ValidString(p):
		return errors.New("the password is no UTF-8 text")
	case utf8.RuneCountInString(p) < minPassword:
		return fmt.Errorf("the password has less than %d characters", minPassword)
	case len(p) > maxPassword:
		return fmt.Errorf("the password is longer than %d bytes", maxPassword)
	}
	return nil
}

// hashPassword gives the hash in the PHC string format, "$argon2id$v=19$m=…".
func hashPassword(p string) string {
	salt := make([]byte, saltBytes)
	rand.Read(salt) // never fails: see crypto/rand
	h := phc{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: salt}
	h.sum = h.of(p)
	return h.String()
}

// phc is an Argon2id hash with its parameters.
type phc struct {
	memory, passes uint32
	lanes          uint8
	salt, sum      []byte
}

// of works out the hash of a password; two ways to type the same letters are one
// (RFC 8265, section 4.2: NFC).
func (h phc) of(password string) []byte {
	return argon2.IDKey(norm.NFC.Bytes([]byte(password)), h.salt, h.passes, h.memory, h.lanes, hashBytes)
}

func (h phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.memory, h.passes, h.lanes, b64.EncodeToString(h.salt), b64.EncodeToString(h.sum))
}

// parsePHC reads what String wrote. Costs that would stop the machine are refused.
func parsePHC(s string) (h phc, err error) {
	parts := strings.Split(s, "$")
	var version int
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return h, errors.New("a password's hash is no argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return h, fmt.Errorf("a password's hash is of version %q", parts[2])
	}
	_, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.lanes)
	if err != nil || h.memory < 8 || h.memory > 1<<20 || h.passes < 1 || h.passes > 64 || h.lanes < 1 {
		return h, fmt.Errorf("a password's hash has the costs %q", parts[3])
	}
	b64 := base64.RawStdEncoding.Strict()
	if h.salt, err = b64.DecodeString(parts[4]); err == nil {
		h.sum, err = b64.DecodeString(parts[5])
	}
	if err != nil || len(h.salt) < 8 || len(h.sum) != hashBytes || h.String() != s {
		return h, errors.New("a password's hash can't be read")
	}
	return h, nil
}

// weak reports whether a hash costs whoever tries passwords less than one made today.
func (h phc) weak() bool {
	return h.memory < hashMemory || h.passes < hashPasses || len(h.salt) < saltBytes
}

// stranger is what the password of an unknown user is compared with: the work is the
// same as for a known one, and no password fits.
func stranger() phc {
	return phc{memory: hashMemory, passes: hashPasses, lanes: hashLanes, salt: make([]byte, saltBytes), sum: make([]byte, hashBytes)}
}

// turns lets few work out hashes at once: each takes its share of memory.
type turns chan struct{}

func (t turns) matches(ctx context.Context, h phc, password string) (bool, error) {
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-t }()
	return subtle.ConstantTimeCompare(h.of(password), h.sum) == 1, nil
}
