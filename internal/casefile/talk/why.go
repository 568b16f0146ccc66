package talk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/bulk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/rights"
)

// Why a right changed between two runs is never guessed. Each thing that changed —
// the law, a value that began to hold, an age, the months that count, a fact, who
// lives there — is taken away from the file as it is now, and the file is computed
// once more: when the right is then something else, that thing is a cause.

// maxTurns bounds how many values of the law that began to hold are tried one by one.
const maxTurns = 40

// maxSlid bounds how many facts are tried one by one when the months that count moved.
const maxSlid = 12

// trial is one computation without something: the rights that then give something else
// have it as a cause.
type trial struct {
	f       *file
	picture *casefile.Picture
	cause   Cause
	rights  []string // nil = every right that changed
}

// explain says why the rights of files changed.
func (s *Service) explain(ctx context.Context, org core.ID, eval evaluator, files []*file) error {
	var list []*file
	for _, f := range files {
		if f.why = map[string][]Cause{}; len(f.changed()) > 0 {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return nil
	}
	var trials []trial
	for _, f := range list {
		trials = append(trials, s.trials(f)...)
	}
	if err := try(ctx, eval, trials); err != nil {
		return err
	}
	if e, ok := s.cases.Engine.(*casefile.LawEngine); ok {
		if err := s.slid(ctx, eval, e, list); err != nil {
			return err
		}
		if err := s.editions(ctx, org, e, list); err != nil {
			return err
		}
		if err := turns(ctx, e, list); err != nil {
			return err
		}
	}
	for _, f := range list {
		for _, right := range f.changed() {
			if len(f.why[right]) == 0 {
				f.why[right] = []Cause{{Kind: Together}}
			}
		}
	}
	return nil
}

// try computes trials and notes the causes they find.
func try(ctx context.Context, eval evaluator, trials []trial) error {
	for some := range slices.Chunk(trials, slice) {
		pictures := make([]*casefile.Picture, len(some))
		for i, t := range some {
			pictures[i] = t.picture
		}
		list, err := eval.Evaluate(ctx, pictures)
		if err != nil {
			return fmt.Errorf("compute once more: %w", err)
		}
		for i, t := range some {
			for _, right := range t.f.differ(list[i], t.rights) {
				t.f.why[right] = append(t.f.why[right], t.cause)
			}
		}
	}
	return nil
}

// differ lists the rights that changed, of those asked, that a computation says
// otherwise than now.
func (f *file) differ(list []casefile.Outcome, among []string) []string {
	said := make(map[string]Said, len(list))
	for _, o := range list {
		said[o.Right] = of(o)
	}
	var out []string
	for _, right := range f.changed() {
		if among != nil && !slices.Contains(among, right) {
			continue
		}
		other, ok := said[right]
		if !ok {
			other.Status = casefile.NotDue
		}
		if other != of(f.now[right]) {
			out = append(out, right)
		}
	}
	return out
}

// trials are what is tried under the law in force: ages, the months that count, facts,
// the household.
func (s *Service) trials(f *file) []trial {
	now, was := f.calc.Picture(), f.was.picture
	regrouped := !sameGroups(now, was)
	samePeople := slices.EqualFunc(now.Persons, was.Persons, func(a, b casefile.PicturePerson) bool { return a.ID == b.ID && a.Couple == b.Couple }) && now.Dwelling.ID == was.Dwelling.ID
	var list []trial
	add := func(c Cause, p *casefile.Picture) { list = append(list, trial{f: f, picture: p, cause: c}) }
	months := now.Month - was.Month
	birthday := false
	for i, person := range now.Persons {
		if person.Birth.Month == 0 {
			continue
		}
		for m := now.Month; m >= was.Month && m > now.Month-12; m-- {
			age := m.Year() - person.Birth.Year
			if months == 0 || m.Month() != person.Birth.Month || age <= 0 {
				continue
			}
			birthday = true
			p := *now
			p.Persons = slices.Clone(now.Persons)
			to := core.Month(person.Birth.Year*12+person.Birth.Month-1) + (now.Month - m + 1)
			p.Persons[i].Birth = core.PartialDate{Year: to.Year(), Month: to.Month(), Day: min(person.Birth.Day, 28)}
			if regrouped && samePeople {
				p.Families, p.TaxUnits, p.Dwelling = was.Families, was.TaxUnits, was.Dwelling
			}
			add(Cause{Kind: Birthday, Subject: casefile.Subject{Kind: casefile.AboutPerson, ID: person.ID}, Age: age}, &p)
		}
	}
	if regrouped && !(samePeople && birthday) {
		p := *now
		p.Persons, p.Families, p.TaxUnits, p.Dwelling = was.Persons, was.Families, was.TaxUnits, was.Dwelling
		add(Cause{Kind: Household}, &p)
	}
	for _, c := range learnt(now, was) {
		p := *now
		p.Cells = c.cells
		add(c.Cause, &p)
	}
	return list
}

func sameGroups(a, b *casefile.Picture) bool {
	people := slices.EqualFunc(a.Persons, b.Persons, func(x, y casefile.PicturePerson) bool { return x.ID == y.ID && x.Couple == y.Couple })
	families := slices.EqualFunc(a.Families, b.Families, func(x, y casefile.Family) bool {
		return slices.Equal(x.Parents, y.Parents) && slices.Equal(x.Children, y.Children)
	})
	units := slices.EqualFunc(a.TaxUnits, b.TaxUnits, func(x, y casefile.TaxUnit) bool {
		return slices.Equal(x.Declarants, y.Declarants) && slices.Equal(x.Dependants, y.Dependants)
	})
	d, e := a.Dwelling, b.Dwelling
	return people && families && units && d.ID == e.ID && d.Reference == e.Reference && d.Partner == e.Partner && slices.Equal(d.Children, e.Children) && slices.Equal(d.Others, e.Others)
}

// cellsOf are the cells of one variable about one subject.
type cellsOf struct {
	variable string
	subject  casefile.Subject
}

func byFact(p *casefile.Picture) map[cellsOf][]casefile.Cell {
	out := map[cellsOf][]casefile.Cell{}
	for _, c := range p.Cells {
		k := cellsOf{c.Variable, c.Subject}
		out[k] = append(out[k], c)
	}
	return out
}

// learning is what is known otherwise of one subject, and the cells as they were.
type learning struct {
	Cause
	cells []casefile.Cell
}

// learnt lists, by subject, the facts that are not what the last run saw: a run that
// went on to its month is taken to go on to this one.
func learnt(now, was *casefile.Picture) []learning {
	before, after := byFact(was), byFact(now)
	first := core.Month((now.Month.Year() - 3) * 12)
	// What the last run saw, told for this month.
	told := func(cells []casefile.Cell) []casefile.Cell {
		var out []casefile.Cell
		for _, c := range cells {
			if !c.Always {
				if c.Until == was.Month {
					c.Until = now.Month
				}
				if c.From = max(c.From, first); c.From > c.Until {
					continue
				}
			}
			out = append(out, c)
		}
		return out
	}
	of := map[casefile.Subject][]string{}
	differs := map[cellsOf]bool{}
	for _, k := range slices.Concat(slices.Collect(maps.Keys(before)), slices.Collect(maps.Keys(after))) {
		if !differs[k] && !slices.Equal(told(before[k]), after[k]) {
			differs[k] = true
			of[k.subject] = append(of[k.subject], k.variable)
		}
	}
	var list []learning
	for subject, variables := range of {
		slices.Sort(variables)
		l := learning{Cause: Cause{Kind: Facts, Subject: subject, Variables: variables}}
		for _, c := range now.Cells {
			if c.Subject != subject || !slices.Contains(variables, c.Variable) {
				l.cells = append(l.cells, c)
			}
		}
		for _, v := range variables {
			l.cells = append(l.cells, told(before[cellsOf{v, subject}])...)
		}
		sortCells(l.cells)
		list = append(list, l)
	}
	slices.SortFunc(list, func(a, b learning) int { return cmp.Compare(a.Subject.ID, b.Subject.ID) })
	return list
}

func sortCells(list []casefile.Cell) {
	slices.SortFunc(list, func(a, b casefile.Cell) int {
		return cmp.Or(cmp.Compare(a.Variable, b.Variable), cmp.Compare(a.Subject.ID, b.Subject.ID), cmp.Compare(a.From, b.From))
	})
}

// slid tries the months as they counted at the last run: amounts of months move along
// with the months that the rules read, amounts of years with the years.
func (s *Service) slid(ctx context.Context, eval evaluator, e *casefile.LawEngine, files []*file) error {
	var whole, single []trial
	for _, f := range files {
		now := f.calc.Picture()
		months := now.Month - f.was.month
		if months <= 0 {
			continue
		}
		years := now.Month.Year() - f.was.month.Year()
		for _, kind := range []CauseKind{Quarter, NewYear} {
			if kind == NewYear && years == 0 {
				continue
			}
			period, by := casefile.PeriodMonth, months
			if kind == NewYear {
				period, by = casefile.PeriodYear, core.Month(12*years)
			}
			moves := func(k cellsOf) bool {
				v, known := s.cases.Variable(k.variable)
				return known && v.Period == period
			}
			var facts []cellsOf // that are not the same in all the months
			for k, cells := range byFact(now) {
				if moves(k) && (len(cells) > 1 || len(cells) == 1 && cells[0].From > core.Month((now.Month.Year()-3)*12)) {
					facts = append(facts, k)
				}
			}
			if len(facts) == 0 {
				continue
			}
			slices.SortFunc(facts, func(a, b cellsOf) int {
				return cmp.Or(cmp.Compare(a.subject.ID, b.subject.ID), cmp.Compare(a.variable, b.variable))
			})
			whole = append(whole, trial{f: f, picture: slide(now, by, moves), cause: Cause{Kind: kind}})
			for _, k := range facts[:min(len(facts), maxSlid)] {
				single = append(single, trial{f: f, picture: slide(now, by, func(o cellsOf) bool { return o == k }),
					cause: Cause{Kind: kind, Subject: k.subject, Variables: []string{k.variable}}})
			}
		}
	}
	count := map[*file]map[string]int{}
	for _, t := range whole {
		if count[t.f] == nil {
			count[t.f] = map[string]int{}
			for right, causes := range t.f.why {
				count[t.f][right] = len(causes)
			}
		}
	}
	if err := try(ctx, eval, whole); err != nil {
		return err
	}
	// Name the facts, where the months as a whole explain something.
	moved := map[*file][]string{}
	for f, had := range count {
		for right, causes := range f.why {
			if len(causes) > had[right] {
				moved[f] = append(moved[f], right)
			}
		}
	}
	single = slices.DeleteFunc(single, func(t trial) bool { return len(moved[t.f]) == 0 })
	for i := range single {
		single[i].rights = moved[single[i].f]
	}
	if err := try(ctx, eval, single); err != nil {
		return err
	}
	for f := range moved {
		for right := range f.why {
			f.why[right] = joinSlid(f.why[right])
		}
	}
	return nil
}

// joinSlid keeps, of the causes by sliding months, one for each subject with its facts
// named; the one that names nothing when none did alone.
func joinSlid(causes []Cause) []Cause {
	var out []Cause
	named := map[CauseKind]bool{}
	for _, c := range causes {
		if c.Kind != Quarter && c.Kind != NewYear || len(c.Variables) == 0 {
			out = append(out, c)
			continue
		}
		named[c.Kind] = true
		if i := slices.IndexFunc(out, func(o Cause) bool { return o.Kind == c.Kind && o.Subject == c.Subject && len(o.Variables) > 0 }); i >= 0 {
			out[i].Variables = append(slices.Clone(out[i].Variables), c.Variables...)
			continue
		}
		out = append(out, c)
	}
	return slices.DeleteFunc(out, func(c Cause) bool {
		return named[c.Kind] && len(c.Variables) == 0 && (c.Kind == Quarter || c.Kind == NewYear)
	})
}

// slide moves the cells of some facts later by some months, so that the rules read
// what they read that many months ago; the first run still begins with the first month.
func slide(p *casefile.Picture, by core.Month, moves func(cellsOf) bool) *casefile.Picture {
	out := *p
	out.Cells = nil
	first := core.Month((p.Month.Year() - 3) * 12)
	for _, c := range p.Cells {
		if !c.Always && moves(cellsOf{c.Variable, c.Subject}) {
			if c.From > first {
				c.From += by
			}
			if c.Until = min(c.Until+by, p.Month); c.From > c.Until {
				continue
			}
		}
		out.Cells = append(out.Cells, c)
	}
	return &out
}

const selectLaw = `SELECT ir FROM law WHERE digest = $1`

// editions tries the law as the last run of a file had it, then each value that this
// edition writes otherwise.
func (s *Service) editions(ctx context.Context, org core.ID, e *casefile.LawEngine, files []*file) error {
	by := map[string][]*file{}
	for _, f := range files {
		if f.was.law != e.Digest() {
			by[f.was.law] = append(by[f.was.law], f)
		}
	}
	for _, digest := range slices.Sorted(maps.Keys(by)) {
		var program []byte
		err := s.cases.DB.Read(ctx, func(q db.Querier) error { return q.QueryRow(selectLaw, digest).Scan(&program) })
		if errors.Is(err, db.ErrNoRows) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read the law %s: %w", digest, err)
		}
		old, err := e.Law().Before(program)
		if err != nil {
			return err
		}
		found, err := underLaw(ctx, old, by[digest], nil)
		if err != nil {
			return err
		}
		values := e.Law().Unlike(old)
		if len(values) > maxTurns {
			values = nil
		}
		named := map[*file]map[string]bool{}
		for _, v := range values {
			reading := e.Law().Reading([]rights.Change{{Name: v.Name}})
			some := touched(found, reading)
			if len(some) == 0 {
				continue
			}
			hit, err := underLaw(ctx, e.Law().WithValuesOf(old, v), some, reading)
			if err != nil {
				return err
			}
			for f, list := range hit {
				for _, right := range list {
					f.why[right] = append(f.why[right], Cause{Kind: NewLaw, Label: v.Label})
					if named[f] == nil {
						named[f] = map[string]bool{}
					}
					named[f][right] = true
				}
			}
		}
		for f, list := range found {
			for _, right := range list {
				if !named[f][right] {
					f.why[right] = append(f.why[right], Cause{Kind: NewLaw})
				}
			}
		}
	}
	return nil
}

// touched are the files of which one of some rights is among those found.
func touched(found map[*file][]string, among []string) []*file {
	var out []*file
	for f, list := range found {
		if slices.ContainsFunc(list, func(right string) bool { return slices.Contains(among, right) }) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b *file) int { return cmp.Compare(a.calc.File, b.calc.File) })
	return out
}

// underLaw lists, for each file as it is now, the rights that changed and that a law
// would give otherwise than the law in force.
func underLaw(ctx context.Context, l *rights.Law, files []*file, among []string) (map[*file][]string, error) {
	engine, err := casefile.NewLawEngine(l)
	if err != nil {
		return nil, err
	}
	eval := bulk.New(engine)
	out := map[*file][]string{}
	for some := range slices.Chunk(files, slice) {
		pictures := make([]*casefile.Picture, len(some))
		for i, f := range some {
			pictures[i] = f.calc.Picture()
		}
		list, err := eval.Evaluate(ctx, pictures)
		if err != nil {
			return nil, fmt.Errorf("compute under another law: %w", err)
		}
		for i, f := range some {
			if rights := f.differ(list[i], among); len(rights) > 0 {
				out[f] = rights
			}
		}
	}
	return out, nil
}

// turns tries the values of the law that began to hold since the last run: all at
// once, then, for the rights that read several of them, one by one.
func turns(ctx context.Context, e *casefile.LawEngine, files []*file) error {
	type span struct{ from, to core.Month }
	by := map[span][]*file{}
	for _, f := range files {
		if f.calc.Month > f.was.month {
			k := span{f.was.month, f.calc.Month}
			by[k] = append(by[k], f)
		}
	}
	for k, some := range by {
		all := e.Law().Turns(k.from, k.to)
		if len(all) == 0 {
			continue
		}
		found, err := underLaw(ctx, e.Law().Without(all...), some, nil)
		if err != nil {
			return err
		}
		reading := make([][]string, len(all))
		readers := map[string]int{}
		for i, t := range all {
			reading[i] = e.Law().Reading([]rights.Change{{Name: t.Name}})
			for _, right := range reading[i] {
				readers[right]++
			}
		}
		named := map[*file]map[string]bool{}
		note := func(f *file, right string, t rights.Turn) {
			if named[f] == nil {
				named[f] = map[string]bool{}
			}
			named[f][right] = true
			kind := NewValue
			if t.Kind == rights.TurnRule {
				kind = NewRule
			}
			f.why[right] = append(f.why[right], Cause{Kind: kind, Label: t.Label, From: t.From.String(), Source: t.Source, Old: t.Old, New: t.New, Unit: t.Unit})
		}
		for i, t := range all {
			var several []string
			for _, right := range reading[i] {
				if readers[right] > 1 {
					several = append(several, right)
					continue
				}
				for f, list := range found { // this right reads no other
					if slices.Contains(list, right) {
						note(f, right, t)
					}
				}
			}
			again := touched(found, several)
			if len(again) == 0 || i >= maxTurns {
				continue
			}
			hit, err := underLaw(ctx, e.Law().Without(t), again, several)
			if err != nil {
				return err
			}
			for f, list := range hit {
				for _, right := range list {
					note(f, right, t)
				}
			}
		}
		for f, list := range found {
			for _, right := range list {
				if !named[f][right] {
					f.why[right] = append(f.why[right], Cause{Kind: NewValue})
				}
			}
		}
	}
	return nil
}
