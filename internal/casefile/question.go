package casefile

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// openQuestion is a fact that results wait for and that nobody answered yet.
type openQuestion struct {
	Missing
	readBy []string
	sure   bool // the rights that wait are due whatever it is: it makes an amount precise
}

// id names the question in an address: the variable and the subject.
func (o openQuestion) id() string { return o.Variable + "." + string(o.Subject.ID) }

// openQuestions gathers what the results miss, the most useful first: what may
// change what is due, as the calculation ranked it, then what only makes an amount
// precise; what it did not rank in the order of the law's pages; the right to stay
// last. « Ne sait pas » and « préfère ne pas dire » are answers: what
// was answered so is not asked again. Rights silenced or already received ask
// nothing.
func (s *Service) openQuestions(rights []RightLine, facts []Fact, month core.Month) []openQuestion {
	var list []openQuestion
	for _, r := range rights {
		if r.Result == nil || r.Result.Status != ToVerify || r.Silenced() {
			continue
		}
		for _, m := range r.Result.Missing {
			if ofStay(m.Variable) && stayAnswered(facts, m.Subject, month) {
				continue
			}
			if needless(m, facts, month) {
				continue
			}
			m.Variable = s.askedFor(m.Variable, m.Subject, facts)
			v, known := s.vocabulary.find(m.Variable)
			if !known || answered(facts, m, v, month) {
				continue
			}
			if i := slices.IndexFunc(list, func(o openQuestion) bool { return o.Variable == m.Variable && o.Subject == m.Subject }); i >= 0 {
				o := &list[i]
				if !slices.Contains(o.readBy, r.Right) {
					o.readBy = append(o.readBy, r.Right)
				}
				o.sure = o.sure && r.Result.Min > 0
				if m.Rank > 0 && (o.Rank == 0 || m.Rank < o.Rank) {
					o.Rank = m.Rank
				}
				o.From, o.Until = min(o.From, m.From), max(o.Until, m.Until)
				continue
			}
			list = append(list, openQuestion{Missing: m, readBy: []string{r.Right}, sure: r.Result.Min > 0})
		}
	}
	slices.SortStableFunc(list, func(a, b openQuestion) int {
		return cmp.Or(s.last(a)-s.last(b), one(a.Rank == 0)-one(b.Rank == 0), a.Rank-b.Rank, one(a.sure)-one(b.sure), s.place(a)-s.place(b))
	})
	return list
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// place is where the law files ask a fact.
func (s *Service) place(o openQuestion) int {
	v, _ := s.vocabulary.find(o.Variable)
	return v.Place
}

// needless tells whether a question makes no sense after what was answered: a loan
// is asked about only of somebody who said that they are paying for their home.
func needless(m Missing, facts []Fact, month core.Month) bool {
	switch m.Variable {
	case "aide_logement_date_pret", "etat_logement":
	default:
		return false
	}
	var held []Fact
	for _, f := range facts {
		if f.Variable == "statut_occupation_logement" && f.Subject == m.Subject {
			held = append(held, f)
		}
	}
	f := Holding(held, month)
	return f == nil || f.State != Known || f.Value != "primo_accedant"
}

// last is 1 for what is asked after all the rest.
func (s *Service) last(o openQuestion) int {
	if v, _ := s.vocabulary.find(o.Variable); v.Theme == ThemeStay {
		return 1
	}
	return 0
}

// answered tells whether somebody already answered, be it that nobody knows or
// that the person prefers not to say, for every month that is missing.
func answered(facts []Fact, m Missing, v Variable, month core.Month) bool {
	group := make([]*Fact, 0, 8)
	for i := range facts { // not by value: a hundred questions look at five hundred facts
		if f := &facts[i]; f.Variable == m.Variable && f.Subject == m.Subject && f.Current() {
			group = append(group, f)
		}
	}
	if v.Period == PeriodAlways || len(group) == 0 {
		return len(group) > 0
	}
	first, last := m.From, m.Until
	if first == 0 || last < first {
		first, last = month, month
	}
	for at := first; at <= last; at++ {
		if !slices.ContainsFunc(group, func(f *Fact) bool { return f.Covers(at) }) {
			return false
		}
	}
	return true
}

// NextQuestion reads the question worth asking next; ok is false when no answer
// would change anything.
func (s *Service) NextQuestion(ctx context.Context, file core.ID) (q Question, ok bool, err error) {
	return s.question(ctx, file, "")
}

// AskQuestion reads one question by its id: the page that a link names.
func (s *Service) AskQuestion(ctx context.Context, file core.ID, id string) (Question, error) {
	q, ok, err := s.question(ctx, file, id)
	if err == nil && !ok {
		err = errs.New(errs.NotFound, "errs.casefile.question_over")
	}
	return q, err
}

func (s *Service) question(ctx context.Context, file core.ID, id string) (question Question, ok bool, err error) {
	today := s.Today(ctx)
	month := today.CalendarMonth()
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		ok = false
		o, err := s.Allow(ctx, q, access.FactRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		f, err := s.readFile(q, o, file, month, today)
		if err != nil {
			return journal.Event{}, err
		}
		facts, err := ReadFacts(q, o, file)
		if err != nil {
			return journal.Event{}, err
		}
		event := journal.Event{Kind: "question.read", Subjects: o.Humans}
		open := s.openQuestions(f.Rights, facts, month)
		i := 0
		if id != "" {
			i = slices.IndexFunc(open, func(o openQuestion) bool { return o.id() == id })
		}
		if i < 0 || i >= len(open) {
			return event, nil
		}
		ok = true
		if f.Person.Address.Protected {
			facts = hideWhere(facts)
		}
		question = s.pose(open[i], open, f, facts, month)
		return event, nil
	})
	return question, ok, err
}

// pose makes the page of one question.
func (s *Service) pose(o openQuestion, open []openQuestion, f *File, facts []Fact, month core.Month) Question {
	q := Question{ID: o.id(), Subject: o.Subject, ReadBy: slices.Clone(o.readBy)}
	pages := map[string]bool{}
	for _, other := range open {
		pages[s.asked(other.Variable)[0]+string(other.Subject.ID)] = true
		if other.Subject != o.Subject || !slices.Contains(s.asked(o.Variable), other.Variable) {
			continue
		}
		for _, right := range other.readBy {
			if !slices.Contains(q.ReadBy, right) {
				q.ReadBy = append(q.ReadBy, right)
			}
		}
		if other.From != 0 && (q.Earliest == 0 || other.From < q.Earliest) {
			q.Earliest = other.From
		}
	}
	q.Left = len(pages)
	if h, shown := f.Household.Humans[o.Subject.ID]; shown && o.Subject.ID != f.Person.ID {
		q.Human = &h
	}
	for _, name := range s.asked(o.Variable) {
		v, known := s.vocabulary.find(name)
		if !known {
			continue
		}
		cell := QuestionCell{Of: v, From: s.since(v, o.Missing, month)}
		for i := range facts {
			if g := facts[i]; g.Current() && g.Variable == name && g.Subject == o.Subject && g.From == cell.From {
				cell.Current = &g
			}
		}
		q.Cells = append(q.Cells, cell)
	}
	return q
}

// asked lists the cells that one page asks together: the amounts that the law
// files ask on one page, because they stand side by side on one pay slip. What is
// chosen from a list has a page of its own.
func (s *Service) asked(variable string) []string {
	if together := s.vocabulary.together[variable]; together != nil {
		return together
	}
	return []string{variable}
}

// Pages counts the question pages that ask missing facts.
func (s *Service) Pages(missing []Missing) int {
	type page struct {
		first   string
		subject core.ID
	}
	pages := make([]page, 0, 16)
	for i := range missing {
		p := page{missing[i].Variable, missing[i].Subject.ID}
		if together := s.vocabulary.together[p.first]; together != nil {
			p.first = together[0]
		}
		if !slices.Contains(pages, p) {
			pages = append(pages, p)
		}
	}
	return len(pages)
}

// since is the first month or year an answer holds from, when the person says
// nothing else: the first that the law misses.
func (s *Service) since(v Variable, m Missing, month core.Month) core.PartialDate {
	from := m.From
	if from == 0 {
		from = month
	}
	switch v.Period {
	case PeriodAlways:
		return core.PartialDate{}
	case PeriodYear:
		return core.PartialDate{Year: from.Year()}
	}
	return core.PartialDate{Year: from.Year(), Month: from.Month()}
}

// AnswerQuestion writes the cells of an answer and computes again. Values that
// were left empty are not written; with Unknown or Refused every cell is.
func (s *Service) AnswerQuestion(ctx context.Context, file core.ID, a Answer) error {
	name, subject, ok := strings.Cut(a.Question, ".")
	if !ok || (a.Subject.ID != "" && a.Subject.ID != core.ID(subject)) {
		return errs.New(errs.NotFound, "errs.casefile.question_over")
	}
	v, known := s.vocabulary.find(name)
	if !known {
		return errs.New(errs.NotFound, "errs.casefile.question_over")
	}
	about := Subject{AboutPerson, core.ID(subject)}
	if v.Entity == EntityDwelling {
		about.Kind = AboutDwelling
		if about.ID == file { // pictured without a household yet
			about.ID = ""
		}
	}
	missing, held, err := s.missing(ctx, file, core.ID(subject))
	if err != nil {
		return err
	}
	var in []FactInput
	given := false
	for _, cell := range s.asked(name) {
		cv, known := s.vocabulary.find(cell)
		if !known {
			continue
		}
		value, state := strings.TrimSpace(a.Values[cell]), a.State
		lacks, isMissing := missing[cell]
		if state == Known && value == "" {
			// Left empty beside one that was given: nobody knew it.
			if state = Unknown; !isMissing {
				continue
			}
		} else {
			given = true
		}
		from := a.From
		if from.IsZero() {
			if !isMissing {
				lacks = missing[name]
			}
			from = s.since(cv, lacks, s.ThisMonth(ctx))
		}
		replaces := a.Replaces[cell]
		if replaces == "" { // « je ne sais pas » gives way to an answer
			for _, f := range held {
				if f.Current() && f.Variable == cell && f.Subject.ID == core.ID(subject) && f.From == from && f.State != Known {
					replaces = f.ID
				}
			}
		}
		in = append(in, FactInput{Subject: about, Variable: cell, From: from, Until: a.Until, State: state, Value: value,
			Source: a.Source, Detail: a.Detail, Replaces: replaces})
	}
	if !given {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.answer_missing").On("answer")}
	}
	_, err = s.SaveFacts(ctx, file, in)
	return err
}

// missing gives what the results miss about somebody, by variable, and the facts
// of the file.
func (s *Service) missing(ctx context.Context, file, subject core.ID) (m map[string]Missing, facts []Fact, err error) {
	month := s.ThisMonth(ctx)
	err = s.DB.Read(ctx, func(q db.Querier) error {
		m = map[string]Missing{}
		o, err := s.Allow(ctx, q, access.FactSave, &file)
		if err != nil {
			return err
		}
		if facts, err = ReadFacts(q, o, file); err != nil {
			return err
		}
		e, computed, err := loadEvaluation(q, o.Org, file, month)
		if err != nil || !computed {
			return err
		}
		results, err := loadResults(q, o.Org, file, e)
		if err != nil {
			return err
		}
		for _, open := range s.openQuestions(s.rightLines(results, nil), facts, month) {
			if open.Subject.ID == subject {
				m[open.Variable] = open.Missing
			}
		}
		return nil
	})
	return m, facts, err
}
