package index

// format is what PRAGMA user_version says of a file that this package wrote: "St"
// and the number of the layout below. Any change of the layout, of the blobs of
// row.go, or of what a caller must have put in, wants a new number.
const format = 0x5374_0002

// layout makes the tables of an empty file. See the package comment.
var layout = [...]string{
	`CREATE TABLE meta (one INTEGER PRIMARY KEY, tip BLOB NOT NULL)`,

	`CREATE TABLE articles (
		num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
		count INT NOT NULL, high INT NOT NULL,
		current INT NOT NULL, published INT NOT NULL, day INT NOT NULL,
		first INT NOT NULL, tail INT NOT NULL, redirect INT NOT NULL, added BLOB)`,
	`CREATE INDEX articles_day ON articles (day) WHERE count > 0`,

	`CREATE TABLE versions (
		key INTEGER PRIMARY KEY, seq INT NOT NULL,
		published INT NOT NULL, recorded INT NOT NULL, date INT NOT NULL,
		author INT NOT NULL, category INT NOT NULL, kinds INT NOT NULL, flags INT NOT NULL,
		seal8 INT NOT NULL, commit8 INT NOT NULL, content8 INT NOT NULL, data BLOB NOT NULL)`,
	`CREATE INDEX versions_seq ON versions (seq, commit8, recorded, author, category, kinds, flags)`,
	`CREATE INDEX versions_date ON versions (date)`,
	`CREATE INDEX versions_seal ON versions (seal8)`,

	`CREATE TABLE words (id INTEGER PRIMARY KEY, kind INT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text))`,
	`CREATE TABLE about (context INT, day INT, article INT, PRIMARY KEY (context, day, article)) WITHOUT ROWID`,

	`CREATE TABLE leads (tail TEXT, folder INT, kind INT, article INT, day INT NOT NULL, PRIMARY KEY (tail, folder, kind, article)) WITHOUT ROWID`,

	`CREATE TABLE files (path TEXT PRIMARY KEY, article INT NOT NULL) WITHOUT ROWID`,
	`CREATE INDEX files_article ON files (article)`,

	`CREATE TABLE corrections (id INTEGER PRIMARY KEY, article INT NOT NULL, seq INT NOT NULL, to8 INT NOT NULL, data BLOB NOT NULL)`,
	`CREATE INDEX corrections_article ON corrections (article)`,
	`CREATE INDEX corrections_to ON corrections (to8)`,

	`CREATE TABLE problems (id INTEGER PRIMARY KEY, "commit" BLOB NOT NULL, path TEXT, line INT, field TEXT, reason TEXT)`,
}

// tables lists what [Tx.Reset] empties.
var tables = [...]string{
	"meta", "articles", "versions", "words", "about", "leads", "files", "corrections", "problems",
}

// The kinds of words.
const (
	wordAuthor   = iota + 1 // name, NUL, address
	wordCategory            //
	wordKinds               // comma-separated
	wordContext
	wordFolder // of page paths, with the last slash
)

// The flags of a version.
const (
	flagNote      = 1 << iota // it carries a note
	flagCorrected             // its own commit, or a notice, corrects what led to it
)

// numberBits is the room for a version's number in its key.
const numberBits = 24

func keyOf(num int64, number int) int64 { return num<<numberBits | int64(number) }
func numOf(key int64) int64             { return key >> numberBits }
func numberOf(key int64) int            { return int(key & (1<<numberBits - 1)) }
