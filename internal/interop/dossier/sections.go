package dossier

import (
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
)

// Section is one part of a file in sentences, for a form that this package does
// not write: a printed file.
type Section struct {
	Part  string // what it is of: "identity", "household", "said", "facts", "rights", "decisions", "plan", "exchanges", "merged", or a room's
	Title string
	Sub   bool // a part of the section before
	Note  string
	Rows  []Row
}

// Row is one line of a section.
type Row struct{ Label, Text, Note string }

// Sections puts a file in sentences, in the order of the page of HTML. Of the
// calculations it says the last month alone; parts of other rooms are in French.
func Sections(d *casefile.Dossier, words Words) []Section {
	s := words.speaker(d)
	v := s.view()
	var out []Section
	add := func(key string, rows ...Row) {
		sec := Section{Part: key, Title: s.p.T("exchange.part." + key), Rows: rows}
		if len(rows) == 0 {
			sec.Note = s.p.T("exchange.dossier.none")
		}
		out = append(out, sec)
	}
	add("identity", plain(v.Identity)...)
	add("household", plain(v.People)...)
	add("said", plain(v.Said)...)
	add("facts")
	if len(v.Themes) > 0 {
		out[len(out)-1].Note = ""
	}
	for _, t := range v.Themes {
		sec := Section{Part: "facts", Title: t.Title, Sub: true}
		for _, f := range t.Facts {
			sec.Rows = append(sec.Rows, Row{f.Label, f.Value, sentences(f.Period, f.Source, f.By, f.History)})
		}
		out = append(out, sec)
	}
	add("rights")
	out[len(out)-1].Note = s.p.T("exchange.dossier.rights_how")
	if len(v.Months) > 0 {
		m := v.Months[0]
		out = append(out, Section{Part: "rights", Title: m.Name, Sub: true, Rows: plain(m.Rows)})
	}
	add("decisions", plain(v.Decisions)...)
	add("plan")
	if len(v.Goals) > 0 {
		out[len(out)-1].Note = ""
	}
	for _, g := range v.Goals {
		out = append(out, Section{Part: "plan", Title: g.Title, Sub: true, Note: g.Note, Rows: plain(g.Steps)})
	}
	add("exchanges", plain(v.Exchanges)...)
	if len(v.Gathered) > 0 {
		add("merged", plain(v.Gathered)...)
	}
	for _, part := range v.Parts {
		sec := Section{Part: part.Name, Title: part.Title}
		for _, r := range part.Rows {
			sec.Rows = append(sec.Rows, Row{r.Label, r.Text, r.More})
		}
		if len(sec.Rows) == 0 {
			sec.Note = s.p.T("exchange.dossier.none")
		}
		out = append(out, sec)
	}
	return out
}

// Masked says in sentences what was left out of a file.
func Masked(d *casefile.Dossier, words Words) string {
	s := words.speaker(d)
	v := s.view()
	out := []string{s.p.T("exchange.dossier.nothing_masked")}
	if v.MaskedN > 0 {
		out[0] = s.p.N("exchange.dossier.masked_count", v.MaskedN)
	}
	if v.OthersN > 0 {
		out = append(out, s.p.N("exchange.dossier.others_masked", v.OthersN))
	}
	if d.Hidden {
		out = append(out, s.p.T("exchange.dossier.address_hidden"))
	}
	return strings.Join(out, " ")
}

func plain(rows []row) []Row {
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		out = append(out, Row{r.Label, r.Text, r.More})
	}
	return out
}

func sentences(parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, " · ")
}
