package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxWritten bounds what one undo asks about.
const maxWritten = 500

// PreviewUndo reads what was written in a file since other was merged into it.
func (s *Service) PreviewUndo(ctx context.Context, file, other core.ID) (u Undo, err error) {
	today := s.cases.Today(ctx)
	err = s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.cases.Allow(ctx, q, access.PersonEdit, &file)
		if err != nil {
			return journal.Event{}, err
		}
		a, err := findAlias(q, o.Org, file, other)
		if err != nil {
			return journal.Event{}, err
		}
		if u.Kept, err = s.cases.ReadPerson(q, o.Org, file); err != nil {
			return journal.Event{}, err
		}
		if u.Other, err = s.cases.ReadPerson(q, o.Org, other); err != nil {
			return journal.Event{}, err
		}
		if u.Household, err = casefile.ReadHousehold(q, o.Org, file, today); err != nil {
			return journal.Event{}, err
		}
		if u.Since, err = s.writtenSince(ctx, q, o, a); err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for i, w := range u.Since {
			if w.Fact != nil && (u.Kept.Address.Protected || u.Other.Address.Protected) {
				f := w.Fact.WithoutWhere()
				u.Since[i].Fact = &f
			}
			who = append(who, w.By)
		}
		u.Names, err = access.Names(q, o.Org, who...)
		return journal.Event{Kind: "person.compare", Subjects: o.Humans}, err
	})
	return u, err
}

func findAlias(q db.Querier, org, file, other core.ID) (casefile.Alias, error) {
	_, list, err := casefile.ReadAliases(q, org, file)
	if err != nil {
		return casefile.Alias{}, err
	}
	i := slices.IndexFunc(list, func(a casefile.Alias) bool { return a.ID == other && a.Kept == file })
	if i < 0 {
		return casefile.Alias{}, errs.New(errs.Conflict, "errs.casefile.unmerge_done")
	}
	return list[i], nil
}

const (
	sinceFacts     = `SELECT ` + casefile.FactColumns + ` WHERE f.org_id = $1 AND f.file_id = $2 AND f.id > $3 ORDER BY f.id LIMIT 501`
	sinceDecisions = `SELECT ` + casefile.DecisionColumns + ` FROM right_decision WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceStays     = `SELECT id, recorded_at, recorded_by FROM household_member WHERE org_id = $1 AND person_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceKin       = `SELECT k.id, k.recorded_at, k.recorded_by, p.ID, p.usual_name, p.given_names, p.use_name, p.title, p.birth
FROM kinship k JOIN person p ON p.org_id = k.org_id AND p.ID = CASE WHEN k.a = $2 THEN k.b ELSE k.a END
WHERE k.org_id = $1 AND (k.a = $2 OR k.b = $2) AND k.id > $3 ORDER BY k.id LIMIT 501`
	sinceMatters  = `SELECT id, recorded_at, recorded_by, words FROM expectation WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceGoals    = `SELECT id, changed_at, changed_by, title FROM goal WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceSteps    = `SELECT id, changed_at, changed_by, title FROM step WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceExchange = `SELECT id, recorded_at, recorded_by, party FROM exchange WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceIdentity = `SELECT id, at, by_worker FROM person_before WHERE org_id = $1 AND person_id = $2 AND id > $3 ORDER BY id LIMIT 1`
)

// writtenSince lists the rows written about the kept person since a merge.
func (s *Service) writtenSince(ctx context.Context, q db.Querier, o casefile.Opened, a casefile.Alias) ([]Written, error) {
	org := o.Org
	var list []Written
	read := func(sql string, scan func(r *db.Rows, w *Written) error) error {
		rows, err := q.Query(sql, org, a.Kept, a.Merge)
		return db.Each(rows, err, func(r *db.Rows) error {
			var w Written
			err := scan(r, &w)
			list = append(list, w)
			return err
		})
	}
	plain := func(kind WrittenKind) func(r *db.Rows, w *Written) error {
		return func(r *db.Rows, w *Written) error {
			w.Kind = kind
			return r.Scan(&w.ID, &w.At, &w.By)
		}
	}
	titled := func(kind WrittenKind) func(r *db.Rows, w *Written) error {
		return func(r *db.Rows, w *Written) error {
			w.Kind = kind
			return r.Scan(&w.ID, &w.At, &w.By, &w.Text)
		}
	}
	err := errors.Join(
		read(sinceIdentity, plain(WroteIdentity)),
		read(sinceFacts, func(r *db.Rows, w *Written) error {
			f, err := casefile.ScanFact(r)
			*w = Written{ID: f.ID, Kind: WroteFact, At: f.RecordedAt, By: f.RecordedBy, Fact: &f}
			return err
		}),
		read(sinceDecisions, func(r *db.Rows, w *Written) error {
			d, err := casefile.ScanDecision(r)
			*w = Written{ID: d.ID, Kind: WroteDecision, At: d.At, By: d.By, Decision: &d}
			return err
		}),
		read(sinceStays, plain(WroteStay)),
		read(sinceKin, func(r *db.Rows, w *Written) error {
			w.Kind = WroteKin
			var id core.ID
			var given, use, birth string
			if err := r.Scan(&w.ID, &w.At, &w.By, &id, &w.Human.UsualName, &given, &use, &w.Human.Title, &birth); err != nil {
				return err
			}
			w.Human.ID, w.Human.FirstName = id, casefile.Identity{GivenNames: given, FirstNameOfUse: use}.FirstName()
			var err error
			w.Human.Birth, err = core.ParsePartialDate(birth)
			return err
		}),
		read(sinceMatters, titled(WroteMatters)),
		read(sinceGoals, titled(WroteGoal)),
		read(sinceSteps, titled(WroteStep)),
		read(sinceExchange, titled(WroteExchange)),
	)
	if err != nil {
		return nil, fmt.Errorf("read what was written since: %w", err)
	}
	for _, room := range s.rooms {
		more, err := room.WrittenSince(ctx, q, o, a.Kept, a.Merge)
		if err != nil {
			return nil, fmt.Errorf("read what was written since: %w", err)
		}
		list = append(list, more...)
	}
	if len(list) > maxWritten {
		return nil, errs.New(errs.Invalid, "errs.casefile.unmerge_many", "max", maxWritten)
	}
	return list, nil
}

const endAlias = `UPDATE person_alias SET ended_at = $4, ended_by = $5 WHERE org_id = $1 AND person_id = $2 AND id = $3 AND ended_at = 0`

// Undo says that other, merged into file, is somebody else after all. whose
// says for each row written since (its id) which of the two it goes to; a row left
// out is an Invalid error on the field "row-<id>". Each file is then as if the
// merge had never been: what one had replaced of the other counts again. Printed
// sheets stay with the kept file.
func (s *Service) Undo(ctx context.Context, file, other core.ID, whose map[core.ID]core.ID) error {
	month := s.cases.ThisMonth(ctx)
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.PersonEdit, &file)
		if err != nil {
			return err
		}
		if err := lockBoth(tx, o.Org, file, other); err != nil {
			return err
		}
		a, err := findAlias(tx, o.Org, file, other)
		if err != nil {
			return err
		}
		since, err := s.writtenSince(ctx, tx, o, a)
		if err != nil {
			return err
		}
		var fields errs.Fields
		for _, w := range since {
			if to := whose[w.ID]; to != file && to != other {
				fields.Add("row-"+string(w.ID), "errs.casefile.unmerge_whose")
			}
		}
		if err := fields.Err(); err != nil {
			return err
		}
		p := &parting{s: s, tx: tx, org: o.Org, by: core.ActorFrom(ctx).ID, Alias: a, whose: whose}
		if err := p.run(since); err != nil {
			return err
		}
		for _, id := range []core.ID{file, other} {
			if err := casefile.TalkAgain(tx, o.Org, id, month); err != nil {
				return err
			}
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "person.unmerge", Subjects: o.Humans, Object: "person", ObjectID: other})
	})
	if err != nil {
		return err
	}
	s.cases.RecomputeAfter(ctx, file)
	s.cases.RecomputeAfter(ctx, other)
	return nil
}

// parting undoes one merge in one transaction.
type parting struct {
	s       *Service
	tx      *db.Tx
	org, by core.ID
	casefile.Alias
	whose map[core.ID]core.ID
}

func (p *parting) run(since []Written) error {
	// What the two homes were is told by the merge itself: before it ends.
	theirs, err := casefile.OtherHomes(p.tx, p.org, p.Kept, p.ID)
	if err != nil {
		return err
	}
	n, err := p.tx.Exec(endAlias, p.org, p.Kept, p.Merge, p.tx.Now(), p.by)
	if err != nil {
		return fmt.Errorf("end alias: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "errs.casefile.unmerge_done")
	}
	moved := map[core.ID]bool{}
	for _, w := range since {
		if p.whose[w.ID] != p.ID {
			continue
		}
		moved[w.ID] = true
		if err := p.give(w); err != nil {
			return err
		}
	}
	if err := p.partFacts(moved, theirs); err != nil {
		return err
	}
	for _, room := range p.s.rooms {
		if err := room.Parted(p.tx, p.org, p.Kept, p.ID, p.Merge); err != nil {
			return fmt.Errorf("part a room: %w", err)
		}
	}
	theirName, err := p.s.cases.ReadPerson(p.tx, p.org, p.ID)
	if err != nil {
		return err
	}
	return casefile.RenameInLists(p.tx, p.org, p.ID, theirName.Identity)
}

const (
	giveDecision = `UPDATE right_decision SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	giveStay     = `UPDATE household_member SET person_id = $4, version = version + 1 WHERE org_id = $1 AND person_id = $2 AND id = $3`
	giveKin      = `UPDATE kinship SET a = CASE WHEN a = $2 THEN $4 ELSE a END, b = CASE WHEN b = $2 THEN $4 ELSE b END, version = version + 1
WHERE org_id = $1 AND id = $3`
	giveMatters  = `UPDATE expectation SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	giveGoal     = `UPDATE goal SET file_id = $4, version = version + 1 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	giveExchange = `UPDATE exchange SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	// A step goes with its papers and its history, which name its file: it is copied,
	// they follow, and the row of before goes.
	copyStep = `INSERT INTO step (org_id, file_id, id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on, state, outcome, worker_id, version, changed_at, changed_by)
SELECT org_id, $4, id, goal_id, right_name, title, detail, who, online, desk, phone, letter, due_on, state, outcome, worker_id, version + 1, changed_at, changed_by
FROM step WHERE org_id = $1 AND file_id = $2 AND id = $3`
	givePapers = `UPDATE step_paper SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND step_id = $3`
	giveEvents = `UPDATE step_event SET file_id = $4 WHERE org_id = $1 AND file_id = $2 AND step_id = $3`
	dropStep   = `DELETE FROM step WHERE org_id = $1 AND file_id = $2 AND id = $3`
)

// give hands a row written since to the other person; facts go together, after.
func (p *parting) give(w Written) error {
	sql := ""
	switch w.Kind {
	case WroteDecision:
		sql = giveDecision
	case WroteStay:
		sql = giveStay
	case WroteKin:
		sql = giveKin
	case WroteIdentity:
		return p.s.cases.GiveIdentity(p.tx, p.org, p.by, p.Kept, p.ID, p.Merge)
	case WroteMatters:
		sql = giveMatters
	case WroteGoal:
		sql = giveGoal
	case WroteStep:
		return p.giveStep(w.ID)
	case WroteExchange:
		sql = giveExchange
	default:
		for _, room := range p.s.rooms {
			if err := room.GiveBack(p.tx, p.org, w, p.Kept, p.ID); err != nil {
				return fmt.Errorf("give %s back: %w", w.Kind, err)
			}
		}
		return nil
	}
	if _, err := p.tx.Exec(sql, p.org, p.Kept, w.ID, p.ID); err != nil {
		return fmt.Errorf("give %s back: %w", w.Kind, err)
	}
	return nil
}

// giveStep hands a step with its papers and its history.
func (p *parting) giveStep(id core.ID) error {
	for _, sql := range []string{copyStep, givePapers, giveEvents} {
		if _, err := p.tx.Exec(sql, p.org, p.Kept, id, p.ID); err != nil {
			return fmt.Errorf("give step %s back: %w", id, err)
		}
	}
	if _, err := p.tx.Exec(dropStep, p.org, p.Kept, id); err != nil {
		return fmt.Errorf("give step %s back: %w", id, err)
	}
	return nil
}
