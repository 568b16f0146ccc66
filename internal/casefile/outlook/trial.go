package outlook

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Trial is a change that somebody imagines: « and if the contract changed in
// September? ». It is laid over what the file knows, for the calculation alone;
// nothing of it is written anywhere.
type Trial struct {
	Work     Work
	Dwelling Dwelling
	// Birth is the month in which a child of the file's person is born, 0 for none.
	Birth core.Month
	// Leaves is somebody of the household who is gone from LeavesFrom on, "" for
	// nobody.
	Leaves     core.ID
	LeavesFrom core.Month
}

// Work is what somebody of the household does and earns from a month on. What is
// empty stays as it is known.
type Work struct {
	Of           core.ID
	From         core.Month
	Activity     string // a choice of activite
	Wage         string // net, as typed
	Unemployment string // net, as typed
}

// Dwelling is the home from a month on. What is empty stays as it is known.
type Dwelling struct {
	From       core.Month
	Rent       string // without charges, as typed
	Occupation string // a choice of statut_occupation_logement
	Commune    string // INSEE code
}

// IsZero tells whether nothing is imagined.
func (t Trial) IsZero() bool {
	return t.Work.Activity+t.Work.Wage+t.Work.Unemployment == "" && t.Dwelling.Rent+t.Dwelling.Occupation+t.Dwelling.Commune == "" && t.Birth == 0 && t.Leaves == ""
}

// Compared is what rights give over the months, as things are known and with the
// trial.
type Compared struct {
	Person  casefile.Identity
	File    core.ID
	Members []casefile.Human // who lives there this month, the file's person first
	First   core.Month
	Rights  []ComparedRight // the law's order; those the person said no to are left out
}

// ComparedRight is one right, both ways: one point for each month from the first.
type ComparedRight struct {
	Name      string
	Now, Then []Point
}

// Differs gives the first month, counted from the first, in which the trial changes
// the right; −1 when it changes nothing.
func (r ComparedRight) Differs() int {
	for i := range r.Now {
		if r.Now[i].differs(r.Then[i]) {
			return i
		}
	}
	return -1
}

// Ever tells whether the right is due, or may be, in one of the months.
func (r ComparedRight) Ever() bool {
	return Right{Points: r.Now}.Ever() || Right{Points: r.Then}.Ever()
}

// Ready reads who a trial may speak of; nothing is computed.
func (s *Service) Ready(ctx context.Context, file core.ID) (*Compared, error) {
	c, _, err := s.ready(ctx, file)
	return c, err
}

// Try computes the months to come with a trial and without. Permission: reading the
// rights of the file. The errors of a trial are errs.Fields named work.of, work.from,
// work.activity, work.wage, work.unemployment, dwelling.from, dwelling.rent, dwelling.occupation,
// dwelling.commune, birth, leaves, leaves_from, and "" when nothing is imagined.
func (s *Service) Try(ctx context.Context, file core.ID, t Trial) (*Compared, error) {
	c, base, err := s.ready(ctx, file)
	if err != nil {
		return nil, err
	}
	l := layer{s: s, trial: t, g: base.g, first: c.First}
	if err := l.read(); err != nil {
		return nil, err
	}
	now, then := base.points, make([]map[string]Point, Months)
	r := &run{ctx: ctx, engine: s.cases.Engine, g: base.g, first: c.First}
	for i := range core.Month(Months) {
		m := c.First + i
		if now[i] == nil {
			if _, now[i], err = r.evaluate(base.g.Picture(m, base.g.Household(m), base.g.Facts)); err != nil {
				return nil, failed(base.g.File, m, err)
			}
		}
		if then[i] = now[i]; m < l.from {
			continue
		}
		if _, then[i], err = r.evaluate(base.g.Picture(m, l.household(m), l.facts)); err != nil {
			return nil, failed(base.g.File, m, err)
		}
	}
	for _, name := range s.cases.Engine.Rights() {
		if base.g.Silenced[name] || base.hidden && s.cases.Local(name) { // an aid of one place says where
			continue
		}
		right := ComparedRight{Name: name}
		for i := range now {
			right.Now, right.Then = append(right.Now, orNone(now[i][name])), append(right.Then, orNone(then[i][name]))
		}
		c.Rights = append(c.Rights, right)
	}
	return c, nil
}

// base is what a trial is laid over.
type base struct {
	g      *casefile.Ground
	hidden bool               // the address is protected
	points []map[string]Point // of the stored outlook, nil for a month to compute
}

// ready reads the file, with its line of the journal, and the stored outlook where it
// still speaks of these facts, of this law and of this month.
func (s *Service) ready(ctx context.Context, file core.ID) (*Compared, base, error) {
	first := s.cases.ThisMonth(ctx)
	c := &Compared{}
	var b base
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		*c, b = Compared{First: first}, base{points: make([]map[string]Point, Months)}
		var err error
		if b.g, err = s.cases.ReadGround(ctx, q, access.RightRead, file, first, Months); err != nil {
			return journal.Event{}, err
		}
		if b.hidden, err = casefile.Hides(q, b.g.Org, b.g.File); err != nil {
			return journal.Event{}, err
		}
		c.File = b.g.File
		home := b.g.Household(first)
		for _, m := range home.Members {
			c.Members = append(c.Members, home.Humans[m.Person])
		}
		if self, known := home.Humans[c.File]; known {
			c.Person = casefile.Identity{UsualName: self.UsualName, FirstNameOfUse: self.FirstName, Title: self.Title}
			if len(c.Members) == 0 {
				c.Members = []casefile.Human{self}
			}
		}
		event := journal.Event{Kind: "right.try", Subjects: b.g.Humans}
		if b.g.Partial { // what is stored rests on more than they may read
			return event, nil
		}
		stored, err := s.stored(q, b.g, first)
		if err == nil && stored.Stale == casefile.Fresh {
			b.points = stored.byMonth()
		}
		return event, err
	})
	return c, b, err
}

// byMonth is what each right gives, month by month.
func (c Content) byMonth() []map[string]Point {
	out := make([]map[string]Point, Months)
	for i := range out {
		out[i] = make(map[string]Point, len(c.Rights))
		for _, r := range c.Rights {
			out[i][r.Name] = r.Points[i]
		}
	}
	return out
}

// layer is a trial read and ready to be laid over a file.
type layer struct {
	s     *Service
	trial Trial
	g     *casefile.Ground
	first core.Month

	from  core.Month // the first month that it may change
	facts []casefile.Fact
	wrong errs.Fields
}

// read checks the trial and lays its facts over those of the file.
func (l *layer) read() error {
	t := l.trial
	if t.IsZero() {
		l.wrong.Add("", "outlook.trial.nothing")
		return l.wrong.Err()
	}
	l.facts, l.from = slices.Clone(l.g.Facts), l.first+Months
	l.work(t.Work)
	l.dwelling(t.Dwelling)
	if t.Birth != 0 {
		l.begins(t.Birth, "birth")
	}
	if t.Leaves != "" {
		if t.Leaves == l.g.File || !l.lives(t.Leaves) {
			l.wrong.Add("leaves", "errs.casefile.choice_unknown")
		}
		l.begins(t.LeavesFrom, "leaves_from")
	}
	return l.wrong.Err()
}

func (l *layer) begins(m core.Month, field string) {
	if m < l.first || m >= l.first+Months {
		l.wrong.Add(field, "errs.casefile.choice_unknown")
		return
	}
	l.from = min(l.from, m)
}

func (l *layer) lives(id core.ID) bool {
	home := l.g.Household(l.first)
	return id == l.g.File || slices.ContainsFunc(home.Members, func(m casefile.Member) bool { return m.Person == id })
}

// The rates that stand in for a pay slip nobody has seen yet: of the net wage, the
// taxable one (the part of the CSG that is taxed is added) and the gross one, and of
// a net unemployment benefit the taxable one. They are orders of magnitude, used only
// where the file does not know both amounts of the same person.
const (
	taxableOfNet  = 1.036
	grossOfNet    = 1.28
	taxableOfDole = 1.03
)

// work lays what somebody does and earns.
func (l *layer) work(w Work) {
	if w.Activity+w.Wage+w.Unemployment == "" {
		return
	}
	if !l.lives(w.Of) {
		l.wrong.Add("work.of", "errs.casefile.choice_unknown")
		return
	}
	l.begins(w.From, "work.from")
	who := casefile.Subject{Kind: casefile.AboutPerson, ID: w.Of}
	l.say(who, "activite", w.Activity, w.From, "work.activity")
	if w.Activity == "chomeur" && l.known(who, "activite", w.From) != "chomeur" {
		l.say(who, "date_debut_chomage", core.PartialDate{Year: w.From.Year(), Month: w.From.Month(), Day: 1}.String(), w.From, "work.activity")
	}
	l.share(who, w.Wage, w.From, "work.wage", "salaire_net", map[string]float64{"salaire_imposable": taxableOfNet, "salaire_de_base": grossOfNet})
	l.share(who, w.Unemployment, w.From, "work.unemployment", "chomage_net", map[string]float64{"chomage_imposable": taxableOfDole})
}

// share lays an amount, and those that go with it in the proportion that the file
// knows, or else in the usual one.
func (l *layer) share(who casefile.Subject, typed string, from core.Month, field, name string, with map[string]float64) {
	if typed == "" {
		return
	}
	before, _ := strconv.ParseFloat(l.known(who, name, from), 64)
	text, ok := l.say(who, name, typed, from, field)
	net, err := strconv.ParseFloat(text, 64)
	if !ok || err != nil {
		return
	}
	for other, rate := range with {
		if beside, err := strconv.ParseFloat(l.known(who, other, from), 64); err == nil && before > 0 && beside > 0 {
			rate = beside / before
		}
		l.put(who, other, strconv.FormatFloat(math.Round(net*rate*100)/100, 'f', -1, 64), from)
	}
}

// dwelling lays what is otherwise of the home.
func (l *layer) dwelling(h Dwelling) {
	if h.Rent+h.Occupation+h.Commune == "" {
		return
	}
	l.begins(h.From, "dwelling.from")
	at := casefile.Subject{Kind: casefile.AboutDwelling, ID: l.g.Household(l.first).ID}
	if at.ID == "" { // pictured without a household yet
		at.ID = l.g.File
	}
	l.say(at, "loyer", h.Rent, h.From, "dwelling.rent")
	l.say(at, "statut_occupation_logement", h.Occupation, h.From, "dwelling.occupation")
	l.say(at, "depcom", h.Commune, h.From, "dwelling.commune")
}

// known is what the file knows of a cell in the month before the trial, "" when
// nothing.
func (l *layer) known(who casefile.Subject, name string, from core.Month) string {
	var of []casefile.Fact
	for _, f := range l.g.Facts {
		if f.Subject == who && f.Variable == name {
			of = append(of, f)
		}
	}
	if f := casefile.Holding(of, from-1); f != nil && f.State == casefile.Known {
		return f.Value
	}
	return ""
}

// say reads what was typed of a cell and lays it; ok is false when nothing was typed,
// or nothing that the cell can hold.
func (l *layer) say(who casefile.Subject, name, typed string, from core.Month, field string) (value string, ok bool) {
	if typed == "" {
		return "", false
	}
	v, known := l.s.cases.Variable(name)
	if !known {
		return "", false // a law that does not read it
	}
	value, err := v.Read(typed, field)
	if err != nil {
		var of errs.Fields
		if !errors.As(err, &of) {
			l.wrong.Add(field, "errs.casefile.choice_unknown")
		}
		l.wrong = append(l.wrong, of...)
		return "", false
	}
	l.put(who, name, value, from)
	return value, true
}

// put lays a fact over the others from a month on: what is announced for later still
// holds from its own month.
func (l *layer) put(who casefile.Subject, name, value string, from core.Month) {
	v, known := l.s.cases.Variable(name)
	if !known {
		return
	}
	f := casefile.Fact{ID: core.ID("trial-" + name), File: l.g.File, Subject: who, Variable: name, State: casefile.Known, Value: value, Source: casefile.SourceSaid, RecordedAt: math.MaxInt64}
	if v.Period == casefile.PeriodMonth {
		f.From = core.PartialDate{Year: from.Year(), Month: from.Month()}
	}
	l.facts = append(l.facts, f)
}
