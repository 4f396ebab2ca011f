package accounts

import "fmt"

// Role says what somebody may do. Roles are ordered: each may do what the ones before
// it may.
type Role uint8

// The roles. The zero Role is nobody's.
const (
	Nobody Role = iota
	Reader      // reads, where reading is not open to all
	Editor      // records versions and corrections, restores
	Admin       // does everything else
)

// Roles lists the roles that a user may have, the least first.
func Roles() []Role { return []Role{Reader, Editor, Admin} }

// ParseRole reads the name of a role that a user may have.
func ParseRole(name string) (Role, error) {
	for _, r := range Roles() {
		if r.String() == name {
			return r, nil
		}
	}
	return Nobody, fmt.Errorf("no role %q: reader, editor or admin is wanted", name)
}

func (r Role) String() string {
	switch r {
	case Reader:
		return "reader"
	case Editor:
		return "editor"
	case Admin:
		return "admin"
	}
	return "nobody"
}

// MarshalText writes the role's name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the name of a role that a user may have.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}
