package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Identity is who a person is. Everything but one name may be absent.
type Identity struct {
	UsualName      string `json:"usual_name,omitempty" maxLength:"80" doc:"Family name of every day"`
	GivenNames     string `json:"given_names,omitempty" maxLength:"80" doc:"As on papers, parted by spaces"`
	BirthName      string `json:"birth_name,omitempty" maxLength:"80"`
	FirstNameOfUse string `json:"first_name_of_use,omitempty" maxLength:"80" doc:"The one to call them by"`
	Title          string `json:"title,omitempty" enum:"madame,monsieur," doc:"How the person wants to be addressed"`
	Birth          string `json:"birth,omitempty" maxLength:"10" doc:"2026-06-11, 2026-06 or 2026"`
}

// Address is where letters reach the person. Of a protected address nothing but
// that it is one leaves the installation.
type Address struct {
	NoFixed   bool     `json:"no_fixed,omitempty"`
	Protected bool     `json:"protected,omitempty" doc:"Then the rest is not given; sent back without the rest, the stored address is kept"`
	Lines     []string `json:"lines,omitempty" maxItems:"4"`
	Postcode  string   `json:"postcode,omitempty" maxLength:"5"`
	City      string   `json:"city,omitempty" maxLength:"80"`
	Commune   string   `json:"commune,omitempty" maxLength:"5" doc:"INSEE code"`
}

// Contact is how to speak with the person and reach them safely.
type Contact struct {
	Languages   []string `json:"languages,omitempty" maxItems:"6" doc:"BCP 47, the one of the heart first"`
	Interpreter string   `json:"interpreter,omitempty" enum:"spoken,written,both,"`
	Phone       string   `json:"phone,omitempty" maxLength:"40"`
	Channel     string   `json:"channel,omitempty" enum:"call,sms,sms_neutral,letter,in_person,none," doc:"The only way by which anything is sent"`
	Hours       string   `json:"hours,omitempty" maxLength:"120"`
	Address     *Address `json:"address,omitempty"`
}

// Person is a person of a file that the worker may open.
type Person struct {
	ID      core.ID `json:"id"`
	Version int64   `json:"version" doc:"Also the ETag"`
	Identity
	Contact
}

// PersonInput is the whole of a person: what is absent is emptied.
type PersonInput struct {
	Identity
	Contact
}

// NewPerson opens a file.
type NewPerson struct {
	Identity
	Contact
	Team           core.ID `json:"team,omitempty" maxLength:"36" doc:"One of the worker's; may be absent when there is one"`
	SeenDuplicates bool    `json:"seen_duplicates,omitempty" doc:"Somebody looked at the look-alikes: this is somebody else"`
}

// Found is one person found: of another team, name, birth year and team only.
type Found struct {
	Person   core.ID `json:"person"`
	Name     string  `json:"name"`
	Birth    string  `json:"birth,omitempty"`
	Team     core.ID `json:"team,omitempty"`
	TeamName string  `json:"team_name,omitempty"`
	City     string  `json:"city,omitempty"`
	Openable bool    `json:"openable" doc:"The worker may read the file"`
	Why      string  `json:"why" doc:"What matched: name, sound, part, birth, phone, sheet"`
}

func foundOf(f casefile.Found) Found {
	return Found{Person: f.Person, Name: f.Name, Birth: f.Birth.String(), Team: f.Team, TeamName: f.TeamName, City: f.City, Openable: f.Openable, Why: string(f.Why)}
}

// FoundPage is one page of a search.
type FoundPage struct {
	Items []Found `json:"items"`
	Next  string  `json:"next,omitempty" doc:"To be sent as after; absent on the last page"`
}

// Ref names what was written, and nothing of it.
type Ref struct {
	ID      core.ID `json:"id"`
	Version int64   `json:"version,omitempty"`
}

type searchInput struct {
	Q     string `query:"q" required:"true" minLength:"1" maxLength:"200" doc:"Name, birth, phone or the code of a printed sheet"`
	After string `query:"after" maxLength:"700"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

type personPath struct {
	ID string `path:"id" maxLength:"64" doc:"The person's id"`
}

type personOutput struct {
	ETag string `header:"ETag"`
	Body Person
}

type refOutput struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Ref
}

func (h *Handler) registerPersons() {
	add(h, operation{method: http.MethodGet, path: "/persons", id: "searchPersons", scope: access.PersonsRead, summary: "Search people, as one types"},
		func(ctx context.Context, in *searchInput) (*struct{ Body FoundPage }, error) {
			page, err := h.cases.Search(ctx, in.Q, in.After, in.Limit)
			if err != nil {
				return nil, err
			}
			out := &struct{ Body FoundPage }{FoundPage{Items: []Found{}, Next: page.Next}}
			for _, f := range page.Items {
				out.Body.Items = append(out.Body.Items, foundOf(f))
			}
			return out, nil
		})
	add(h, operation{method: http.MethodPost, path: "/persons", id: "createPerson", scope: access.PersonsWrite, status: http.StatusCreated,
		summary: "Open a file; 409 urn:parvis:problem:duplicate when somebody known may be this person"}, h.createPerson)
	add(h, operation{method: http.MethodGet, path: "/persons/{id}", id: "readPerson", scope: access.PersonsRead, summary: "Read identity and contact"},
		func(ctx context.Context, in *personPath) (*personOutput, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			p, err := h.cases.Person(ctx, id)
			if err != nil {
				return nil, err
			}
			return &personOutput{ETag: etag(p.Version), Body: personOf(p)}, nil
		})
	add(h, operation{method: http.MethodPut, path: "/persons/{id}", id: "updatePerson", scope: access.PersonsWrite,
		summary: "Write identity and contact whole, from the version read", refusals: []int{http.StatusPreconditionFailed, http.StatusPreconditionRequired}}, h.updatePerson)
}

func (h *Handler) createPerson(ctx context.Context, in *struct{ Body NewPerson }) (*refOutput, error) {
	identity, err := in.Body.Identity.read()
	if err != nil {
		return nil, err
	}
	team := in.Body.Team
	if teams := core.ActorFrom(ctx).Teams; team == "" && len(teams) == 1 {
		team = teams[0]
	}
	id, err := h.cases.CreatePerson(ctx, casefile.NewPerson{Identity: identity, Contact: in.Body.Contact.read(), Team: team, SeenDuplicates: in.Body.SeenDuplicates})
	if err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(id), ETag: etag(1), Body: Ref{ID: id, Version: 1}}, nil
}

type updatePersonInput struct {
	ID      string `path:"id" maxLength:"64" doc:"The person's id"`
	IfMatch string `header:"If-Match" doc:"The ETag read: needed"`
	Body    PersonInput
}

func (h *Handler) updatePerson(ctx context.Context, in *updatePersonInput) (*refOutput, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	version, err := parseMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	identity, err := in.Body.Identity.read()
	if err != nil {
		return nil, err
	}
	p := casefile.Person{ID: id, Version: version, Identity: identity, Contact: in.Body.Contact.read()}
	// A program that was not told a protected address sends it back empty: it is kept.
	if err := h.cases.UpdatePerson(ctx, p); err != nil {
		return nil, err
	}
	return &refOutput{Location: base + "/persons/" + string(id), ETag: etag(version + 1), Body: Ref{ID: id, Version: version + 1}}, nil
}

func personOf(p casefile.Person) Person {
	out := Person{ID: p.ID, Version: p.Version,
		Identity: identityOf(p.Identity),
		Contact: Contact{Languages: p.Languages, Interpreter: string(p.Interpreter), Phone: p.Phone, Channel: string(p.Channel), Hours: p.Hours,
			Address: &Address{NoFixed: p.Address.NoFixed, Protected: p.Address.Protected}},
	}
	if a := p.Address; !a.Protected {
		out.Address = &Address{NoFixed: a.NoFixed, Lines: a.Lines, Postcode: a.Postcode, City: a.City, Commune: a.Commune}
	}
	return out
}

func identityOf(i casefile.Identity) Identity {
	return Identity{UsualName: i.UsualName, GivenNames: i.GivenNames, BirthName: i.BirthName, FirstNameOfUse: i.FirstNameOfUse, Title: string(i.Title), Birth: i.Birth.String()}
}

func (i Identity) read() (casefile.Identity, error) {
	out := casefile.Identity{UsualName: i.UsualName, GivenNames: i.GivenNames, BirthName: i.BirthName, FirstNameOfUse: i.FirstNameOfUse, Title: casefile.Title(i.Title)}
	var f errs.Fields
	out.Birth = partialDate(&f, "birth", i.Birth)
	return out, f.Err()
}

func (c Contact) read() casefile.Contact {
	out := casefile.Contact{Languages: c.Languages, Interpreter: casefile.Interpreter(c.Interpreter), Phone: c.Phone, Channel: casefile.Channel(c.Channel), Hours: c.Hours}
	if a := c.Address; a != nil {
		out.Address = casefile.Address{NoFixed: a.NoFixed, Protected: a.Protected, Lines: a.Lines, Postcode: a.Postcode, City: a.City, Commune: a.Commune}
	}
	return out
}

// parseID reads an id of an address: what is none leads nowhere.
func parseID(s string) (core.ID, error) {
	id, err := core.ParseID(s)
	if err != nil {
		return "", errNotHere
	}
	return id, nil
}

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// parseMatch reads the version of an If-Match header, which has no wildcard and no
// list here: a change is made from what was read.
func parseMatch(s string) (int64, error) {
	if s == "" {
		return 0, refuse(http.StatusPreconditionRequired, "version-needed", "api.problem.if_match")
	}
	inner, ok := strings.CutPrefix(s, `"`)
	inner, closed := strings.CutSuffix(inner, `"`)
	n, err := strconv.ParseInt(inner, 10, 64)
	if !ok || !closed || err != nil || n < 1 || etag(n) != s {
		return 0, refuse(http.StatusBadRequest, "malformed", "api.problem.if_match_shape")
	}
	return n, nil
}

// The readers of dates add what is wrong to f; "" is the zero value.

func partialDate(f *errs.Fields, field, s string) core.PartialDate {
	if s == "" {
		return core.PartialDate{}
	}
	d, err := core.ParsePartialDate(s)
	if err != nil || d.String() != s {
		f.Add(field, "api.problem.partial_date")
	}
	return d
}

func date(f *errs.Fields, field, s string) core.Date {
	if s == "" {
		return core.Date{}
	}
	d, err := core.ParseDate(s)
	if err != nil || d.String() != s {
		f.Add(field, "api.problem.date")
	}
	return d
}
