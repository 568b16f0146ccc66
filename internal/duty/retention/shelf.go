package retention

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// JobBack brings back the file of somebody who signed in while it was in the archive.
const JobBack = "retention.back"

const chunk = 100 // files looked at between two readings

// Start puts into the archive, in each organisation that chose durations, the files
// whose person has not been there for longer: daily. What fails in one organisation does
// not keep the others.
func (s *Service) Start(ctx context.Context) error {
	var orgs []core.ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		orgs, err = access.Organisations(q)
		return err
	})
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if _, e := s.Shelve(s.asProgram(ctx, org)); e != nil {
			err = errors.Join(err, fmt.Errorf("archive of %s: %w", org, e))
		}
	}
	return err
}

// candidates are the files whose row tells of no contact since, in the order of ids.
const candidates = `SELECT DISTINCT person_id FROM casefile
WHERE org_id = $1 AND person_id > $2 AND phase <> 'gone' AND last_contact_from_person_at < $3 ORDER BY person_id LIMIT $4 /* every row: once a day, a part at a time */`

// Shelve puts into the archive what is due in the actor's organisation, and says how
// many files went. It is the program's gesture: a rule that somebody chose, applied.
func (s *Service) Shelve(ctx context.Context) (moved int, err error) {
	if err := s.cases.Access.Can(ctx, access.ArchiveRule, access.Here(ctx)); err != nil {
		return 0, err
	}
	org := core.ActorFrom(ctx).Org
	today := s.cases.Today(ctx)
	var rule Rule
	err = s.cases.DB.Read(ctx, func(q db.Querier) error {
		rule, err = RuleOf(q, org)
		return err
	})
	if err != nil || !rule.Chosen() {
		return 0, err
	}
	if err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error { return keepSignedIn(tx, org) }); err != nil {
		return 0, err
	}
	cutoff := rule.entersBefore(today)
	for after := core.ID(""); ; {
		var list []core.ID
		err := s.cases.DB.Read(ctx, func(q db.Querier) error {
			list, err = due(q, org, after, cutoff)
			return err
		})
		if err != nil {
			return moved, err
		}
		for _, id := range list {
			went, err := s.shelveOne(ctx, org, id, cutoff, today)
			if err != nil {
				return moved, err
			}
			if went {
				moved++
			}
			after = id
		}
		if len(list) < chunk {
			return moved, nil
		}
	}
}

func due(q db.Querier, org, after core.ID, cutoff core.Date) ([]core.ID, error) {
	var list []core.ID
	// Midnight in UTC is late enough: the day is looked at again, with everything, before.
	rows, err := q.Query(candidates, org, after, cutoff.AddDays(1).Time().UnixMicro(), chunk)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		list = append(list, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("files without contact: %w", err)
	}
	return list, nil
}

const (
	insertArchive = `INSERT INTO retention_archive (org_id, person_id, id, last_contact, archived_at, returned_at, returned_by) VALUES ($1, $2, $3, $4, $5, 0, '')`
	insertPeriod  = `INSERT INTO retention_archive_case (org_id, archive_id, case_id, person_id, was_phase) VALUES ($1, $2, $3, $4, $5)`
	shelveCase    = `UPDATE casefile SET phase = 'gone', version = version + 1 WHERE org_id = $1 AND person_id = $2 AND id = $3`
	shelvePerson  = `UPDATE person SET shelved = $3 WHERE org_id = $1 AND id = $2`
	withdrawRelay = `UPDATE case_transfer SET state = 'withdrawn', answered_at = $3 WHERE org_id = $1 AND person_id = $2 AND state = 'proposed'`
)

// shelveOne puts one file, and those merged into it, into the archive, unless the person
// was there meanwhile.
func (s *Service) shelveOne(ctx context.Context, org, id core.ID, cutoff, today core.Date) (went bool, err error) {
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		went = false
		humans, err := humansOf(tx, org, id)
		if err != nil {
			return err
		}
		if err := casefile.LockFile(tx, org, humans[0]); err != nil {
			return err
		}
		periods, err := periodsOf(tx, org, humans)
		if err != nil {
			return err
		}
		periods = slices.DeleteFunc(periods, func(p period) bool { return p.phase == casefile.PhaseGone })
		if len(periods) == 0 {
			return nil
		}
		last, err := lastContact(tx, org, humans, s.cases.Place(org))
		if err != nil {
			return err
		}
		if !last.Before(cutoff) { // known elsewhere than on the row: written there
			at := last.Time().UnixMicro()
			for _, h := range humans {
				if _, err := tx.Exec(touchCases, org, h, at); err != nil {
					return fmt.Errorf("keep a contact: %w", err)
				}
			}
			return nil
		}
		archive, err := s.cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(insertArchive, org, humans[0], archive, last.String(), tx.Now()); err != nil {
			return fmt.Errorf("put into the archive: %w", err)
		}
		for _, p := range periods {
			if _, err := tx.Exec(insertPeriod, org, archive, p.id, p.person, string(p.phase)); err != nil {
				return fmt.Errorf("put into the archive: %w", err)
			}
			if _, err := tx.Exec(shelveCase, org, p.person, p.id); err != nil {
				return fmt.Errorf("put into the archive: %w", err)
			}
		}
		for _, h := range humans {
			if _, err := tx.Exec(shelvePerson, org, h, 1); err != nil {
				return fmt.Errorf("put into the archive: %w", err)
			}
			if _, err := tx.Exec(withdrawRelay, org, h, tx.Now()); err != nil {
				return fmt.Errorf("put into the archive: %w", err)
			}
		}
		if err := casefile.TalkAgain(tx, org, humans[0], today.CalendarMonth()); err != nil {
			return err
		}
		went = true
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.enter", Subjects: humans, Object: "archive", ObjectID: archive})
	})
	return went, err
}

const (
	periodsThere = `SELECT case_id, person_id, was_phase FROM retention_archive_case WHERE org_id = $1 AND archive_id = $2 ORDER BY case_id`
	restoreCase  = `UPDATE casefile SET phase = $4, last_contact_from_person_at = $5, version = version + 1 WHERE org_id = $1 AND person_id = $2 AND id = $3 AND phase = 'gone'`
	returned     = `UPDATE retention_archive SET returned_at = $4, returned_by = $5, reason = $6 WHERE org_id = $1 AND person_id = $2 AND id = $3`
	isGoing      = `SELECT COUNT(*) FROM retention_item WHERE org_id = $1 AND person_id = $2 AND state = 'going'`
	keepItems    = `UPDATE retention_item SET state = 'kept', why = 'back' WHERE org_id = $1 AND person_id = $2 AND state = 'listed'`
)

// Return brings a file back from the archive, as it was: the person is there again. Who
// may: a team that accompanied them, or who is named for the archive. why is read by the
// person. A file that is not in the archive stays as it is, without error. Invalid on
// "why".
func (s *Service) Return(ctx context.Context, person core.ID, why string) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.allow(ctx, tx, access.ArchiveReturn, person)
		if err != nil {
			return err
		}
		var f errs.Fields
		why = line(&f, "why", why, maxReason, "errs.keeping.why")
		if err := f.Err(); err != nil {
			return err
		}
		return s.restore(ctx, tx, o, why)
	})
}

// Back is Return for somebody who signed in: their own gesture needs no reason.
func (s *Service) Back(ctx context.Context, job db.Job) error {
	ctx = s.asProgram(ctx, job.Org)
	for _, person := range job.Args {
		err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
			o, err := s.allow(ctx, tx, access.ArchiveReturn, person)
			if err != nil {
				return err
			}
			return s.restore(ctx, tx, o, "")
		})
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return nil
}

func (s *Service) restore(ctx context.Context, tx *db.Tx, o opened, why string) error {
	if o.archive == "" {
		return nil
	}
	kept := o.humans[0]
	var going int64
	if err := tx.QueryRow(isGoing, o.org, kept).Scan(&going); err != nil {
		return fmt.Errorf("whether the file is being deleted: %w", err)
	}
	if going > 0 {
		return errs.New(errs.Conflict, "errs.keeping.going")
	}
	if err := casefile.LockFile(tx, o.org, kept); err != nil {
		return err
	}
	var was []period
	rows, err := tx.Query(periodsThere, o.org, o.archive)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var p period
		err := r.Scan(&p.id, &p.person, &p.phase)
		was = append(was, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("what was in the archive: %w", err)
	}
	for _, p := range was {
		if _, err := tx.Exec(restoreCase, o.org, p.person, p.id, string(p.phase), tx.Now()); err != nil {
			return fmt.Errorf("bring back from the archive: %w", err)
		}
	}
	for _, h := range o.humans {
		if _, err := tx.Exec(shelvePerson, o.org, h, 0); err != nil {
			return fmt.Errorf("bring back from the archive: %w", err)
		}
	}
	var sealed []byte
	if why != "" {
		id := o.archive
		if sealed, err = s.cases.Fields.Seal("retention_archive", "reason", string(id), []byte(why)); err != nil {
			return fmt.Errorf("seal a reason: %w", err)
		}
	}
	if _, err := tx.Exec(returned, o.org, kept, o.archive, tx.Now(), core.ActorFrom(ctx).ID, sealed); err != nil {
		return fmt.Errorf("bring back from the archive: %w", err)
	}
	if _, err := tx.Exec(keepItems, o.org, kept); err != nil {
		return fmt.Errorf("take off the lists: %w", err)
	}
	if err := casefile.TalkAgain(tx, o.org, kept, s.cases.Today(ctx).CalendarMonth()); err != nil {
		return err
	}
	return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "archive.return", Subjects: o.humans, Object: "archive", ObjectID: o.archive, Reason: why})
}

const isShelved = `SELECT shelved FROM person WHERE org_id = $1 AND id = $2`

// Tap listens to the journal: whoever signs in while their file is in the archive is
// there again, so that a job brings it back.
func (s *Service) Tap(tx *db.Tx, org core.ID, e journal.Event) error {
	if (e.Kind != "session.open" && e.Kind != "session.beside") || len(e.Subjects) != 1 {
		return nil
	}
	var shelved int64
	err := tx.QueryRow(isShelved, org, e.Subjects[0]).Scan(&shelved)
	if errors.Is(err, db.ErrNoRows) || (err == nil && shelved == 0) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("whether who signs in is in the archive: %w", err)
	}
	return tx.Enqueue(db.Job{Kind: JobBack, Org: org, Args: e.Subjects})
}

// Archived is a file in the archive, as far as a search by who is there tells.
type Archived struct {
	Person      core.ID
	Name        string
	Birth       core.PartialDate
	TeamName    string
	LastContact core.Date
	Readable    bool // the actor is named for the archive
}

const (
	lookUp = `SELECT DISTINCT COALESCE(al.person_id, p.id) FROM name_key k JOIN person p ON p.org_id = k.org_id AND p.id = k.person_id
LEFT JOIN person_alias al ON al.org_id = p.org_id AND al.alias_id = p.id AND al.ended_at = 0
WHERE k.org_id = $1 AND k.kind = 'n' AND k.key = $2 AND p.shelved = 1 AND p.birth LIKE $3 ORDER BY 1 LIMIT 50`
	selectName = `SELECT usual_name, given_names, birth_name, use_name, title, birth FROM person WHERE org_id = $1 AND id = $2`
	atDay      = `SELECT last_contact FROM retention_archive WHERE org_id = $1 AND person_id = $2 AND id = $3`
)

// LookUp finds, in the archive, somebody who is there and gives their name and their
// birth: every word of the name as it is written, and the year at least. It tells of
// those whom the actor may bring back. why is in the journal, which the person reads.
func (s *Service) LookUp(ctx context.Context, name string, birth core.PartialDate, why string) ([]Archived, error) {
	if err := s.cases.Access.Can(ctx, access.PersonFind, access.Here(ctx)); err != nil {
		return nil, err
	}
	var f errs.Fields
	why = line(&f, "why", why, maxReason, "errs.keeping.why")
	words := strings.Fields(casefile.Fold(name))
	if len(words) < 2 || len(words) > 12 {
		f.Add("name", "errs.keeping.name")
	}
	if birth.IsZero() {
		f.Add("birth", "errs.keeping.birth")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	var list []Archived
	org := core.ActorFrom(ctx).Org
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		list = nil
		event := journal.Event{Kind: "archive.search", Reason: why}
		var ids []core.ID
		rows, err := q.Query(lookUp, org, words[0], birth.String()+"%")
		err = db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil {
			return event, fmt.Errorf("look in the archive: %w", err)
		}
		teams, err := teamNames(q, org)
		if err != nil {
			return event, err
		}
		for _, id := range ids {
			one, ok, err := s.archived(ctx, q, id, words, teams)
			if err != nil {
				return event, err
			}
			if ok {
				list = append(list, one)
				event.Subjects = append(event.Subjects, id)
			}
		}
		return event, nil
	})
	return list, err
}

// archived is one file found by name, when the actor may bring it back and every word
// is of its person's names.
func (s *Service) archived(ctx context.Context, q db.Querier, id core.ID, words []string, teams map[core.ID]string) (Archived, bool, error) {
	out := Archived{Person: id}
	o, err := s.allow(ctx, q, access.ArchiveReturn, id)
	if errs.Is(err, errs.NotFound) || (err == nil && o.archive == "") {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	who, err := nameOf(q, o.org, id)
	if err != nil {
		return out, false, err
	}
	known := strings.Fields(casefile.Fold(strings.Join([]string{who.UsualName, who.GivenNames, who.BirthName, who.FirstNameOfUse}, " ")))
	for _, w := range words {
		if !slices.Contains(known, w) {
			return out, false, nil
		}
	}
	var day string
	if err := q.QueryRow(atDay, o.org, o.humans[0], o.archive).Scan(&day); err != nil {
		return out, false, fmt.Errorf("since when in the archive: %w", err)
	}
	out.Name, out.Birth, out.Readable = who.DisplayName(), who.Birth, o.circle
	out.TeamName = teams[o.periods[len(o.periods)-1].team]
	out.LastContact, err = core.ParseDate(day)
	return out, true, err
}

func nameOf(q db.Querier, org, id core.ID) (casefile.Person, error) {
	p := casefile.Person{ID: id}
	var birth string
	err := q.QueryRow(selectName, org, id).Scan(&p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &p.Title, &birth)
	if errors.Is(err, db.ErrNoRows) {
		return p, errs.New(errs.NotFound, "errs.casefile.person_not_found")
	}
	if err == nil {
		p.Birth, err = core.ParsePartialDate(birth)
	}
	if err != nil {
		return p, fmt.Errorf("read person %s: %w", id, err)
	}
	return p, nil
}

func teamNames(q db.Querier, org core.ID) (map[core.ID]string, error) {
	teams, err := access.Teams(q, org)
	if err != nil {
		return nil, fmt.Errorf("names of teams: %w", err)
	}
	names := make(map[core.ID]string, len(teams))
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	return names, nil
}

// Read gives the copy of a file in the archive, for who is named for it, with a reason
// that the person reads. Third persons are masked as in any copy. Invalid on "why".
func (s *Service) Read(ctx context.Context, person core.ID, why string, rooms ...casefile.Exporter) (*casefile.Dossier, error) {
	var d *casefile.Dossier
	today := s.cases.Today(ctx)
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		o, err := s.allow(ctx, q, access.ArchiveOpen, person)
		if err == nil && (!o.circle || o.archive == "") {
			err = errs.New(errs.NotFound, "errs.casefile.person_not_found")
		}
		if err != nil {
			return journal.Event{}, err
		}
		var f errs.Fields
		why = line(&f, "why", why, maxReason, "errs.keeping.why")
		if err := f.Err(); err != nil {
			return journal.Event{}, err
		}
		file := casefile.Opened{Org: o.org, Humans: o.humans}
		for _, p := range o.periods {
			file.Cases = append(file.Cases, casefile.CaseFile{ID: p.id, Person: o.humans[0], Team: p.team, Phase: p.phase})
		}
		d, err = s.cases.CopyOf(ctx, q, file, o.humans[0], today, rooms)
		return journal.Event{Kind: "archive.read", Subjects: o.humans, Reason: why}, err
	})
	return d, err
}
