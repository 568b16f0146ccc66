package casefile

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
	"codeberg.org/parvis/parvis/rights/ir"
)

// LawEngine is the law files as files of persons use them.
type LawEngine struct {
	law    *rights.Law
	digest string
	ir     []byte
	kinds  map[string]rights.Variable
	asker  *ask.Asker
}

var _ Engine = (*LawEngine)(nil)

// NewLawEngine wraps a checked law. It fails when the law cannot be written
// down, which a stored result needs.
func NewLawEngine(l *rights.Law) (*LawEngine, error) {
	program, err := l.IR()
	if err != nil {
		return nil, fmt.Errorf("write the law: %w", err)
	}
	e := &LawEngine{law: l, digest: l.Digest(), ir: program, kinds: map[string]rights.Variable{},
		asker: ask.New(l, ask.Options{Engine: ask.NewColumns(l)})}
	for _, v := range l.Variables() {
		e.kinds[v.Name] = v
	}
	return e, nil
}

// Digest names the law.
func (e *LawEngine) Digest() string { return e.digest }

// Program is the law and the version of its semantics.
func (e *LawEngine) Program() ([]byte, int) { return e.ir, ir.SemanticsVersion }

// Law is the checked law itself, for whoever computes many files at once.
func (e *LawEngine) Law() *rights.Law { return e.law }

// Rights are the names of the rights that have a sheet.
func (e *LawEngine) Rights() []string {
	var names []string
	for _, r := range e.law.Rights() {
		names = append(names, r.Name)
	}
	return names
}

// Inputs are the inputs of the law, in its order.
func (e *LawEngine) Inputs() []Variable {
	var list []Variable
	for _, v := range e.law.Variables() {
		if v.Input && v.Name != "convention_openfisca" {
			in := inputOf(v)
			if f, asked := e.law.Form(v.Name); asked {
				in.Page, in.Place = f.Name, f.Order<<8+slices.Index(f.Asks, v.Name)
			}
			list = append(list, in)
		}
	}
	return list
}

func inputOf(v rights.Variable) Variable {
	out := Variable{Name: v.Name, Unit: v.Unit}
	switch v.Entity {
	case rights.Family:
		out.Entity = EntityFamily
	case rights.TaxUnit:
		out.Entity = EntityTaxUnit
	case rights.Household:
		out.Entity = EntityDwelling
	default:
		out.Entity = EntityPerson
	}
	switch v.Period {
	case rights.Yearly:
		out.Period = PeriodYear
	case rights.Eternal:
		out.Period = PeriodAlways
	default:
		out.Period = PeriodMonth
	}
	switch v.Kind {
	case rights.KindBool:
		out.Type = TypeBool
	case rights.KindDate:
		out.Type = TypeDate
	case rights.KindText:
		out.Type = TypeText
	case rights.KindChoice:
		out.Type = TypeChoice
		for _, c := range v.Choices {
			out.Choices = append(out.Choices, c.Name)
		}
	default:
		out.Type = TypeNumber
		switch {
		case strings.HasPrefix(v.Unit, "€"):
			out.Type = TypeAmount
		case v.Unit == "%":
			out.Max = 100
		default:
			out.Max = 1000
		}
	}
	return out
}

// Evaluate asks every right for the claimant.
func (e *LawEngine) Evaluate(ctx context.Context, p *Picture) ([]Outcome, error) {
	first, err := e.evaluate(ctx, p, false)
	if err != nil || !p.PartialBirth() {
		return first, err
	}
	last, err := e.evaluate(ctx, p, true)
	if err != nil {
		return nil, err
	}
	for i := range first {
		first[i] = Between(first[i], last[i], p)
	}
	return first, nil
}

// PartialBirth tells whether somebody's birth is known by its year alone: the
// picture is then evaluated at both ends of that year.
func (p *Picture) PartialBirth() bool {
	return slices.ContainsFunc(p.Persons, func(q PicturePerson) bool { return q.Birth.Year != 0 && q.Birth.Month == 0 })
}

// Between joins what a right gives for the earliest and the latest birth that a
// year allows: when they differ, the birth is what is missing.
func Between(a, b Outcome, p *Picture) Outcome {
	if a.Status == b.Status && a.Amount == b.Amount && a.Min == b.Min && a.Max == b.Max {
		return a
	}
	low, high := bounds(a), bounds(b)
	a.Status, a.Amount = ToVerify, 0
	a.Min, a.Max = min(low[0], high[0]), max(low[1], high[1])
	for _, m := range b.Missing {
		if !slices.ContainsFunc(a.Missing, func(o Missing) bool { return o.Variable == m.Variable && o.Subject == m.Subject }) {
			a.Missing = append(a.Missing, m)
		}
	}
	for _, q := range p.Persons {
		if q.Birth.Year != 0 && q.Birth.Month == 0 {
			a.Missing = append(a.Missing, Missing{Variable: "date_naissance", Subject: Subject{AboutPerson, q.ID}})
		}
	}
	return a
}

func bounds(o Outcome) [2]core.Cents {
	switch o.Status {
	case Probable:
		return [2]core.Cents{o.Amount, o.Amount}
	case NotDue:
		return [2]core.Cents{}
	}
	return [2]core.Cents{o.Min, o.Max}
}

func (e *LawEngine) evaluate(ctx context.Context, p *Picture, late bool) ([]Outcome, error) {
	s, claimant, err := e.Situation(p, late)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	step, err := e.asker.Next(ctx, s.Close(rights.Dossier), p.Month, claimant)
	if err != nil {
		return nil, fmt.Errorf("evaluate: %w", err)
	}
	results, rank := step.Results, ranks(step)
	list := make([]Outcome, 0, len(results))
	for _, r := range results {
		if r.Elsewhere { // an aid of another town: nothing to say of it
			continue
		}
		right, ok := e.law.Right(r.Right)
		if !ok {
			return nil, fmt.Errorf("right %s has no sheet", r.Right)
		}
		o, err := outcomeOf(r, right, rank)
		if err != nil {
			return nil, err
		}
		list = append(list, o)
	}
	return list, nil
}

func outcomeOf(r rights.Result, right rights.Right, rank map[ask.Key]int) (Outcome, error) {
	o := Said(r, right)
	for i, m := range r.Missing {
		o.Missing[i].Rank = rank[ask.Key{Variable: m.Variable, Subject: m.Subject}]
	}
	var err error
	if o.Explanation, err = json.Marshal(r.Explanation); err != nil {
		return o, fmt.Errorf("write the explanation of %s: %w", r.Right, err)
	}
	r.Explanation = nil
	if o.Detail, err = json.Marshal(r); err != nil {
		return o, fmt.Errorf("write the result of %s: %w", r.Right, err)
	}
	return o, nil
}

// Local tells whether a right exists in some places alone.
func (e *LawEngine) Local(right string) bool {
	r, ok := e.law.Right(right)
	return ok && r.Territory != ""
}

// Said is what a result says of its right, without its detail and its explanation.
func Said(r rights.Result, right rights.Right) Outcome {
	o := Outcome{Right: r.Right, Status: Status(r.Status)}
	value := func(paid, plain *core.Cents) core.Cents {
		if right.Paid != "" && paid != nil {
			return *paid
		}
		if plain != nil {
			return *plain
		}
		return 0
	}
	o.Amount, o.Min, o.Max = value(r.Paid, r.Amount), value(r.PaidMin, r.Min), value(r.PaidMax, r.Max)
	if o.Status != Probable {
		o.Amount = 0
	}
	for _, m := range r.Missing {
		miss := Missing{Variable: m.Variable, Subject: subjectOf(m.FactRef), Sentence: m.Question}
		if len(m.Spans) > 0 {
			miss.From, miss.Until = spanMonth(m.Spans[0].From, 1), spanMonth(m.Spans[len(m.Spans)-1].To, 12)
		}
		o.Missing = append(o.Missing, miss)
	}
	return o
}

// ranks numbers the facts that are worth asking, by page, 1 the first.
func ranks(step ask.Step) map[ask.Key]int {
	out := map[ask.Key]int{}
	for i, q := range slices.Concat(step.Questions, step.Amounts) {
		for _, c := range q.Cells {
			if out[c.Key()] == 0 {
				out[c.Key()] = i + 1
			}
		}
	}
	return out
}

// spanMonth reads "2025-06", or "2025" as its given month.
func spanMonth(s string, month int) core.Month {
	if m, err := rights.ParseMonth(s); err == nil {
		return m
	}
	if year, err := strconv.Atoi(s); err == nil && len(s) == 4 {
		return rights.MonthOf(year, month)
	}
	return 0
}

// subjectOf is who a fact is about: groups bear the id of their first adult,
// the dwelling its own.
func subjectOf(f rights.FactRef) Subject {
	if f.Entity == rights.Household {
		return Subject{AboutDwelling, core.ID(f.Subject)}
	}
	return Subject{AboutPerson, core.ID(f.Subject)}
}

// Situation writes a picture in the engine's words. late takes the last day of
// births known by their year alone, instead of the first.
func (e *LawEngine) Situation(p *Picture, late bool) (s *rights.Situation, claimant rights.Subject, err error) {
	b := &situationBuilder{e: e, month: p.Month, s: rights.NewSituation(e.law), people: map[core.ID]rights.Subject{}, in: map[rights.Entity]map[core.ID]rights.Subject{
		rights.Family: {}, rights.TaxUnit: {},
	}}
	for _, q := range p.Persons {
		b.people[q.ID] = b.s.AddPerson(string(q.ID))
	}
	for _, f := range p.Families {
		b.group(rights.Family, f.Parents[0], part{f.Parents, rights.Parent}, part{f.Children, rights.Child})
	}
	for _, u := range p.TaxUnits {
		b.group(rights.TaxUnit, u.Declarants[0], part{u.Declarants, rights.Declarant}, part{u.Dependants, rights.Dependant})
	}
	d := p.Dwelling
	var partner []core.ID
	if d.Partner != "" {
		partner = []core.ID{d.Partner}
	}
	b.home = b.group(rights.Household, d.ID, part{[]core.ID{d.Reference}, rights.Reference}, part{partner, rights.Partner},
		part{d.Children, rights.HouseholdChild}, part{d.Others, rights.Other})
	for _, q := range p.Persons {
		if err := b.birth(q, late); err != nil {
			return nil, claimant, err
		}
	}
	for _, q := range p.Persons {
		if err := b.marital(q, p); err != nil {
			return nil, claimant, err
		}
	}
	for _, c := range p.Cells {
		if c.Variable == "statut_marital" && p.coupled(c.Subject.ID) {
			continue // the household says it
		}
		if err := b.cell(c); err != nil {
			return nil, claimant, err
		}
	}
	return b.s, b.people[p.Claimant], nil
}

type situationBuilder struct {
	e      *LawEngine
	month  core.Month
	s      *rights.Situation
	people map[core.ID]rights.Subject
	in     map[rights.Entity]map[core.ID]rights.Subject // person -> their family, their tax unit
	home   rights.Subject
}

type part struct {
	people []core.ID
	role   rights.Role
}

func (b *situationBuilder) group(e rights.Entity, id core.ID, parts ...part) rights.Subject {
	var members []rights.Member
	for _, p := range parts {
		for _, person := range p.people {
			members = append(members, rights.Member{Person: b.people[person], Role: p.role})
		}
	}
	g := b.s.AddGroup(e, string(id), members...)
	if of := b.in[e]; of != nil {
		for _, p := range parts {
			for _, person := range p.people {
				of[person] = g
			}
		}
	}
	return g
}

// coupled tells whether somebody of the picture is in a couple with another.
func (p *Picture) coupled(id core.ID) bool {
	return slices.ContainsFunc(p.Persons, func(q PicturePerson) bool { return q.ID == id && q.Couple != NoCoupleYet })
}

// birth gives a date of birth. A day unknown inside a known month is taken as
// the 15th: ages count from the first of a month.
func (b *situationBuilder) birth(q PicturePerson, late bool) error {
	if _, known := b.e.kinds["date_naissance"]; !known {
		return nil
	}
	who := b.people[q.ID]
	if q.Birth.IsZero() {
		return b.s.SetUnknown(who, "date_naissance", rights.Always())
	}
	first, last := q.Birth.Bounds()
	day := first
	switch {
	case q.Birth.Month != 0 && q.Birth.Day == 0:
		day.Day = 15
	case q.Birth.Month == 0 && late:
		day = last
	}
	return b.s.Set(who, "date_naissance", rights.Always(), rights.Text(day.String()))
}

// marital gives the marital status that the household's couples say. Where
// nobody said who lives there, it stays unknown; where the household has no
// couple for somebody, they are single unless a fact says divorced or widowed.
func (b *situationBuilder) marital(q PicturePerson, p *Picture) error {
	m := p.Month
	if _, known := b.e.kinds["statut_marital"]; !known || (q.Couple == NoCoupleYet && p.Dwelling.ID == p.Claimant) {
		return nil
	}
	status := "celibataire" // cohabiting partners too, for the tax
	switch q.Couple {
	case Married:
		status = "marie"
	case Pacs:
		status = "pacse"
	}
	return b.s.Set(b.people[q.ID], "statut_marital", rights.EachMonth(firstMonth(m), m), rights.ChoiceOf(status))
}

func (b *situationBuilder) cell(c Cell) error {
	v, ok := b.e.kinds[c.Variable]
	if !ok {
		return nil // a fact of another law: kept in the file, read by nobody
	}
	var who rights.Subject
	switch v.Entity {
	case rights.Household:
		who = b.home
	case rights.Family, rights.TaxUnit:
		g, in := b.in[v.Entity][c.Subject.ID]
		if !in {
			return nil
		}
		who = g
	default:
		who = b.people[c.Subject.ID]
	}
	for _, period := range periods(v, c, b.month) {
		var err error
		switch c.State {
		case Refused:
			err = b.s.Refuse(who, c.Variable, period)
		case Unknown:
			err = b.s.SetUnknown(who, c.Variable, period)
		default:
			var value rights.Value
			if value, err = engineValue(v, c.Value); err == nil {
				err = b.s.Set(who, c.Variable, period, value)
			}
		}
		if err != nil {
			return fmt.Errorf("fact %s of %s: %w", c.Variable, c.Subject.ID, err)
		}
	}
	return nil
}

// periods are those of a cell in the engine's words.
func periods(v rights.Variable, c Cell, month core.Month) []rights.Period {
	switch v.Period {
	case rights.Eternal:
		return []rights.Period{rights.Always()}
	case rights.Yearly:
		var list []rights.Period
		for y := c.From.Year(); y <= c.Until.Year(); y++ {
			list = append(list, rights.InYear(y))
		}
		return list
	}
	until := c.Until
	if until == month {
		// What holds in the month looked at is taken to hold to the end of the year:
		// the rights of a year read its later months.
		until = rights.MonthOf(month.Year(), 12)
	}
	return []rights.Period{rights.EachMonth(c.From, until)}
}

func engineValue(v rights.Variable, text string) (rights.Value, error) {
	switch v.Kind {
	case rights.KindBool:
		return rights.Bool(text == "true"), nil
	case rights.KindChoice:
		return rights.ChoiceOf(text), nil
	case rights.KindDate, rights.KindText:
		return rights.Text(text), nil
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return rights.Value{}, fmt.Errorf("number %.20q: %w", text, err)
	}
	if v.Unit == "%" {
		n /= 100
	}
	return rights.Number(n), nil
}
