// Package contest is where a person says that a fact of their file is not right, in
// their words, and where the team answers (GDPR art. 16: rectification). A contest
// never changes the fact: whoever corrects it does so on its own page, and what was
// believed before stays; whoever keeps it says why, and the person reads it.
//
//	id, err := contests.Say(ctx, fact, "Mon loyer est de 520 €, pas 548.")
package contest

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Limits.
const (
	MaxWords = 1_000 // characters, of the person and of the answer
	maxOpen  = 50    // of one file, waiting at once
	maxRead  = 200   // of one file
)

// State is where a contest stands.
type State string

// The states. A contest that is not open has ended and is not written again.
const (
	Open      State = "open"
	Changed   State = "changed"
	Kept      State = "kept"
	TakenBack State = "taken_back" // by the person
)

// Contest is what a person said of a fact, and what they were answered.
type Contest struct {
	ID         core.ID
	Fact       core.ID
	Words      string
	SaidOn     core.Date
	State      State
	Answer     string
	AnsweredOn core.Date // zero while it is open
	AnsweredBy core.ID
	Version    int64
}

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of persons.
func New(cases *casefile.Service) *Service { return &Service{cases: cases} }

func prose(field, words string, f *errs.Fields) string {
	words = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(words))
	switch {
	case words == "":
		f.Add(field, "contest.error.words")
	case !utf8.ValidString(words):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(words) > MaxWords:
		f.Add(field, "errs.casefile.text_too_long", "max", MaxWords)
	case strings.ContainsFunc(words, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		f.Add(field, "errs.casefile.text_control")
	}
	return words
}

const (
	countOpen = `SELECT COUNT(*) FROM fact_contest WHERE org_id = $1 AND file_id = $2 AND state = 'open'`
	insertOne = `INSERT INTO fact_contest (org_id, file_id, id, fact_id, words, said_on, state, answered_on, answered_by, version) VALUES ($1, $2, $3, $4, $5, $6, 'open', '', '', 1)`
	sameOpen  = `SELECT id FROM fact_contest WHERE org_id = $1 AND file_id = $2 AND state = 'open' AND fact_id = $3`
)

// Say writes, for the person who signed in, that a fact of their own file is not
// right. The fact is one that they may read (casefile.OwnSituation), else NotFound;
// Invalid on "words"; Conflict when it is contested already and waits.
func (s *Service) Say(ctx context.Context, fact core.ID, words string) (core.ID, error) {
	person := core.ActorFrom(ctx).ID
	own, _, err := s.cases.OwnSituation(ctx)
	if err != nil {
		return "", err
	}
	if !holds(own, fact) {
		return "", errs.New(errs.NotFound, "contest.error.fact")
	}
	var f errs.Fields
	words = prose("words", words, &f)
	if err := f.Err(); err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	sealed, err := s.cases.Fields.Seal("fact_contest", "words", string(id), []byte(words))
	if err != nil {
		return "", fmt.Errorf("seal a contest: %w", err)
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.StatementAdd, &person)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(countOpen, o.Org, person).Scan(&n); err != nil {
			return fmt.Errorf("count contests: %w", err)
		}
		if n >= maxOpen {
			return errs.New(errs.Invalid, "contest.error.too_many", "max", maxOpen)
		}
		var before core.ID
		switch err := tx.QueryRow(sameOpen, o.Org, person, fact).Scan(&before); {
		case err == nil:
			return errs.New(errs.Conflict, "contest.error.waits")
		case !errors.Is(err, db.ErrNoRows):
			return fmt.Errorf("find a contest: %w", err)
		}
		if _, err := tx.Exec(insertOne, o.Org, person, id, fact, sealed, own.Today.String()); err != nil {
			return fmt.Errorf("insert a contest: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "fact.contest", Subjects: o.Humans, Object: "fact", ObjectID: fact})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func holds(f *casefile.File, fact core.ID) bool {
	for _, l := range f.Facts {
		if l.ID == fact {
			return true
		}
		for _, u := range l.Upcoming {
			if u.ID == fact {
				return true
			}
		}
	}
	return false
}

const takeBack = `UPDATE fact_contest SET state = 'taken_back', answered_on = $4, answered_by = $2, version = version + 1
WHERE org_id = $1 AND file_id = $2 AND id = $3 AND state = 'open'`

// TakeBack ends a contest of the person who signed in, by themself; Conflict when
// it has been answered.
func (s *Service) TakeBack(ctx context.Context, id core.ID) error {
	person := core.ActorFrom(ctx).ID
	today := s.cases.Today(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.StatementAdd, &person)
		if err != nil {
			return err
		}
		n, err := tx.Exec(takeBack, o.Org, person, id, today.String())
		if err != nil {
			return fmt.Errorf("take a contest back: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "contest.error.answered")
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "fact.uncontest", Subjects: o.Humans, Object: "contest", ObjectID: id})
	})
}

const answerOne = `UPDATE fact_contest SET state = $4, answer = $5, answered_on = $6, answered_by = $7, version = version + 1
WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND id = $3 AND state = 'open'`

// Answer ends a contest: Changed when the fact was corrected, Kept when it was not,
// with words that the person reads. Invalid on "answer" and "state"; Conflict when
// a colleague answered, or the person took it back, meanwhile.
func (s *Service) Answer(ctx context.Context, file, id core.ID, state State, words string) error {
	var f errs.Fields
	if state != Changed && state != Kept {
		f.Add("state", "errs.casefile.choice_unknown")
	}
	words = prose("answer", words, &f)
	if err := f.Err(); err != nil {
		return err
	}
	sealed, err := s.cases.Fields.Seal("fact_contest", "answer", string(id), []byte(words))
	if err != nil {
		return fmt.Errorf("seal an answer: %w", err)
	}
	today := s.cases.Today(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.FactSave, &file)
		if err != nil {
			return err
		}
		n, err := tx.Exec(answerOne, o.Org, file, id, string(state), sealed, today.String(), core.ActorFrom(ctx).ID)
		if err != nil {
			return fmt.Errorf("answer a contest: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "contest.error.answered")
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "fact.answer", Subjects: o.Humans, Object: "contest", ObjectID: id})
	})
}

const columns = `SELECT c.id, c.fact_id, c.words, c.said_on, c.state, c.answer, c.answered_on, c.answered_by, c.version FROM fact_contest c `

// Own lists those of the person who signed in, the latest first, at most 200. It
// leaves no line of its own: the page that shows them reads their facts.
func (s *Service) Own(ctx context.Context) ([]Contest, error) {
	person := core.ActorFrom(ctx).ID
	var list []Contest
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		o, err := s.cases.Allow(ctx, q, access.FactOwn, &person)
		if err != nil {
			return err
		}
		list, err = s.load(q, columns+`WHERE c.org_id = $1 AND c.file_id = $2 ORDER BY c.id DESC LIMIT $3`, o.Org, person, maxRead)
		return err
	})
	return list, err
}

// OfFile lists those of a file that wait, or were answered on the last thirty days,
// the latest first, for a worker who may read its facts.
func (s *Service) OfFile(ctx context.Context, file core.ID) ([]Contest, error) {
	var list []Contest
	since := s.cases.Today(ctx).AddDays(-30).String()
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.FactRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		list, err = s.load(q, columns+`WHERE c.org_id = $1 AND c.file_id IN `+casefile.SameHuman+`
AND (c.state = 'open' OR c.answered_on >= $4) ORDER BY c.id DESC LIMIT $3`, o.Org, file, maxRead, since)
		return journal.Event{Kind: "fact.read", Subjects: o.Humans}, err
	})
	return list, err
}

// Waiting is somebody whose team has a contest to answer.
type Waiting struct {
	Person core.ID
	Name   string
	Since  core.Date
}

const maxWaiting = 30

// The partial index holds those that wait alone.
const waiting = `/* every row: those that wait are few */ SELECT p.id, p.usual_name, p.given_names, p.birth_name, p.use_name, MIN(f.said_on)
FROM fact_contest f LEFT JOIN person_alias al ON al.org_id = f.org_id AND al.alias_id = f.file_id AND al.ended_at = 0
JOIN person p ON p.org_id = f.org_id AND p.id = COALESCE(al.person_id, f.file_id)
WHERE f.org_id = $1 AND f.state = 'open' AND EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = f.org_id AND c.person_id IN (p.id, f.file_id) AND c.phase = 'active' AND c.team_id IN (%s))
GROUP BY p.id, p.usual_name, p.given_names, p.birth_name, p.use_name ORDER BY p.usual_name, p.given_names, p.id LIMIT %d`

// Waiting lists, by name, who waits for an answer of one of the actor's teams.
func (s *Service) Waiting(ctx context.Context) ([]Waiting, error) {
	actor := core.ActorFrom(ctx)
	if err := s.cases.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return nil, err
	}
	if len(actor.Teams) == 0 {
		return nil, nil
	}
	args := []any{actor.Org}
	var marks []string
	for _, t := range actor.Teams {
		args = append(args, t)
		marks = append(marks, "$"+strconv.Itoa(len(args)))
	}
	var list []Waiting
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		event := journal.Event{Kind: "list"}
		rows, err := q.Query(fmt.Sprintf(waiting, strings.Join(marks, ", "), maxWaiting), args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var p casefile.Person
			var since string
			if err := r.Scan(&p.ID, &p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &since); err != nil {
				return err
			}
			day, err := core.ParseDate(since)
			list = append(list, Waiting{Person: p.ID, Name: p.DisplayName(), Since: day})
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

func (s *Service) load(q db.Querier, sql string, args ...any) ([]Contest, error) {
	var list []Contest
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var c Contest
		var words, answer []byte
		var said, answered string
		if err := r.Scan(&c.ID, &c.Fact, &words, &said, &c.State, &answer, &answered, &c.AnsweredBy, &c.Version); err != nil {
			return err
		}
		plain, err := s.cases.Fields.Open("fact_contest", "words", string(c.ID), words)
		if err != nil {
			return fmt.Errorf("open a contest: %w", err)
		}
		c.Words = string(plain)
		if answer != nil {
			if plain, err = s.cases.Fields.Open("fact_contest", "answer", string(c.ID), answer); err != nil {
				return fmt.Errorf("open an answer: %w", err)
			}
			c.Answer = string(plain)
		}
		if c.SaidOn, err = core.ParseDate(said); err == nil && answered != "" {
			c.AnsweredOn, err = core.ParseDate(answered)
		}
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read contests: %w", err)
	}
	return list, nil
}
