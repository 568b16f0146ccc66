package casefile

import (
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
}

// id names the question in an address: the variable and the subject.
func (o openQuestion) id() string { return o.Variable + "." + string(o.Subject.ID) }

// openQuestions gathers what the results miss, in the engine's order, the right
// to stay last. « Ne sait pas » and « préfère ne pas dire » are answers: what
// was answered so is not asked again. Rights silenced or already received ask
// nothing.
func (s *Service) openQuestions(rights []RightLine, facts []Fact, month core.Month) []openQuestion {
	var list []openQuestion
	for _, r := range rights {
		if r.Result == nil || r.Result.Status != ToVerify || r.Silenced() {
			continue
		}
		for _, m := range r.Result.Missing {
			if slices.Contains(stayVariables(), m.Variable) && stayAnswered(facts, m.Subject, month) {
				continue
			}
			m.Variable = s.askedFor(m.Variable, m.Subject, facts)
			v, known := s.vocabulary.find(m.Variable)
			if !known || answered(facts, m, v, month) {
				continue
			}
			if i := slices.IndexFunc(list, func(o openQuestion) bool { return o.Variable == m.Variable && o.Subject == m.Subject }); i >= 0 {
				if !slices.Contains(list[i].readBy, r.Right) {
					list[i].readBy = append(list[i].readBy, r.Right)
				}
				continue
			}
			list = append(list, openQuestion{Missing: m, readBy: []string{r.Right}})
		}
	}
	slices.SortStableFunc(list, func(a, b openQuestion) int { return s.last(a) - s.last(b) })
	return list
}

// last is 1 for what is asked after all the rest.
func (s *Service) last(o openQuestion) int {
	if v, _ := s.vocabulary.find(o.Variable); v.Theme == ThemeStay {
		return 1
	}
	return 0
}

// answered tells whether somebody already answered that the fact is unknown or
// refused, now.
func answered(facts []Fact, m Missing, v Variable, month core.Month) bool {
	var group []Fact
	for _, f := range facts {
		if f.Variable == m.Variable && f.Subject == m.Subject {
			group = append(group, f)
		}
	}
	if v.Period == PeriodAlways && len(group) > 0 {
		month = 0
	}
	held := Holding(group, month)
	return held != nil && held.State != Known
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
		o, err := s.allow(ctx, q, access.FactRead, file)
		if err != nil {
			return journal.Event{}, err
		}
		f, err := s.readFile(q, o, file, month, today)
		if err != nil {
			return journal.Event{}, err
		}
		facts, err := loadFacts(q, o.org, file)
		if err != nil {
			return journal.Event{}, err
		}
		event := journal.Event{Kind: "question.read", Subjects: []core.ID{file}}
		open := s.openQuestions(f.Rights, facts, month)
		i := 0
		if id != "" {
			i = slices.IndexFunc(open, func(o openQuestion) bool { return o.id() == id })
		}
		if i < 0 || i >= len(open) {
			return event, nil
		}
		ok = true
		question = s.pose(open[i], f, facts, month, len(open))
		return event, nil
	})
	return question, ok, err
}

// pose makes the page of one question.
func (s *Service) pose(o openQuestion, f *File, facts []Fact, month core.Month, left int) Question {
	q := Question{ID: o.id(), Subject: o.Subject, ReadBy: o.readBy, Left: left}
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
			if g := facts[i]; g.Current() && g.Variable == name && g.Subject == o.Subject {
				cell.Current = &g
			}
		}
		q.Cells = append(q.Cells, cell)
	}
	return q
}

// asked lists the cells that one page asks together: what stands side by side
// on one pay slip or one lease is one question.
func (s *Service) asked(variable string) []string {
	for _, together := range [][]string{
		{"salaire_net", "salaire_imposable", "salaire_de_base"},
		{"chomage_net", "chomage_imposable"},
		{"retraite_nette", "retraite_imposable", "retraite_brute"},
	} {
		if slices.Contains(together, variable) {
			return together
		}
	}
	return []string{variable}
}

// since is the first month or year an answer holds from, when nothing better
// was said: what the law reads of the variable.
func (s *Service) since(v Variable, m Missing, month core.Month) core.PartialDate {
	switch {
	case v.Period == PeriodAlways:
		return core.PartialDate{}
	case v.Period == PeriodYear:
		return core.PartialDate{Year: month.Year() - 2}
	case m.From != 0:
		return core.PartialDate{Year: m.From.Year(), Month: m.From.Month()}
	case v.Type == TypeAmount && v.Entity == EntityPerson: // incomes: from January N-2
		return core.PartialDate{Year: month.Year() - 2, Month: 1}
	}
	return core.PartialDate{Year: month.Year(), Month: month.Month()}
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
	month := s.ThisMonth(ctx)
	var in []FactInput
	for _, cell := range s.asked(name) {
		cv, known := s.vocabulary.find(cell)
		value, given := a.Values[cell]
		if !known || (a.State == Known && (!given || strings.TrimSpace(value) == "")) {
			continue
		}
		from := a.From
		if from.IsZero() {
			from = s.since(cv, Missing{Variable: cell}, month)
		}
		in = append(in, FactInput{Subject: about, Variable: cell, From: from, Until: a.Until, State: a.State, Value: value,
			Source: a.Source, Detail: a.Detail, Replaces: a.Replaces[cell]})
	}
	if len(in) == 0 {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.answer_missing").On("answer")}
	}
	_, err := s.SaveFacts(ctx, file, in)
	return err
}
