package simulate

import (
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// The pages about the household, asked first: without them no right can be looked
// at. Each is answered once.
const (
	whoPage      = "who"
	birthPage    = "birth"
	couplePage   = "couple"
	partnerPage  = "partner"
	childrenPage = "children"
)

// Who lives there, as the first page says it.
const (
	alone    = "alone"
	couple   = "couple"
	children = "children"
	family   = "family"
)

// The subjects of the situation.
const (
	me      = "p0"
	partner = "p1"
	home    = "home"
)

// maxChildren is how many births one page takes.
const maxChildren = 8

// household is what the pages about it say.
type household struct {
	who      string // "" = not said
	silent   bool   // the person does not know, or would rather not say
	birth    core.PartialDate
	couple   string // married, pacs, concubinage; "" = not said
	partner  core.PartialDate
	children []core.PartialDate // one without a year is not known
}

func (h household) inCouple() bool    { return h.who == couple || h.who == family }
func (h household) hasChildren() bool { return h.who == children || h.who == family }

// readHousehold reads the answers; a broken one is errBroken.
func readHousehold(s state, today core.Date) (household, error) {
	var out household
	dates := func(p page) ([]core.PartialDate, error) {
		var list []core.PartialDate
		for _, text := range p.Said {
			d, err := core.ParsePartialDate(text)
			if err != nil || d.IsZero() || !born(d, today) {
				return nil, errBroken()
			}
			list = append(list, d)
		}
		return list, nil
	}
	for i, p := range s.Pages {
		if slices.ContainsFunc(s.Pages[:i], func(o page) bool { return o.Name == p.Name && len(p.Facts) == 0 }) {
			return out, errBroken()
		}
		var err error
		var list []core.PartialDate
		switch p.Name {
		case whoPage:
			out.silent = p.Silence != ""
			if !out.silent {
				if len(p.Said) != 1 || !slices.Contains(whoChoices(), p.Said[0]) {
					return out, errBroken()
				}
				out.who = p.Said[0]
			}
		case couplePage:
			if p.Silence == "" {
				if len(p.Said) != 1 || !slices.Contains(coupleChoices(), p.Said[0]) {
					return out, errBroken()
				}
				out.couple = p.Said[0]
			}
		case birthPage, partnerPage:
			if list, err = dates(p); err != nil || len(list) > 1 {
				return out, errBroken()
			}
			if len(list) == 1 && p.Name == birthPage {
				out.birth = list[0]
			} else if len(list) == 1 {
				out.partner = list[0]
			}
		case childrenPage:
			if out.children, err = dates(p); err != nil || len(out.children) > maxChildren {
				return out, errBroken()
			}
		}
	}
	if out.hasChildren() && len(out.children) == 0 {
		out.children = []core.PartialDate{{}} // somebody, of whom nothing is said
	}
	return out, nil
}

func whoChoices() []string    { return []string{alone, couple, children, family} }
func coupleChoices() []string { return []string{"married", "pacs", "concubinage"} }

// born tells whether a birth is possible: not to come, and not 130 years ago.
func born(d core.PartialDate, today core.Date) bool {
	first, _ := d.Bounds()
	return !today.Before(first) && today.Year-d.Year <= 130
}

// fixedPage is the page about the household that comes next, if any.
func (h *Handler) fixedPage(p *i18n.Printer, s state, form *kit.Form) (pageView, bool) {
	house, err := readHousehold(s, h.today())
	if err != nil {
		return pageView{}, false // situation says it
	}
	name := ""
	for _, one := range []struct {
		name   string
		needed bool
	}{
		{whoPage, true}, {birthPage, true}, {couplePage, house.inCouple()}, {partnerPage, house.inCouple()}, {childrenPage, house.hasChildren()},
	} {
		if _, done := s.find(one.name); !done && one.needed {
			name = one.name
			break
		}
	}
	if name == "" {
		return pageView{}, false
	}
	v := pageView{Form: form, Name: name, Title: p.T("simulate.page." + name + ".title"), Progress: p.T("simulate.progress.first"), Why: []string{p.T("simulate.page." + name + ".why")}}
	if key := "simulate.page." + name + ".hint"; p.Has(key) {
		v.Hint = p.T(key)
	}
	switch name {
	case whoPage, couplePage:
		values := whoChoices()
		if name == couplePage {
			values = coupleChoices()
		}
		cell := cellView{Field: "v", Radio: true}
		for _, c := range values {
			cell.Choices = append(cell.Choices, choiceView{c, person.Sentence{Text: p.T("simulate.page." + name + "." + c)}})
		}
		v.Cells, v.Silence = []cellView{cell}, "v"
	case childrenPage:
		for i := range maxChildren {
			field := "v" + strconv.Itoa(i+1)
			v.Cells = append(v.Cells, cellView{Field: field, Label: p.T("simulate.page.children.each", "n", i+1), Error: form.Error(field)})
		}
		v.Cells, v.More = v.Cells[:3], v.Cells[3:]
		v.MoreTitle = p.T("simulate.page.children.more")
		for _, c := range v.More {
			v.MoreOpen = v.MoreOpen || form.Value(c.Field) != ""
		}
	default:
		v.Cells = []cellView{{Field: "v", Label: p.T("simulate.birth_label"), Hint: p.T("simulate.birth_hint"), Error: form.Error("v")}}
	}
	return v, true
}

// readFixed reads the answer to a page about the household.
func (h *Handler) readFixed(form map[string][]string, name string) (page, error) {
	out := page{Name: name}
	get := func(field string) string {
		if list := form[field]; len(list) > 0 {
			return list[0]
		}
		return ""
	}
	if out.Silence = saidNothing(form, "v"); out.Silence != "" {
		return out, nil
	}
	var f errs.Fields
	one := func(field string) {
		text := get(field)
		d, err := person.ReadDate(text)
		switch {
		case text == "":
		case err != nil:
			f.Add(field, "simulate.error.birth")
		case !born(d, h.today()):
			f.Add(field, "simulate.error.birth_future")
		default:
			out.Said = append(out.Said, d.String())
		}
	}
	switch name {
	case whoPage, couplePage:
		choices := whoChoices()
		if name == couplePage {
			choices = coupleChoices()
		}
		if slices.Contains(choices, get("v")) {
			out.Said = []string{get("v")}
		}
	case childrenPage:
		for i := range maxChildren {
			one("v" + strconv.Itoa(i+1))
		}
	default:
		one("v")
	}
	if len(f) == 0 && len(out.Said) == 0 {
		f.Add("", "simulate.error.empty")
	}
	return out, f.Err()
}

// situation is the engine's picture of a state, and who asks. errBroken when the
// form says what no page of ours does.
func (h *Handler) situation(s state) (*rights.Situation, rights.Subject, error) {
	house, err := readHousehold(s, h.today())
	if err != nil {
		return nil, rights.Subject{}, err
	}
	sit := rights.NewSituation(h.words.Law)
	set := func(sub rights.Subject, d core.PartialDate) error {
		if d.IsZero() {
			return sit.SetUnknown(sub, "date_naissance", rights.Always())
		}
		return sit.Set(sub, "date_naissance", rights.Always(), rights.Text(wholeBirth(d).String()))
	}
	self := sit.AddPerson(me)
	parents := []rights.Member{{Person: self, Role: rights.Parent}}
	declarants := []rights.Member{{Person: self, Role: rights.Declarant}}
	occupants := []rights.Member{{Person: self, Role: rights.Reference}}
	err = set(self, house.birth)
	month := h.month()
	since := core.Month((month.Year() - 3) * 12)
	marital := func(sub rights.Subject, status string) error {
		return sit.Set(sub, "statut_marital", rights.EachMonth(since, month), rights.ChoiceOf(status))
	}
	status := "celibataire"
	switch house.couple {
	case "married":
		status = "marie"
	case "pacs":
		status = "pacse"
	}
	var other []rights.Member // the tax unit of a partner who is neither spouse nor pacsed
	var all []error
	all = append(all, err)
	if house.inCouple() {
		q := sit.AddPerson(partner)
		all = append(all, set(q, house.partner), marital(q, status))
		parents = append(parents, rights.Member{Person: q, Role: rights.Parent})
		occupants = append(occupants, rights.Member{Person: q, Role: rights.Partner})
		if status == "celibataire" {
			other = []rights.Member{{Person: q, Role: rights.Declarant}}
		} else {
			declarants = append(declarants, rights.Member{Person: q, Role: rights.Declarant})
		}
	}
	if !house.silent {
		all = append(all, marital(self, status))
	}
	for i, birth := range house.children {
		c := sit.AddPerson("c" + strconv.Itoa(i+1))
		all = append(all, set(c, birth))
		parents = append(parents, rights.Member{Person: c, Role: rights.Child})
		declarants = append(declarants, rights.Member{Person: c, Role: rights.Dependant})
		occupants = append(occupants, rights.Member{Person: c, Role: rights.HouseholdChild})
	}
	sit.AddGroup(rights.Family, "f", parents...)
	sit.AddGroup(rights.TaxUnit, "t", declarants...)
	if other != nil {
		sit.AddGroup(rights.TaxUnit, "t1", other...)
	}
	sit.AddGroup(rights.Household, home, occupants...)
	for _, p := range s.Pages {
		for _, f := range p.Facts {
			if !h.put(sit, f) {
				return nil, self, errBroken()
			}
			if f.Variable == "statut_occupation_logement" && f.State != "" {
				// Who does not say how they are housed is not asked about a loan.
				for _, loan := range []string{"aide_logement_date_pret", "etat_logement"} {
					all = append(all, h.unsaid(sit, loan, f))
				}
			}
		}
	}
	for _, e := range all {
		if e != nil {
			return nil, self, errBroken()
		}
	}
	return sit, self, nil
}

// unsaid leaves a fact open for good, over the periods of another.
func (h *Handler) unsaid(sit *rights.Situation, variable string, as fact) error {
	of, known := h.words.Law.Variable(variable)
	sub, ok := sit.Find(of.Entity, as.Subject)
	if !known || !ok {
		return nil
	}
	return sit.SetUnknown(sub, variable, rights.Span{From: as.From, To: as.To}.Period(of.Period))
}

// wholeBirth is the day taken for a birth known in part: the middle of it.
func wholeBirth(d core.PartialDate) core.PartialDate {
	switch {
	case d.Month == 0:
		d.Month, d.Day = 7, 1
	case d.Day == 0:
		d.Day = 15
	}
	return d
}

// put writes one fact; false when the law has no such fact, subject or value.
func (h *Handler) put(sit *rights.Situation, f fact) bool {
	of, ok := h.words.Law.Variable(f.Variable)
	if !ok || !of.Input || f.Variable == "date_naissance" {
		return false
	}
	sub, ok := sit.Find(of.Entity, f.Subject)
	if !ok || !spanOK(of, f) {
		return false
	}
	period := rights.Span{From: f.From, To: f.To}.Period(of.Period)
	switch f.State {
	case ask.Unknown:
		return sit.SetUnknown(sub, f.Variable, period) == nil
	case ask.Refused:
		return sit.Refuse(sub, f.Variable, period) == nil
	}
	if of.Period == rights.Yearly && period.Count > 1 { // one year after the other
		for y := range period.Count {
			if sit.Set(sub, f.Variable, rights.InYear(period.Start.Year()+y), *f.Value) != nil {
				return false
			}
		}
		return true
	}
	return sit.Set(sub, f.Variable, period, *f.Value) == nil
}

// spanOK tells whether the periods of a fact are some that a page asks: some
// years around the present one.
func spanOK(of rights.Variable, f fact) bool {
	if of.Period == rights.Eternal {
		return f.From == "" && f.To == ""
	}
	read := func(s string, last int) (rights.Month, bool) {
		if of.Period == rights.Yearly {
			y, err := strconv.Atoi(s)
			return rights.MonthOf(y, last), err == nil && len(s) == 4
		}
		m, err := rights.ParseMonth(s)
		return m, err == nil
	}
	from, ok := read(f.From, 1)
	to, also := read(f.To, 12)
	return ok && also && from <= to && from.Year() > 2010 && to.Year() < 2100 && to-from < 120
}
