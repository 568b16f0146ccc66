package note

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

// Filter narrows a list; its zero value keeps everything.
type Filter struct {
	Kind       Kind
	Visibility Visibility
	Circle     core.ID
	Query      string // words that must all stand in the text, whatever their accents
}

// Page is one page of the notes of a file that the reader may see, the latest
// first, with the words beside them.
type Page struct {
	Notes   []Note
	Next    string                  // to be sent as after; "" on the last page
	Beside  map[core.ID][]Statement // by note, oldest first
	Words   []Statement             // those that stand alone, the latest first; on the first page
	Circles []Circle                // those of the file that the reader is in
	Person  casefile.Person         // identity alone; of List
	Today   core.Date
	Names   map[core.ID]string // of the workers named here
}

// Empty tells whether there is nothing to show.
func (p Page) Empty() bool { return len(p.Notes) == 0 && len(p.Words) == 0 }

// headColumns are those of a note n; the version t that counts is joined after the
// page is cut, so that no sealed text is read in vain.
const headColumns = `n.file_id, n.id, n.author_id, n.kind, n.happened_on, n.visibility, n.circle_id, n.exchange_id, n.step_id, n.text_id,
	n.written_at, n.withdrawn_at, n.withdrawn_by`

func listSQL(where string) string {
	return `SELECT h.file_id, h.id, h.author_id, h.kind, h.happened_on, h.visibility, h.circle_id, h.exchange_id, h.step_id, h.text_id,
	h.written_at, h.withdrawn_at, h.withdrawn_by, t.body, t.written_at, t.written_by,
	(SELECT COUNT(*) FROM note_text w WHERE w.org_id = $1 AND w.note_id = h.id AND w.state = 'waiting' AND (w.visibility <> 'author' OR w.written_by = $3)),
	(SELECT COUNT(*) FROM note_text w WHERE w.org_id = $1 AND w.note_id = h.id AND w.state = 'kept' AND w.id < h.text_id)
FROM (SELECT ` + headColumns + ` FROM note n WHERE n.org_id = $1 AND ` + where + `) h
JOIN note_text t ON t.org_id = $1 AND t.note_id = h.id AND t.id = h.text_id
ORDER BY h.happened_on DESC, h.id DESC`
}

func (s *Service) scanNote(rows *db.Rows) (n Note, err error) {
	var on string
	var sealed []byte
	var waiting, before int
	err = rows.Scan(&n.File, &n.ID, &n.Author, &n.Kind, &on, &n.Visibility, &n.Circle, &n.Exchange, &n.Step, &n.Current,
		&n.WrittenAt, &n.WithdrawnAt, &n.WithdrawnBy, &sealed, &n.ChangedAt, &n.ChangedBy, &waiting, &before)
	if err != nil {
		return n, err
	}
	n.Waits, n.Edited = waiting > 0, before > 0
	if n.On, err = scanDay(on); err != nil {
		return n, err
	}
	n.Body, err = s.openBody(n.Current, sealed)
	return n, err
}

// load reads one note that the reader may see; NotFound otherwise.
func (r *reader) load(q db.Querier, id core.ID) (n Note, err error) {
	found := false
	rows, err := q.Query(listSQL(`n.file_id IN `+r.files()+` AND n.id = $4 AND `+r.sees()), r.args(id)...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		found = true
		n, err = r.s.scanNote(row)
		return err
	})
	if err != nil {
		return n, fmt.Errorf("read note %s: %w", id, err)
	}
	if !found {
		return n, notFound()
	}
	return n, nil
}

// list reads at most limit+1 notes after a place, with their texts.
func (r *reader) list(q db.Querier, f Filter, after place, limit int) ([]Note, error) {
	where := `n.file_id IN ` + r.files() + ` AND ` + r.sees()
	args := r.args()
	narrow := func(sql string, value any) {
		args = append(args, value)
		where += " AND " + strings.ReplaceAll(sql, "?", "$"+strconv.Itoa(len(args)))
	}
	if f.Kind != "" {
		narrow("n.kind = ?", f.Kind)
	}
	if f.Visibility != "" {
		narrow("n.visibility = ?", f.Visibility)
	}
	if f.Circle != "" {
		narrow("n.circle_id = ?", f.Circle)
	}
	if after.id != "" {
		args = append(args, after.on, after.id)
		day, id := "$"+strconv.Itoa(len(args)-1), "$"+strconv.Itoa(len(args))
		where += " AND (n.happened_on < " + day + " OR (n.happened_on = " + day + " AND n.id < " + id + "))"
	}
	where += ` ORDER BY n.happened_on DESC, n.id DESC LIMIT ` + strconv.Itoa(limit+1)
	list := make([]Note, 0, min(limit+1, 64))
	rows, err := q.Query(listSQL(where), args...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		n, err := r.s.scanNote(row)
		list = append(list, n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read notes: %w", err)
	}
	return list, nil
}

// place is where a page ended.
type place struct {
	on string
	id core.ID
}

func (p place) String() string {
	if p.id == "" {
		return ""
	}
	return p.on + "." + string(p.id)
}

func placeOf(n Note) place { return place{n.On.String(), n.ID} }

func parsePlace(s string) (place, error) {
	if s == "" {
		return place{}, nil
	}
	on, id, _ := strings.Cut(s, ".")
	_, err := core.ParseDate(on)
	parsed, err2 := core.ParseID(id)
	if err := errors.Join(err, err2); err != nil {
		return place{}, errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
	}
	return place{on, parsed}, nil
}

// batch is how many notes a search within a file opens at a time.
const batch = 100

// find is list for a search: texts are sealed, so each is opened and looked at.
func (r *reader) find(q db.Querier, f Filter, after place, limit int) ([]Note, error) {
	words := foldWords(f.Query)
	if len(words) == 0 {
		return r.list(q, f, after, limit)
	}
	var found []Note
	for {
		list, err := r.list(q, f, after, batch)
		if err != nil {
			return nil, err
		}
		more := len(list) > batch
		for _, n := range list[:min(len(list), batch)] {
			if !n.Withdrawn() && holds(n.Text, words) {
				found = append(found, n)
			}
			after = placeOf(n)
		}
		if !more || len(found) > limit {
			return found[:min(len(found), limit+1)], nil
		}
	}
}

// List reads a page of the notes of a file (limit 0 = 20, at most 50), and on the
// first one the words that stand alone.
func (s *Service) List(ctx context.Context, file core.ID, f Filter, after string, limit int) (Page, error) {
	today := s.cases.Today(ctx)
	from, err := parsePlace(after)
	if err != nil {
		return Page{}, err
	}
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	var p Page
	err = s.read(ctx, file, "note.read", func(q db.Querier, r *reader) error {
		p = Page{Today: today}
		var err error
		if p.Notes, err = r.find(q, f, from, limit); err != nil {
			return err
		}
		if len(p.Notes) > limit {
			p.Notes = p.Notes[:limit]
			p.Next = placeOf(p.Notes[limit-1]).String()
		}
		if after == "" && f == (Filter{}) {
			if p.Words, err = r.alone(q, defaultPage); err != nil {
				return err
			}
		}
		if p.Circles, err = r.circles(q); err != nil {
			return err
		}
		if p.Person, err = r.identity(q); err != nil {
			return err
		}
		return r.furnish(q, &p)
	})
	return p, err
}

// shownLatest is how many notes the page of a file shows.
const shownLatest = 3

// Latest reads the last notes of a file and the last words into p, for the page of
// the file, in its snapshot. Where the reader may see nothing, nothing was read: the
// line of the journal then speaks of no note.
func (s *Service) Latest(p *Page) casefile.Also {
	return func(ctx context.Context, q db.Querier, o casefile.Opened) (string, error) {
		if err := s.cases.AllowAlso(ctx, o, access.NoteRead); err != nil {
			return "", err
		}
		*p = Page{Today: s.cases.Today(ctx)}
		r := &reader{Opened: o, file: o.Humans[0], who: core.ActorFrom(ctx), s: s}
		if err := r.latest(q, p); err != nil || p.Empty() {
			return "", err
		}
		return "note", nil
	}
}

func (r *reader) latest(q db.Querier, p *Page) (err error) {
	if p.Notes, err = r.list(q, Filter{}, place{}, shownLatest); err != nil {
		return err
	}
	if len(p.Notes) > shownLatest {
		p.Notes = p.Notes[:shownLatest]
		p.Next = placeOf(p.Notes[shownLatest-1]).String()
	}
	if p.Words, err = r.alone(q, 1); err != nil || p.Empty() {
		return err
	}
	if slices.ContainsFunc(p.Notes, func(n Note) bool { return n.Circle != "" }) {
		if p.Circles, err = r.circles(q); err != nil {
			return err
		}
	}
	return r.furnish(q, p)
}

// furnish adds the words beside the notes, and the names.
func (r *reader) furnish(q db.Querier, p *Page) error {
	var err error
	if p.Beside, err = r.beside(q, p.Notes); err != nil {
		return err
	}
	if r.person() {
		for i := range p.Notes {
			p.Notes[i].Body = Body{Text: Mask(p.Notes[i].Body)}
		}
	}
	var who []core.ID
	for _, n := range p.Notes {
		who = append(who, n.Author, n.ChangedBy, n.WithdrawnBy)
		for _, w := range p.Beside[n.ID] {
			who = append(who, w.By)
		}
	}
	for _, w := range p.Words {
		who = append(who, w.By)
	}
	p.Names, err = workerNames(q, r.Org, who)
	return err
}

func workerNames(q db.Querier, org core.ID, who []core.ID) (map[core.ID]string, error) {
	names, err := access.Names(q, org, who...)
	if err != nil {
		return nil, fmt.Errorf("names of workers: %w", err)
	}
	return names, nil
}

const selectIdentity = `SELECT usual_name, given_names, birth_name, use_name, title FROM person WHERE org_id = $1 AND id = $2`

func (r *reader) identity(q db.Querier) (casefile.Person, error) {
	p := casefile.Person{ID: r.file}
	err := q.QueryRow(selectIdentity, r.Org, r.file).Scan(&p.UsualName, &p.GivenNames, &p.BirthName, &p.FirstNameOfUse, &p.Title)
	if err != nil {
		return p, fmt.Errorf("who the file is of: %w", err)
	}
	return p, nil
}

// Version is one text of a note.
type Version struct {
	ID         core.ID
	State      string // kept, waiting, aside, reason
	Kind       Kind
	On         core.Date
	Visibility Visibility
	Body
	At      int64 // µs UTC
	By      core.ID
	Changes []Change // from the version before it that counted; nil for the first
}

// Waiting tells whether a choice is due.
func (v Version) Waiting() bool { return v.State == stateWaiting }

// Aside tells whether it was read and not chosen.
func (v Version) Aside() bool { return v.State == stateAside }

// Sheet is a note with all that its page shows.
type Sheet struct {
	Note
	Waiting    []Version       // texts written at the same time, oldest first
	History    []Version       // every version that the reader may see, the latest first; those that wait are not in it
	Why        string          // of its withdrawal
	Words      []Statement     // beside it, oldest first
	In         *Circle         // whom it is kept for
	Circles    []Circle        // those of the file that the reader is in
	Colleagues []access.Worker // who may be named in a circle: active, in a team that accompanies the person; by name
	Steps      []Ref           // of the file: open ones, and the one the note is about
	Exchanges  []Ref           // the last calls and letters, and the one the note is about
	Person     casefile.Person // identity alone
	Today      core.Date
	Names      map[core.ID]string
	Mine       bool // the reader wrote it first: for whom it is kept is theirs to change
}

// Ref names a step or an exchange that a note may be about.
type Ref struct {
	ID    core.ID
	Title string    // of the step; with whom the exchange was
	On    core.Date // of the exchange; zero for a step
}

const (
	selectSteps = `SELECT id, title, '' FROM step WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + `
AND (state IN ('todo', 'waiting') OR id = $3) ORDER BY due_on, id LIMIT 60`
	selectExchanges = `SELECT id, party, held_on FROM exchange WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + `
ORDER BY CASE WHEN id = $3 THEN 0 ELSE 1 END, held_on DESC, id DESC LIMIT 20`
)

func (r *reader) refs(q db.Querier, sql string, about core.ID) ([]Ref, error) {
	var list []Ref
	rows, err := q.Query(sql, r.Org, r.file, about)
	err = db.Each(rows, err, func(row *db.Rows) error {
		var ref Ref
		var on string
		err := row.Scan(&ref.ID, &ref.Title, &on)
		if err == nil && on != "" {
			ref.On, err = scanDay(on)
		}
		list = append(list, ref)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what a note may be about: %w", err)
	}
	return list, nil
}

const selectTexts = `SELECT t.id, t.state, t.kind, t.happened_on, t.visibility, t.body, t.written_at, t.written_by
FROM note_text t JOIN note n ON n.org_id = t.org_id AND n.id = t.note_id
WHERE t.org_id = $1 AND n.file_id IN ` + casefile.SameHuman + ` AND t.note_id = $4 AND ` + versionSeen + ` ORDER BY t.id LIMIT 201`

// Read reads a note with its versions and the words beside it, for a worker.
func (s *Service) Read(ctx context.Context, file, id core.ID) (Sheet, error) {
	return s.sheet(ctx, file, "note.read", func(q db.Querier, r *reader, sh *Sheet) error {
		var err error
		if sh.Note, err = r.load(q, id); err != nil {
			return err
		}
		sh.Mine = sh.Author == r.who.ID
		if err := r.versions(q, sh); err != nil {
			return err
		}
		beside, err := r.beside(q, []Note{sh.Note})
		sh.Words = beside[id]
		if err != nil || sh.Circle == "" {
			return err
		}
		sh.In, err = r.circle(q, sh.Circle)
		return err
	})
}

// Blank reads what the form of a new note shows.
func (s *Service) Blank(ctx context.Context, file core.ID) (Sheet, error) {
	return s.sheet(ctx, file, "note.blank", func(_ db.Querier, _ *reader, sh *Sheet) error {
		sh.Mine = true
		return nil
	})
}

func (s *Service) sheet(ctx context.Context, file core.ID, kind string, fn func(q db.Querier, r *reader, sh *Sheet) error) (Sheet, error) {
	today := s.cases.Today(ctx)
	var sh Sheet
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		sh = Sheet{Today: today}
		r, err := s.allow(ctx, q, access.NoteWrite, file)
		if err != nil {
			return journal.Event{}, err
		}
		if err := fn(q, r, &sh); err != nil {
			return journal.Event{}, err
		}
		if sh.Circles, err = r.circles(q); err != nil {
			return journal.Event{}, err
		}
		if sh.Colleagues, err = access.TeamWorkers(q, r.Org, r.Teams()...); err != nil {
			return journal.Event{}, fmt.Errorf("colleagues: %w", err)
		}
		if sh.Steps, err = r.refs(q, selectSteps, sh.Step); err != nil {
			return journal.Event{}, err
		}
		if sh.Exchanges, err = r.refs(q, selectExchanges, sh.Exchange); err != nil {
			return journal.Event{}, err
		}
		if sh.Person, err = r.identity(q); err != nil {
			return journal.Event{}, err
		}
		who := []core.ID{sh.Author, sh.ChangedBy, sh.WithdrawnBy}
		for _, v := range append(sh.Waiting, sh.History...) {
			who = append(who, v.By)
		}
		for _, w := range sh.Words {
			who = append(who, w.By)
		}
		if sh.In != nil {
			who = append(who, sh.In.Members...)
		}
		if sh.Names, err = workerNames(q, r.Org, who); err != nil {
			return journal.Event{}, err
		}
		event := journal.Event{Kind: kind, Subjects: r.Humans}
		if sh.ID != "" {
			event.Object, event.ObjectID = "note", sh.ID
		}
		return event, nil
	})
	return sh, err
}

// versions reads the texts of a note, and what each changed.
func (r *reader) versions(q db.Querier, sh *Sheet) error {
	rows, err := q.Query(selectTexts, r.args(sh.ID)...)
	var all []Version
	err = db.Each(rows, err, func(row *db.Rows) error {
		var v Version
		var on string
		var sealed []byte
		if err := row.Scan(&v.ID, &v.State, &v.Kind, &on, &v.Visibility, &sealed, &v.At, &v.By); err != nil {
			return err
		}
		var err error
		if v.On, err = scanDay(on); err != nil {
			return err
		}
		v.Body, err = r.s.openBody(v.ID, sealed)
		all = append(all, v)
		return err
	})
	if err != nil {
		return fmt.Errorf("read versions of note %s: %w", sh.ID, err)
	}
	before := ""
	for i, v := range all {
		switch v.State {
		case stateReason:
			if sh.Withdrawn() {
				sh.Why = v.Text // the last one
			}
			continue
		case stateWaiting:
			v.Changes = Compare(Plain(sh.Body), Plain(v.Body))
			sh.Waiting = append(sh.Waiting, v)
			continue
		}
		if i > 0 {
			v.Changes = Compare(before, Plain(v.Body))
		}
		if v.State == stateKept {
			before = Plain(v.Body)
		}
		sh.History = append(sh.History, v)
	}
	slices.Reverse(sh.History)
	return nil
}
