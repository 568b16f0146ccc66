package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	checkBatch = 100
	writeBatch = 50  // rows in one transaction: some 20 ms of the one that writes
	rightBatch = 100 // persons in one job that computes
)

// Run does what the state of an import asks: check its rows, write them, or
// take them back. It goes on where it stopped; run again once ended it does
// nothing. It acts for the worker who asked, who must still be allowed to.
func (s *Service) Run(ctx context.Context, job db.Job) error {
	if len(job.Args) != 2 {
		return fmt.Errorf("import job: %d arguments, want 2", len(job.Args))
	}
	id, by := job.Args[0], job.Args[1]
	ctx = core.WithActor(ctx, core.Actor{Kind: core.ActorSystem, ID: "import", Org: job.Org})
	var i Import
	var worker access.Worker
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		if i, err = s.loadImport(q, job.Org, id); err != nil {
			return err
		}
		known, err := access.Workers(q, job.Org, by)
		worker = known[by]
		return err
	})
	if errs.Is(err, errs.NotFound) {
		return nil // dropped meanwhile
	}
	if err != nil || !i.State.Busy() || i.State == StateReading {
		return err
	}
	ctx = actAs(ctx, job.Org, worker)
	if !core.ActorFrom(ctx).InTeam(i.Team) {
		return s.stopImport(ctx, job.Org, i, errs.New(errs.Forbidden, "errs.casefile.import_not_allowed"))
	}
	if err := s.Access.Can(ctx, access.ImportRun, access.Here(ctx)); err != nil {
		if errs.Is(err, errs.Unavailable) {
			return err
		}
		return s.stopImport(ctx, job.Org, i, errs.Wrap(errs.Forbidden, "errs.casefile.import_not_allowed", err))
	}
	switch i.State {
	case StateChecking:
		err = s.checkImport(ctx, i)
	case StateRunning:
		err = s.writeImport(ctx, i)
	case StateUndoing:
		err = s.undoRows(ctx, i)
	}
	if err != nil {
		return fmt.Errorf("import %s, %s: %w", id, i.State, err)
	}
	return nil
}

// actAs is the context of work done for a worker who asked for it, signed in with
// two factors, and is not there any more.
func actAs(ctx context.Context, org core.ID, w access.Worker) context.Context {
	return journal.WithFunction(core.WithActor(ctx, core.Actor{Kind: core.ActorWorker, ID: w.ID, Org: org, Teams: w.Teams, AAL: 2}), w.Function)
}

// stopImport puts an import back to where a human decides, and says why.
func (s *Service) stopImport(ctx context.Context, org core.ID, i Import, why *errs.Error) error {
	s.Log.WarnContext(ctx, "import stopped", "import", i.ID, "err", why)
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		switch i.State {
		case StateChecking:
			i.State = StateRead
		default:
			i.State, i.EndedAt = StateDone, tx.Now()
		}
		i.Failed = why.Key
		return s.saveImport(tx, org, &i)
	})
}

// checked is what the check says of one row.
type checked struct {
	line    int
	verdict Verdict
	choice  RowChoice
	sameAs  core.ID
	faults  []Fault
}

func (s *Service) checkImport(ctx context.Context, i Import) error {
	org := core.ActorFrom(ctx).Org
	first := map[string]int{} // what tells a row from the others -> its line
	for after := 0; ; {
		var batch []checked
		shown := map[core.ID]bool{}
		err := s.DB.Read(ctx, func(q db.Querier) error {
			batch = batch[:0]
			clear(shown)
			rows, err := s.loadRows(q, selectRows, org, i.ID, after, checkBatch)
			if err != nil {
				return err
			}
			reader, err := s.rowReader(ctx, q, i)
			if err != nil {
				return err
			}
			for _, row := range rows {
				c := checked{line: row.line, verdict: RowBad, faults: row.faults}
				if len(row.cells) > 0 {
					if c, err = s.checkRow(ctx, q, reader, row, first); err != nil {
						return err
					}
				}
				if c.sameAs != "" {
					shown[c.sameAs] = true
				}
				batch = append(batch, c)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			break
		}
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			for _, c := range batch {
				faults, err := s.sealFaults(i.ID, c.line, c.faults)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(judgeRow, org, i.ID, c.line, c.verdict, faults, c.sameAs, c.choice); err != nil {
					return fmt.Errorf("check row %d: %w", c.line, err)
				}
			}
			return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.check", Object: "import", ObjectID: i.ID,
				Subjects: slices.Sorted(maps.Keys(shown))})
		})
		if err != nil {
			return err
		}
		after = batch[len(batch)-1].line
	}
	return s.endImport(ctx, i, StateChecked)
}

func (s *Service) endImport(ctx context.Context, i Import, state State) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		was := i.State
		if i.State = state; was != StateChecking {
			i.EndedAt = tx.Now()
		}
		if err := s.saveImport(tx, core.ActorFrom(ctx).Org, &i); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.end", Object: "import", ObjectID: i.ID, Detail: map[string]string{"state": string(state)}})
	})
}

func (s *Service) checkRow(ctx context.Context, q db.Querier, reader *rowReader, row keptRow, first map[string]int) (checked, error) {
	read := reader.read(row.cells)
	c := checked{line: row.line, verdict: RowFresh, faults: read.faults}
	if len(read.faults) > 0 {
		c.verdict = RowBad
		return c, nil
	}
	key := read.sameRow()
	if line, twice := first[key]; twice && line != row.line {
		c.verdict = RowTwice
		c.faults = []Fault{{Key: "errs.casefile.import_twice", Args: map[string]string{"line": fmt.Sprint(line)}}}
		return c, nil
	}
	first[key] = row.line
	like, err := s.whoIs(ctx, q, read)
	if err != nil {
		return c, err
	}
	if like != "" {
		c.verdict, c.sameAs = RowKnown, like
	}
	return c, nil
}

// whoIs is the known person a row looks like most, "" when nobody does: the same
// identifier of origin first.
func (s *Service) whoIs(ctx context.Context, q db.Querier, read rowRead) (core.ID, error) {
	if read.origin != "" {
		var same core.ID
		err := q.QueryRow(selectOrigin, core.ActorFrom(ctx).Org, read.origin).Scan(&same)
		if errors.Is(err, db.ErrNoRows) {
			err = nil
		}
		if err != nil || same != "" {
			return same, err
		}
	}
	found, err := s.files.LookAlikes(ctx, q, read.person)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0].Person, nil
}

// written is what became of one row.
type written struct {
	line    int
	outcome string
	person  core.ID
	facts   []core.ID
	faults  []Fault
}

func (s *Service) writeImport(ctx context.Context, i Import) error {
	org := core.ActorFrom(ctx).Org
	var reader *rowReader
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		reader, err = s.rowReader(ctx, q, i)
		return err
	})
	if err != nil {
		return err
	}
	var compute []core.ID
	for after := 0; ; {
		var rows []keptRow
		err := s.DB.Read(ctx, func(q db.Querier) error {
			var err error
			rows, err = s.loadRows(q, selectRowsLeft, org, i.ID, after, writeBatch, "")
			return err
		})
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		done, err := s.writeRows(ctx, reader, i, rows)
		if err != nil && !errs.Is(err, errs.Unavailable) && ctx.Err() == nil {
			// One row stops the others of its batch: one by one it stops itself alone.
			done = nil
			for _, row := range rows {
				one, rerr := s.writeRows(ctx, reader, i, []keptRow{row})
				if rerr != nil && !errs.Is(rerr, errs.Unavailable) && ctx.Err() == nil {
					one, rerr = s.refuseRow(ctx, i, row, rerr)
				}
				if rerr != nil {
					return rerr
				}
				done = append(done, one...)
			}
			err = nil
		}
		if err != nil {
			return err
		}
		for _, w := range done {
			if len(w.facts) > 0 && !slices.Contains(compute, w.person) {
				compute = append(compute, w.person)
			}
		}
		after = rows[len(rows)-1].line
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		for batch := range slices.Chunk(compute, rightBatch) {
			args := append([]core.ID{core.ActorFrom(ctx).ID}, batch...)
			if err := tx.Enqueue(db.Job{Kind: JobRights, Org: org, Args: args}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.endImport(ctx, i, StateDone)
}

// refuseRow notes that a row could not be written, and why.
func (s *Service) refuseRow(ctx context.Context, i Import, row keptRow, why error) ([]written, error) {
	var one *errs.Error
	var fields errs.Fields
	w := written{line: row.line, outcome: outcomeBad}
	switch {
	case errors.As(why, &fields):
		for _, e := range fields {
			w.faults = append(w.faults, fault("", e))
		}
	case errors.As(why, &one) && one.Kind != errs.Internal && one.Key != "":
		w.faults = append(w.faults, fault("", one))
	default:
		s.Log.ErrorContext(ctx, "row of an import not written", "import", i.ID, "line", row.line, "error", why)
		w.faults = append(w.faults, Fault{Key: "errs.casefile.import_row"})
	}
	err := s.DB.Tx(ctx, func(tx *db.Tx) error { return s.endRow(tx, core.ActorFrom(ctx).Org, i.ID, w) })
	return []written{w}, err
}

func (s *Service) endRow(tx *db.Tx, org, id core.ID, w written) error {
	faults, err := s.sealFaults(id, w.line, w.faults)
	if err != nil {
		return err
	}
	made := ""
	for n, f := range w.facts {
		if n > 0 {
			made += " "
		}
		made += string(f)
	}
	if _, err := tx.Exec(endRow, org, id, w.line, w.outcome, w.person, made, faults); err != nil {
		return fmt.Errorf("end row %d: %w", w.line, err)
	}
	return nil
}

func (s *Service) writeRows(ctx context.Context, reader *rowReader, i Import, rows []keptRow) ([]written, error) {
	org := core.ActorFrom(ctx).Org
	var done []written
	err := s.DB.Tx(ctx, func(tx *db.Tx) error {
		done = done[:0]
		var subjects []core.ID
		for _, row := range rows {
			w, err := s.writeRow(ctx, tx, reader, i, row)
			if err != nil {
				return fmt.Errorf("row %d: %w", row.line, err)
			}
			if err := s.endRow(tx, org, i.ID, w); err != nil {
				return err
			}
			if w.person != "" && !slices.Contains(subjects, w.person) {
				subjects = append(subjects, w.person)
			}
			done = append(done, w)
		}
		if len(subjects) == 0 {
			return nil
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.write", Subjects: subjects, Object: "import", ObjectID: i.ID})
	})
	return done, err
}

func (s *Service) writeRow(ctx context.Context, tx *db.Tx, reader *rowReader, i Import, row keptRow) (written, error) {
	w := written{line: row.line, outcome: outcomeSkipped, faults: row.faults}
	create := row.verdict == RowFresh || row.verdict == RowKnown && row.choice == ChoiceOther
	add := row.verdict == RowKnown && row.choice == ChoiceSame
	if !create && !add {
		if row.verdict == RowBad {
			w.outcome = outcomeBad
		}
		return w, nil
	}
	read := reader.read(row.cells)
	if len(read.faults) > 0 { // the day, the members or the law changed since the check
		w.outcome, w.faults = outcomeBad, read.faults
		return w, nil
	}
	org, by := core.ActorFrom(ctx).Org, core.ActorFrom(ctx).ID
	var err error
	if create {
		w.outcome = outcomeCreated
		if w.person, err = s.openImported(tx, org, by, i, read, reader.today); err != nil {
			return w, err
		}
	} else {
		if _, err := s.files.Allow(ctx, tx, access.FactSave, &row.sameAs); err != nil {
			return w, err
		}
		w.outcome, w.person = outcomeAdded, row.sameAs
		if err := casefile.LockFile(tx, org, row.sameAs); err != nil {
			return w, err
		}
	}
	if read.origin != "" {
		if _, err := tx.Exec(insertOrigin, org, read.origin, w.person, i.ID); err != nil {
			return w, fmt.Errorf("keep the identifier of origin: %w", err)
		}
	}
	if len(read.facts) == 0 {
		return w, nil
	}
	facts, err := s.files.AddFacts(ctx, tx, org, w.person, read.facts)
	for _, f := range facts {
		w.facts = append(w.facts, f.ID)
	}
	return w, err
}

// openImported opens the file of somebody new.
func (s *Service) openImported(tx *db.Tx, org, by core.ID, i Import, read rowRead, today core.Date) (core.ID, error) {
	p := read.person
	var err error
	if p.ID, err = s.files.NewID(); err != nil {
		return "", err
	}
	caseID, err := s.files.NewID()
	if err != nil {
		return "", err
	}
	c := casefile.CaseFile{ID: caseID, Team: i.Team, Referent: read.referent, OpenedOn: today}
	if err := s.files.InsertFile(tx, org, by, p, c); err != nil {
		return "", err
	}
	return p.ID, nil
}

// Compute computes the rights of people an import wrote facts about: the
// job JobRights.
func (s *Service) Compute(ctx context.Context, job db.Job) error {
	if len(job.Args) < 2 {
		return fmt.Errorf("rights of an import: %d arguments, want 2 or more", len(job.Args))
	}
	var worker access.Worker
	err := s.DB.Read(ctx, func(q db.Querier) error {
		known, err := access.Workers(q, job.Org, job.Args[0])
		worker = known[job.Args[0]]
		return err
	})
	if err != nil {
		return err
	}
	ctx = actAs(ctx, job.Org, worker)
	for _, person := range job.Args[1:] {
		if err := s.computeOne(ctx, person); err != nil {
			return err
		}
	}
	return nil
}

// computeOne computes the rights of one person. A calculation that fails stops
// nothing: the file says that it is to be done again.
func (s *Service) computeOne(ctx context.Context, person core.ID) error {
	err := s.files.Recompute(ctx, person, 0)
	switch {
	case errs.Is(err, errs.Unavailable), ctx.Err() != nil:
		return err
	case errs.Is(err, errs.NotFound), errs.Is(err, errs.Forbidden): // undone, or handed over, meanwhile
	case err != nil:
		s.Log.ErrorContext(ctx, "rights not computed after an import", "file", person, "error", err)
	}
	return nil
}
