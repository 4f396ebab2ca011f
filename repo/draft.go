package repo

import "github.com/stemma-project/stemma/schema"

// Draft is one state to record.
type Draft struct {
	Input      schema.Input   // what the reader of its format gave
	Article    string         // an article's name, as [Store.Resolve] takes it, or a new explicit id; "" lets the identity rules decide
	Author     schema.Person  // zero: Input.Author, else the store's default
	Published  schema.Time    // zero: Input.Published, else now
	Note       string         // "": Input.Note
	Correction CorrectionType // "" for none; Note is then its text
	IfVersion  string         // record only if the article's current version is this one (as after "@"); "" does not ask
	File       string         // where it was read from, for messages
	Source     SourceOf
}

// SourceOf tells where a draft's bytes came from, for the commit's trailer.
type SourceOf struct {
	SHA256  [32]byte // of the bytes received; zero where there are none
	Reader  string   // the format that read them
	Address string   // file name or URL
}

// Outcome says what recording a draft came to.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Recorded  Outcome = "recorded"
	Unchanged Outcome = "unchanged"
	Refused   Outcome = "refused"
)

// Result is what recording one draft came to.
type Result struct {
	Outcome Outcome
	Version Version   // the version made, or the current one where Unchanged; zero where Refused
	Reason  string    // why Unchanged or Refused
	Err     error     // why Refused: a *schema.Problem, *ConflictError or *NotFoundError
	Twin    *Version  // where a new article was created although another looks much like it
	Earlier []Version // versions made from the Changes list of an imported page
}

// RecordOptions are the options of [Store.Record].
type RecordOptions struct {
	DryRun  bool // say what would happen, record nothing
	Earlier bool // make versions of Input.Earlier too, as an import of pages does
}
