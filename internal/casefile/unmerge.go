package casefile

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// maxWritten bounds what one undo asks about.
const maxWritten = 500

// WrittenKind is what was written in a file since it gathered another.
type WrittenKind string

// The kinds of rows that an undo asks about.
const (
	WroteFact     WrittenKind = "fact"
	WroteDecision WrittenKind = "decision"
	WroteStay     WrittenKind = "stay"     // somewhere the person came to live
	WroteKin      WrittenKind = "kin"      // a child, a parent, a couple
	WroteIdentity WrittenKind = "identity" // names, birth, contact, as they are now
	WroteNote     WrittenKind = "note"
	WroteWords    WrittenKind = "words"   // the person's own
	WroteMatters  WrittenKind = "matters" // what matters to the person
	WroteGoal     WrittenKind = "goal"
	WroteStep     WrittenKind = "step" // with its papers and what happened to it
	WroteExchange WrittenKind = "exchange"
)

// Written is one row written since a merge: an undo asks whose it is.
type Written struct {
	ID       core.ID
	Kind     WrittenKind
	At       int64 // µs UTC
	By       core.ID
	Fact     *Fact     // for WroteFact
	Decision *Decision // for WroteDecision
	Human    Human     // for WroteKin: the other one
	On       core.Date // for WroteNote and WroteWords: the day of what happened, or was said
	Text     string    // of a row of the plan: its title or words
}

// Undo is what the page of an undo shows.
type Undo struct {
	Kept  Person
	Other Person // as they were
	Since []Written
	// Household is the one of the two together: it names the subjects of facts.
	Household HouseholdView
	Names     map[core.ID]string // of the workers named here
}

// Gathered lists who was made one with a file's person, the first merged first.
func (s *Service) Gathered(ctx context.Context, file core.ID) (list []Merged, err error) {
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PersonOpen, &file)
		if err != nil {
			return journal.Event{}, err
		}
		list, err = s.loadMerged(q, o.Org, file)
		return journal.Event{Kind: "person.read", Subjects: o.Humans}, err
	})
	return list, err
}

// PreviewUnmerge reads what was written in a file since other was merged into it.
func (s *Service) PreviewUnmerge(ctx context.Context, file, other core.ID, rooms ...Beside) (u Undo, err error) {
	today := s.Today(ctx)
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.PersonEdit, &file)
		if err != nil {
			return journal.Event{}, err
		}
		a, err := findAlias(q, o.Org, file, other)
		if err != nil {
			return journal.Event{}, err
		}
		if u.Kept, err = s.loadPerson(q, o.Org, file); err != nil {
			return journal.Event{}, err
		}
		if u.Other, err = s.loadPerson(q, o.Org, other); err != nil {
			return journal.Event{}, err
		}
		if u.Household, err = loadHousehold(q, o.Org, file, today); err != nil {
			return journal.Event{}, err
		}
		if u.Since, err = writtenSince(ctx, q, o, a, rooms); err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for i, w := range u.Since {
			if w.Fact != nil && (u.Kept.Address.Protected || u.Other.Address.Protected) {
				f := w.Fact.hidden()
				u.Since[i].Fact = &f
			}
			who = append(who, w.By)
		}
		u.Names, err = workerNames(q, o.Org, who)
		return journal.Event{Kind: "person.compare", Subjects: o.Humans}, err
	})
	return u, err
}

func findAlias(q db.Querier, org, file, other core.ID) (alias, error) {
	_, list, err := loadAliases(q, org, file)
	if err != nil {
		return alias{}, err
	}
	i := slices.IndexFunc(list, func(a alias) bool { return a.id == other && a.kept == file })
	if i < 0 {
		return alias{}, errs.New(errs.Conflict, "errs.casefile.unmerge_done")
	}
	return list[i], nil
}

const (
	sinceFacts     = `SELECT ` + factColumns + ` WHERE f.org_id = $1 AND f.file_id = $2 AND f.id > $3 ORDER BY f.id LIMIT 501`
	sinceDecisions = `SELECT ` + decisionColumns + ` FROM right_decision WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceStays     = `SELECT id, recorded_at, recorded_by FROM household_member WHERE org_id = $1 AND person_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceKin       = `SELECT k.id, k.recorded_at, k.recorded_by, p.id, p.usual_name, p.given_names, p.use_name, p.title, p.birth
FROM kinship k JOIN person p ON p.org_id = k.org_id AND p.id = CASE WHEN k.a = $2 THEN k.b ELSE k.a END
WHERE k.org_id = $1 AND (k.a = $2 OR k.b = $2) AND k.id > $3 ORDER BY k.id LIMIT 501`
	sinceMatters  = `SELECT id, recorded_at, recorded_by, words FROM expectation WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceGoals    = `SELECT id, changed_at, changed_by, title FROM goal WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceSteps    = `SELECT id, changed_at, changed_by, title FROM step WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceExchange = `SELECT id, recorded_at, recorded_by, party FROM exchange WHERE org_id = $1 AND file_id = $2 AND id > $3 ORDER BY id LIMIT 501`
	sinceIdentity = `SELECT id, at, by_worker FROM person_before WHERE org_id = $1 AND person_id = $2 AND id > $3 ORDER BY id LIMIT 1`
)

// writtenSince lists the rows written about the kept person since a merge.
func writtenSince(ctx context.Context, q db.Querier, o Opened, a alias, rooms []Beside) ([]Written, error) {
	org := o.Org
	var list []Written
	read := func(sql string, scan func(r *db.Rows, w *Written) error) error {
		rows, err := q.Query(sql, org, a.kept, a.merge)
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
			f, err := scanFact(r)
			*w = Written{ID: f.ID, Kind: WroteFact, At: f.RecordedAt, By: f.RecordedBy, Fact: &f}
			return err
		}),
		read(sinceDecisions, func(r *db.Rows, w *Written) error {
			d, err := scanDecision(r)
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
			return fillHuman(&w.Human, id, given, use, birth, "")
		}),
		read(sinceMatters, titled(WroteMatters)),
		read(sinceGoals, titled(WroteGoal)),
		read(sinceSteps, titled(WroteStep)),
		read(sinceExchange, titled(WroteExchange)),
	)
	if err != nil {
		return nil, fmt.Errorf("read what was written since: %w", err)
	}
	for _, room := range rooms {
		more, err := room.WrittenSince(ctx, q, o, a.kept, a.merge)
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

// Unmerge says that other, merged into file, is somebody else after all. whose
// says for each row written since (its id) which of the two it goes to; a row left
// out is an Invalid error on the field "row-<id>". Each file is then as if the
// merge had never been: what one had replaced of the other counts again. Printed
// sheets stay with the kept file.
func (s *Service) Unmerge(ctx context.Context, file, other core.ID, whose map[core.ID]core.ID, rooms ...Beside) error {
	month := s.ThisMonth(ctx)
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.PersonEdit, &file)
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
		since, err := writtenSince(ctx, tx, o, a, rooms)
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
		p := &parting{s: s, tx: tx, org: o.Org, by: core.ActorFrom(ctx).ID, alias: a, whose: whose, rooms: rooms}
		if err := p.run(since); err != nil {
			return err
		}
		for _, id := range []core.ID{file, other} {
			if err := TalkAgain(tx, o.Org, id, month); err != nil {
				return err
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "person.unmerge", Subjects: o.Humans, Object: "person", ObjectID: other})
	})
	if err != nil {
		return err
	}
	s.recomputeAfter(ctx, file)
	s.recomputeAfter(ctx, other)
	return nil
}

// parting undoes one merge in one transaction.
type parting struct {
	s       *Service
	tx      *db.Tx
	org, by core.ID
	alias
	whose map[core.ID]core.ID
	rooms []Beside
}

func (p *parting) run(since []Written) error {
	// What the two homes were is told by the merge itself: before it ends.
	stays, _, origin, err := loadStays(p.tx, p.org, p.kept)
	if err != nil {
		return err
	}
	theirs := map[core.ID]core.ID{} // the kept file's home -> the other's
	for home, kept := range sameHomes(stays, origin, p.kept) {
		if slices.ContainsFunc(stays, func(m Member) bool { return m.Household == home && origin[m.ID] == p.id }) {
			theirs[kept] = home
		}
	}
	n, err := p.tx.Exec(endAlias, p.org, p.kept, p.merge, p.tx.Now(), p.by)
	if err != nil {
		return fmt.Errorf("end alias: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "errs.casefile.unmerge_done")
	}
	moved := map[core.ID]bool{}
	for _, w := range since {
		if p.whose[w.ID] != p.id {
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
	for _, room := range p.rooms {
		if err := room.Parted(p.tx, p.org, p.kept, p.id, p.merge); err != nil {
			return fmt.Errorf("part a room: %w", err)
		}
	}
	theirName, err := p.s.loadPerson(p.tx, p.org, p.id)
	if err != nil {
		return err
	}
	return renameInLists(p.tx, p.org, p.id, sortName(theirName.Identity))
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
		return p.giveIdentity()
	case WroteMatters:
		sql = giveMatters
	case WroteGoal:
		sql = giveGoal
	case WroteStep:
		return p.giveStep(w.ID)
	case WroteExchange:
		sql = giveExchange
	default:
		for _, room := range p.rooms {
			if err := room.GiveBack(p.tx, p.org, w, p.kept, p.id); err != nil {
				return fmt.Errorf("give %s back: %w", w.Kind, err)
			}
		}
		return nil
	}
	if _, err := p.tx.Exec(sql, p.org, p.kept, w.ID, p.id); err != nil {
		return fmt.Errorf("give %s back: %w", w.Kind, err)
	}
	return nil
}

// giveStep hands a step with its papers and its history.
func (p *parting) giveStep(id core.ID) error {
	for _, sql := range []string{copyStep, givePapers, giveEvents} {
		if _, err := p.tx.Exec(sql, p.org, p.kept, id, p.id); err != nil {
			return fmt.Errorf("give step %s back: %w", id, err)
		}
	}
	if _, err := p.tx.Exec(dropStep, p.org, p.kept, id); err != nil {
		return fmt.Errorf("give step %s back: %w", id, err)
	}
	return nil
}

// giveIdentity writes the names and contact of now on the other person, and puts
// the kept one back as they were at the merge.
func (p *parting) giveIdentity() error {
	read := func(id core.ID) (Person, error) { return p.s.scanPerson(p.tx.QueryRow(selectPerson, p.org, id), id) }
	now, err := read(p.kept)
	if err != nil {
		return err
	}
	other, err := read(p.id)
	if err != nil {
		return err
	}
	before, err := p.s.scanPerson(p.tx.QueryRow(selectBefore, p.org, p.kept, p.merge), p.kept)
	if err != nil {
		return err
	}
	theirs := now
	theirs.ID, theirs.Version = other.ID, other.Version
	if err := p.s.storePerson(p.tx, p.org, p.by, other, theirs); err != nil {
		return err
	}
	before.Version = now.Version
	return p.s.storePerson(p.tx, p.org, p.by, now, before)
}
