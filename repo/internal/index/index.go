package index

import (
	"time"

	"github.com/stemma-project/stemma/schema"
)

// Row is one version as the index knows it.
type Row struct {
	Seq                            int64     // place in the order of recording in this store, from 1
	Article                        schema.ID // the article it belongs to now
	Origin                         schema.ID // the article in whose chain of seals it stands; differs from Article after a link or a split
	Number                         int       // from 1 within Article
	Commit                         [20]byte
	Blob                           [20]byte // zero where plain git removed the file
	Seal                           [32]byte
	Content                        [32]byte // digest of the state, sets sorted: equal digests mean equal states
	Known                          schema.FieldSet
	Published                      schema.Time
	Recorded                       time.Time // to the second, UTC
	Author                         schema.Person
	Kinds                          string // comma-separated
	Restores                       int
	Op                             string // "create", "revise", "restore", "withdraw", "insert", "link", "split", "plain" …
	Headline                       string
	Date                           schema.Date
	Category                       string
	Status                         schema.Status
	Path                           string // effective path
	Language                       string
	Note                           string
	Match                          string
	CorrectionType, CorrectionText string // where the version's own commit carries one

	// After holds the seals, 32 bytes each, of the versions that this one follows in
	// its chain, where that isn't just the one before it by Seq: two sides that were
	// merged recorded versions beside each other. One zero seal says that it follows
	// none. Open holds the seals that nothing followed yet when this one was added,
	// beside its own. Both are empty as long as nothing is merged.
	After, Open string
}

// AliasKind says what sort of address an alias is.
type AliasKind int

const (
	AliasPath   AliasKind = iota // a page path, without extension
	AliasSource                  // a source's URL
	AliasOther                   // a guid, or another article's id
)

// Alias leads from an address to an article.
type Alias struct {
	Key     string // as schema.AliasKey gives it
	Kind    AliasKind
	Article schema.ID
	Date    schema.Date // of the version that brought it
}

// Correction is a notice bound to the diff between two versions of an article.
type Correction struct {
	Seq              int64
	Article          schema.ID
	FromSeal, ToSeal [32]byte
	Type, Text       string
	Author           schema.Person
	Recorded         time.Time
	Commit           [20]byte
}

// Problem is something broken that was met while indexing.
type Problem struct {
	Commit        [20]byte
	Path          string
	Line          int
	Field, Reason string
}
