package schema

import "time"

// Type tells a news event from an article.
type Type string

const (
	Event   Type = "event"
	Article Type = "article"
)

// Status says whether a state may be used. The words are those of ninjs.
type Status string

const (
	Usable   Status = "usable"
	Withheld Status = "withheld"
	Canceled Status = "canceled"
)

// State is one state of an article: what a version records.
//
// One-line fields hold no line break; Body is Markdown that ends in one LF where
// it is not empty. The zero value of a field means that it is empty.
type State struct {
	ID            ID     // the article's id; zero where it is not known yet
	Type          Type   // "" means [Event] in a normalized state
	Date          Date   // the day the article belongs to
	Category      string // one label
	Headline      string // required, at most 16 KiB
	Summary       string // one paragraph
	Byline        string
	Language      string // BCP 47; "" is unknown
	Status        Status // "" means [Usable] in a normalized state
	TranslationOf ID     // the article that this one translates
	Image         Image
	Contexts      []string
	Sources       []Source
	Aliases       []string // addresses that lead here beside the ones its versions had: guids, ids of linked articles, old paths
	Path          string   // "/news/2015/09/26/slug" without extension, where a source gave one that differs from [DefaultPath]; else ""
	Extra         []Extra  // keys that this package does not know, sorted by key
	Body          string
}

// Source is where a report comes from.
type Source struct {
	Name string
	URL  string // http or https
}

// Image is an article's picture.
type Image struct {
	URL, Caption, Credit string
}

// Extra is an unknown key with its value as compact JSON, object keys sorted.
type Extra struct {
	Key, Value string
}

// Person is a name and an address, as git keeps them.
type Person struct {
	Name, Email string
}

// Input is one state as a format gave it.
type Input struct {
	State
	Carries     FieldSet // the fields that the format could carry; the others are left as they were
	AddContexts bool     // Contexts are some of the article's contexts: add them, and call that no version

	// ImageURLOnly says that the format has no place for an image's caption and
	// credit: those known of the same picture stay.
	ImageURLOnly bool

	// SourceURLsOnly says the same of the names of sources.
	SourceURLsOnly bool

	// What a stream or a page says beside the state; zero where it says nothing.
	Published Time
	First     Time // when the article was first made public, where that alone is told: a first version's time
	Author    Person
	Note      string
	Key       string    // the source's own key for the article
	Earlier   []Earlier // the versions that a page's Changes lists before the current one, first to last
}

// Earlier is a version known only from a page's Changes list.
type Earlier struct {
	Headline  string
	Path      string // without extension
	Published time.Time
}
