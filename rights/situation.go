package rights

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// InputError says what is wrong with a fact. Code is stable and is translated at
// the edge: unknown_variable, wrong_entity, wrong_type, no_such_choice,
// no_such_date, number_out_of_range, text_too_long, month_for_year,
// year_for_month, period_too_long, needs_eternity.
type InputError struct {
	Code     string
	Variable string
	Subject  string
	Period   string
	Want     string
	Got      string
	Known    []string // values or names that would have done, nearest first
}

// Error is for logs.
func (e *InputError) Error() string {
	s := strings.ReplaceAll(e.Code, "_", " ")
	if e.Variable != "" {
		s = e.Variable + ": " + s
	}
	if e.Want != "" {
		s += ", want " + e.Want
	}
	if e.Got != "" {
		s += fmt.Sprintf(", got %.60q", e.Got)
	}
	if len(e.Known) > 0 {
		s += " (" + strings.Join(e.Known[:min(len(e.Known), 12)], ", ") + ")"
	}
	return s
}

// Subject is a person or a group of a situation.
type Subject struct {
	Entity Entity
	Index  int32
}

// Member is a person's place in a group.
type Member struct {
	Person Subject
	Role   Role
}

// Period is a month, a run of months, a year, or always (the zero Period).
type Period struct {
	Kind  PeriodKind
	Start Month
	Count int // months of a run (1 for a month), years of a year
	// Each tells that the value holds for each month of the run; without it a
	// run is spread as the variable says, like a year.
	Each bool
}

// Always is the period of a date of birth.
func Always() Period { return Period{Kind: Eternal} }

// InMonth is one month.
func InMonth(m Month) Period { return Period{Kind: Monthly, Start: m, Count: 1} }

// EachMonth is every month from first to last: what a fact valid from a day to
// another one gives.
func EachMonth(first, last Month) Period {
	return Period{Kind: Monthly, Start: first, Count: int(last-first) + 1, Each: true}
}

// InYear is a calendar year.
func InYear(year int) Period { return Period{Kind: Yearly, Start: MonthOf(year, 1), Count: 1} }

// String writes the period as OpenFisca does.
func (p Period) String() string {
	switch {
	case p.Kind == Eternal:
		return "ETERNITY"
	case p.Kind == Yearly && p.Start.Month() == 1 && p.Count == 1:
		return fmt.Sprintf("%04d", p.Start.Year())
	case p.Kind == Yearly:
		return fmt.Sprintf("year:%s:%d", p.Start, p.Count)
	case p.Count == 1:
		return p.Start.String()
	}
	return fmt.Sprintf("month:%s:%d", p.Start, p.Count)
}

// maxMonths bounds a run of months.
const maxMonths = 1200

// state is what is known of a cell.
type state uint8

const (
	known state = iota
	unknown
	refused
	derived // supposed from another fact at Close, in the dossier profile
)

type fact struct {
	state state
	value eval.Value
}

// Situation is what is known of a household: persons, groups, and facts with
// their period. The zero value is not usable; see NewSituation. It is for one
// goroutine.
type Situation struct {
	law    *Law
	ids    [ir.Entities][]string
	groups [ir.Entities][][]Member
	cells  map[eval.Cell]fact
	runs   []run // values for a year or a run of months, spread at Close
}

type run struct {
	variable int32
	subject  int32
	period   Period
	value    eval.Value
}

// NewSituation starts an empty situation.
func NewSituation(l *Law) *Situation {
	return &Situation{law: l, cells: make(map[eval.Cell]fact, 256)}
}

// AddPerson adds a person under an id that is unique in the situation.
func (s *Situation) AddPerson(id string) Subject {
	s.ids[Person] = append(s.ids[Person], id)
	return Subject{Person, int32(len(s.ids[Person]) - 1)}
}

// AddGroup adds a family, a tax unit or a household with its members, in the
// order of their roles. A person left without a group gets one of their own.
func (s *Situation) AddGroup(e Entity, id string, members ...Member) Subject {
	s.ids[e] = append(s.ids[e], id)
	s.groups[e] = append(s.groups[e], members)
	return Subject{e, int32(len(s.ids[e]) - 1)}
}

// ID returns the id of a subject.
func (s *Situation) ID(sub Subject) string { return s.ids[sub.Entity][sub.Index] }

// Find returns the subject of an id.
func (s *Situation) Find(e Entity, id string) (Subject, bool) {
	i := slices.Index(s.ids[e], id)
	return Subject{e, int32(i)}, i >= 0
}

// Subjects lists the ids of an entity's subjects, in order of their index.
func (s *Situation) Subjects(e Entity) []string { return s.ids[e] }

// Set gives a known value. A run of months or a year is spread as the variable
// says, over the months that have no value of their own. A known value of a
// computed variable overrides its rule there. The error is an *InputError.
func (s *Situation) Set(sub Subject, variable string, p Period, v Value) error {
	i, err := s.find(sub, variable)
	if err != nil {
		return err
	}
	def := &s.law.prog.IR.Vars[i]
	value, wrong := s.law.engineValue(def.Type, v)
	if wrong == nil {
		wrong = s.put(def, i, sub, p, fact{known, value})
	}
	if wrong != nil {
		wrong.Variable, wrong.Subject, wrong.Period = variable, s.ID(sub), p.String()
		return wrong
	}
	return nil
}

// SetUnknown notes that nobody knows the value, whatever would be presumed.
func (s *Situation) SetUnknown(sub Subject, variable string, p Period) error {
	return s.setState(sub, variable, p, unknown)
}

// Refuse notes that the person would rather not say: unknown, and never asked
// again.
func (s *Situation) Refuse(sub Subject, variable string, p Period) error {
	return s.setState(sub, variable, p, refused)
}

func (s *Situation) setState(sub Subject, variable string, p Period, st state) error {
	i, err := s.find(sub, variable)
	if err != nil {
		return err
	}
	if p.Kind == Yearly && s.law.prog.IR.Vars[i].Period == ir.Monthly {
		p = EachMonth(p.Start, p.Start+Month(12*max(p.Count, 1))-1)
	}
	p.Each = true
	if wrong := s.put(&s.law.prog.IR.Vars[i], i, sub, p, fact{state: st}); wrong != nil {
		wrong.Variable, wrong.Subject, wrong.Period = variable, s.ID(sub), p.String()
		return wrong
	}
	return nil
}

func (s *Situation) find(sub Subject, variable string) (int32, error) {
	i := s.law.prog.Var(variable)
	if i < 0 {
		return 0, &InputError{Code: "unknown_variable", Variable: variable, Subject: s.ID(sub), Known: s.law.Nearest(variable)}
	}
	if e := s.law.prog.IR.Vars[i].Entity; e != sub.Entity {
		return 0, &InputError{Code: "wrong_entity", Variable: variable, Subject: s.ID(sub), Want: EntityKey(e), Got: EntityKey(sub.Entity)}
	}
	return i, nil
}

// EntityKey returns OpenFisca's plural of an entity: individus, familles,
// foyers_fiscaux, menages.
func EntityKey(e Entity) string {
	return [...]string{"individus", "familles", "foyers_fiscaux", "menages"}[e]
}

// put stores a fact, or keeps it as a run to be spread.
func (s *Situation) put(def *ir.Var, i int32, sub Subject, p Period, f fact) *InputError {
	switch {
	case def.Period == ir.Eternal:
		s.cells[eval.Cell{Var: i, Subject: sub.Index}] = f
		return nil
	case p.Kind == Eternal:
		return &InputError{Code: "needs_period"}
	case def.Period == ir.Yearly:
		if p.Kind != Yearly || p.Count < 1 || p.Count > 1 && !p.Each || p.Count > maxMonths/12 || p.Start.Month() != 1 {
			return &InputError{Code: "month_for_year", Want: InYear(p.Start.Year()).String()}
		}
		for y := range Month(p.Count) {
			s.cells[eval.Cell{Var: i, Subject: sub.Index, Period: p.Start + 12*y}] = f
		}
		return nil
	}
	months := p.Count
	if p.Kind == Yearly {
		months *= 12
	}
	if months < 1 || months > maxMonths {
		return &InputError{Code: "period_too_long"}
	}
	if p.Each || months == 1 {
		for m := range Month(months) {
			s.cells[eval.Cell{Var: i, Subject: sub.Index, Period: p.Start + m}] = f
		}
		return nil
	}
	if def.Spreading == ir.SpreadForbidden {
		return &InputError{Code: "year_for_month", Want: p.Start.String()}
	}
	s.runs = append(s.runs, run{i, sub.Index, p, f.value})
	return nil
}

// spread turns runs into cells, the shortest first, over the months that have no
// value yet; a shared value counts those that have one.
func (s *Situation) spread() {
	months := func(r run) int {
		if r.period.Kind == Yearly {
			return 12 * r.period.Count
		}
		return r.period.Count
	}
	sort.SliceStable(s.runs, func(i, j int) bool { return months(s.runs[i]) < months(s.runs[j]) })
	for _, r := range s.runs {
		var free []eval.Cell
		rest := r.value
		for m := range Month(months(r)) {
			c := eval.Cell{Var: r.variable, Subject: r.subject, Period: r.period.Start + m}
			if f, taken := s.cells[c]; !taken {
				free = append(free, c)
			} else if f.state == known {
				rest.F -= f.value.F
			}
		}
		if s.law.prog.IR.Vars[r.variable].Spreading == ir.SpreadRepeated {
			rest = r.value
		} else {
			rest.F /= float64(max(len(free), 1))
		}
		for _, c := range free {
			s.cells[c] = fact{known, rest}
		}
	}
	s.runs = nil
}

// derive supposes what the law deduces from another known fact, where nothing is
// known or nobody knew. What a person would rather not say is left alone.
func (s *Situation) derive() {
	for i := range s.law.prog.IR.Vars {
		d := s.law.prog.IR.Vars[i].Derived
		if d == nil {
			continue
		}
		times := &s.law.prog.IR.Params[d.Times]
		found := map[eval.Cell]fact{}
		for c, f := range s.cells {
			if c.Var != d.From || f.state != known {
				continue
			}
			at := times.At(c.Period.FirstDay())
			c.Var = int32(i)
			if held, any := s.cells[c]; at >= 0 && (!any || held.state == unknown) {
				f.state, f.value.F = derived, float64(f.value.F*times.Versions[at].Value)
				found[c] = f
			}
		}
		for c, f := range found {
			s.cells[c] = f
		}
	}
}

// world builds the groups; a person in none gets one of their own.
func (s *Situation) world() *eval.World {
	w := &eval.World{}
	n := len(s.ids[Person])
	w.Count[Person] = int32(n)
	alone := [...]Role{Family: Parent, TaxUnit: Declarant, Household: Reference}
	for _, e := range []Entity{Family, TaxUnit, Household} {
		w.Group[e] = make([]int32, n)
		w.Role[e] = make([]Role, n)
		placed := make([]bool, n)
		for g, members := range s.groups[e] {
			var list []int32
			for _, m := range members {
				p := m.Person.Index
				if placed[p] {
					continue
				}
				placed[p] = true
				w.Group[e][p], w.Role[e][p] = int32(g), m.Role
				list = append(list, p)
			}
			w.Members[e] = append(w.Members[e], list)
		}
		for p := range n {
			if !placed[p] {
				s.ids[e] = append(s.ids[e], s.ids[Person][p])
				s.groups[e] = append(s.groups[e], []Member{{Subject{Person, int32(p)}, alone[e]}})
				w.Group[e][p], w.Role[e][p] = int32(len(w.Members[e])), alone[e]
				w.Members[e] = append(w.Members[e], []int32{int32(p)})
			}
		}
		w.Count[e] = int32(len(w.Members[e]))
	}
	return w
}
