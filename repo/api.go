package repo

import (
	"context"
	"iter"
	"time"

	"github.com/stemma-project/stemma/diff"
	"github.com/stemma-project/stemma/schema"
)

// ===== contract for callers; the bodies live in their own files =====

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

// Clock says which of a version's two times is meant.
type Clock int

const (
	ByPublished Clock = iota
	ByRecorded
)

// Moment asks how things stood at a time. The zero Moment means now.
type Moment struct {
	At    time.Time
	Clock Clock
}

// LogFilter selects versions of the whole store; zero fields select all.
type LogFilter struct {
	Since, Until time.Time   // recorded in [Since, Until)
	Author       string      // part of name or address, case folded
	Kinds        []diff.Kind // any of these
	Category     string
	Context      string
	Corrections  bool // only versions with a correction
	QuietEdits   bool // only changes of published text without note or correction
	Limit        int  // 0 for all
}

// ListFilter selects articles; zero fields select all.
type ListFilter struct {
	Date     schema.Date
	Context  string
	Category string
	Status   schema.Status
	Moment   Moment
}

// Related is an article that shares contexts with another.
type Related struct {
	Version  Version  // its current version
	Contexts []string // the shared ones, sorted
}

// VerifyOptions are the options of [Store.Verify].
type VerifyOptions struct {
	Progress func(done, total int)
}

// Finding is one thing that Verify found wrong.
type Finding struct {
	Article schema.ID // zero where no article is concerned
	Version int       // 0 where no version is concerned
	Commit  string
	Path    string // of the file in git
	Field   string
	Reason  string // what is wrong
	Hint    string // what to do
}

// Report is what Verify looked at and what it found.
type Report struct {
	Objects, Commits, Articles, Versions int
	Findings                             []Finding
}

// Actor is who does something, when it was published, and why.
type Actor struct {
	Author    schema.Person
	Published schema.Time
	Note      string
	IfVersion string
}

// The methods of *Store:
//
//	func Init(dir string) (*Store, error)
//	func Open(dir string) (*Store, error)                   // *NoStoreError
//	func Find(dir string) (string, error)                   // nearest enclosing store, dir itself first; *NoStoreError
//	func (*Store) Close() error
//	func (*Store) Dir() string
type contract interface {
	Record(ctx context.Context, drafts []Draft, opt RecordOptions) ([]Result, error)
	Import(ctx context.Context, drafts iter.Seq2[Draft, error], opt RecordOptions, each func(Result)) error

	Resolve(ctx context.Context, name string) (schema.ID, error)          // ARTICLE
	ResolveVersion(ctx context.Context, name string) (Version, error)     // ARTICLE or ARTICLE@V; no @ means current
	Version(ctx context.Context, id schema.ID, v string) (Version, error) // V as after "@"
	Before(ctx context.Context, v Version) (Version, bool, error)         // the version before v in Changes
	Complete(ctx context.Context, prefix string, limit int) ([]string, error)

	Changes(ctx context.Context, id schema.ID) ([]Version, error) // first to current, by published
	State(ctx context.Context, v Version) (*schema.State, error)
	Diff(ctx context.Context, from, to Version, opt diff.Options) (diff.Article, error)
	Page(ctx context.Context, v Version) ([]byte, error) // the seeds' event page, Changes and Related included

	Log(ctx context.Context, f LogFilter) iter.Seq2[Version, error] // newest recorded first
	List(ctx context.Context, f ListFilter) ([]Version, error)      // current (or as of) versions of articles, by date then headline
	Day(ctx context.Context, d schema.Date, m Moment) (*schema.DayIndex, []Version, error)
	Related(ctx context.Context, id schema.ID, limit int) ([]Related, error)

	Restore(ctx context.Context, v Version, by Actor) (Result, error)
	Withdraw(ctx context.Context, id schema.ID, by Actor) (Result, error)
	Correct(ctx context.Context, from, to Version, t CorrectionType, text string, by Actor) (Correction, error)
	Link(ctx context.Context, keep, other schema.ID, by Actor) (Result, error)
	Split(ctx context.Context, v Version, by Actor) (Result, error) // v and what was recorded after it become a new article

	Reindex(ctx context.Context, progress func(done, total int)) error
	Verify(ctx context.Context, opt VerifyOptions) (*Report, error)
	Problems(ctx context.Context) ([]Finding, error) // broken files met while indexing
}

// Errors (package repo):
//
//	*NotFoundError{Name string; Candidates []Version}  exit 3 (several fit: Candidates)
//	*NoStoreError{Dir string}                          exit 3
//	*ConflictError{Want string; Current Version}       exit 4
//	*schema.Problem                                    exit 5
//	*BrokenError{Finding}                              exit 1
var _ contract = (*Store)(nil)
