// Package death records that somebody died, and takes it back when it was a mistake.
//
// From then on nothing is sent to the person and their file is read, no longer
// written (casefile.Service.Allow refuses); their card, keys and sessions stop at once,
// and stay stopped when the death is taken back: the counter makes another card. The files of those who remain stand:
// from the date their household is without the person, and their rights are
// computed for the months from then on; what was computed before does not change.
//
//	deaths, err := death.New(cases, cards)
//	err = deaths.Record(ctx, file, file, death.Input{On: core.PartialDate{Year: 2026, Month: 5}, Source: casefile.SourceSaid})
package death

import (
	"context"
	"errors"
	"fmt"
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

const maxDetail = 300 // characters

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cases *casefile.Service
	ways  Ways
}

// Ways are told, in the same transaction, that the person of some files died: nothing
// lets them in any more.
type Ways interface {
	Died(tx *db.Tx, org core.ID, files []core.ID) error
}

// New makes a Service on the files of an installation. ways is nil where nobody signs
// in.
func New(cases *casefile.Service, ways Ways) (*Service, error) {
	if cases == nil {
		return nil, errors.New("death: the files are needed")
	}
	return &Service{cases: cases, ways: ways}, nil
}

// Input is what the form sends. Of a date known in part, the household changes from
// its last possible day.
type Input struct {
	On     core.PartialDate
	Source casefile.Source // said, document or caf_letter
	Detail string          // which paper, who said it; "" or at most 300 characters
}

func (in *Input) validate(today core.Date) error {
	var f errs.Fields
	in.Detail = strings.Join(strings.Fields(in.Detail), " ")
	switch first, _ := in.On.Bounds(); {
	case in.On.IsZero():
		f.Add("on", "errs.life.date_missing")
	case today.Before(first):
		f.Add("on", "errs.life.date_future")
	case today.Year-in.On.Year > 130:
		f.Add("on", "errs.life.date_far")
	}
	switch in.Source {
	case casefile.SourceSaid, casefile.SourceDocument, casefile.SourceLetter:
	default:
		f.Add("source", "errs.life.source_missing")
	}
	switch {
	case !utf8.ValidString(in.Detail):
		f.Add("detail", "errs.casefile.text_encoding")
	case utf8.RuneCountInString(in.Detail) > maxDetail:
		f.Add("detail", "errs.casefile.text_too_long", "max", maxDetail)
	case strings.ContainsFunc(in.Detail, unicode.IsControl):
		f.Add("detail", "errs.casefile.text_control")
	}
	return f.Err()
}

// gone is the first day on which the household is without the person.
func (in Input) gone(today core.Date) core.Date {
	_, last := in.On.Bounds()
	if today.Before(last) {
		return today
	}
	return last
}

const (
	markDead = `UPDATE person SET died_on = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND died_on = ''`
	unmark   = `UPDATE person SET died_on = '', version = version + 1 WHERE org_id = $1 AND id IN ` + casefile.SameHuman + ` AND died_on <> ''`
	bornDied = `SELECT birth, died_on FROM person WHERE org_id = $1 AND id = $2`
	insert   = `INSERT INTO death (org_id, person_id, id, died_on, source, detail, at, by_worker, undone_at, undone_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`
	takeBack = `UPDATE death SET undone_at = $4, undone_by = $5 WHERE org_id = $1 AND person_id = $2 AND id = $3`
	standing = `SELECT person_id, id, died_on, source, detail, at, by_worker FROM death
WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND undone_at = 0 ORDER BY id DESC LIMIT 1`

	insertChange = `INSERT INTO death_change (org_id, person_id, death_id, kind, row_id, household_id, was, became) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	changes      = `SELECT kind, row_id, household_id, was, became FROM death_change WHERE org_id = $1 AND person_id = $2 AND death_id = $3`
	openStays    = `SELECT id, household_id, valid_from, valid_to FROM household_member WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND (valid_to = '' OR valid_to > $3)`
	openCouples  = `SELECT id, '', valid_from, valid_to FROM kinship WHERE org_id = $1 AND kind = 'couple' AND a IN ` + casefile.SameHuman + ` AND (valid_to = '' OR valid_to > $3)
UNION ALL SELECT id, '', valid_from, valid_to FROM kinship WHERE org_id = $1 AND kind = 'couple' AND b IN ` + casefile.SameHuman + ` AND (valid_to = '' OR valid_to > $3)`
	endStay   = `UPDATE household_member SET valid_to = $4, version = version + 1 WHERE org_id = $1 AND household_id = $2 AND id = $3 AND valid_to = $5`
	endCouple = `UPDATE kinship SET valid_to = $4, version = version + 1 WHERE org_id = $1 AND id = $3 AND valid_to = $5 AND $2 = ''`
)

// Record notes in a file that somebody died: its person, or somebody of the
// household who has no file of their own. The same death recorded twice is recorded
// once; another date is a Conflict: the first is taken back before.
func (s *Service) Record(ctx context.Context, file, human core.ID, in Input) error {
	today := s.cases.Today(ctx)
	around := []core.ID{}
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.DeathRecord, &file)
		if err != nil {
			return err
		}
		if err := in.validate(today); err != nil {
			return err
		}
		if err := s.isShown(tx, o, file, &human, today); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, human); err != nil {
			return err
		}
		var birth, died string
		if err := tx.QueryRow(bornDied, o.Org, human).Scan(&birth, &died); err != nil {
			return fmt.Errorf("read person %s: %w", human, err)
		}
		switch {
		case died == in.On.String():
			return nil
		case died != "":
			return errs.New(errs.Conflict, "errs.life.known")
		}
		born, err := core.ParsePartialDate(birth)
		if err != nil {
			return fmt.Errorf("read person %s: %w", human, err)
		}
		if first, _ := born.Bounds(); !born.IsZero() && in.gone(today).Before(first) {
			return errs.Fields{errs.New(errs.Invalid, "errs.life.before_birth").On("on")}
		}
		view, err := casefile.ReadHousehold(tx, o.Org, human, today)
		if err != nil {
			return err
		}
		for _, m := range view.Members {
			if m.Person != human {
				around = append(around, m.Person)
			}
		}
		if _, err := tx.Exec(markDead, o.Org, human, in.On.String()); err != nil {
			return fmt.Errorf("note the death: %w", err)
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insert, o.Org, human, id, in.On.String(), in.Source, in.Detail, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("note the death: %w", err)
		}
		if err := leave(tx, o.Org, human, id, in.gone(today)); err != nil {
			return err
		}
		if s.ways != nil {
			files, err := oneHuman(tx, o.Org, human)
			if err != nil {
				return err
			}
			if err := s.ways.Died(tx, o.Org, files); err != nil {
				return err
			}
		}
		if err := casefile.TalkAgain(tx, o.Org, human, today.CalendarMonth()); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "death.record", Subjects: subjects(o.Humans, human), Object: "death", ObjectID: id})
	})
	if err != nil {
		return err
	}
	s.recompute(ctx, append(around, file))
	return nil
}

// isShown checks that a file may say that somebody died: its own person, or one of
// the household without a file of their own. human becomes the one who stands.
func (s *Service) isShown(q db.Querier, o casefile.Opened, file core.ID, human *core.ID, today core.Date) error {
	for _, id := range o.Humans {
		if *human == id {
			*human = file
			return nil
		}
	}
	view, err := casefile.ReadHousehold(q, o.Org, file, today)
	if err != nil {
		return err
	}
	if _, shown := view.Humans[*human]; !shown {
		return errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	var files int64
	if err := q.QueryRow(filesOf, o.Org, *human).Scan(&files); err != nil {
		return fmt.Errorf("who accompanies %s: %w", *human, err)
	}
	if files > 0 {
		return errs.New(errs.Forbidden, "errs.casefile.has_own_file")
	}
	return nil
}

const sameHuman = `SELECT id FROM person WHERE org_id = $1 AND id IN ` + casefile.SameHuman + ` ORDER BY id LIMIT 200`

// oneHuman are the files of somebody and of those found to be the same.
func oneHuman(q db.Querier, org, human core.ID) ([]core.ID, error) {
	var list []core.ID
	rows, err := q.Query(sameHuman, org, human)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("the files of %s: %w", human, err)
	}
	return list, nil
}

const filesOf = `SELECT COUNT(*) FROM casefile WHERE org_id = $1 AND person_id IN ` + casefile.SameHuman + ` AND phase = 'active'`

// leave ends the stays and the couple of somebody who died, and keeps what they were.
func leave(tx *db.Tx, org, person, death core.ID, gone core.Date) error {
	type row struct {
		kind     string
		id, home core.ID
		from     string
		was      string
	}
	var list []row
	read := func(kind, sql string) error {
		rows, err := tx.Query(sql, org, person, gone.String())
		return db.Each(rows, err, func(r *db.Rows) error {
			w := row{kind: kind}
			err := r.Scan(&w.id, &w.home, &w.from, &w.was)
			list = append(list, w)
			return err
		})
	}
	if err := errors.Join(read("stay", openStays), read("couple", openCouples)); err != nil {
		return fmt.Errorf("read the household: %w", err)
	}
	for _, w := range list {
		sql, end := endStay, gone.String()
		if w.kind == "couple" {
			sql = endCouple
		}
		if end < w.from {
			end = w.from // written as beginning after the death: it never was
		}
		if _, err := tx.Exec(sql, org, w.home, w.id, end, w.was); err != nil {
			return fmt.Errorf("change the household: %w", err)
		}
		if _, err := tx.Exec(insertChange, org, person, death, w.kind, w.id, w.home, w.was, end); err != nil {
			return fmt.Errorf("keep the household as it was: %w", err)
		}
	}
	return nil
}

// Undo takes back a death recorded by mistake: the file lives again, and the stays
// and the couple that it ended hold again, unless somebody changed them since. When
// nothing is recorded, nothing happens. What let the person in stays stopped: a card
// that lay about meanwhile must not open by itself.
func (s *Service) Undo(ctx context.Context, file, human core.ID) error {
	today := s.cases.Today(ctx)
	around := []core.ID{}
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.DeathRecord, &file)
		if err != nil {
			return err
		}
		if err := s.isShown(tx, o, file, &human, today); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, human); err != nil {
			return err
		}
		rec, err := load(tx, o.Org, human)
		if err != nil || rec.ID == "" {
			return err
		}
		if _, err := tx.Exec(unmark, o.Org, human); err != nil {
			return fmt.Errorf("take the death back: %w", err)
		}
		if _, err := tx.Exec(takeBack, o.Org, rec.person, rec.ID, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("take the death back: %w", err)
		}
		if err := comeBack(tx, o.Org, rec.person, rec.ID); err != nil {
			return err
		}
		view, err := casefile.ReadHousehold(tx, o.Org, human, today)
		if err != nil {
			return err
		}
		for _, m := range view.Members {
			around = append(around, m.Person)
		}
		if err := casefile.TalkAgain(tx, o.Org, human, today.CalendarMonth()); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "death.undo", Subjects: subjects(o.Humans, human), Object: "death", ObjectID: rec.ID})
	})
	if err != nil {
		return err
	}
	s.recompute(ctx, append(around, file))
	return nil
}

// comeBack gives stays and couples the end they had.
func comeBack(tx *db.Tx, org, person, death core.ID) error {
	type change struct {
		kind, was, became string
		row, home         core.ID
	}
	var list []change
	rows, err := tx.Query(changes, org, person, death)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var c change
		err := r.Scan(&c.kind, &c.row, &c.home, &c.was, &c.became)
		list = append(list, c)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the household as it was: %w", err)
	}
	for _, c := range list {
		sql := endStay
		if c.kind == "couple" {
			sql = endCouple
		}
		if _, err := tx.Exec(sql, org, c.home, c.row, c.was, c.became); err != nil {
			return fmt.Errorf("give the household back: %w", err)
		}
	}
	return nil
}

// Recorded is a death as it was recorded.
type Recorded struct {
	ID     core.ID // "" = none
	On     core.PartialDate
	Source casefile.Source
	Detail string
	At     int64 // µs UTC
	By     core.ID
	person core.ID // whose row
}

func load(q db.Querier, org, human core.ID) (Recorded, error) {
	var r Recorded
	var on string
	err := q.QueryRow(standing, org, human).Scan(&r.person, &r.ID, &on, &r.Source, &r.Detail, &r.At, &r.By)
	if errors.Is(err, db.ErrNoRows) {
		return Recorded{}, nil
	}
	if err == nil {
		r.On, err = core.ParsePartialDate(on)
	}
	if err != nil {
		return r, fmt.Errorf("read the death of %s: %w", human, err)
	}
	return r, nil
}

// View is what the page of a death shows.
type View struct {
	File     casefile.Identity
	FileID   core.ID
	Human    casefile.Human
	Recorded Recorded
	ByName   string
	Around   []casefile.Human // those under the same roof today
	Today    core.Date
}

// Read reads what is recorded about somebody shown by a file.
func (s *Service) Read(ctx context.Context, file, human core.ID) (View, error) {
	var v View
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		v = View{Today: today}
		o, err := s.cases.Allow(ctx, q, access.DeathRecord, &file)
		if err != nil {
			return journal.Event{}, err
		}
		if err := s.isShown(q, o, file, &human, today); err != nil {
			return journal.Event{}, err
		}
		view, err := casefile.ReadHousehold(q, o.Org, file, today)
		if err != nil {
			return journal.Event{}, err
		}
		own := view.Humans[file]
		v.FileID, v.Human = file, view.Humans[human]
		v.File = casefile.Identity{UsualName: own.UsualName, FirstNameOfUse: own.FirstName, Title: own.Title}
		for _, m := range view.Members {
			if m.Person != human {
				v.Around = append(v.Around, view.Humans[m.Person])
			}
		}
		if v.Recorded, err = load(q, o.Org, human); err != nil {
			return journal.Event{}, err
		}
		names, err := access.Workers(q, o.Org, v.Recorded.By)
		v.ByName = names[v.Recorded.By].Name
		return journal.Event{Kind: "person.read", Subjects: o.Humans}, err
	})
	return v, err
}

// recompute computes again the rights of the files around that the worker may open.
// The others say by themselves that they are to be computed again.
func (s *Service) recompute(ctx context.Context, files []core.ID) {
	for _, id := range files {
		err := s.cases.Recompute(ctx, id, 0)
		if err != nil && !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Forbidden) {
			s.cases.Log.ErrorContext(ctx, "rights not computed after a death", "file", id, "error", err)
		}
	}
}

func subjects(humans []core.ID, human core.ID) []core.ID {
	for _, id := range humans {
		if id == human {
			return humans
		}
	}
	return append(append([]core.ID{}, humans...), human)
}
