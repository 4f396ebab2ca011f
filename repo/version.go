package repo

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// Seal is a version's lasting public id: a hash over its fields and the seal of
// the article's version before it. FORMAT.md gives the bytes that go in.
type Seal [32]byte

// String gives 64 hex digits.
func (s Seal) String() string { return hex.EncodeToString(s[:]) }

// Short gives the first 12 hex digits, enough to name a version by hand.
func (s Seal) Short() string { return s.String()[:12] }

// IsZero reports whether there is no seal.
func (s Seal) IsZero() bool { return s == Seal{} }

// Place is where a version stands among its article's versions.
type Place string

const (
	First   Place = "first"   // the first of several
	Update  Place = "update"  // between first and current
	Current Place = "current" // published last
)

// Version is one recorded state of an article, without the state itself, which
// [Store.State] reads.
//
// It restores an earlier version if all fields that make a version are the same in
// both, and those of the version published just before it are not. Earlier is what
// was published before that one; of several with the state, it is the one that was
// recorded first. A past that is inserted later may give an old version something
// that it restores.
type Version struct {
	Article    schema.ID     // the article it belongs to now
	Number     int           // from 1, in the order of recording in this store
	Seal       Seal          //
	Commit     string        // the git commit that brought it, 40 hex digits; not a lasting address
	Published  schema.Time   // when it was made public
	Recorded   time.Time     // when this store learnt of it, UTC, to the second
	Author     schema.Person // who wrote it
	Kinds      []diff.Kind   // how it differs from the version published before it; empty for the first
	Restores   int           // the version to whose state it returns, see below; 0 for none
	Headline   string
	Date       schema.Date
	Category   string
	Status     schema.Status
	Path       string // the address of its page, without extension
	Note       string
	Match      string // the identity rule that led to the article, with its score; "" for an explicit id
	Place      Place
	Correction *Correction     // the correction bound to the diff that leads to this version
	Known      schema.FieldSet // the fields that are known; not all where only a page's Changes list told of the version

	blob   [20]byte
	origin schema.ID
	seq    int64
}

// Sequence gives the version's place in the order in which the whole store recorded,
// from 1, with gaps. It never changes, and is the same for everybody who has this
// store's history.
func (v Version) Sequence() int64 { return v.seq }

// Correction is a notice bound to the very diff that it explains.
type Correction struct {
	Type     CorrectionType
	Text     string
	From, To int // version numbers; From is 0 where To is the first
	Author   schema.Person
	Recorded time.Time
}

// CorrectionType says what a correction does.
type CorrectionType string

const (
	Corrects  CorrectionType = "correction"
	Clarifies CorrectionType = "clarification"
	Retracts  CorrectionType = "retraction"
)

type jsonPerson struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type jsonCorrection struct {
	Type     CorrectionType `json:"type"`
	Text     string         `json:"text"`
	From     int            `json:"from,omitempty"`
	To       int            `json:"to"`
	Author   jsonPerson     `json:"author"`
	Recorded string         `json:"recorded"`
}

type jsonVersion struct {
	Article    string          `json:"article"`
	Version    int             `json:"version"`
	Seal       string          `json:"seal"`
	Commit     string          `json:"commit"`
	Published  string          `json:"published"`
	Recorded   string          `json:"recorded"`
	Author     jsonPerson      `json:"author"`
	Kinds      []diff.Kind     `json:"kinds,omitempty"`
	Headline   string          `json:"headline"`
	Date       schema.Date     `json:"date,omitempty"`
	Category   string          `json:"category,omitempty"`
	Status     schema.Status   `json:"status,omitempty"`
	Path       string          `json:"path,omitempty"`
	Note       string          `json:"note,omitempty"`
	Restores   int             `json:"restores,omitempty"`
	Match      string          `json:"match,omitempty"`
	State      Place           `json:"state"`
	Correction *jsonCorrection `json:"correction,omitempty"`
}

// MarshalJSON gives the one object by which a version is known everywhere.
func (v Version) MarshalJSON() ([]byte, error) {
	j := jsonVersion{
		Article: v.Article.String(), Version: v.Number, Seal: v.Seal.String(), Commit: v.Commit,
		Published: v.Published.String(), Recorded: v.Recorded.UTC().Format(time.RFC3339),
		Author: jsonPerson(v.Author), Kinds: v.Kinds, Headline: v.Headline, Date: v.Date,
		Category: v.Category, Path: v.Path, Note: v.Note, Restores: v.Restores, Match: v.Match, State: v.Place,
	}
	if v.Status != schema.Usable {
		j.Status = v.Status
	}
	if c := v.Correction; c != nil {
		j.Correction = &jsonCorrection{c.Type, c.Text, c.From, c.To, jsonPerson(c.Author), c.Recorded.UTC().Format(time.RFC3339)}
	}
	return json.Marshal(j)
}
