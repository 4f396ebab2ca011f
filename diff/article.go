package diff

import "github.com/stemma-project/stemma/schema"

// Article is what differs between two states of an article, field by field.
type Article struct {
	Fields []Field // the fields that differ, in the order of schema.Table
	Kinds  []Kind  // the kinds of change over all fields, in the order of the Kind table
}

// Field is what differs in one field.
type Field struct {
	Name     string // as in schema.Table; an unknown key under its own name; "image.caption" and the like for parts
	Kinds    []Kind
	Old, New string    // the field's text on both sides; for sets one item a line
	Segments []Segment // the word diff of Old and New; for sets whole items
	Set      bool      // the field is a set: Removed and Added hold its items
	Removed  []string
	Added    []string
}

// States compares two normalized states. A nil old state is the state before the
// first version: every field that new holds is added.
func States(old, new *schema.State, opt Options) Article {
	return Article{}
}
