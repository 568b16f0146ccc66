package person

import (
	"html/template"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// fileView is the page of a person.
type fileView struct {
	ID        core.ID
	Form      *kit.Form // hidden fields of the page's buttons
	Name      string
	Call      string // « Mme Haddad »
	Lead      string
	Lines     []iconLine
	Question  bool
	Household householdView
	Situation template.HTML // its lines, written by markup
	Merged    []mergedView
	Waiting   bool // two people wrote the same fact
	Rights    rightsView
	Plan      PlanPage
	Notes     any    // of "note/_latest"
	Ground    string // in the name of what the file is open
	Died      string // « décédée le 20 mai 2026 »; "" while they live
}

// iconLine is a symbol and its words.
type iconLine struct {
	Icon, Text string
	Foreign    bool   // a name, a number: keeps its direction
	Href       string // of a gesture about it; "" = none
	Link       string
}

// householdView is the part « Foyer ».
type householdView struct {
	Graph  template.HTML
	Since  string
	Groups []groupView
	People []humanLine
	Alone  bool
}

// groupView is one legal group in words.
type groupView struct{ Label, Text string }

// humanLine is one human of the list under the drawing.
type humanLine struct {
	ID   core.ID
	Name string
	Says string // « 9 ans, enfant »
	Self bool
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	notes, viewNotes := h.notes(r, id)
	file, err := h.cases.OpenFile(r.Context(), id, month(r), notes)
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Forbidden) {
		return h.ended(w, r, id, err)
	}
	if err != nil {
		return err
	}
	if file.Person.ID != id {
		h.toKept(w, r, file.Person.ID)
		return nil
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	p := printer(r)
	view := fileView{
		ID: id, Form: form, Name: file.Person.DisplayName(), Call: callName(p, file.Person.Title, file.Person.Identity),
		Lead: lead(p, file), Lines: contactLines(p, file.Person.Contact), Question: file.Question != "",
		Household: viewHousehold(p, id, file.Household),
		Situation: h.words.viewSituation(p, file),
		Plan:      newPlanner(r, id, file.Person, file.Today, file.Names).page(file.Plan, file.Person.Title),
		Merged:    viewMerged(p, file.Merged),
		Notes:     viewNotes(!file.Case.Died.IsZero()),
	}
	for i, l := range view.Lines {
		if l.Icon == "shield" {
			view.Lines[i].Href, view.Lines[i].Link = path(id)+"/adresse", p.T("life.address_see")
		}
	}
	if died := file.Case.Died; !died.IsZero() {
		view.Died, view.Question = DiedWord(p, file.Person.Title, died), false
		view.Lines = nil // nothing is sent any more
		view.Lead = ""
		if birth := file.Person.Birth; !birth.IsZero() {
			view.Lead = p.T("web.search.born", "date", birth)
		}
		if before, known, err := h.before(r, id, died, file.Today); err != nil {
			return err
		} else if known { // with whom they lived
			view.Household = viewHousehold(p, id, before)
			view.Household.Since = p.T("life.household_before")
		}
	}
	if key := h.access.GroundKey(r.Context(), id); key != "" {
		view.Ground = p.T(key)
	}
	for _, f := range file.Facts {
		view.Waiting = view.Waiting || len(f.Waiting) > 0
	}
	if view.Rights, err = h.viewRights(r, file, form.Hidden()); err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/file", Title: view.Name, Sheet: "file.css", Nav: "people", View: view, Script: true})
}

// before is the household in which somebody lived when they died: on the last day that
// may be the one before, else, when only a month or a year is known and their stays
// ended within it, on the day before its first.
func (h *Handler) before(r *http.Request, id core.ID, died core.PartialDate, today core.Date) (v casefile.HouseholdView, known bool, err error) {
	first, last := died.Bounds()
	if today.Before(last) {
		last = today
	}
	for _, on := range []core.Date{last.AddDays(-1), first.AddDays(-1)} {
		if v, err = h.cases.Household(r.Context(), id, on); err != nil || v.ID != "" {
			return v, err == nil, err
		}
	}
	return v, false, nil
}

// ended leads to how an accompaniment ended whoever may read that of a file that no
// longer opens; everybody else is told what refused is.
func (h *Handler) ended(w http.ResponseWriter, r *http.Request, id core.ID, refused error) error {
	if _, err := h.follow.Read(r.Context(), id); err != nil {
		return refused
	}
	h.kit.Redirect(w, r, path(id)+"/suivi")
	return nil
}

// lead is the sentence under the name: age, birth, languages.
func lead(p *i18n.Printer, f *casefile.File) string {
	birth := f.Person.Birth
	out := ""
	switch a := age(p, birth, f.Today); {
	case a != "":
		out = p.T("web.file.lead_birth", "age", a, "born", born(p, f.Person.Title, birth))
	default:
		out = p.T("web.file.lead_no_birth")
	}
	if len(f.Person.Languages) > 0 {
		need := string(f.Person.Interpreter)
		if need == "" {
			need = "alone"
		}
		out += " " + p.T("web.file.speaks_"+need, "languages", languageNames(p, f.Person.Languages))
	}
	return out
}

// contactLines say how to reach the person safely.
func contactLines(p *i18n.Printer, c casefile.Contact) []iconLine {
	var out []iconLine
	if c.Phone != "" {
		text := phone(c.Phone)
		if c.Hours != "" {
			text = p.T("web.file.phone_hours", "phone", text, "hours", c.Hours)
		}
		out = append(out, iconLine{Icon: "phone", Text: text, Foreign: true})
	}
	if c.Channel != casefile.ChannelUnknown {
		icon := map[casefile.Channel]string{casefile.ChannelCall: "phone", casefile.ChannelSMS: "sms", casefile.ChannelSMSNeutral: "moon",
			casefile.ChannelLetter: "letter", casefile.ChannelInPerson: "desk", casefile.ChannelNone: "stop"}[c.Channel]
		out = append(out, iconLine{Icon: icon, Text: p.T("web.file.channel_" + string(c.Channel))})
	}
	switch a := c.Address; {
	case a.Protected:
		out = append(out, iconLine{Icon: "shield", Text: p.T("web.file.address_protected")})
	case a.NoFixed && a.City != "":
		out = append(out, iconLine{Icon: "place", Text: p.T("web.file.address_none_in", "city", a.City)})
	case a.NoFixed:
		out = append(out, iconLine{Icon: "place", Text: p.T("web.file.address_none")})
	case len(a.Lines) > 0 || a.City != "":
		out = append(out, iconLine{Icon: "place", Text: oneLine(a), Foreign: true})
	}
	return out
}

func oneLine(a casefile.Address) string {
	s := ""
	for _, l := range append(append([]string{}, a.Lines...), a.City) {
		switch {
		case l == "":
		case s == "":
			s = l
		default:
			s += ", " + l
		}
	}
	return s
}

// viewHousehold says the household in a drawing, three groups and a list.
func viewHousehold(p *i18n.Printer, self core.ID, h casefile.HouseholdView) householdView {
	v := householdView{Alone: len(h.Humans) <= 1}
	if !h.Since.IsZero() {
		v.Since = p.T("web.file.since", "date", h.Since)
	}
	v.People = listHumans(p, self, h)
	v.Graph = familyGraph(p, self, h, drawingTitle(p, h))
	family := append(append([]core.ID{}, h.Groups.Family.Parents...), h.Groups.Family.Children...)
	v.Groups = append(v.Groups, groupView{p.T("web.household.family"), p.N("web.household.persons", len(family), "names", names(p, h, family))})
	for _, unit := range h.Groups.TaxUnits {
		ids := append(append([]core.ID{}, unit.Declarants...), unit.Dependants...)
		if contains(ids, self) {
			v.Groups = append(v.Groups, groupView{p.T("web.household.tax"), p.N("web.household.persons", len(ids), "names", names(p, h, ids))})
		}
	}
	v.Groups = append(v.Groups, groupView{p.T("web.household.occupants"), p.N("web.household.persons", len(h.Groups.Occupants), "names", names(p, h, h.Groups.Occupants))})
	return v
}

func contains(ids []core.ID, id core.ID) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

func names(p *i18n.Printer, h casefile.HouseholdView, ids []core.ID) string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, firstName(h.Humans[id]))
	}
	return p.List(out)
}

func firstName(h casefile.Human) string {
	if h.FirstName != "" {
		return h.FirstName
	}
	return h.UsualName
}

func drawingTitle(p *i18n.Printer, h casefile.HouseholdView) string {
	var in []string
	for _, m := range h.Members {
		in = append(in, firstName(h.Humans[m.Person]))
	}
	return p.T("web.household.drawing", "names", p.List(in))
}

// listHumans says each human and what they are to the file's person.
func listHumans(p *i18n.Printer, self core.ID, h casefile.HouseholdView) []humanLine {
	var out []humanLine
	seen, lodged := map[core.ID]bool{}, map[core.ID]bool{}
	add := func(id core.ID, inside bool) {
		if seen[id] {
			return
		}
		seen[id] = true
		human := h.Humans[id]
		var says []string
		if a := age(p, human.Birth, h.On); a != "" {
			says = append(says, a)
		}
		if word := kinWord(p, self, human, h); word != "" {
			says = append(says, word)
		}
		if lodged[id] {
			says = append(says, p.T("home.lodged"))
		}
		if !inside {
			says = append(says, p.T("web.household.elsewhere"))
		}
		line := humanLine{ID: id, Name: human.Name(), Self: id == self}
		for i, s := range says {
			if i > 0 {
				line.Says += p.T("web.household.comma") + " "
			}
			line.Says += s
		}
		out = append(out, line)
	}
	for _, m := range h.Members {
		lodged[m.Person] = m.Housed
		add(m.Person, true)
	}
	for _, k := range h.Kin {
		add(k.A, false)
		add(k.B, false)
	}
	return out
}

// kinWord is what a human is to the file's person, "" for themself or a stranger.
func kinWord(p *i18n.Printer, self core.ID, human casefile.Human, h casefile.HouseholdView) string {
	if human.ID == self {
		return ""
	}
	if !human.Died.IsZero() {
		return DiedWord(p, human.Title, human.Died)
	}
	parentOfChild := false
	for _, k := range h.Kin {
		switch {
		case k.Kind == casefile.Couple && (k.A == self && k.B == human.ID || k.B == self && k.A == human.ID):
			if !k.Until.IsZero() && !h.On.Before(k.Until) {
				return p.T("web.household.kin_former", "month", k.Until.CalendarMonth())
			}
			return p.T("web.household.kin_" + string(k.Couple))
		case k.Kind == casefile.ParentOf && k.A == self && k.B == human.ID:
			return p.T("web.household.kin_child")
		case k.Kind == casefile.ParentOf && k.B == self && k.A == human.ID:
			return parentWord(p, human)
		case k.Kind == casefile.ParentOf && k.A == human.ID && contains(h.Groups.Family.Children, k.B):
			parentOfChild = true
		}
	}
	if parentOfChild {
		return p.T("web.household.kin_other_parent")
	}
	return p.T("web.household.kin_none")
}

// instant turns µs UTC into the day it is at the organisation's, none for 0.
func instant(r *http.Request, µs int64) core.Date {
	if µs == 0 {
		return core.Date{}
	}
	return core.DateOf(kit.Instant(kit.From(r.Context()), µs))
}
