package talk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	pauseColumns = `p.id, p.right_name, p.reason, p.detail, p.non_take_up, p.until_day, p.said, p.at, p.by_worker`
	insertPause  = `INSERT INTO talk_pause (org_id, id, file_id, right_name, reason, detail, non_take_up, until_day, said, at, by_worker, ended_at, ended_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, '')`
	endPauses = `UPDATE talk_pause SET ended_at = $4, ended_by = $5 WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND right_name = $3 AND ended_at = 0`
	endPause  = `UPDATE talk_pause SET ended_at = $4, ended_by = $5 WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` AND id = $3 AND ended_at = 0`
	maxPauses = 500 // that a page reads
)

func scanPause(r *db.Rows, after ...any) (Pause, error) {
	var p Pause
	var until string
	err := r.Scan(append([]any{&p.ID, &p.Right, &p.Reason, &p.Detail, &p.TakeUp, &until, &p.said, &p.At, &p.By}, after...)...)
	if err == nil {
		p.Until, err = day(until)
	}
	return p, err
}

// loadPauses reads the last pause of each right of some persons, those of who was
// merged into them included; ended ones are left out.
func loadPauses(q db.Querier, org core.ID, persons []core.ID) (map[core.ID][]Pause, error) {
	out := map[core.ID][]Pause{}
	if len(persons) == 0 {
		return out, nil
	}
	in := marks(2, len(persons))
	rows, err := q.Query(`SELECT `+pauseColumns+`, p.file_id AS person FROM talk_pause p WHERE p.org_id = $1 AND p.ended_at = 0 AND p.file_id IN (`+in+`)
UNION ALL SELECT `+pauseColumns+`, a.person_id AS person FROM talk_pause p JOIN person_alias a ON a.org_id = p.org_id AND a.alias_id = p.file_id AND a.ended_at = 0
WHERE p.org_id = $1 AND p.ended_at = 0 AND a.person_id IN (`+in+`) ORDER BY 1 DESC LIMIT `+strconv.Itoa(maxPauses), append([]any{org}, anys(persons)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var person core.ID
		p, err := scanPause(r, &person)
		if !slices.ContainsFunc(out[person], func(o Pause) bool { return o.Right == p.Right }) {
			out[person] = append(out[person], p)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is set aside: %w", err)
	}
	return out, nil
}

// holds tells whether a right is still set aside on a day, when this is what can be
// said of it.
func (p Pause) holds(today core.Date, said string) bool {
	if !p.Until.IsZero() {
		return today.Before(p.Until)
	}
	return p.said == said
}

const selectSaid = `SELECT right_name, status, amount, least, most, missing FROM talk_right WHERE org_id = $1 AND file_id = $2 LIMIT 200`

// loadSaid gives what can be said of each right of a file, in a word that changes
// with it.
func loadSaid(q db.Querier, org, file core.ID) (map[string]string, error) {
	out := map[string]string{}
	rows, err := q.Query(selectSaid, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var name, missing string
		var s Said
		if err := r.Scan(&name, &s.Status, &s.Amount, &s.Min, &s.Max, &missing); err != nil {
			return err
		}
		list, err := readMissing(missing)
		out[name] = s.word(list)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was said of %s: %w", file, err)
	}
	return out, nil
}

// word tells what is said of a right apart from anything else that could be: its
// status, its amounts, the facts it waits for.
func (s Said) word(missing []casefile.Missing) string {
	var names []string
	for _, m := range missing {
		names = append(names, m.Variable+"."+string(m.Subject.ID))
	}
	slices.Sort(names)
	return fmt.Sprintf("%s %d %d %d %s", s.Status, s.Amount, s.Min, s.Max, strings.Join(names, " "))
}

// SetAside sets a right aside in a file, for a reason: until a day, or until something
// else can be said of it. It is no decision of the person, and any colleague takes it
// back. A newer one takes the place of the one before.
func (s *Service) SetAside(ctx context.Context, person core.ID, in PauseInput) (core.ID, error) {
	today := s.cases.Today(ctx)
	if err := in.Validate(today); err != nil {
		return "", err
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	return id, s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.TalkPause, &person)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		hidden, err := s.hides(tx, o.Org, person)
		if err != nil {
			return err
		}
		said, err := loadSaid(tx, o.Org, person)
		if err != nil {
			return err
		}
		word, found := said[in.Right]
		if !found || hidden(person, in.Right) {
			return errs.New(errs.NotFound, "errs.conversations.right_unknown")
		}
		if !in.Until.IsZero() {
			word = ""
		}
		if _, err := tx.Exec(endPauses, o.Org, person, in.Right, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("set a right aside again: %w", err)
		}
		_, err = tx.Exec(insertPause, o.Org, id, person, in.Right, in.Reason, in.Detail, in.TakeUp, in.Until.String(), word, tx.Now(), actor.ID)
		if err != nil {
			return fmt.Errorf("set a right aside: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.pause", Subjects: o.Humans, Object: "right", ObjectID: core.ID(in.Right),
			Detail: map[string]string{"reason": string(in.Reason)}})
	})
}

const selectPause = `SELECT ` + pauseColumns + `, p.file_id FROM talk_pause p WHERE p.org_id = $1 AND p.id = $2`

// TakeBack lists a right again that was set aside. Twice is once.
func (s *Service) TakeBack(ctx context.Context, person, pause core.ID) error {
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.TalkPause, &person)
		if err != nil {
			return err
		}
		var p Pause
		var until string
		var file core.ID
		err = tx.QueryRow(selectPause, o.Org, pause).Scan(&p.ID, &p.Right, &p.Reason, &p.Detail, &p.TakeUp, &until, &p.said, &p.At, &p.By, &file)
		if errors.Is(err, db.ErrNoRows) || err == nil && !slices.Contains(o.Humans, file) {
			return errs.New(errs.NotFound, "errs.conversations.pause_unknown")
		}
		if err != nil {
			return fmt.Errorf("read what is set aside: %w", err)
		}
		n, err := tx.Exec(endPause, o.Org, person, pause, tx.Now(), actor.ID)
		if err != nil {
			return fmt.Errorf("list a right again: %w", err)
		}
		if n == 0 {
			return nil
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.resume", Subjects: o.Humans, Object: "right", ObjectID: core.ID(p.Right)})
	})
}
