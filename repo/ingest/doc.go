// Package ingest turns what other programs wrote into a stream of states to
// record, and states into what other programs read: lines of JSON ([JSONL]),
// folders and repositories of event pages ([Pages], [PageHistory]), repositories
// of Markdown ([Repository]) and dumps of wikis ([MediaWiki]). [Open] unpacks a
// stream on the way.
//
// It knows what a state is, not where states are kept: a reader yields [Item]s
// in an order that does not depend on the machine, and the caller makes drafts
// of them. What can't be read is yielded as a *[schema.Problem] with its file and
// line, and the stream goes on with what comes after it; any other error ends
// the stream.
package ingest

import (
	"crypto/sha256"

	"github.com/stemma-project/stemma/schema"
)

// Item is one state as it was read, with where it came from.
type Item struct {
	Input   schema.Input
	SHA256  [32]byte      // of the bytes that held the state
	Reader  schema.Format // the format that read them
	File    string        // as the caller named it
	Address string        // where the source itself keeps the state (COMMIT:PATH, a URL); "" where that is File
	Line    int           // the line of File that the state starts at, from 1
	Offset  int64         // how many bytes of File were read with this state, for a measure of progress

	// Revision is the source's own number of this very version, or ""; [RevisionOf]
	// reads it back from Address.
	Revision string

	// RecordedAs is what the store that a line comes from said of the version; nil
	// where it comes from none.
	RecordedAs *RecordedAs
}

// MaxState is the most bytes that one state may take in a stream: the longest
// body a state may have, with room for escapes and everything around it.
const MaxState = 96 << 20

// newItem describes where a state came from.
func newItem(in schema.Input, content []byte, format schema.Format, file string, line int) Item {
	return Item{Input: in, SHA256: sha256.Sum256(content), Reader: format, File: file, Line: line}
}
