package casefile

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const maxCells = 40 // of one form

// SaveFacts writes the cells of one form, all or none, and computes the rights
// again. A subject without ID is the file's person, or their dwelling. Fields in
// error are "<i>.value", "<i>.from"…, i being the place in the list.
//
// When somebody saved the same cell meanwhile every cell is kept all the same
// and the error is a *FactConflict: theirs counts until ChooseFact.
func (s *Service) SaveFacts(ctx context.Context, file core.ID, in []FactInput) ([]Fact, error) {
	if len(in) > maxCells {
		return nil, errs.Fields{errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxCells)}
	}
	today := s.Today(ctx)
	in = slices.Clone(in)
	if err := s.CheckFacts(in, today); err != nil {
		// Who may not write here learns nothing of what is wrong.
		if refused := s.mayNot(ctx, access.FactSave, file); refused != nil {
			return nil, refused
		}
		return nil, err
	}
	var saved []Fact
	var conflict *FactConflict
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		saved, conflict = nil, nil
		o, err := s.Allow(ctx, tx, access.FactSave, &file)
		if err != nil {
			return err
		}
		if err := LockFile(tx, o.Org, file); err != nil {
			return err
		}
		w, err := s.factWriter(ctx, tx, o.Org, file, today)
		if err != nil {
			return err
		}
		for i, cell := range in {
			if err := w.save(i, cell); err != nil {
				return err
			}
		}
		saved = w.saved
		if len(w.pairs) > 0 {
			conflict = &FactConflict{Pairs: w.pairs}
			hidden, err := Hides(tx, o.Org, file)
			if err != nil {
				return err
			}
			if hidden {
				conflict.hide()
			}
		}
		if len(saved) == 0 && conflict == nil {
			return nil // everything was already so
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "fact.save", Subjects: o.Humans, Object: "fact",
			Detail: map[string]string{"facts": strconv.Itoa(len(saved) + len(w.pairs))}})
	})
	if err != nil {
		return nil, err
	}
	s.RecomputeAfter(ctx, file)
	if conflict != nil {
		return saved, conflict
	}
	return saved, nil
}

// mayNot is nil when the actor may act upon the file.
func (s *Service) mayNot(ctx context.Context, action access.Action, file core.ID) error {
	return s.DB.Read(ctx, func(q db.Querier) error {
		_, err := s.Allow(ctx, q, action, &file)
		return err
	})
}

// CheckFacts checks each cell and puts values in their canonical text: errs.Fields,
// the place in the list before each field.
func (s *Service) CheckFacts(in []FactInput, today core.Date) error {
	var fields errs.Fields
	for i := range in {
		prefix := strconv.Itoa(i) + "."
		v, ok := s.vocabulary.find(in[i].Variable)
		if !ok {
			fields.Add(prefix+"variable", "errs.casefile.variable_unknown", "variable", Clip(in[i].Variable))
			continue
		}
		subject := AboutPerson
		if v.Entity == EntityDwelling {
			subject = AboutDwelling
		}
		if in[i].Subject.Kind == "" {
			in[i].Subject.Kind = subject
		}
		if in[i].Subject.Kind != subject {
			fields.Add(prefix+"variable", "errs.casefile.subject_wrong", "variable", v.Name)
			continue
		}
		value, err := in[i].Validate(v, today, prefix)
		var f errs.Fields
		if errors.As(err, &f) {
			fields = append(fields, f...)
			continue
		}
		if err != nil {
			return err
		}
		in[i].Value = value
		if v.Period == PeriodAlways {
			in[i].From, in[i].Until = core.PartialDate{}, core.PartialDate{}
		}
		if in[i].SeenOn.IsZero() {
			in[i].SeenOn = today
		}
		in[i].Detail = strings.TrimSpace(in[i].Detail)
	}
	return fields.Err()
}

// AddFacts writes checked cells into a file and gives back the facts written, those
// that wait for a choice included: a step of a use case that asked permission,
// holds the file and writes the journal. The rights are not computed again.
func (s *Service) AddFacts(ctx context.Context, tx *db.Tx, org, file core.ID, in []FactInput) ([]Fact, error) {
	w, err := s.factWriter(ctx, tx, org, file, s.Today(ctx))
	if err != nil {
		return nil, err
	}
	had := len(w.facts)
	for i, cell := range in {
		if err := w.save(i, cell); err != nil {
			return nil, err
		}
	}
	return w.facts[had:], nil
}

// factWriter writes the cells of one form in one transaction.
type factWriter struct {
	s         *Service
	tx        *db.Tx
	org, file core.ID
	by        core.ID
	home      *householdEdit
	facts     []Fact              // all of the file, those just written included
	twins     map[core.ID]core.ID // facts that say the same as another, of a merged file
	saved     []Fact
	pairs     []ConflictPair
}

func (s *Service) factWriter(ctx context.Context, tx *db.Tx, org, file core.ID, today core.Date) (*factWriter, error) {
	view, err := ReadHousehold(tx, org, file, today)
	if err != nil {
		return nil, err
	}
	facts, twins, err := loadMergedFacts(tx, org, file)
	if err != nil {
		return nil, err
	}
	if len(facts) > maxFacts-maxCells {
		return nil, errs.New(errs.Invalid, "errs.casefile.file_full")
	}
	by := core.ActorFrom(ctx).ID
	return &factWriter{s: s, tx: tx, org: org, file: file, by: by, facts: facts, twins: twins,
		home: &householdEdit{s: s, tx: tx, org: org, file: file, by: by, today: today, view: view}}, nil
}

// subject checks that the file may say something of it: somebody shown by the
// household, or the dwelling.
func (w *factWriter) subject(s Subject) (Subject, error) {
	if s.Kind == AboutDwelling {
		if s.ID == "" {
			var err error
			s.ID, err = w.home.home()
			return s, err
		}
		if home, merged := w.home.view.homes[s.ID]; merged {
			s.ID = home
		}
		if s.ID == w.home.view.ID {
			return s, nil
		}
	} else {
		if s.ID == "" {
			s.ID = w.file
		}
		kept, _, err := ReadAliases(w.tx, w.org, s.ID)
		if err != nil {
			return s, err
		}
		s.ID = kept
		if _, shown := w.home.view.Humans[s.ID]; shown {
			return s, nil
		}
	}
	// A dwelling left, or somebody who was there: their facts may be corrected.
	if slices.ContainsFunc(w.facts, func(f Fact) bool { return f.Subject == s }) {
		return s, nil
	}
	return s, errs.New(errs.NotFound, "errs.casefile.subject_not_found")
}

func (w *factWriter) save(i int, in FactInput) error {
	subject, err := w.subject(in.Subject)
	if err != nil {
		return err
	}
	id, err := w.s.NewID()
	if err != nil {
		return err
	}
	f := Fact{
		ID: id, File: w.file, Subject: subject, Variable: in.Variable, From: in.From, Until: in.Until, State: in.State, Value: in.Value,
		Source: in.Source, Detail: in.Detail, SeenOn: in.SeenOn, RecordedAt: w.tx.Now(), RecordedBy: w.by,
	}
	var shown *Fact // what the form replaces, if it is still believed
	against := w.current(f)
	if in.Replaces != "" {
		if shown, err = w.shown(i, in, subject); err != nil {
			return err
		}
		if !shown.Current() {
			against = w.successor(*shown)
			shown = nil
		} else if against != nil && against.ID == shown.ID {
			against = nil
		}
	}
	switch {
	case against != nil && same(*against, f):
		return nil // the other tab saved the same
	case against != nil:
		f.ConflictWith = against.ID
		w.pairs = append(w.pairs, ConflictPair{Theirs: *against, Yours: f})
	case shown != nil && same(*shown, f):
		return nil
	case shown != nil:
		if err := w.replace(shown, f.ID); err != nil {
			return err
		}
		w.saved = append(w.saved, f)
	default:
		w.saved = append(w.saved, f)
	}
	w.facts = append(w.facts, f)
	if err := writeFact(w.tx, w.org, f); err != nil || f.ConflictWith != "" {
		return err
	}
	return w.imply(f)
}

// shown finds the fact that a form says it replaces.
func (w *factWriter) shown(i int, in FactInput, subject Subject) (*Fact, error) {
	for j := range w.facts {
		f := &w.facts[j]
		if f.ID == in.Replaces && f.Variable == in.Variable && f.Subject == subject {
			return f, nil
		}
	}
	return nil, errs.Fields{errs.New(errs.NotFound, "errs.casefile.fact_not_found").On(strconv.Itoa(i) + ".replaces")}
}

// current is the believed fact of the same cell from the same date.
func (w *factWriter) current(f Fact) *Fact {
	for j := range w.facts {
		g := &w.facts[j]
		if g.Current() && g.Subject == f.Subject && g.Variable == f.Variable && g.From == f.From {
			return g
		}
	}
	return nil
}

// successor follows what replaced a fact to what is believed today.
func (w *factWriter) successor(f Fact) *Fact {
	for range len(w.facts) {
		next := ""
		for j := range w.facts {
			if g := &w.facts[j]; g.ID == f.SupersededBy {
				if g.Current() {
					return g
				}
				f, next = *g, string(g.ID)
				break
			}
		}
		if next == "" {
			break
		}
	}
	return w.current(f)
}

func (w *factWriter) replace(f *Fact, by core.ID) error {
	n, err := w.tx.Exec(supersede, w.org, f.File, f.ID, by, w.tx.Now())
	if err != nil {
		return fmt.Errorf("replace fact: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "errs.casefile.fact_conflict")
	}
	for i := range w.facts { // the other file said the same: it gives way too
		if g := &w.facts[i]; w.twins[g.ID] == f.ID && g.ID != by {
			if _, err := w.tx.Exec(supersede, w.org, g.File, g.ID, by, w.tx.Now()); err != nil {
				return fmt.Errorf("replace fact: %w", err)
			}
			g.SupersededBy = by
		}
	}
	f.SupersededBy, f.ConflictWith = by, ""
	return nil
}

// same tells whether two facts of one cell say the same, source aside.
func same(f, g Fact) bool {
	return f.From == g.From && f.Until == g.Until && f.State == g.State && f.Value == g.Value && f.Source == g.Source && f.Detail == g.Detail
}

// rivalOf is the believed fact that a waiting one disagrees with: the one it named,
// or what replaced that one since; nil when f waits for nothing.
func rivalOf(facts []Fact, f Fact) *Fact {
	for at := f.ConflictWith; at != ""; {
		i := slices.IndexFunc(facts, func(g Fact) bool { return g.ID == at })
		if i < 0 {
			return nil
		}
		if facts[i].Current() {
			return &facts[i]
		}
		if at = facts[i].SupersededBy; at == f.ID {
			return nil
		}
	}
	return nil
}

// ChooseFact settles a conflict: keep counts, drop is replaced by it. One of the
// two waits for a choice, the other is the believed fact it disagrees with.
func (s *Service) ChooseFact(ctx context.Context, file, keep, drop core.ID) error {
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.Allow(ctx, tx, access.FactSave, &file)
		if err != nil {
			return err
		}
		if err := LockFile(tx, o.Org, file); err != nil {
			return err
		}
		facts, twins, err := loadMergedFacts(tx, o.Org, file)
		if err != nil {
			return err
		}
		w := &factWriter{s: s, tx: tx, org: o.Org, file: file, facts: facts, twins: twins}
		find := func(id core.ID) *Fact {
			for i := range facts {
				if facts[i].ID == id {
					return &facts[i]
				}
			}
			return nil
		}
		k, d := find(keep), find(drop)
		if k == nil || d == nil {
			return errs.New(errs.NotFound, "errs.casefile.fact_not_found")
		}
		waits, believed := k, d
		if k.Current() {
			waits, believed = d, k
		}
		if rival := rivalOf(facts, *waits); waits.SupersededBy != "" || rival == nil || rival.ID != believed.ID {
			return errs.New(errs.Conflict, "errs.casefile.choice_over")
		}
		if err := w.replace(d, keep); err != nil {
			return err
		}
		if !k.Current() {
			// The rival may have moved to another date since: what is believed from
			// the kept fact's own date gives way too.
			if same := w.current(*k); same != nil {
				if err := w.replace(same, keep); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(settle, o.Org, k.File, keep); err != nil {
				return fmt.Errorf("settle fact: %w", err)
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "fact.choose", Subjects: o.Humans, Object: "fact", ObjectID: keep})
	})
	if err != nil {
		return err
	}
	s.RecomputeAfter(ctx, file)
	return nil
}

// Timeline reads the facts of a file, replaced ones too, the latest written
// first, at most 50 a page.
func (s *Service) Timeline(ctx context.Context, file core.ID, after string, limit int) (list []Fact, next string, err error) {
	limit = PageSize(limit)
	before := core.ID("~") // after every id
	if after != "" {
		if before, err = core.ParseID(after); err != nil {
			return nil, "", errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
	}
	err = s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.Allow(ctx, q, access.FactRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		rows, err := q.Query(selectTimeline, o.Org, file, before, limit+1)
		err = db.Each(rows, err, func(r *db.Rows) error {
			f, err := ScanFact(r)
			list = append(list, f)
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("read timeline: %w", err)
		}
		if len(list) > limit {
			list = list[:limit]
			next = string(list[limit-1].ID)
		}
		hidden, err := Hides(q, o.Org, file)
		if err != nil {
			return journal.Event{}, err
		}
		if hidden {
			list = hideWhere(list)
		}
		return journal.Event{Kind: "fact.read", Subjects: o.Humans}, nil
	})
	return list, next, err
}

const selectTimeline = `SELECT ` + FactColumns + ` WHERE f.org_id = $1 AND f.file_id IN ` + SameHuman + ` AND f.id < $3 ORDER BY f.id DESC LIMIT $4`

const maxBefore = 5 // replaced facts shown on a line

// factLines are the lines that a file shows for a month.
func (s *Service) factLines(facts []Fact, month core.Month) []FactLine {
	type cellKey struct {
		subject  Subject
		variable string
	}
	var order []cellKey
	count := map[cellKey]int{}
	for i := range facts {
		k := cellKey{facts[i].Subject, facts[i].Variable}
		if count[k] == 0 {
			order = append(order, k)
		}
		count[k]++
	}
	byCell := make(map[cellKey][]Fact, len(order)) // each a part of one list
	room := make([]Fact, len(facts))
	for _, k := range order {
		byCell[k], room = room[:0:count[k]], room[count[k]:]
	}
	for i := range facts {
		k := cellKey{facts[i].Subject, facts[i].Variable}
		byCell[k] = append(byCell[k], facts[i])
	}
	slices.SortStableFunc(order, func(a, b cellKey) int { return s.vocabulary.index(a.variable) - s.vocabulary.index(b.variable) })
	lines := make([]FactLine, 0, len(order))
	for _, k := range order {
		group := byCell[k]
		held := Holding(group, month)
		if held == nil {
			held = announced(group, month)
		}
		if held == nil {
			continue
		}
		lines = append(lines, FactLine{Fact: *held})
		l := &lines[len(lines)-1]
		l.Of, _ = s.vocabulary.find(k.variable)
		l.Theme = l.Of.Theme
		for i := len(group) - 1; i >= 0; i-- {
			f := &group[i]
			switch {
			case f.ConflictWith != "" && f.SupersededBy == "":
				l.Waiting = append(l.Waiting, *f)
				if rival := rivalOf(group, *f); rival != nil {
					l.Conflicts = append(l.Conflicts, ConflictPair{Theirs: *rival, Yours: *f})
				}
			case f.SupersededBy != "" && f.From == held.From && len(l.Before) < maxBefore:
				l.Before = append(l.Before, *f)
			case f.Current() && f.ID != held.ID && f.startsAfter(month):
				l.Upcoming = append(l.Upcoming, *f)
			}
		}
	}
	return lines
}

func (f *Fact) startsAfter(m core.Month) bool {
	first, _ := f.From.Months()
	return !f.From.IsZero() && first > m
}

// announced is shown when nothing holds in the month: the last run of months
// that ended at most a year before, else the first that is to come.
func announced(group []Fact, m core.Month) *Fact {
	var best *Fact
	for i := range group {
		f := &group[i]
		if !f.Current() {
			continue
		}
		if f.startsAfter(m) {
			if best == nil || (best.startsAfter(m) && best.later(f)) {
				best = f
			}
			continue
		}
		if _, last := f.Until.Bounds(); f.Until.IsZero() || last.CalendarMonth() < m-12 {
			continue
		}
		if best == nil || best.startsAfter(m) || f.later(best) {
			best = f
		}
	}
	return best
}
