// Package safeguard keeps what concerns a child in danger or at risk apart from the file
// that it is written in: what professionals shared (CASF art. L226-2-2), with whether the
// family was told before, to whom or why not; and an information préoccupante passed on to
// the département (CASF art. L226-3).
//
// Guarantees. A record is read by its circle, colleagues named one by one, and by nobody
// else: not the persons of the household, not the rest of the team, not who administers.
// It is in no copy (GDPR art. 15, 4 and CRPA art. L311-6), no print, no search, no API, no
// list, and the journal's line of it names nobody, so that no « qui a vu » shows it. The
// one exception is a sharing of which the family was told: its line, without content, is
// in the journal of the file's person. The link to the page is on every file, whether
// there is something or not.
//
// What not to do: hang it on an event, a count or a badge.
//
//	id, err := children.Write(ctx, file, safeguard.Input{Kind: safeguard.Worry, Child: "Lina, 11 ans", …})
package safeguard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
	maxWords   = 8_000 // characters of what is written
	maxLine    = 300
	maxRecords = 50 // of one file
	maxFollow  = 200
	maxCircle  = 20
)

// Kind is what a record is.
type Kind string

// The kinds.
const (
	Shared Kind = "shared" // between professionals, strictly what is needed
	Worry  Kind = "worry"  // information préoccupante
)

// Input is what the form sends.
type Input struct {
	Kind   Kind
	On     core.Date
	Child  string // who it is about, as the writer says it
	Words  string // what was shared or passed on
	To     string // with whom
	Told   bool   // the family was told before
	ToldTo string // whom, how; needed when told
	WhyNot string // needed when not told: the child's interest (CASF art. L226-2-2)
	Circle []core.ID
}

func (in *Input) validate(today core.Date) error {
	var f errs.Fields
	if in.Kind != Shared && in.Kind != Worry {
		f.Add("kind", "errs.safeguard.kind")
	}
	switch {
	case in.On.IsZero():
		f.Add("on", "errs.safeguard.day")
	case today.Before(in.On):
		f.Add("on", "errs.casefile.date_future")
	}
	in.Child = text(&f, "child", in.Child, maxLine, "errs.safeguard.child")
	in.Words = text(&f, "words", in.Words, maxWords, "errs.safeguard.words")
	in.To = text(&f, "to", in.To, maxLine, "errs.safeguard.to")
	if in.Told {
		in.ToldTo, in.WhyNot = text(&f, "told_to", in.ToldTo, maxLine, "errs.safeguard.told_to"), ""
	} else {
		in.ToldTo, in.WhyNot = "", text(&f, "why_not", in.WhyNot, maxLine, "errs.safeguard.why_not")
	}
	if len(in.Circle) > maxCircle {
		f.Add("circle", "errs.safeguard.circle_many", "max", maxCircle)
	}
	return f.Err()
}

// text keeps the lines of a text; missing is the error when nothing is written.
func text(f *errs.Fields, field, s string, most int, missing string) string {
	s = strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(s))
	switch {
	case s == "":
		f.Add(field, missing)
	case !utf8.ValidString(s):
		f.Add(field, "errs.casefile.text_encoding")
	case utf8.RuneCountInString(s) > most:
		f.Add(field, "errs.casefile.text_too_long", "max", most)
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' }):
		f.Add(field, "errs.casefile.text_control")
	}
	return s
}

// content is what is sealed of a record.
type content struct{ Child, Words, To, ToldTo, WhyNot string }

// Record is one that the reader may read.
type Record struct {
	ID     core.ID
	Kind   Kind
	On     core.Date
	Told   bool
	Child  string
	Words  string
	To     string
	ToldTo string
	WhyNot string
	By     string // who wrote it
	At     int64
	Circle []Member
	Follow []Follow
}

// Member is one of a circle.
type Member struct {
	ID   core.ID
	Name string
}

// Follow is what came after.
type Follow struct {
	Words string
	By    string
	At    int64 // µs UTC
}

// Page is what one reader sees beside a file.
type Page struct {
	File       core.ID
	Name       string
	Records    []Record
	Colleagues []Member // of the teams that accompany, the reader left out
	// Alone counts records that nobody of their circle may read any more: whoever
	// accompanies takes them up, with a reason.
	Alone int
}

// Service is the way in. It is safe for concurrent use.
type Service struct{ cases *casefile.Service }

// New makes a Service on the files of an installation.
func New(cases *casefile.Service) (*Service, error) {
	if cases == nil {
		return nil, errors.New("safeguard: the files are needed")
	}
	return &Service{cases: cases}, nil
}

// Today is the day it is at the actor's organisation.
func (s *Service) Today(ctx context.Context) core.Date { return s.cases.Today(ctx) }

// line is what the journal keeps: no subject, so that nobody's own journal shows it.
func line(kind string, file, record core.ID) journal.Event {
	return journal.Event{Kind: kind, Object: "child", ObjectID: record, Detail: map[string]string{"file": string(file)}}
}

const (
	countRecords = `SELECT COUNT(*) FROM child_record WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	insertRecord = `INSERT INTO child_record (org_id, file_id, id, kind, happened_on, told, content, written_at, written_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	insertMember = `INSERT INTO child_circle (org_id, record_id, worker_id, added_at, added_by) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	insertFollow = `INSERT INTO child_follow (org_id, record_id, id, words, written_at, written_by) VALUES ($1, $2, $3, $4, $5, $6)`
)

// Write keeps a record in a file, for its writer and the circle that they name among
// those who accompany. Invalid by field.
func (s *Service) Write(ctx context.Context, file core.ID, in Input) (core.ID, error) {
	today := s.cases.Today(ctx)
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.ChildNote, &file)
		if err != nil {
			return err
		}
		if err := in.validate(today); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, file); err != nil {
			return err
		}
		var n int
		if err := tx.QueryRow(countRecords, o.Org, file).Scan(&n); err != nil {
			return fmt.Errorf("count records: %w", err)
		}
		if n >= maxRecords {
			return errs.New(errs.Invalid, "errs.safeguard.too_many", "max", maxRecords)
		}
		plain, err := json.Marshal(content{in.Child, in.Words, in.To, in.ToldTo, in.WhyNot})
		if err != nil {
			return fmt.Errorf("write a record: %w", err)
		}
		sealed, err := s.cases.Fields.Seal("child_record", "content", string(id), plain)
		if err != nil {
			return fmt.Errorf("seal a record: %w", err)
		}
		me := core.ActorFrom(ctx).ID
		told := 0
		if in.Told {
			told = 1
		}
		if _, err := tx.Exec(insertRecord, o.Org, file, id, string(in.Kind), in.On.String(), told, sealed, tx.Now(), me); err != nil {
			return fmt.Errorf("write a record: %w", err)
		}
		if err := s.name(tx, o, id, me, append([]core.ID{me}, in.Circle...)); err != nil {
			return err
		}
		e := line("child.write", file, id)
		if in.Kind == Shared && in.Told { // they know: their journal says it too
			e = journal.Event{Kind: "child.shared", Subjects: o.Humans, Object: "child", ObjectID: id}
		}
		return s.cases.Journal.Record(ctx, tx, e)
	})
	return id, err
}

// name puts people into a circle: colleagues of the teams that accompany.
func (s *Service) name(tx *db.Tx, o casefile.Opened, record, by core.ID, who []core.ID) error {
	colleagues, err := access.TeamWorkers(tx, o.Org, o.Teams()...)
	if err != nil {
		return fmt.Errorf("colleagues: %w", err)
	}
	for _, w := range who {
		if w != by && !slices.ContainsFunc(colleagues, func(c access.Worker) bool { return c.ID == w }) {
			return errs.Fields{errs.New(errs.Invalid, "errs.safeguard.circle").On("circle")}
		}
		if _, err := tx.Exec(insertMember, o.Org, record, w, tx.Now(), by); err != nil {
			return fmt.Errorf("name a circle: %w", err)
		}
	}
	return nil
}

const (
	selectRecords = `SELECT r.id, r.kind, r.happened_on, r.told, r.content, r.written_at, r.written_by FROM child_record r
WHERE r.org_id = $1 AND r.file_id IN ` + casefile.SameHuman + ` AND EXISTS (SELECT 1 FROM child_circle c WHERE c.org_id = r.org_id AND c.record_id = r.id AND c.worker_id = $3)
ORDER BY r.id DESC LIMIT 50`
	selectCircle = `SELECT worker_id FROM child_circle WHERE org_id = $1 AND record_id = $2 ORDER BY worker_id`
	selectFollow = `SELECT id, words, written_at, written_by FROM child_follow WHERE org_id = $1 AND record_id = $2 ORDER BY id LIMIT 200`
	selectName   = `SELECT usual_name, given_names, birth_name, use_name FROM person WHERE org_id = $1 AND id = $2`
	allRecords   = `SELECT id FROM child_record WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + ` ORDER BY id LIMIT 50`
)

// List reads the records of a file that the reader is named for, the last first.
func (s *Service) List(ctx context.Context, file core.ID) (Page, error) {
	var page Page
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		page = Page{}
		o, err := s.cases.Allow(ctx, q, access.ChildRead, &file)
		if err != nil {
			return journal.Event{}, err
		}
		page.File = file
		var p casefile.Person
		if err := q.QueryRow(selectName, o.Org, file).Scan(&p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse); err != nil {
			return journal.Event{}, fmt.Errorf("whose file: %w", err)
		}
		page.Name = p.DisplayName()
		me := core.ActorFrom(ctx).ID
		colleagues, err := access.TeamWorkers(q, o.Org, o.Teams()...)
		if err != nil {
			return journal.Event{}, fmt.Errorf("colleagues: %w", err)
		}
		for _, c := range colleagues {
			if c.ID != me {
				page.Colleagues = append(page.Colleagues, Member{c.ID, c.Name})
			}
		}
		if page.Records, err = s.records(q, o.Org, file, me); err != nil {
			return journal.Event{}, err
		}
		alone, err := abandoned(q, o.Org, file, colleagues)
		page.Alone = len(alone)
		return line("child.read", file, ""), err
	})
	return page, err
}

func (s *Service) records(q db.Querier, org, file, reader core.ID) ([]Record, error) {
	var list []Record
	var by []core.ID
	rows, err := q.Query(selectRecords, org, file, reader)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var one Record
		var on string
		var told int64
		var sealed []byte
		var writer core.ID
		if err := r.Scan(&one.ID, &one.Kind, &on, &told, &sealed, &one.At, &writer); err != nil {
			return err
		}
		plain, err := s.cases.Fields.Open("child_record", "content", string(one.ID), sealed)
		if err != nil {
			return fmt.Errorf("open a record: %w", err)
		}
		var c content
		if err := json.Unmarshal(plain, &c); err != nil {
			return fmt.Errorf("open a record: %w", err)
		}
		one.Told = told == 1
		one.Child, one.Words, one.To, one.ToldTo, one.WhyNot = c.Child, c.Words, c.To, c.ToldTo, c.WhyNot
		one.On, err = core.ParseDate(on)
		list, by = append(list, one), append(by, writer)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read records: %w", err)
	}
	for i := range list {
		if err := s.complete(q, org, &list[i], by[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// complete reads the circle and what came after of one record.
func (s *Service) complete(q db.Querier, org core.ID, one *Record, writer core.ID) error {
	who := []core.ID{writer}
	var writers []core.ID
	rows, err := q.Query(selectCircle, org, one.ID)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		one.Circle = append(one.Circle, Member{ID: id})
		who = append(who, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("read a circle: %w", err)
	}
	rows, err = q.Query(selectFollow, org, one.ID)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var f Follow
		var id, by core.ID
		var sealed []byte
		if err := r.Scan(&id, &sealed, &f.At, &by); err != nil {
			return err
		}
		plain, err := s.cases.Fields.Open("child_follow", "words", string(id), sealed)
		f.Words = string(plain)
		one.Follow, writers, who = append(one.Follow, f), append(writers, by), append(who, by)
		return err
	})
	if err != nil {
		return fmt.Errorf("read what came after: %w", err)
	}
	slices.Sort(who)
	names, err := access.Workers(q, org, slices.Compact(who)...)
	if err != nil {
		return fmt.Errorf("names of a circle: %w", err)
	}
	one.By = names[writer].Name
	for i := range one.Circle {
		one.Circle[i].Name = names[one.Circle[i].ID].Name
	}
	for i := range one.Follow {
		one.Follow[i].By = names[writers[i]].Name
	}
	return nil
}

// abandoned are the records that nobody of their circle may open any more.
func abandoned(q db.Querier, org, file core.ID, colleagues []access.Worker) ([]core.ID, error) {
	var all, out []core.ID
	rows, err := q.Query(allRecords, org, file)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		err := r.Scan(&id)
		all = append(all, id)
		return err
	})
	for _, id := range all {
		kept := false
		if err == nil {
			rows, err = q.Query(selectCircle, org, id)
			err = db.Each(rows, err, func(r *db.Rows) error {
				var w core.ID
				err := r.Scan(&w)
				kept = kept || slices.ContainsFunc(colleagues, func(c access.Worker) bool { return c.ID == w })
				return err
			})
		}
		if !kept {
			out = append(out, id)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("who reads records: %w", err)
	}
	return out, nil
}

// mine finds a record that the actor is named for; NotFound otherwise.
func (s *Service) mine(ctx context.Context, tx *db.Tx, file *core.ID, id core.ID) (casefile.Opened, error) {
	o, err := s.cases.Allow(ctx, tx, access.ChildNote, file)
	if err != nil {
		return o, err
	}
	list, err := s.records(tx, o.Org, *file, core.ActorFrom(ctx).ID)
	if err != nil {
		return o, err
	}
	if !slices.ContainsFunc(list, func(r Record) bool { return r.ID == id }) {
		return o, errs.New(errs.NotFound, "errs.safeguard.none")
	}
	return o, nil
}

// Add writes what came after a record: an answer, a call, the family told since. The same
// words twice in a row are one.
func (s *Service) Add(ctx context.Context, file, record core.ID, words string) error {
	id, err := s.cases.NewID()
	if err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.mine(ctx, tx, &file, record)
		if err != nil {
			return err
		}
		var f errs.Fields
		words = text(&f, "words", words, maxWords, "errs.safeguard.words")
		if err := f.Err(); err != nil {
			return err
		}
		one := Record{ID: record}
		if err := s.complete(tx, o.Org, &one, ""); err != nil {
			return err
		}
		if n := len(one.Follow); n >= maxFollow {
			return errs.New(errs.Invalid, "errs.safeguard.too_many", "max", maxFollow)
		} else if n > 0 && one.Follow[n-1].Words == words {
			return nil
		}
		sealed, err := s.cases.Fields.Seal("child_follow", "words", string(id), []byte(words))
		if err != nil {
			return fmt.Errorf("seal what came after: %w", err)
		}
		if _, err := tx.Exec(insertFollow, o.Org, record, id, sealed, tx.Now(), core.ActorFrom(ctx).ID); err != nil {
			return fmt.Errorf("write what came after: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, line("child.write", file, record))
	})
}

// Name puts a colleague into the circle of a record; nobody is taken out: who read it
// read it.
func (s *Service) Name(ctx context.Context, file, record, worker core.ID) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.mine(ctx, tx, &file, record)
		if err != nil {
			return err
		}
		if err := s.name(tx, o, record, core.ActorFrom(ctx).ID, []core.ID{worker}); err != nil {
			return err
		}
		return s.cases.Journal.Record(ctx, tx, line("child.name", file, record))
	})
}

// TakeUp puts the actor into the circle of the records of a file that nobody reads any
// more, with a reason that the journal keeps. Invalid on "why".
func (s *Service) TakeUp(ctx context.Context, file core.ID, why string) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.ChildNote, &file)
		if err != nil {
			return err
		}
		var f errs.Fields
		why = text(&f, "why", why, maxLine, "errs.safeguard.why")
		if err := f.Err(); err != nil {
			return err
		}
		colleagues, err := access.TeamWorkers(tx, o.Org, o.Teams()...)
		if err != nil {
			return fmt.Errorf("colleagues: %w", err)
		}
		list, err := abandoned(tx, o.Org, file, colleagues)
		if err != nil || len(list) == 0 {
			return err
		}
		me := core.ActorFrom(ctx).ID
		for _, id := range list {
			if err := s.name(tx, o, id, me, []core.ID{me}); err != nil {
				return err
			}
		}
		e := line("child.name", file, "")
		e.Reason = why
		return s.cases.Journal.Record(ctx, tx, e)
	})
}
