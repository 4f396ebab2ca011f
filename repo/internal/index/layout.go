package index

// format is what PRAGMA user_version says of a file that this package wrote: "St"
// and the number of the layout below. Any change of the layout, of the blobs of
// row.go, or of what a caller must have put in, wants a new number.
const format = 0x5374_0006

// layout makes the tables of an empty file. See the package comment.
var layout = [...]string{
	`CREATE TABLE meta (one INTEGER PRIMARY KEY, tip BLOB NOT NULL DEFAULT x'', fixed INT NOT NULL DEFAULT 0)`,

	`CREATE TABLE articles (
		num INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
		count INT NOT NULL, high INT NOT NULL,
		current INT NOT NULL, seq INT NOT NULL, published INT NOT NULL, day INT NOT NULL,
		first INT NOT NULL, tail INT NOT NULL, redirect INT NOT NULL, added BLOB)`,
	`CREATE INDEX articles_day ON articles (day) WHERE count > 0`,

	`CREATE TABLE data (seq INTEGER PRIMARY KEY, data BLOB NOT NULL)`,
	`CREATE TABLE log (
		seq INTEGER PRIMARY KEY, key INT NOT NULL, commit8 INT NOT NULL, recorded INT NOT NULL,
		author INT NOT NULL, category INT NOT NULL, kinds INT NOT NULL, flags INT NOT NULL)`,
	`CREATE TABLE versions (
		key INTEGER PRIMARY KEY, seq INT NOT NULL, published INT NOT NULL, recorded INT NOT NULL, content8 INT NOT NULL)`,
	`CREATE INDEX versions_place ON versions (key >> 24, published) WHERE key & 16777215 > 16`,
	`CREATE INDEX versions_state ON versions (key >> 24, content8, published) WHERE key & 16777215 > 16`,
	`CREATE TABLE seals (seal8 INT, seq INT, PRIMARY KEY (seal8, seq)) WITHOUT ROWID`,
	`CREATE TABLE dated (day INT, article INT, PRIMARY KEY (day, article)) WITHOUT ROWID`,

	`CREATE TABLE words (id INTEGER PRIMARY KEY, kind INT NOT NULL, text TEXT NOT NULL, UNIQUE (kind, text))`,
	`CREATE TABLE about (context INT, day INT, article INT, PRIMARY KEY (context, day, article)) WITHOUT ROWID`,

	`CREATE TABLE leads (tail TEXT, folder INT, kind INT, article INT, day INT NOT NULL, PRIMARY KEY (tail, folder, kind, article)) WITHOUT ROWID`,

	`CREATE TABLE files (path TEXT PRIMARY KEY, article INT NOT NULL) WITHOUT ROWID`,
	`CREATE INDEX files_article ON files (article)`,
	`CREATE TABLE moved (id INTEGER PRIMARY KEY, seq INT NOT NULL, path TEXT NOT NULL, article INT NOT NULL)`,

	`CREATE TABLE corrections (id INTEGER PRIMARY KEY, article INT NOT NULL, seq INT NOT NULL, to8 INT NOT NULL, data BLOB NOT NULL)`,
	`CREATE INDEX corrections_article ON corrections (article)`,
	`CREATE INDEX corrections_to ON corrections (to8)`,

	`CREATE TABLE problems (id INTEGER PRIMARY KEY, seq INT NOT NULL, "commit" BLOB NOT NULL, path TEXT, line INT, field TEXT, reason TEXT)`,

	`CREATE TABLE passages (seq INTEGER PRIMARY KEY, data BLOB NOT NULL)`,
	`CREATE VIRTUAL TABLE phrases USING fts5 (terms, content = '', contentless_delete = 1, tokenize = 'ascii')`,
	`INSERT INTO phrases (phrases, rank) VALUES ('hashsize', 8388608)`,

	`CREATE TABLE lost (id INTEGER PRIMARY KEY, article TEXT NOT NULL, number INT NOT NULL, data BLOB NOT NULL)`,
}

// tables lists what [Tx.Reset] empties: all but what rewritten history left out.
var tables = [...]string{
	"meta", "articles", "data", "log", "versions", "seals", "dated", "words", "about", "leads", "files", "moved", "corrections", "problems",
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
