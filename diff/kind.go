package diff

// Kind labels a change, so that noise can be told from news without dropping it.
type Kind string

// The kinds of change, in the order in which they are listed.
const (
	KindHeadline    Kind = "headline"    // the headline's words changed
	KindSummary     Kind = "summary"     // the summary's words changed
	KindBody        Kind = "body"        // the body's words changed
	KindFigure      Kind = "figure"      // a number changed
	KindWording     Kind = "wording"     // words changed in a text field, beside figures
	KindPunctuation Kind = "punctuation" // marks alone changed
	KindWhitespace  Kind = "whitespace"  // white space alone changed
	KindCategory    Kind = "category"
	KindDate        Kind = "date"
	KindByline      Kind = "byline"
	KindLanguage    Kind = "language"
	KindStatus      Kind = "status"
	KindTranslation Kind = "translation_of"
	KindImage       Kind = "image"
	KindContexts    Kind = "contexts"
	KindSources     Kind = "sources"
	KindAliases     Kind = "aliases" // also the path
	KindType        Kind = "type"
	KindOther       Kind = "other" // a key that schema does not know
)
