// Package demand is what a person asks of the organisation about their data: a copy and
// what must be said with it (GDPR art. 15), or that something is no longer done with them
// (art. 21). To correct is a contest of a fact (casefile/contest).
//
// Guarantees. A demand is received at the counter, by letter, by telephone or from the
// person's own space, and is answered within a month, three when it is said why (art. 12,
// 3); until then it waits on the first page of the day of the teams that accompany. What
// an objection stops is stopped before it is said to be. A refusal has its reason, which
// the person reads with whom to turn to.
//
//	id, err := demands.Ask(ctx, demand.Input{Kind: demand.Objection, What: demand.Runs})
package demand

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Limits.
const (
	maxWords = 2_000 // characters
	maxOpen  = 10    // of one file, waiting at once
	maxRead  = 100
)

// Kind is what is asked.
type Kind string

// The kinds.
const (
	Copy      Kind = "copy"      // art. 15
	Objection Kind = "objection" // art. 21
)

// What is the processing that an objection is about.
type What string

// The processings.
const (
	Runs    What = "runs"    // rights looked at again and again, and the figures made of them
	Sharing What = "sharing" // what is shared with other teams and relatives
	Other   What = "other"   // said in words
)

// Whats lists them in their order on a page.
func Whats() []What { return []What{Runs, Sharing, Other} }

// Way is how a demand came.
type Way string

// The ways.
const (
	Counter Way = "counter"
	Letter  Way = "letter"
	Phone   Way = "phone"
	Portal  Way = "portal"
)

// State is where a demand stands.
type State string

// The states.
const (
	Open      State = "open"
	Done      State = "done"
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
)

// Input is what a form sends. From the person's own space Way and On are not read.
type Input struct {
	Kind  Kind
	What  What
	Way   Way
	On    core.Date // received
	Words string    // needed for Other
}

// Demand is one of them.
type Demand struct {
	ID         core.ID
	Kind       Kind
	What       What
	Way        Way
	On, Due    core.Date
	Words      string
	Later      string // why it takes longer; "" when it does not
	State      State
	Answer     string
	AnsweredOn core.Date // zero while open
	By         string    // who answered
}

// Effects stop what an objection is about. They may be called again.
type Effects interface {
	Stop(ctx context.Context, file core.ID, what What) error
}

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cases   *casefile.Service
	effects Effects
}

// New makes a Service on the files of an installation.
func New(cases *casefile.Service, effects Effects) (*Service, error) {
	if cases == nil || effects == nil {
		return nil, errors.New("demand: the files and what an objection stops are needed")
	}
	return &Service{cases: cases, effects: effects}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

func (in *Input) validate(today core.Date) error {
	var f errs.Fields
	switch in.Kind {
	case Copy:
		in.What = ""
	case Objection:
		if in.What != Runs && in.What != Sharing && in.What != Other {
			f.Add("what", "errs.entitled.what")
		}
	default:
		f.Add("kind", "errs.entitled.kind")
	}
	switch in.Way {
	case Counter, Letter, Phone, Portal:
	default:
		f.Add("way", "errs.entitled.way")
	}
	switch {
	case in.On.IsZero():
		f.Add("on", "errs.entitled.day")
	case today.Before(in.On):
		f.Add("on", "errs.casefile.date_future")
	case in.On.Before(today.AddDays(-366)):
		f.Add("on", "errs.entitled.day_far")
	}
	missing := ""
	if in.What == Other {
		missing = "errs.entitled.words"
	}
	in.Words = prose(&f, "words", in.Words, missing)
	return f.Err()
}

func prose(f *errs.Fields, field, s, missing string) string {
	s = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s))
	switch {
	case s == "" && missing != "":
		f.Add(field, missing)
	case !utf8.ValidString(s):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(s) > maxWords:
		f.Add(field, "errs.casefile.text_too_long", "max", maxWords)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		f.Add(field, "errs.casefile.text_control")
	}
	return s
}

// months is the same day so many months later, the last of a shorter month (Règlement
// 1182/71, art. 3).
func months(d core.Date, n int) core.Date {
	last := time.Date(d.Year, d.Time().Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return core.Date{Year: last.Year(), Month: last.Month(), Day: min(d.Day, last.Day())}
}

const (
	countOpen = `SELECT COUNT(*) FROM demand WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND state = 'open'`
	sameOpen  = `SELECT id FROM demand WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND state = 'open' AND kind = $3 AND what = $4`
	insertOne = `INSERT INTO demand (org_id, file_id, id, kind, what, way, received_on, due_on, words, state, answered_on, answered_by, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', '', '', $10, $11)`
)

// Ask writes the demand of the person who signed in. One that waits already for the same
// thing is not written twice. Invalid by field.
func (s *Service) Ask(ctx context.Context, in Input) (core.ID, error) {
	in.Way, in.On = Portal, s.cases.Today(ctx)
	return s.write(ctx, access.DemandOwn, core.ActorFrom(ctx).ID, in, "demand.ask")
}

// Note writes a demand that somebody of the team received.
func (s *Service) Note(ctx context.Context, file core.ID, in Input) (core.ID, error) {
	return s.write(ctx, access.DemandEdit, file, in, "demand.note")
}

func (s *Service) write(ctx context.Context, action access.Action, file core.ID, in Input, kind string) (core.ID, error) {
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, action, &file)
		if err != nil {
			return err
		}
		if err := in.validate(s.cases.Today(ctx)); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, file); err != nil {
			return err
		}
		var before core.ID
		switch err := tx.QueryRow(sameOpen, o.Org, file, string(in.Kind), string(in.What)).Scan(&before); {
		case err == nil && in.What != Other:
			id = before
			return nil
		case err != nil && !errors.Is(err, db.ErrNoRows):
			return fmt.Errorf("find a demand: %w", err)
		}
		var n int
		if err := tx.QueryRow(countOpen, o.Org, file).Scan(&n); err != nil {
			return fmt.Errorf("count demands: %w", err)
		}
		if n >= maxOpen {
			return errs.New(errs.Invalid, "errs.entitled.too_many", "max", maxOpen)
		}
		sealed, err := s.seal("words", id, in.Words)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertOne, o.Org, file, id, string(in.Kind), string(in.What), string(in.Way), in.On.String(), months(in.On, 1).String(), sealed, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("write a demand: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: o.Humans, Object: "demand", ObjectID: id})
	})
	return id, err
}

func (s *Service) seal(column string, id core.ID, words string) ([]byte, error) {
	if words == "" {
		return nil, nil
	}
	sealed, err := s.cases.Fields.Seal("demand", column, string(id), []byte(words))
	if err != nil {
		return nil, fmt.Errorf("seal a demand: %w", err)
	}
	return sealed, nil
}

const (
	columns = `SELECT d.id, d.kind, d.what, d.way, d.received_on, d.due_on, d.words, d.later, d.state, d.answer, d.answered_on, d.answered_by FROM demand d `
	ofOwn   = columns + `WHERE d.org_id = $1 AND d.file_id = $2 ORDER BY d.id DESC LIMIT $3`
	ofFile  = columns + `WHERE d.org_id = $1 AND d.file_id IN ` + casefile.SameHuman + ` ORDER BY d.id DESC LIMIT $3`
)

// Own lists those of the person who signed in, the last first.
func (s *Service) Own(ctx context.Context) ([]Demand, error) {
	return s.list(ctx, access.DemandOwn, core.ActorFrom(ctx).ID, ofOwn, "demand.own")
}

// OfFile lists those of a file, for its team.
func (s *Service) OfFile(ctx context.Context, file core.ID) ([]Demand, error) {
	return s.list(ctx, access.DemandEdit, file, ofFile, "demand.read")
}

func (s *Service) list(ctx context.Context, action access.Action, file core.ID, sql, kind string) ([]Demand, error) {
	var out []Demand
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, action, &file)
		if err != nil {
			return journal.Event{}, err
		}
		out, err = s.load(q, o.Org, sql, o.Org, file, maxRead)
		return journal.Event{Kind: kind, Subjects: o.Humans}, err
	})
	return out, err
}

func (s *Service) load(q db.Querier, org core.ID, sql string, args ...any) ([]Demand, error) {
	var list []Demand
	var by []core.ID
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var d Demand
		var on, due, answered string
		var words, later, answer []byte
		var who core.ID
		if err := r.Scan(&d.ID, &d.Kind, &d.What, &d.Way, &on, &due, &words, &later, &d.State, &answer, &answered, &who); err != nil {
			return err
		}
		for _, p := range []struct {
			column string
			sealed []byte
			to     *string
		}{{"words", words, &d.Words}, {"later", later, &d.Later}, {"answer", answer, &d.Answer}} {
			if p.sealed == nil {
				continue
			}
			plain, err := s.cases.Fields.Open("demand", p.column, string(d.ID), p.sealed)
			if err != nil {
				return fmt.Errorf("open a demand: %w", err)
			}
			*p.to = string(plain)
		}
		var err error
		if d.On, err = core.ParseDate(on); err == nil {
			d.Due, err = core.ParseDate(due)
		}
		if err == nil && answered != "" {
			d.AnsweredOn, err = core.ParseDate(answered)
		}
		list, by = append(list, d), append(by, who)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read demands: %w", err)
	}
	names, err := access.Workers(q, org, by...)
	if err != nil {
		return nil, fmt.Errorf("who answered demands: %w", err)
	}
	for i := range list {
		list[i].By = names[by[i]].Name
	}
	return list, nil
}

const (
	takeBack = `UPDATE demand SET state = 'withdrawn', answered_on = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3 AND state = 'open'`
	extend   = `UPDATE demand SET due_on = $4, later = $5 WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND id = $3 AND state = 'open' AND later IS NULL`
	answer   = `UPDATE demand SET state = $4, answer = $5, answered_on = $6, answered_by = $7 WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND id = $3 AND state = 'open'`
	openOne  = columns + `WHERE d.org_id = $1 AND d.file_id IN ` + casefile.SameHuman + ` AND d.id = $3 AND d.state = 'open'`
)

// TakeBack ends a demand of the person who signed in; Conflict when it was answered.
func (s *Service) TakeBack(ctx context.Context, id core.ID) error {
	file := core.ActorFrom(ctx).ID
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.DemandOwn, &file)
		if err != nil {
			return err
		}
		n, err := tx.Exec(takeBack, o.Org, file, id, s.cases.Today(ctx).String())
		if err != nil {
			return fmt.Errorf("take a demand back: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.entitled.answered")
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "demand.withdraw", Subjects: o.Humans, Object: "demand", ObjectID: id})
	})
}

// one finds a demand that waits; Conflict when somebody answered it meanwhile.
func (s *Service) one(q db.Querier, o casefile.Opened, file, id core.ID) (Demand, error) {
	list, err := s.load(q, o.Org, openOne, o.Org, file, id)
	if err == nil && len(list) == 0 {
		err = errs.New(errs.Conflict, "errs.entitled.answered")
	}
	if err != nil {
		return Demand{}, err
	}
	return list[0], nil
}

// Extend gives two months more to a demand, once, with why, which the person reads. It is
// said within the first month (GDPR art. 12, 3): later is Invalid.
func (s *Service) Extend(ctx context.Context, file, id core.ID, why string) error {
	today := s.cases.Today(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.DemandEdit, &file)
		if err != nil {
			return err
		}
		var f errs.Fields
		why = prose(&f, "later", why, "errs.entitled.later")
		if err := f.Err(); err != nil {
			return err
		}
		d, err := s.one(tx, o, file, id)
		if err != nil {
			return err
		}
		if d.Later != "" || d.Due.Before(today) {
			return errs.Fields{errs.New(errs.Invalid, "errs.entitled.too_late").On("later")}
		}
		sealed, err := s.seal("later", id, why)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(extend, o.Org, file, id, months(d.On, 3).String(), sealed); err != nil {
			return fmt.Errorf("extend a demand: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "demand.extend", Subjects: o.Humans, Object: "demand", ObjectID: id})
	})
}

// Answer ends a demand. Granted, what an objection is about is stopped first; refused, it
// needs its reason, which the person reads. Invalid on "answer"; Conflict when somebody
// answered meanwhile.
func (s *Service) Answer(ctx context.Context, file, id core.ID, granted bool, words string) error {
	var f errs.Fields
	missing := "errs.entitled.refusal"
	if granted {
		missing = ""
	}
	words = prose(&f, "answer", words, missing)
	var d Demand
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.cases.Allow(ctx, q, access.DemandEdit, &file)
		if err == nil {
			d, err = s.one(q, o, file, id)
		}
		return err
	})
	if err == nil {
		err = f.Err()
	}
	if err != nil {
		return err
	}
	state := Refused
	if granted {
		state = Done
		if d.Kind == Objection && d.What != Other {
			if err := s.effects.Stop(ctx, file, d.What); err != nil {
				return fmt.Errorf("what the objection stops: %w", err)
			}
		}
	}
	today := s.cases.Today(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.DemandEdit, &file)
		if err != nil {
			return err
		}
		sealed, err := s.seal("answer", id, words)
		if err != nil {
			return err
		}
		n, err := tx.Exec(answer, o.Org, file, id, string(state), sealed, today.String(), core.ActorFrom(ctx).ID)
		if err != nil {
			return fmt.Errorf("answer a demand: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.entitled.answered")
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "demand.answer", Subjects: o.Humans, Object: "demand", ObjectID: id})
	})
}

// Waiting is somebody whose team has a demand to answer.
type Waiting struct {
	Person core.ID
	Name   string
	Due    core.Date // the nearest
}

const waiting = `/* every row: those that wait are few */ SELECT p.id, p.usual_name, p.given_names, p.birth_name, p.use_name, MIN(f.due_on)
FROM demand f LEFT JOIN person_alias al ON al.org_id = f.org_id AND al.alias_id = f.file_id AND al.ended_at = 0
JOIN person p ON p.org_id = f.org_id AND p.id = COALESCE(al.person_id, f.file_id)
WHERE f.org_id = $1 AND f.state = 'open' AND EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = f.org_id AND c.person_id IN (p.id, f.file_id) AND c.phase = 'active' AND c.team_id IN (%s))
GROUP BY p.id, p.usual_name, p.given_names, p.birth_name, p.use_name ORDER BY MIN(f.due_on), p.usual_name, p.id LIMIT 30`

// Waiting lists who waits for an answer of one of the actor's teams, by the last day to
// answer.
func (s *Service) Waiting(ctx context.Context) ([]Waiting, error) {
	actor := core.ActorFrom(ctx)
	sc, err := s.cases.Access.Scope(ctx, access.DemandEdit)
	if err != nil || len(sc.Teams) == 0 {
		return nil, err
	}
	args := []any{actor.Org}
	var marks []string
	for _, t := range sc.Teams {
		args = append(args, t)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	var list []Waiting
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		event := journal.Event{Kind: "list"}
		rows, err := q.Query(fmt.Sprintf(waiting, strings.Join(marks, ", ")), args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var p casefile.Person
			var due string
			if err := r.Scan(&p.ID, &p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &due); err != nil {
				return err
			}
			day, err := core.ParseDate(due)
			list = append(list, Waiting{Person: p.ID, Name: p.DisplayName(), Due: day})
			event.Subjects = append(event.Subjects, p.ID)
			return err
		})
		if err != nil {
			return event, fmt.Errorf("who waits for an answer: %w", err)
		}
		return event, nil
	})
	return list, err
}

// Terms are how long the organisation keeps files, for the paper that goes with a copy:
// for the person, or a worker of a team that accompanies them.
func (s *Service) Terms(ctx context.Context, file core.ID) (retention.Rule, error) {
	action := access.DemandEdit
	if core.ActorFrom(ctx).Kind == core.ActorPerson {
		action = access.DemandOwn
	}
	var rule retention.Rule
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.cases.Allow(ctx, q, action, &file)
		if err == nil {
			rule, err = retention.RuleOf(q, o.Org)
		}
		return err
	})
	return rule, err
}
