package git

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Signature says who made or recorded a commit, and when.
type Signature struct {
	Name  string
	Email string    // without the angle brackets; may be empty
	When  time.Time // to the second, with the zone's offset to the minute
}

// maxStamp is the last second that a commit's stamp may hold (the year 2242).
// Later stamps overflow in tools that are still in use.
const maxStamp = 1 << 33

// CleanIdentity returns name and email in a form that git fsck accepts: valid
// UTF-8, no control bytes, no angle brackets, no blanks at the ends. A name of
// which nothing is left becomes the email's local part, or "unknown".
func CleanIdentity(name, email string) (string, string) {
	name, email = cleanPart(name), strings.ReplaceAll(cleanPart(email), " ", "")
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	if name == "" {
		name = "unknown"
	}
	return name, email
}

func cleanPart(s string) string {
	if isCleanPart(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '<' || r == '>':
			return -1
		case r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029:
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
	return strings.Join(strings.Fields(s), " ")
}

// isCleanPart reports whether s is surely clean: printable ASCII with single
// blanks inside. Most names are, and each version has two.
func isCleanPart(s string) bool {
	last := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c >= 0x7f || c == '<' || c == '>' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return s == "" || last != ' '
}

// CleanMessage returns a commit message that git fsck accepts: without NUL,
// valid UTF-8, ended by one newline.
func CleanMessage(message string) string {
	message = strings.ReplaceAll(message, "\x00", "")
	message = strings.ToValidUTF8(message, string(utf8.RuneError))
	if body := strings.TrimRight(message, "\n"); len(body) != len(message)-1 {
		message = body + "\n"
	}
	return message
}

// ClampTime returns the nearest time that a commit's stamp can hold: from 1970
// to 2^33 seconds after it, to the second, in a zone of whole minutes within
// 14 hours of UTC. Who needs the true time of an older event writes it into a
// trailer; the stamp only mirrors it.
func ClampTime(t time.Time) time.Time {
	switch unix := t.Unix(); {
	case unix < 0:
		return time.Unix(0, 0).UTC()
	case unix > maxStamp:
		return time.Unix(maxStamp, 0).UTC()
	}
	t = t.Truncate(time.Second)
	if _, offset := t.Zone(); offset%60 != 0 || offset < -14*3600 || offset > 14*3600 {
		return t.UTC()
	}
	return t
}

// clean returns a signature in a form that git fsck accepts.
func (s Signature) clean() Signature {
	s.Name, s.Email = CleanIdentity(s.Name, s.Email)
	s.When = ClampTime(s.When)
	return s
}
