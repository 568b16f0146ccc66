// Package dossier writes the file of one person in forms that outlive the
// program: JSON that another program reads (docs/export-format.md is its
// contract) and one page of HTML that people read and print, without script and
// without anything fetched.
//
// It masks nothing and reads nothing: casefile.Export gave a Dossier in which
// third persons are masked already.
//
//	err := dossier.Zip(w, d, dossier.Words{Right: name})
package dossier

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// Version of the JSON. It grows when a field changes its meaning or goes; fields
// are added without it.
const Version = 1

// Document is the JSON. Instants are RFC 3339 in UTC, days YYYY-MM-DD, months
// YYYY-MM, partial dates one of YYYY, YYYY-MM, YYYY-MM-DD; an absent field was
// not said. Amounts are in euro cents.
type Document struct {
	Format    string     `json:"format"` // "parvis-dossier"
	Version   int        `json:"version"`
	MadeAt    string     `json:"made_at"`
	Law       string     `json:"law"` // digest of the law in force here that day
	Person    person     `json:"person"`
	FollowUp  followUp   `json:"follow_up"`
	Household []human    `json:"household"`
	Facts     []fact     `json:"facts"`
	Rights    []month    `json:"rights"`
	Decisions []decision `json:"decisions"`
	Sheets    []sheet    `json:"sheets"`
	// What the person said matters, and what they set out to do.
	Expectations []expectation `json:"expectations"`
	Goals        []goal        `json:"goals"`
	Steps        []step        `json:"steps"`
	Exchanges    []exchange    `json:"exchanges"`
	Merged       []merged      `json:"merged,omitempty"`
	// Parts are what other rooms have of the file, by their names.
	Parts  map[string]any `json:"parts,omitempty"`
	Masked masked         `json:"masked"`
}

type person struct {
	ID             string   `json:"id"`
	UsualName      string   `json:"usual_name,omitempty"`
	GivenNames     string   `json:"given_names,omitempty"`
	BirthName      string   `json:"birth_name,omitempty"`
	FirstNameOfUse string   `json:"first_name_of_use,omitempty"`
	Title          string   `json:"title,omitempty"`
	Birth          string   `json:"birth,omitempty"`
	Languages      []string `json:"languages,omitempty"`
	Interpreter    string   `json:"interpreter,omitempty"`
	Phone          string   `json:"phone,omitempty"`
	Channel        string   `json:"channel,omitempty"`
	Hours          string   `json:"hours,omitempty"`
	NoFixedAddress bool     `json:"no_fixed_address,omitempty"`
	AddressHidden  bool     `json:"address_protected,omitempty"`
	AddressLines   []string `json:"address_lines,omitempty"`
	Postcode       string   `json:"postcode,omitempty"`
	City           string   `json:"city,omitempty"`
	Commune        string   `json:"commune,omitempty"`
	Origins        []string `json:"origins,omitempty"`
}

type followUp struct {
	Team        string `json:"team,omitempty"`
	Referent    string `json:"referent,omitempty"`
	OpenedOn    string `json:"opened_on,omitempty"`
	Phase       string `json:"phase"`
	LastContact string `json:"last_contact_from_person_at,omitempty"`
}

type human struct {
	FirstName string `json:"first_name"`
	Role      string `json:"role"`
	LivesIn   bool   `json:"lives_in"`
	From      string `json:"from,omitempty"`
	Until     string `json:"until,omitempty"`
}

type fact struct {
	ID           string `json:"id"`
	About        string `json:"about"` // "person", "dwelling" or "other"
	FirstName    string `json:"first_name,omitempty"`
	Role         string `json:"role,omitempty"`
	Variable     string `json:"variable"`
	Unit         string `json:"unit,omitempty"`
	From         string `json:"from,omitempty"`
	Until        string `json:"until,omitempty"`
	State        string `json:"state"`
	Value        string `json:"value,omitempty"`
	Source       string `json:"source"`
	Detail       string `json:"detail,omitempty"`
	SeenOn       string `json:"seen_on,omitempty"`
	RecordedAt   string `json:"recorded_at"`
	RecordedBy   string `json:"recorded_by,omitempty"`
	SupersededBy string `json:"superseded_by,omitempty"`
	ConflictWith string `json:"conflict_with,omitempty"`
	Masked       bool   `json:"masked,omitempty"`
}

type month struct {
	Month       string   `json:"month"`
	Law         string   `json:"law"`
	FactsDigest string   `json:"facts_digest"`
	ComputedAt  string   `json:"computed_at"`
	Results     []result `json:"results"`
}

type result struct {
	Right  string `json:"right"`
	Status string `json:"status"`
	Amount int64  `json:"amount_cents"`
	Min    int64  `json:"min_cents"`
	Max    int64  `json:"max_cents"`
}

type decision struct {
	Right     string `json:"right"`
	Kind      string `json:"kind"`
	NonTakeUp string `json:"non_take_up,omitempty"`
	Amount    int64  `json:"amount_cents,omitempty"`
	Since     string `json:"since,omitempty"`
	Source    string `json:"source,omitempty"`
	Detail    string `json:"detail,omitempty"`
	At        string `json:"at"`
	By        string `json:"by,omitempty"`
}

type sheet struct {
	Code  string `json:"code"`
	Kind  string `json:"kind"`
	Month string `json:"month"`
	At    string `json:"at"`
	By    string `json:"by,omitempty"`
}

// masked says what was left out, so that a reader is not deceived.
type masked struct {
	Facts   int  `json:"facts"`
	Address bool `json:"address"`
	Others  int  `json:"others"` // passages of texts that speak of somebody else
}

// Of puts a file in the shape of the JSON.
func Of(d *casefile.Dossier) Document {
	p := d.Person
	doc := Document{
		Format: "parvis-dossier", Version: Version, MadeAt: instant(d.Made), Law: d.Law,
		Person: person{
			ID: string(p.ID), UsualName: p.UsualName, GivenNames: p.GivenNames, BirthName: p.BirthName, FirstNameOfUse: p.FirstNameOfUse,
			Title: string(p.Title), Birth: p.Birth.String(), Languages: p.Languages, Interpreter: string(p.Interpreter), Phone: p.Phone,
			Channel: string(p.Channel), Hours: p.Hours, NoFixedAddress: p.Address.NoFixed, AddressHidden: d.Hidden, AddressLines: p.Address.Lines,
			Postcode: p.Address.Postcode, City: p.Address.City, Commune: p.Address.Commune, Origins: d.Origins,
		},
		FollowUp: followUp{
			Team: d.TeamName, Referent: d.Names[d.Case.Referent], OpenedOn: d.Case.OpenedOn.String(), Phase: string(d.Case.Phase),
			LastContact: instant(d.Case.LastContactFromPersonAt),
		},
		Household: []human{}, Facts: []fact{}, Rights: []month{}, Decisions: []decision{}, Sheets: []sheet{},
		Masked: masked{Facts: d.CountMasked(), Address: d.Hidden},
	}
	for _, c := range d.People {
		doc.Household = append(doc.Household, human{c.FirstName, string(c.Role), c.LivesIn, c.From.String(), c.Until.String()})
	}
	for _, f := range d.Facts {
		about := "person"
		switch {
		case f.Subject.Kind == casefile.AboutDwelling:
			about = "dwelling"
		case f.Role != "":
			about = "other"
		}
		doc.Facts = append(doc.Facts, fact{
			ID: string(f.ID), About: about, FirstName: f.Whose, Role: string(f.Role), Variable: f.Variable, Unit: f.Of.Unit, From: f.From.String(),
			Until: f.Until.String(), State: string(f.State), Value: f.Value, Source: string(f.Source), Detail: f.Detail, SeenOn: f.SeenOn.String(),
			RecordedAt: instant(f.RecordedAt), RecordedBy: d.Names[f.RecordedBy], SupersededBy: string(f.SupersededBy),
			ConflictWith: string(f.ConflictWith), Masked: f.Masked,
		})
	}
	for _, m := range d.Months {
		out := month{Month: m.Month.String(), Law: m.Law, FactsDigest: m.FactsDigest, ComputedAt: instant(m.ComputedAt), Results: []result{}}
		for _, r := range m.Results {
			out.Results = append(out.Results, result{r.Right, string(r.Status), int64(r.Amount), int64(r.Min), int64(r.Max)})
		}
		doc.Rights = append(doc.Rights, out)
	}
	for _, c := range d.Decisions {
		doc.Decisions = append(doc.Decisions, decision{
			Right: c.Right, Kind: string(c.Kind), NonTakeUp: string(c.NonTakeUp), Amount: int64(c.Amount), Since: c.Since.String(),
			Source: string(c.Source), Detail: c.Detail, At: instant(c.At), By: d.Names[c.By],
		})
	}
	for _, s := range d.Sheets {
		doc.Sheets = append(doc.Sheets, sheet{s.Code, string(s.Kind), s.Month.String(), instant(s.At), d.Names[s.By]})
	}
	doc.addPlan(d)
	for _, part := range d.Parts {
		if doc.Parts == nil {
			doc.Parts = map[string]any{}
		}
		doc.Parts[part.Name] = part.JSON
		doc.Masked.Others += part.Masked
	}
	return doc
}

func instant(us int64) string {
	if us == 0 {
		return ""
	}
	return time.UnixMicro(us).UTC().Format(time.RFC3339)
}

// WriteJSON writes the file as JSON, indented so that people can read it too.
func WriteJSON(w io.Writer, d *casefile.Dossier) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	if err := enc.Encode(Of(d)); err != nil {
		return fmt.Errorf("write dossier: %w", err)
	}
	return nil
}

// Zip writes both forms in one archive: dossier.json and dossier.html.
func Zip(w io.Writer, d *casefile.Dossier, words Words) error {
	z := zip.NewWriter(w)
	for _, part := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"dossier.html", func(w io.Writer) error { return WriteHTML(w, d, words) }},
		{"dossier.json", func(w io.Writer) error { return WriteJSON(w, d) }},
	} {
		f, err := z.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: time.UnixMicro(d.Made).UTC()})
		if err != nil {
			return fmt.Errorf("write %s: %w", part.name, err)
		}
		if err := part.write(f); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("close archive: %w", err)
	}
	return nil
}

// euros turns a canonical amount in euros into cents, half away from zero.
func euros(n float64) core.Cents {
	if n < 0 {
		return -euros(-n)
	}
	return core.Cents(n*100 + 0.5)
}
