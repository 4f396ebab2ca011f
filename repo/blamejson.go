package repo

import "encoding/json"

type jsonBlame struct {
	Article  string           `json:"article"`
	Version  int              `json:"version"`
	Fields   []jsonBlameField `json:"fields"`
	Versions []Version        `json:"versions"`
}

type jsonBlameField struct {
	Field string         `json:"field"`
	Text  string         `json:"text"`
	Runs  []jsonBlameRun `json:"runs"`
}

type jsonBlameRun struct {
	Start     int        `json:"start"` // bytes of UTF-8
	End       int        `json:"end"`
	Version   int        `json:"version"`
	Author    jsonPerson `json:"author"`
	Published string     `json:"published"`
	Words     int        `json:"words"`
}

// MarshalJSON gives the one object by which a blame is known everywhere: the stretches
// of each field, in bytes of its text, with the version that each comes from, and
// those versions.
func (b *Blame) MarshalJSON() ([]byte, error) {
	out := jsonBlame{Article: b.Version.Article.String(), Version: b.Version.Number, Fields: []jsonBlameField{}, Versions: b.Origins}
	if out.Versions == nil {
		out.Versions = []Version{}
	}
	for _, f := range b.Fields {
		field := jsonBlameField{Field: f.Name, Text: f.Text, Runs: []jsonBlameRun{}}
		for _, r := range f.Runs {
			v := b.Origin(r.Version)
			field.Runs = append(field.Runs, jsonBlameRun{Start: r.Start, End: r.End, Version: r.Version,
				Author: jsonPerson(v.Author), Published: v.Published.String(), Words: r.Words})
		}
		out.Fields = append(out.Fields, field)
	}
	return json.Marshal(out)
}
