package person

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// identityView is the form of who a person is: a new one, or one known.
type identityView struct {
	Form      *kit.Form
	Back      string
	New       bool
	Name      string
	Teams     []access.Team // to choose from; hidden when there is one
	Alike     []foundView   // people already known who may be this one
	Languages []option
	Channels  []option
	City      communeField
	Settled   string // the place of the address as it was last settled
	Conflict  *identityConflict
	Former    []string // names borne before, on the page of somebody known
}

// option is one entry of a select.
type option struct{ Value, Label string }

// identityConflict shows what somebody else saved meanwhile.
type identityConflict struct {
	Stored casefile.Person
	Birth  string
	Phone  string
}

func (h *Handler) showCreate(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderCreate(w, r, form, nil, http.StatusOK)
}

func (h *Handler) renderCreate(w http.ResponseWriter, r *http.Request, form *kit.Form, alike []casefile.Found, status int) error {
	p := printer(r)
	teams, err := h.myTeams(r)
	if err != nil {
		return err
	}
	view := identityView{Form: form, Back: "/personnes", New: true, Teams: teams, Languages: languageOptions(p), Channels: channelOptions(p), City: h.cityField(r, form), Settled: form.Value(fieldSettled)}
	for _, f := range alike {
		line := foundView{Found: f, Why: p.T("web.search.why_" + string(f.Why))}
		if !f.Birth.IsZero() {
			line.Born = p.T("web.search.born", "date", f.Birth)
		}
		view.Alike = append(view.Alike, line)
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/identity", Title: p.T("web.identity.new"), Nav: "people", Status: status, View: view, Script: true})
}

// myTeams are the teams of the worker, by name.
func (h *Handler) myTeams(r *http.Request) ([]access.Team, error) {
	all, err := h.access.ListTeams(r.Context())
	if err != nil {
		return nil, err
	}
	actor := core.ActorFrom(r.Context())
	var mine []access.Team
	for _, t := range all {
		if actor.InTeam(t.ID) {
			mine = append(mine, t)
		}
	}
	return mine, nil
}

func languageOptions(p *i18n.Printer) []option {
	var out []option
	for _, tag := range languages() {
		out = append(out, option{tag, languageName(p, tag)})
	}
	return out
}

func channelOptions(p *i18n.Printer) []option {
	var out []option
	for _, c := range []casefile.Channel{casefile.ChannelCall, casefile.ChannelSMS, casefile.ChannelSMSNeutral, casefile.ChannelLetter, casefile.ChannelInPerson, casefile.ChannelNone} {
		out = append(out, option{string(c), p.T("web.file.channel_" + string(c))})
	}
	return out
}

func (h *Handler) create(w http.ResponseWriter, r *http.Request) error {
	in, err := readNewPerson(r)
	if err == nil {
		err = h.words.settleCity(r.PostForm, &in.Address)
	}
	if err == nil {
		var id core.ID
		if id, err = h.cases.CreatePerson(r.Context(), in); err == nil {
			h.kit.SetFlash(w, r, kit.Flash{Bold: "web.identity.created", Rest: "web.identity.created_rest"})
			h.kit.Redirect(w, r, path(id))
			return nil
		}
	}
	var alike *casefile.LooksLike
	if errors.As(err, &alike) {
		form, err := h.kit.Refused(w, r, errs.New(errs.Invalid, "web.identity.looks_like"))
		if err != nil {
			return err
		}
		return h.renderCreate(w, r, form, alike.Found, http.StatusConflict)
	}
	form, err := h.kit.Refused(w, r, err)
	if err != nil {
		return err
	}
	return h.renderCreate(w, r, form, nil, http.StatusUnprocessableEntity)
}

func readNewPerson(r *http.Request) (casefile.NewPerson, error) {
	var f errs.Fields
	in := casefile.NewPerson{
		Identity: readIdentity(r.PostForm, &f), Contact: readContact(r.PostForm),
		Team: core.ID(r.PostForm.Get("team")), SeenDuplicates: r.PostForm.Get("seen") == "oui",
	}
	if actor := core.ActorFrom(r.Context()); in.Team == "" && len(actor.Teams) == 1 {
		in.Team = actor.Teams[0]
	}
	return in, f.Err()
}

// readIdentity reads names, title and birth. A birth is typed in one field as
// people say it: 12/03/1984, 03/1984, 1984, or 1984-03-12.
func readIdentity(v url.Values, f *errs.Fields) casefile.Identity {
	in := casefile.Identity{
		UsualName: v.Get("usual_name"), GivenNames: v.Get("given_names"), BirthName: v.Get("birth_name"),
		FirstNameOfUse: v.Get("first_name_of_use"), Title: casefile.Title(v.Get("title")),
	}
	in.Trim()
	birth, err := readDate(v.Get("birth"))
	if err != nil {
		f.Add("birth", "web.form.date_shape")
	}
	in.Birth = birth
	return in
}

func readContact(v url.Values) casefile.Contact {
	c := casefile.Contact{
		Interpreter: casefile.Interpreter(v.Get("interpreter")), Phone: strings.TrimSpace(v.Get("phone")),
		Channel: casefile.Channel(v.Get("channel")), Hours: strings.TrimSpace(v.Get("hours")),
		Address: casefile.Address{
			NoFixed: v.Get("no_fixed") == "oui", Protected: v.Get("protected") == "oui",
			Postcode: strings.TrimSpace(v.Get("postcode")), City: strings.TrimSpace(v.Get("city")), Commune: v.Get("commune_code"),
		},
	}
	for _, l := range v["languages"] {
		if l != "" {
			c.Languages = append(c.Languages, l)
		}
	}
	for l := range strings.Lines(v.Get("address")) {
		if l = strings.TrimSpace(l); l != "" {
			c.Address.Lines = append(c.Address.Lines, l)
		}
	}
	return c
}

// readDate reads a date as people write it: day first with slashes, dots, spaces
// or hyphens, or year first with hyphens. "" is no date.
func readDate(s string) (core.PartialDate, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return core.PartialDate{}, nil
	}
	if d, err := core.ParsePartialDate(s); err == nil {
		return d, nil
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/. -\u00a0", r) })
	if len(parts) == 0 || len(parts) > 3 || strings.Contains(s, "//") { // 12//1984 is no December
		return core.PartialDate{}, errs.New(errs.Invalid, "web.form.date_shape")
	}
	out := ""
	for i := len(parts) - 1; i >= 0; i-- {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil || (out == "" && len(parts[i]) != 4) {
			return core.PartialDate{}, errs.New(errs.Invalid, "web.form.date_shape")
		}
		if out != "" {
			out += "-"
			if n < 10 {
				out += "0"
			}
		}
		out += strconv.FormatUint(n, 10)
	}
	d, err := core.ParsePartialDate(out)
	if err != nil {
		return core.PartialDate{}, errs.Wrap(errs.Invalid, "web.form.date_shape", err)
	}
	return d, nil
}

// readDay is readDate for a whole day.
func readDay(s string) (core.Date, error) {
	d, err := readDate(s)
	if err != nil || d.IsZero() {
		return core.Date{}, err
	}
	if d.Day == 0 {
		return core.Date{}, errs.New(errs.Invalid, "web.form.day_shape")
	}
	first, _ := d.Bounds()
	return first, nil
}

// typedDate writes a date back into a field: 12/03/1984, 03/1984, 1984.
func typedDate(d core.PartialDate) string {
	two := func(n int) string {
		if n < 10 {
			return "0" + strconv.Itoa(n)
		}
		return strconv.Itoa(n)
	}
	switch {
	case d.IsZero():
		return ""
	case d.Month == 0:
		return strconv.Itoa(d.Year)
	case d.Day == 0:
		return two(d.Month) + "/" + strconv.Itoa(d.Year)
	}
	return two(d.Day) + "/" + two(d.Month) + "/" + strconv.Itoa(d.Year)
}

// fieldsOf returns the field errors in err, none when it has none.
func fieldsOf(err error) errs.Fields {
	fields, _ := errors.AsType[errs.Fields](err)
	return fields
}

// ReadDate reads a date that may be known in part (03/1984, 1984), as people type it.
func ReadDate(s string) (core.PartialDate, error) { return readDate(s) }

// ReadDay reads a day as people type it (12/03/2026); zero when nothing is typed.
func ReadDay(s string) (core.Date, error) { return readDay(s) }
