package git

import (
	"bytes"
	"strconv"
	"time"
)

// quickCommit reads a commit that has a tree, parents, an author, a committer and a
// message, each in the form in which git writes them, and nothing else: all but a
// few are so, and taking history in reads every one. ok is false where it is
// another.
func quickCommit(h Hash, data []byte) (c *Commit, ok bool) {
	tree, parents, err := commitLinks(h, data)
	if err != nil {
		return nil, false
	}
	c = &Commit{Hash: h, Tree: tree, Parents: parents}
	rest := data[len("tree \n")+40+(len("parent \n")+40)*len(parents):]
	if c.Author, rest, ok = quickSignature(rest, "author "); !ok {
		return nil, false
	}
	if c.Committer, rest, ok = quickSignature(rest, "committer "); !ok {
		return nil, false
	}
	if len(rest) == 0 || rest[0] != '\n' {
		return nil, false
	}
	c.Message = string(rest[1:])
	return c, true
}

// quickSignature cuts the line that begins with key off.
func quickSignature(data []byte, key string) (s Signature, rest []byte, ok bool) {
	line, rest, ended := bytes.Cut(data, []byte{'\n'})
	line, keyed := bytes.CutPrefix(line, []byte(key))
	open, shut := bytes.IndexByte(line, '<'), bytes.IndexByte(line, '>')
	if !ended || !keyed || open < 1 || shut < open || line[open-1] != ' ' {
		return s, nil, false
	}
	name, stamp := line[:open-1], line[shut+1:]
	if bytes.LastIndexByte(line, '<') != open || bytes.IndexByte(stamp, '>') >= 0 || !bytes.Equal(bytes.Trim(name, " "), name) {
		return s, nil, false
	}
	if len(stamp) < len(" 0 +0000") || stamp[0] != ' ' {
		return s, nil, false
	}
	digits, zone := stamp[1:len(stamp)-6], stamp[len(stamp)-5:]
	if stamp[len(stamp)-6] != ' ' || len(digits) > 12 || !allDigits(digits) || !allDigits(zone[1:]) {
		return s, nil, false
	}
	seconds, err := strconv.ParseInt(string(digits), 10, 64)
	if err != nil {
		return s, nil, false
	}
	hours, minutes := int(zone[1]-'0')*10+int(zone[2]-'0'), int(zone[3]-'0')*10+int(zone[4]-'0')
	offset := hours*3600 + minutes*60
	switch {
	case zone[0] == '-' && hours > 0:
		offset = -offset
	case zone[0] != '+':
		return s, nil, false
	}
	when := time.Unix(seconds, 0).In(time.FixedZone("", offset))
	return Signature{string(name), string(line[open+1 : shut]), when}, rest, true
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}
