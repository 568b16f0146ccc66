package desk

import (
	"context"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Board is the page of the desk: who waits, who is being received, what happened today.
// It says nothing of whose file a passage is in, so that reading it leaves no line.
type Board struct {
	Today    core.Date
	Waiting  []Passage // in the order of arrival
	Received []Passage // by the order of arrival too
	Done     []Passage // today's, the last first
	Next     string    // cursor of the ones before, "" when there is none
}

const (
	selectHere = `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND day = $2 AND state IN ('waiting', 'received') ORDER BY id LIMIT 200`
	selectDone = `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND day = $2 AND state IN ('done', 'left') AND id < $3 ORDER BY id DESC LIMIT $4`
	lastID     = "~" // greater than any identifier
	perPage    = 20
)

// Board reads today's. after is "" or Next of the page before.
func (s *Service) Board(ctx context.Context, after string) (Board, error) {
	b := Board{Today: s.Today(ctx)}
	if err := s.can(ctx, access.PassageList); err != nil {
		return b, err
	}
	from := lastID
	if after != "" {
		id, err := core.ParseID(after)
		if err != nil {
			return b, errs.Wrap(errs.Invalid, "errs.casefile.page_unknown", err)
		}
		from = string(id)
	}
	org := core.ActorFrom(ctx).Org
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		here, err := s.list(q, selectHere, org, b.Today.String())
		if err != nil {
			return err
		}
		b.Waiting, b.Received = nil, nil
		for _, p := range here {
			if p.State == Waiting {
				b.Waiting = append(b.Waiting, p)
			} else {
				b.Received = append(b.Received, p)
			}
		}
		b.Done, err = s.list(q, selectDone, org, b.Today.String(), from, perPage+1)
		return err
	})
	if len(b.Done) > perPage {
		b.Done = b.Done[:perPage]
		b.Next = string(b.Done[perPage-1].ID)
	}
	return b, err
}

// Filter is what a search of passages asks for; a zero field asks for nothing.
type Filter struct {
	From, To core.Date
	Reason   Reason
	Language string
	Channel  Channel
	Nameless bool // not in a file
	State    State
}

// Found is a page of a search, the last passage first.
type Found struct {
	Items []Passage
	Next  string
}

// Search lists passages, the last first; mistakes only when the filter asks for them.
// after is "" or Next of the page before. Invalid by field.
func (s *Service) Search(ctx context.Context, f Filter, after string) (Found, error) {
	var out Found
	if err := s.can(ctx, access.PassageList); err != nil {
		return out, err
	}
	var wrong errs.Fields
	if f.Reason != "" && !slices.Contains(Reasons(), f.Reason) {
		wrong.Add("reason", "errs.desk.choice")
	}
	if f.Language != "" && !slices.Contains(Languages(), f.Language) {
		wrong.Add("language", "errs.desk.choice")
	}
	if f.Channel != "" && !slices.Contains(Channels(), f.Channel) {
		wrong.Add("channel", "errs.desk.choice")
	}
	if f.State != "" && !slices.Contains([]State{Waiting, Received, Finished, Left, Void}, f.State) {
		wrong.Add("state", "errs.desk.choice")
	}
	if f.To.IsZero() {
		f.To = s.Today(ctx)
	}
	if f.From.IsZero() {
		f.From = f.To.AddDays(-31)
	}
	if f.To.Before(f.From) {
		wrong.Add("to", "errs.desk.dates")
	}
	if err := wrong.Err(); err != nil {
		return out, err
	}
	day, id, err := parsePlace(after)
	if err != nil {
		return out, err
	}
	if day == "" || day > f.To.String() {
		day, id = f.To.String(), lastID
	}
	args := []any{core.ActorFrom(ctx).Org, f.From.String(), day, id}
	sql := `SELECT ` + passageColumns + ` FROM passage WHERE org_id = $1 AND day >= $2 AND day <= $3 AND (day < $3 OR id < $4)`
	add := func(cond string, v any) {
		args = append(args, v)
		sql += " AND " + cond + "$" + strconv.Itoa(len(args))
	}
	if f.Reason != "" {
		add("reasons LIKE ", "%"+separator+string(f.Reason)+separator+"%")
	}
	if f.Language != "" {
		add("language = ", f.Language)
	}
	if f.Channel != "" {
		add("channel = ", string(f.Channel))
	}
	if f.Nameless {
		sql += " AND person_id = ''"
	}
	if f.State != "" {
		add("state = ", string(f.State))
	} else {
		sql += " AND state <> 'void'"
	}
	sql += " ORDER BY day DESC, id DESC LIMIT " + strconv.Itoa(perPage+1)
	err = s.cases.DB.Read(ctx, func(q db.Querier) error {
		out.Items, err = s.list(q, sql, args...)
		return err
	})
	if len(out.Items) > perPage {
		out.Items = out.Items[:perPage]
		last := out.Items[perPage-1]
		out.Next = base64.RawURLEncoding.EncodeToString([]byte(last.Day.String() + " " + string(last.ID)))
	}
	return out, err
}

// parsePlace reads the cursor of a search.
func parsePlace(s string) (day, id string, err error) {
	if s == "" {
		return "", "", nil
	}
	bad := errs.New(errs.Invalid, "errs.casefile.page_unknown")
	plain, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "", "", bad
	}
	day, id, ok := strings.Cut(string(plain), " ")
	if !ok {
		return "", "", bad
	}
	if _, err := core.ParseDate(day); err != nil {
		return "", "", bad
	}
	if _, err := core.ParseID(id); err != nil {
		return "", "", bad
	}
	return day, id, nil
}
