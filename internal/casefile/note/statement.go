package note

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Statement is what the person said, in their words. It is never changed.
type Statement struct {
	ID       core.ID
	File     core.ID
	Note     core.ID // beside which it stands, "" = alone
	Words    string
	On       core.Date
	Reread   casefile.Reread // how the person heard it again; RereadNot for what they wrote themself
	ByPerson bool            // written by the person from their own space
	At       int64           // µs UTC
	By       core.ID         // the worker who took it down; the person when ByPerson
}

// StatementInput is what a form sends.
type StatementInput struct {
	Note   core.ID // "" = alone
	Words  string
	On     core.Date // zero = today
	Reread casefile.Reread
}

// Validate trims and checks it on a day. Field names: words, said_on, reread.
func (in *StatementInput) Validate(today core.Date) error {
	in.Words = prose(in.Words)
	if in.On.IsZero() {
		in.On = today
	}
	var f errs.Fields
	if in.Words == "" {
		f.Add("words", "errs.steps.words_missing")
	}
	checkProse(&f, "words", in.Words, MaxWords)
	if today.Before(in.On) {
		f.Add("said_on", "errs.casefile.date_future")
	}
	switch in.Reread {
	case casefile.RereadNot, casefile.RereadAloud, casefile.RereadSelf, casefile.RereadInterpreter:
	default:
		f.Add("reread", "errs.casefile.choice_unknown")
	}
	return f.Err()
}

const (
	countStatements = `SELECT COUNT(*) FROM statement WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman
	insertStatement = `INSERT INTO statement (org_id, file_id, id, note_id, body, said_on, reread, by_person, written_at, written_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`
	statementColumns = `s.file_id, s.id, s.note_id, s.body, s.said_on, s.reread, s.by_person, s.written_at, s.written_by FROM statement s`
)

// heard is the condition of the statements s that the reader ($3) may read. A
// worker reads those that stand alone, all that the person wrote, and those beside
// a note they read. The person reads what they wrote, what was taken down alone,
// and what stands beside a note shared with them.
func (r *reader) heard() string {
	return `(s.note_id = '' OR s.by_person = 1 OR EXISTS (SELECT 1 FROM note n WHERE n.org_id = s.org_id AND n.id = s.note_id AND ` + r.sees() + `))`
}

// AddStatement writes what the person says: the person from their own space, or a
// worker who takes it down as it is said. A note beside which it stands is one
// that the writer may read.
func (s *Service) AddStatement(ctx context.Context, file core.ID, in StatementInput) (core.ID, error) {
	var id core.ID
	err := s.write(ctx, access.StatementAdd, file, "statement.add", "statement", func(w *writer) (core.ID, error) {
		byPerson := 0
		if w.person() {
			byPerson = 1
			in.On, in.Reread = w.today, casefile.RereadNot
		}
		if err := in.Validate(w.today); err != nil {
			return "", err
		}
		target := w.file
		if in.Note != "" {
			n, err := w.load(w.tx, in.Note)
			if err != nil {
				return "", err
			}
			target = n.File
		}
		if err := w.full(maxWordsOf, countStatements, w.Org, w.file); err != nil {
			return "", err
		}
		var err error
		if id, err = s.cases.NewID(); err != nil {
			return "", err
		}
		sealed, err := s.cases.Fields.Seal("statement", "body", string(id), []byte(in.Words))
		if err != nil {
			return "", fmt.Errorf("seal words: %w", err)
		}
		_, err = w.tx.Exec(insertStatement, w.Org, target, id, in.Note, sealed, in.On.String(), in.Reread, byPerson, w.tx.Now(), w.who.ID)
		if err != nil {
			return "", fmt.Errorf("insert statement: %w", err)
		}
		if byPerson == 1 {
			if _, err := w.tx.Exec(insertWaiting, w.Org, target, id, in.Note, w.today.String()); err != nil {
				return "", fmt.Errorf("let the words wait: %w", err)
			}
		}
		return id, nil
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

func (r *reader) statements(q db.Querier, sql string, args ...any) ([]Statement, error) {
	var list []Statement
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(row *db.Rows) error {
		var st Statement
		var on string
		var sealed []byte
		var byPerson int
		if err := row.Scan(&st.File, &st.ID, &st.Note, &sealed, &on, &st.Reread, &byPerson, &st.At, &st.By); err != nil {
			return err
		}
		st.ByPerson = byPerson == 1
		var err error
		if st.On, err = scanDay(on); err != nil {
			return err
		}
		plain, err := r.s.cases.Fields.Open("statement", "body", string(st.ID), sealed)
		st.Words = string(plain)
		list = append(list, st)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	return list, nil
}

// alone reads the last words of a file that no note of the reader stands beside,
// the latest first.
func (r *reader) alone(q db.Querier, limit int) ([]Statement, error) {
	unseen := `(s.note_id = '' OR (s.by_person = 1 AND NOT EXISTS (SELECT 1 FROM note n WHERE n.org_id = s.org_id AND n.id = s.note_id AND ` + r.sees() + `)))`
	return r.statements(q, `SELECT `+statementColumns+` WHERE s.org_id = $1 AND s.file_id IN `+r.files()+` AND $3 <> '' AND `+unseen+
		` ORDER BY s.said_on DESC, s.id DESC LIMIT `+strconv.Itoa(limit), r.args()...)
}

// beside reads the words beside each of at most maxPage notes, oldest first.
func (r *reader) beside(q db.Querier, notes []Note) (map[core.ID][]Statement, error) {
	if len(notes) == 0 {
		return nil, nil
	}
	args := r.args()
	var marks strings.Builder
	for _, n := range notes {
		args = append(args, n.ID)
		marks.WriteString(", $" + strconv.Itoa(len(args)))
	}
	list, err := r.statements(q, `SELECT `+statementColumns+` WHERE s.org_id = $1 AND s.file_id IN `+r.files()+` AND $3 <> ''
AND s.note_id IN (`+marks.String()[2:]+`) ORDER BY s.id LIMIT 1000`, args...)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	by := map[core.ID][]Statement{}
	for _, st := range list {
		by[st.Note] = append(by[st.Note], st)
	}
	return by, nil
}

// Words is a page of all that the person said, the latest first.
type Words struct {
	List []Statement
	Next string
	// Waiting is the last of what the person wrote that no worker has read, "" when all
	// was: what Heard takes.
	Waiting core.ID
	Note    *Note // the one whose words are asked for
	Person  casefile.Person
	Today   core.Date
	Names   map[core.ID]string
}

// ListWords reads a page of the words of a file that the reader may read, the
// latest said first; those beside one note when it is named.
func (s *Service) ListWords(ctx context.Context, file, note core.ID, after string, limit int) (Words, error) {
	today := s.cases.Today(ctx)
	from, err := parsePlace(after)
	if err != nil {
		return Words{}, err
	}
	if limit <= 0 {
		limit = defaultPage
	}
	limit = min(limit, maxPage)
	var p Words
	err = s.read(ctx, file, "statement.read", func(q db.Querier, r *reader) error {
		p = Words{Today: today}
		where := ` WHERE s.org_id = $1 AND s.file_id IN ` + r.files() + ` AND $3 <> '' AND ` + r.heard()
		args := r.args()
		if note != "" {
			n, err := r.load(q, note)
			if err != nil {
				return err
			}
			if r.person() {
				n.Body = Body{Text: Mask(n.Body)}
			}
			p.Note = &n
			args = append(args, note)
			where += ` AND s.note_id = $4`
		}
		if from.id != "" {
			args = append(args, from.on, from.id)
			day, id := "$"+strconv.Itoa(len(args)-1), "$"+strconv.Itoa(len(args))
			where += " AND (s.said_on < " + day + " OR (s.said_on = " + day + " AND s.id < " + id + "))"
		}
		var err error
		if p.Waiting, err = r.waiting(q); err != nil {
			return err
		}
		p.List, err = r.statements(q, `SELECT `+statementColumns+where+` ORDER BY s.said_on DESC, s.id DESC LIMIT `+strconv.Itoa(limit+1), args...)
		if err != nil {
			return err
		}
		if len(p.List) > limit {
			p.List = p.List[:limit]
			last := p.List[limit-1]
			p.Next = place{last.On.String(), last.ID}.String()
		}
		who := []core.ID{}
		for _, st := range p.List {
			who = append(who, st.By)
		}
		if p.Note != nil {
			who = append(who, p.Note.Author)
		}
		var err2 error
		p.Person, err = r.identity(q)
		p.Names, err2 = workerNames(q, r.Org, who)
		return errors.Join(err, err2)
	})
	return p, err
}
