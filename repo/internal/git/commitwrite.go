package git

import (
	"encoding/hex"
	"strconv"
)

// encodeCommit returns the bytes of a commit whose identities, times and
// message are made acceptable to git fsck first.
func encodeCommit(c *Commit) []byte {
	clean := *c
	clean.Author, clean.Committer = c.Author.clean(), c.Committer.clean()
	clean.Message = CleanMessage(c.Message)
	return appendCommit(make([]byte, 0, 512+len(clean.Message)), &clean)
}

// appendCommit appends the bytes of a commit (git's Documentation, "Commit
// objects"), all of whose parts are fit for git.
func appendCommit(out []byte, c *Commit) []byte {
	out = append(out, "tree "...)
	out = hex.AppendEncode(out, c.Tree[:])
	for _, p := range c.Parents {
		out = append(out, "\nparent "...)
		out = hex.AppendEncode(out, p[:])
	}
	out = appendSignature(append(out, "\nauthor "...), c.Author)
	out = appendSignature(append(out, "\ncommitter "...), c.Committer)
	return append(append(out, "\n\n"...), c.Message...)
}

// appendSignature appends name, address, seconds since 1970 and the zone, as
// hours and minutes.
func appendSignature(out []byte, s Signature) []byte {
	out = append(append(out, s.Name...), " <"...)
	out = append(append(out, s.Email...), "> "...)
	out = append(strconv.AppendInt(out, s.When.Unix(), 10), ' ')
	_, offset := s.When.Zone()
	sign := byte('+')
	if offset < 0 {
		sign, offset = '-', -offset
	}
	hours, minutes := byte(offset/3600), byte(offset/60%60)
	return append(out, sign, '0'+hours/10, '0'+hours%10, '0'+minutes/10, '0'+minutes%10)
}
