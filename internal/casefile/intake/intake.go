package intake

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Job is the kind of the job that checks, writes or undoes an import: its
// one argument is the import. Run handles it. JobRights computes the
// rights of people an import wrote facts about, once all of it is written.
const (
	Job       = "import.rows"
	JobRights = "import.rights"
)

const (
	importLife    = 30 * 24 * time.Hour // of the rows of an import that ended
	waitLife      = 7 * 24 * time.Hour  // of an import that nobody confirmed
	maxImportRows = 22_500
	keepBatch     = 250 // rows kept in one transaction
	maxImportName = 120
)

// Start keeps a table that was read, sealed, row by row: nothing of it is
// anybody's file yet. team is one of the worker's.
func (s *Service) Start(ctx context.Context, team core.ID, t Table) (core.ID, error) {
	if err := s.Access.Can(ctx, access.ImportRun, access.Here(ctx)); err != nil {
		return "", err
	}
	actor := core.ActorFrom(ctx)
	if !actor.InTeam(team) {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.casefile.team_not_yours").On("team")}
	}
	if len(t.Rows)+len(t.Problems) > maxImportRows {
		return "", errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxImportRows)
	}
	id, err := s.files.NewID()
	if err != nil {
		return "", err
	}
	i := Import{ID: id, Team: team, Worker: actor.ID, State: StateReading, Version: 1, Head: Head{
		Name: importName(t.Name), Format: t.Format, Encoding: t.Encoding, Separator: t.Separator, Date1904: t.Date1904, NoHeader: t.NoHeader, Columns: t.Header,
	}}
	i.Fields = s.guessFields(t.Header)
	i.Month = s.files.ThisMonth(ctx).String()
	head, err := s.sealJSON("import", "head", string(id), i.Head)
	if err != nil {
		return "", err
	}
	err = s.DB.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertImport, actor.Org, id, team, actor.ID, StateReading, head, tx.Now())
		return err
	})
	if err == nil {
		err = s.keepRows(ctx, actor.Org, id, t)
	}
	if err == nil {
		err = s.DB.Tx(ctx, func(tx *db.Tx) error {
			i.State = StateRead
			if err := s.saveImport(tx, actor.Org, &i); err != nil {
				return err
			}
			return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.read", Object: "import", ObjectID: id,
				Detail: map[string]string{"rows": fmt.Sprint(len(t.Rows)), "unreadable": fmt.Sprint(len(t.Problems))}})
		})
	}
	if err != nil {
		gone := s.DB.Tx(context.WithoutCancel(ctx), func(tx *db.Tx) error { return dropImport(tx, actor.Org, id) })
		if gone != nil {
			s.Log.ErrorContext(ctx, "half an import left, the daily sweep takes it", "import", id, "error", gone)
		}
		return "", fmt.Errorf("keep the rows of an import: %w", err)
	}
	return id, nil
}

func importName(name string) string {
	name = strings.ToValidUTF8(name[strings.LastIndexAny(name, `/\`)+1:], "")
	if r := []rune(name); len(r) > maxImportName {
		name = string(r[:maxImportName])
	}
	return name
}

func (s *Service) keepRows(ctx context.Context, org, id core.ID, t Table) error {
	bad := map[int][]Fault{}
	var lines []int
	for _, p := range t.Problems {
		bad[p.Line] = append(bad[p.Line], p)
		if len(bad[p.Line]) == 1 {
			lines = append(lines, p.Line)
		}
	}
	type kept struct {
		line    int
		cells   []string
		faults  []Fault
		verdict Verdict
	}
	all := make([]kept, 0, len(t.Rows)+len(lines))
	for _, r := range t.Rows {
		all = append(all, kept{line: r.Line, cells: r.Cells})
	}
	for _, l := range lines {
		all = append(all, kept{line: l, faults: bad[l], verdict: RowBad})
	}
	for batch := range slices.Chunk(all, keepBatch) {
		err := s.DB.Tx(ctx, func(tx *db.Tx) error {
			for _, k := range batch {
				cells := []byte{}
				if k.cells != nil {
					var err error
					if cells, err = s.sealJSON("import_row", "cells", rowKey(id, k.line), k.cells); err != nil {
						return err
					}
				}
				faults, err := s.sealFaults(id, k.line, k.faults)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(insertImportRow, org, id, k.line, cells, faults, k.verdict); err != nil {
					return fmt.Errorf("keep row %d: %w", k.line, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// allowImport reads an import of one of the actor's teams.
func (s *Service) allowImport(ctx context.Context, q db.Querier, id core.ID) (Import, error) {
	if err := s.Access.Can(ctx, access.ImportRun, access.Here(ctx)); err != nil {
		return Import{}, err
	}
	actor := core.ActorFrom(ctx)
	i, err := s.loadImport(q, actor.Org, id)
	if err != nil {
		return i, err
	}
	if !actor.InTeam(i.Team) {
		return Import{}, errs.New(errs.NotFound, "errs.casefile.import_not_found")
	}
	return i, nil
}

// List lists the imports of the actor's teams, the latest first, at most 50.
func (s *Service) List(ctx context.Context) ([]Import, error) {
	if err := s.Access.Can(ctx, access.ImportRun, access.Here(ctx)); err != nil {
		return nil, err
	}
	actor := core.ActorFrom(ctx)
	if len(actor.Teams) == 0 {
		return nil, nil
	}
	var list []Import
	err := s.DB.Read(ctx, func(q db.Querier) error {
		sql, args := selectImports, []any{actor.Org}
		for n, team := range actor.Teams {
			if args = append(args, team); n > 0 {
				sql += ", "
			}
			sql += fmt.Sprintf("$%d", len(args))
		}
		rows, err := q.Query(sql+") ORDER BY id DESC LIMIT 50", args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			i, err := s.scanImport(r)
			list = append(list, i)
			return err
		})
		if err != nil {
			return fmt.Errorf("list imports: %w", err)
		}
		var who []core.ID
		for n := range list {
			if err := s.countImport(q, actor.Org, &list[n]); err != nil {
				return err
			}
			who = append(who, list[n].Worker)
		}
		names, err := access.Workers(q, actor.Org, who...)
		for n := range list {
			list[n].WorkerName = names[list[n].Worker].Name
		}
		return err
	})
	return list, err
}

// Read reads one import with its counts.
func (s *Service) Read(ctx context.Context, id core.ID) (Import, error) {
	var i Import
	err := s.DB.Read(ctx, func(q db.Querier) error {
		var err error
		if i, err = s.allowImport(ctx, q, id); err != nil {
			return err
		}
		return s.countImport(q, core.ActorFrom(ctx).Org, &i)
	})
	return i, err
}

// maxImportPage is how many rows one page of an import shows.
const maxImportPage = 50

// Rows reads rows of an import after a line, at most limit, those of one
// verdict or ("") all. Whom they look like is in the journal as shown.
func (s *Service) Rows(ctx context.Context, id core.ID, verdict Verdict, after, limit int) ([]Row, error) {
	var list []Row
	limit = min(max(limit, 1), maxImportPage)
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		e := journal.Event{Kind: "import.show", Object: "import", ObjectID: id}
		i, err := s.allowImport(ctx, q, id)
		if err != nil {
			return e, err
		}
		org := core.ActorFrom(ctx).Org
		var rows []keptRow
		if verdict == RowUnchecked {
			rows, err = s.loadRows(q, selectRows, org, id, after, limit)
		} else {
			rows, err = s.loadRows(q, selectRowsOf, org, id, after, limit, verdict)
		}
		if err != nil {
			return e, err
		}
		known, err := s.foundByID(ctx, q, rows)
		if err != nil {
			return e, err
		}
		reader, err := s.rowReader(ctx, q, i)
		if err != nil {
			return e, err
		}
		for _, r := range rows {
			l := Row{Line: r.line, Cells: r.cells, Verdict: r.verdict, Choice: r.choice, Outcome: r.outcome, Faults: r.faults, Person: r.person}
			if f, is := known[r.sameAs]; is {
				l.Like = &f
				e.Subjects = append(e.Subjects, f.Person)
			}
			if len(r.cells) > 0 {
				read := reader.read(r.cells)
				l.Name, l.Birth, l.HasFacts = read.person.DisplayName(), read.person.Birth, len(read.facts)
			}
			list = append(list, l)
		}
		slices.Sort(e.Subjects)
		e.Subjects = slices.Compact(e.Subjects)
		return e, nil
	})
	return list, err
}

func (s *Service) foundByID(ctx context.Context, q db.Querier, rows []keptRow) (map[core.ID]casefile.Found, error) {
	var ids []core.ID
	for _, r := range rows {
		if r.sameAs != "" && !slices.Contains(ids, r.sameAs) {
			ids = append(ids, r.sameAs)
		}
	}
	return s.files.FoundByID(ctx, q, ids)
}

func (s *Service) rowReader(ctx context.Context, q db.Querier, i Import) (*rowReader, error) {
	workers, err := access.ActiveWorkers(q, core.ActorFrom(ctx).Org)
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	return &rowReader{files: s.files, head: i.Head, words: newLexicon(workers), today: s.files.Today(ctx)}, nil
}

// Map says what each column is and has the rows checked. month (YYYY-MM) is
// the first that facts hold from, "" = always.
func (s *Service) Map(ctx context.Context, id core.ID, version int64, fields []string, month string) error {
	return s.moveImport(ctx, id, version, "import.map", func(tx *db.Tx, i *Import) error {
		if i.State != StateRead && i.State != StateChecked {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		if err := s.validateMapping(i.Head, fields, month); err != nil {
			return err
		}
		i.Fields, i.Month, i.Failed, i.State = fields, month, "", StateChecking
		return nil
	})
}

// ChooseRows says of rows that look like somebody known what to do with them.
func (s *Service) ChooseRows(ctx context.Context, id core.ID, choices map[int]RowChoice) error {
	if len(choices) > 10*maxImportPage {
		return errs.New(errs.Invalid, "errs.casefile.too_many", "max", 10*maxImportPage)
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.allowImport(ctx, tx, id)
		if err != nil {
			return err
		}
		if i.State != StateChecked {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		for line, c := range choices {
			switch c {
			case ChoiceSame, ChoiceOther, ChoiceSkip:
			default:
				return errs.Fields{errs.New(errs.Invalid, "errs.casefile.choice_unknown")}
			}
			if _, err := tx.Exec(chooseRow, core.ActorFrom(ctx).Org, id, line, c); err != nil {
				return fmt.Errorf("choose row %d: %w", line, err)
			}
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.choose", Object: "import", ObjectID: id})
	})
}

// ChooseRest gives one choice to every row that looks like somebody known and has
// none yet: to open a file, or to skip. Same is chosen one by one.
func (s *Service) ChooseRest(ctx context.Context, id core.ID, c RowChoice) error {
	if c != ChoiceOther && c != ChoiceSkip {
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.choice_unknown")}
	}
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.allowImport(ctx, tx, id)
		if err != nil {
			return err
		}
		if i.State != StateChecked {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		if _, err := tx.Exec(chooseRest, core.ActorFrom(ctx).Org, id, c); err != nil {
			return fmt.Errorf("choose rows: %w", err)
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.choose", Object: "import", ObjectID: id})
	})
}

// Confirm has the rows written. Those to correct and those without a choice
// are left out.
func (s *Service) Confirm(ctx context.Context, id core.ID, version int64) error {
	return s.moveImport(ctx, id, version, "import.confirm", func(tx *db.Tx, i *Import) error {
		if i.State != StateChecked {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		i.State, i.ConfirmedAt = StateRunning, tx.Now()
		return nil
	})
}

// Undo has everything the import wrote taken back, except what somebody
// touched since.
func (s *Service) Undo(ctx context.Context, id core.ID, version int64) error {
	return s.moveImport(ctx, id, version, "import.undo", func(_ *db.Tx, i *Import) error {
		if i.State != StateDone {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		i.State = StateUndoing
		return nil
	})
}

func (s *Service) moveImport(ctx context.Context, id core.ID, version int64, kind string, move func(*db.Tx, *Import) error) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.allowImport(ctx, tx, id)
		if err != nil {
			return err
		}
		if i.Version != version {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		if err := move(tx, &i); err != nil {
			return err
		}
		if err := s.saveImport(tx, core.ActorFrom(ctx).Org, &i); err != nil {
			return err
		}
		if err := tx.Enqueue(db.Job{Kind: Job, Org: core.ActorFrom(ctx).Org, Args: []core.ID{id, core.ActorFrom(ctx).ID}}); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: kind, Object: "import", ObjectID: id})
	})
}

// Drop forgets an import that nobody confirmed.
func (s *Service) Drop(ctx context.Context, id core.ID) error {
	return s.DB.Tx(ctx, func(tx *db.Tx) error {
		i, err := s.allowImport(ctx, tx, id)
		if err != nil {
			return err
		}
		if i.State != StateRead && i.State != StateChecked {
			return errs.New(errs.Conflict, "errs.casefile.import_moved")
		}
		if err := dropImport(tx, core.ActorFrom(ctx).Org, id); err != nil {
			return err
		}
		return s.Journal.Record(ctx, tx, journal.Event{Kind: "import.drop", Object: "import", ObjectID: id})
	})
}

// Faults reads every row to correct, with what it held.
func (s *Service) Faults(ctx context.Context, id core.ID) (Import, []Row, error) {
	var i Import
	var list []Row
	err := s.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		list = nil
		e := journal.Event{Kind: "import.faults", Object: "import", ObjectID: id}
		if i, err = s.allowImport(ctx, q, id); err != nil {
			return e, err
		}
		for after := 0; ; {
			rows, err := s.loadRows(q, selectRowsOf, core.ActorFrom(ctx).Org, id, after, 1000, RowBad)
			if err != nil || len(rows) == 0 {
				return e, err
			}
			for _, r := range rows {
				list = append(list, Row{Line: r.line, Cells: r.cells, Verdict: r.verdict, Outcome: r.outcome, Faults: r.faults})
				after = r.line
			}
		}
	})
	return i, list, err
}

// guessFields says what columns are by their names: those of the catalogues, or
// of the vocabulary.
func (s *Service) guessFields(header []string) []string {
	names := headerWords(s.files.Variables())
	fields := make([]string, len(header))
	taken := map[string]bool{}
	for i, h := range header {
		if !utf8.ValidString(h) {
			continue
		}
		field := names[casefile.Fold(h)]
		if field != "" && (!taken[field] || field == fieldAddress) {
			fields[i], taken[field] = field, true
		}
	}
	return fields
}
