package rights

import (
	"fmt"
	"math"

	"codeberg.org/parvis/parvis/rights/check"
	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// ExampleResult is one expectation of a worked example. Failure is empty when it
// holds; otherwise it says, in French, what was found instead.
type ExampleResult struct {
	File    string
	Line    int
	Title   string
	Failure string
}

// RunExamples computes every worked example of the law, with the openfisca
// profile, and compares.
func (l *Law) RunExamples() []ExampleResult {
	var out []ExampleResult
	for _, fe := range l.examples {
		out = append(out, l.runExample(fe.file, fe.example)...)
	}
	return out
}

func (l *Law) runExample(file string, e *lang.Example) []ExampleResult {
	fail := func(pos lang.Pos, format string, args ...any) ExampleResult {
		return ExampleResult{file, pos.Line, e.Title, fmt.Sprintf(format, args...)}
	}
	b := &exampleBuilder{law: l, example: e, month: MonthOf(e.Month.Year, e.Month.Month), sit: NewSituation(l), people: map[string]Subject{}}
	if pos, err := b.build(); err != nil {
		return []ExampleResult{fail(pos, "%s", b.french(err))}
	}
	t := b.sit.Close(OpenFisca)
	var out []ExampleResult
	for _, x := range e.Expect {
		r := ExampleResult{File: file, Line: x.Pos.Line, Title: e.Title}
		r.Failure = l.expectation(b, t, x)
		out = append(out, r)
	}
	return out
}

// expectation compares one expected value.
func (l *Law) expectation(b *exampleBuilder, t *Total, x lang.Expectation) string {
	v, ok := l.Variable(x.Name)
	if !ok {
		return fmt.Sprintf("« %s » n'est déclaré nulle part %v", x.Name, l.Nearest(x.Name))
	}
	sub := Subject{Entity: v.Entity}
	if x.Of != "" {
		p, known := b.people[x.Of]
		if !known || v.Entity != Person {
			return fmt.Sprintf("« %s » n'est pas une personne de l'exemple", x.Of)
		}
		sub = p
	}
	answers, err := t.Compute([]Ask{{sub, x.Name, b.month}})
	if err != nil {
		return err.Error()
	}
	a := answers[0]
	typ := l.prog.IR.Vars[l.prog.Var(x.Name)].Type
	switch {
	case a.Unknown:
		return fmt.Sprintf("%s ne peut pas être calculé: %v", x.Name, a.Gaps)
	case x.NA && !a.NA:
		return fmt.Sprintf("%s: attendu non applicable, trouvé %s", x.Name, l.show(typ, a.Value))
	case x.NA:
		return ""
	}
	want, message := check.ExampleLiteral(l.prog.IR, x.Value, typ)
	if message != "" {
		return x.Name + ": " + message
	}
	tolerance := 1e-9
	if x.Tolerance != nil {
		tol, message := check.ExampleLiteral(l.prog.IR, x.Tolerance, typ)
		if message != "" {
			return x.Name + ": " + message
		}
		tolerance = tol.Num + 1e-9
	}
	wanted := l.value(typ, want.Num, want.Text)
	if a.Value.Kind == KindNumber && math.Abs(a.Value.Number-want.Num) > tolerance || a.Value.Kind != KindNumber && a.Value != wanted {
		return fmt.Sprintf("%s: attendu %s, trouvé %s", x.Name, l.show(typ, wanted), l.show(typ, a.Value))
	}
	return ""
}

// show writes a value for a person who writes rules.
func (l *Law) show(t ir.Type, v Value) string {
	if v.Kind == KindNumber {
		return fmt.Sprintf("%.4f %s", v.Number, t.Unit)
	}
	return v.String()
}

// exampleBuilder makes the situation of an example: one family, one tax unit,
// one dwelling, unless the example says that somebody is only an occupant.
type exampleBuilder struct {
	law     *Law
	example *lang.Example
	month   Month
	sit     *Situation
	people  map[string]Subject
}

func (b *exampleBuilder) build() (lang.Pos, error) {
	var family, tax, home []Member
	for _, m := range b.example.Members {
		if _, twice := b.people[m.Name]; twice {
			return m.Pos, fmt.Errorf("« %s » est écrit deux fois", m.Name)
		}
		p := b.sit.AddPerson(m.Name)
		b.people[m.Name] = p
		switch m.Role {
		case "parent":
			role := Reference
			if len(family) > 0 {
				role = Partner
			}
			family, tax, home = append(family, Member{p, Parent}), append(tax, Member{p, Declarant}), append(home, Member{p, role})
		case "enfant":
			family, tax, home = append(family, Member{p, Child}), append(tax, Member{p, Dependant}), append(home, Member{p, HouseholdChild})
		default:
			home = append(home, Member{p, Other})
		}
	}
	groups := map[string]Subject{
		"famille":  b.sit.AddGroup(Family, "famille", family...),
		"foyer":    b.sit.AddGroup(TaxUnit, "foyer", tax...),
		"logement": b.sit.AddGroup(Household, "logement", home...),
	}
	for _, m := range b.example.Members {
		if err := b.born(m); err != nil {
			return m.Pos, err
		}
		if pos, err := b.values(b.people[m.Name], m.Values); err != nil {
			return pos, err
		}
	}
	for _, f := range b.example.Facts {
		if pos, err := b.values(groups[f.Of], f.Values); err != nil {
			return pos, err
		}
	}
	return lang.Pos{}, nil
}

// born gives the date of birth: the one written, or the first of the month as
// many years or months before.
func (b *exampleBuilder) born(m lang.ExampleMember) error {
	day := b.month.FirstDay()
	switch {
	case m.Born != "":
		d, err := ir.ParseDay(m.Born)
		if err != nil {
			return err
		}
		day = d
	case m.Age < 0:
		return nil
	case m.AgeIn == "mois":
		day = day.AddMonths(-m.Age)
	default:
		day = day.AddMonths(-12 * m.Age)
	}
	return b.sit.Set(b.people[m.Name], "date_naissance", Always(), Date(day))
}

// values gives facts: for their period, else for every month from January of
// N-3, or for the year of the example.
func (b *exampleBuilder) values(sub Subject, values []lang.ExampleValue) (lang.Pos, error) {
	for _, x := range values {
		i, err := b.sit.find(sub, x.Name)
		if err != nil {
			return x.Pos, err
		}
		v := &b.law.prog.IR.Vars[i]
		lit, message := check.ExampleLiteral(b.law.prog.IR, x.Value, v.Type)
		if message != "" {
			return x.Pos, fmt.Errorf("%s: %s", x.Name, message)
		}
		p := b.period(v, x)
		if err := b.sit.Set(sub, x.Name, p, b.law.value(v.Type, lit.Num, lit.Text)); err != nil {
			return x.Pos, err
		}
	}
	return lang.Pos{}, nil
}

func (b *exampleBuilder) period(v *ir.Var, x lang.ExampleValue) Period {
	switch {
	case v.Period == ir.Eternal:
		return Always()
	case x.From == nil && v.Period == ir.Yearly:
		return InYear(b.month.Year())
	case x.From == nil:
		return EachMonth(MonthOf(b.month.Year()-3, 1), b.month)
	}
	first := b.at(x.From)
	if x.From.Kind == lang.MomentYear {
		if v.Period == ir.Yearly {
			return InYear(first.Year())
		}
		return EachMonth(first, first+11)
	}
	last := first
	if x.To != nil {
		last = b.at(x.To)
	}
	return EachMonth(first, last)
}

func (b *exampleBuilder) at(m *lang.Moment) Month {
	switch m.Kind {
	case lang.MomentYear:
		return MonthOf(b.month.Year()-m.Back, 1)
	case lang.MomentNamed:
		return MonthOf(b.month.Year()-m.Back, m.Month)
	case lang.MomentDated:
		return MonthOf(m.Year, m.Month)
	}
	return b.month - Month(m.Back)
}

// french says an input error to who writes rules.
func (b *exampleBuilder) french(err error) string {
	in, ok := err.(*InputError)
	if !ok {
		return err.Error()
	}
	switch in.Code {
	case "unknown_variable":
		return fmt.Sprintf("« %s » n'est déclaré nulle part %v", in.Variable, in.Known)
	case "wrong_entity":
		return fmt.Sprintf("« %s » se dit de %s, pas de %s", in.Variable, in.Want, in.Got)
	case "no_such_choice":
		return fmt.Sprintf("%s: « %s » n'existe pas, mais %v", in.Variable, in.Got, in.Known)
	}
	return err.Error()
}
