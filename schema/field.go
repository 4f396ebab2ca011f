package schema

// Field is a named part of an article's state.
type Field uint8

// The fields, in the order of [Table]: the order of the canonical file, of the
// Merkle tree under a seal, and of every listing of changed fields.
const (
	FieldType Field = iota
	FieldDate
	FieldCategory
	FieldHeadline
	FieldSummary
	FieldByline
	FieldLanguage
	FieldStatus
	FieldTranslationOf
	FieldImage
	FieldContexts
	FieldSources
	FieldAliases
	FieldPath
	FieldExtra
	FieldBody
	fieldCount
)

// Role says what a change of a field means.
type Role uint8

const (
	// Editorial fields: any change of bytes after normalization is a new version.
	Editorial Role = iota
	// Set fields are compared without order: a new order alone is no change.
	Set
)

// FieldInfo is one row of [Table].
type FieldInfo struct {
	Field Field
	Name  string // the key in the canonical file, JSON, XML and diffs
	Role  Role
}

// table is the single place that lists an article's fields. Derived parts
// (Formats, Changes, Related, the day index) are computed and never stored, so
// they have no row.
var table = [fieldCount]FieldInfo{
	{FieldType, "type", Editorial},
	{FieldDate, "date", Editorial},
	{FieldCategory, "category", Editorial},
	{FieldHeadline, "headline", Editorial},
	{FieldSummary, "summary", Editorial},
	{FieldByline, "byline", Editorial},
	{FieldLanguage, "language", Editorial},
	{FieldStatus, "status", Editorial},
	{FieldTranslationOf, "translation_of", Editorial},
	{FieldImage, "image", Editorial},
	{FieldContexts, "contexts", Set},
	{FieldSources, "sources", Set},
	{FieldAliases, "aliases", Set},
	{FieldPath, "path", Set},
	{FieldExtra, "extra", Editorial},
	{FieldBody, "body", Editorial},
}

// Table returns every field with its name and role, in canonical order.
func Table() []FieldInfo {
	t := table // a copy, which stays on the stack of a caller that only reads it
	return t[:]
}

// String gives the field's name, as it stands in files and in JSON.
func (f Field) String() string {
	if f < fieldCount {
		return table[f].Name
	}
	return "unknown field"
}

// Role gives the field's role.
func (f Field) Role() Role { return table[f].Role }

// FieldNamed gives the field of that name.
func FieldNamed(name string) (Field, bool) {
	for _, row := range table {
		if row.Name == name {
			return row.Field, true
		}
	}
	return 0, false
}

// FieldSet is a set of fields.
type FieldSet uint32

// AllFields holds every field.
const AllFields FieldSet = 1<<fieldCount - 1

// Fields makes a set.
func Fields(fields ...Field) FieldSet {
	var s FieldSet
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

// Has reports whether f is in the set.
func (s FieldSet) Has(f Field) bool { return s&(1<<f) != 0 }
