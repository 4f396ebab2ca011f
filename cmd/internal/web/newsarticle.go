package web

import "github.com/stemma-project/stemma/schema"

// newsArticle is what schema.org calls a NewsArticle, for machines that read pages:
// when it was first published, when it was last modified, and its corrections.
func (s *Server) newsArticle(st *story, state *schema.State) any {
	type person struct {
		Type string `json:"@type"`
		Name string `json:"name"`
	}
	type correction struct {
		Type string `json:"@type"`
		Text string `json:"text"`
		Date string `json:"datePublished"`
	}
	first, now := st.versions[0], st.current()
	data := struct {
		Context     string       `json:"@context"`
		Type        string       `json:"@type"`
		Headline    string       `json:"headline"`
		Description string       `json:"description,omitempty"`
		Language    string       `json:"inLanguage,omitempty"`
		Section     string       `json:"articleSection,omitempty"`
		URL         string       `json:"url,omitempty"`
		Image       string       `json:"image,omitempty"`
		Published   string       `json:"datePublished"`
		Modified    string       `json:"dateModified"`
		Author      person       `json:"author"`
		Version     int          `json:"version"`
		About       []string     `json:"about,omitempty"`
		Correction  []correction `json:"correction,omitempty"`
	}{
		Context: "https://schema.org", Type: "NewsArticle", Headline: state.Headline, Description: state.Summary, Language: state.Language,
		Section: state.Category, Image: state.Image.URL, Published: first.Published.String(), Modified: now.Published.String(),
		URL: s.absolute(address(now.Path, viewArticle, "html")), Author: person{"Person", st.shown.Author.Name}, Version: st.shown.Number, About: state.Contexts,
	}
	for _, v := range st.versions {
		if v.Correction != nil {
			data.Correction = append(data.Correction, correction{"CorrectionComment", string(v.Correction.Type) + ": " + v.Correction.Text, v.Correction.Recorded.Format("2006-01-02T15:04:05Z")})
		}
	}
	return data
}
