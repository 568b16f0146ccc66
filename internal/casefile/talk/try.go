package talk

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/bulk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/rights"
)

// maxTried is how many files one trial of a rule goes over: some seconds of one core.
const maxTried = 120

// Trial is what another rule would change in a list: nothing of it is kept.
type Trial struct {
	Month   core.Month // the month it was computed for
	Changes []rights.Change
	Rights  []string // that read what changes
	People  []Tried  // those for whom something changes, by name
	Looked  int      // files gone over, up to maxTried
	Next    string   // more files to go over from here; "" when it was all
	Humans  map[core.ID]string
}

// Tried is somebody for whom a rule would change something.
type Tried struct {
	ID     core.ID
	Name   string
	Rights []TriedRight
}

// TriedRight is one right, as it is and as it would be.
type TriedRight struct {
	Name          string
	Before, After Said
}

// PatchError says what is wrong with a patch, with its lines.
type PatchError struct{ Problems rights.Problems }

func (e *PatchError) Error() string { return e.Problems.Error() }

// CanTry tells whether the law's files are at hand, so that a patch can be tried.
func (s *Service) CanTry() bool { return s.files != nil }

// Try computes the files of the worker, or of one of their teams, under the law as a
// patch would make it, and says what changes: for this month, or the month in which
// the patch begins. People who were not told of such calculations, or object, are left
// out. Nothing is stored but a line in the journal of each whose file was computed.
// The error is a *PatchError when the patch is at fault.
func (s *Service) Try(ctx context.Context, patch []byte, over Over, after string) (Trial, error) {
	var t Trial
	scope, err := s.cases.Access.Scope(ctx, access.TalkTry)
	if err != nil {
		return t, err
	}
	engine, ok := s.cases.Engine.(*casefile.LawEngine)
	if !ok || !s.CanTry() {
		return t, errs.New(errs.Unavailable, "errs.conversations.no_law")
	}
	key, last, err := casefile.ParsePageEnd(after)
	if err != nil {
		return t, err
	}
	law, changes, err := rights.LoadPatched(s.files, patchName, patch)
	if list, wrong := err.(rights.Problems); wrong {
		return t, &PatchError{list}
	}
	if err != nil {
		return t, fmt.Errorf("put a patch on the law: %w", err)
	}
	t = Trial{Month: s.cases.ThisMonth(ctx), Changes: changes, Rights: law.Reading(changes)}
	for _, c := range changes {
		if d, err := core.ParseDate(c.From); err == nil {
			t.Month = max(t.Month, d.CalendarMonth())
		}
	}
	people, err := s.readTried(ctx, scope, over, key, last, &t)
	if err != nil || len(people) == 0 || len(t.Rights) == 0 {
		return t, err
	}
	pictures := make([]*casefile.Picture, len(people))
	var subjects []core.ID
	for i, p := range people {
		pictures[i] = p.calc.Picture()
		subjects = append(subjects, p.calc.Humans...)
	}
	patched, err := casefile.NewLawEngine(law)
	if err != nil {
		return t, err
	}
	before, err := bulk.New(engine).Evaluate(ctx, pictures, t.Rights...)
	if err != nil {
		return t, fmt.Errorf("compute under the law: %w", err)
	}
	then, err := bulk.New(patched).Evaluate(ctx, pictures, t.Rights...)
	if err != nil {
		return t, fmt.Errorf("compute under a patched law: %w", err)
	}
	for i, p := range people {
		if p.Rights = differences(before[i], then[i], p.silenced); len(p.Rights) > 0 {
			t.People = append(t.People, p.Tried)
		}
	}
	// The line is written before anything is shown.
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "talk.try", Subjects: subjects, Detail: map[string]string{"month": t.Month.String()}})
	})
	return t, err
}

// patchName is how the problems of a patch name it.
const patchName = "modification.md"

// differences lists the rights that two laws give otherwise; those that the person
// said no to are silenced here too.
func differences(before, after []casefile.Outcome, silenced map[string]bool) []TriedRight {
	then := map[string]Said{}
	for _, o := range after {
		then[o.Right] = of(o)
	}
	var list []TriedRight
	seen := map[string]bool{}
	for _, o := range before {
		seen[o.Right] = true
		is, ok := then[o.Right]
		if !ok {
			is.Status = casefile.NotDue
		}
		if was := of(o); was != is && !silenced[o.Right] {
			list = append(list, TriedRight{o.Right, was, is})
		}
	}
	for _, o := range after {
		if !seen[o.Right] && o.Status != casefile.NotDue && !silenced[o.Right] {
			list = append(list, TriedRight{o.Right, Said{Status: casefile.NotDue}, of(o)})
		}
	}
	return list
}

// tried is somebody whose file is computed.
type tried struct {
	Tried
	calc     *casefile.Calculation
	silenced map[string]bool // said no to, or hidden with the address
}

// readTried reads the files to go over, by name.
func (s *Service) readTried(ctx context.Context, scope access.Scope, over Over, key string, last core.ID, t *Trial) ([]tried, error) {
	actor := core.ActorFrom(ctx)
	teams := scope.Teams
	if over.Team != "" {
		if !scope.All && !slices.Contains(teams, over.Team) {
			return nil, errs.New(errs.NotFound, "errs.conversations.team_unknown")
		}
		teams = []core.ID{over.Team}
	}
	if scope.Org == "" || len(teams) == 0 {
		return nil, nil
	}
	args := append([]any{scope.Org, key, last}, anys(teams)...)
	cond := " AND c.team_id IN (" + marks(4, len(teams)) + ")"
	if over.Team == "" {
		args = append(args, actor.ID)
		cond += " AND c.worker_id = $" + strconv.Itoa(len(args))
	}
	sql := `SELECT c.sort_name, c.id, ` + kept + `, p.usual_name, p.given_names, p.use_name
FROM ` + caseAlias + ` JOIN person p ON p.org_id = c.org_id AND p.id = ` + kept + ` AND p.died_on = ''
WHERE c.org_id = $1 AND c.phase = 'active' AND (c.sort_name > $2 OR c.sort_name = $2 AND c.id > $3)` + cond + ` AND ` + included + `
ORDER BY c.sort_name, c.id LIMIT ` + strconv.Itoa(maxTried+1)
	var list []tried
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		list, t.Next = nil, ""
		var key string
		var row core.ID
		n := 0
		rows, err := q.Query(sql, args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			if n++; n > maxTried {
				t.Next = casefile.PageEnd(key, row)
				return nil
			}
			var p tried
			var i casefile.Identity
			err := r.Scan(&key, &row, &p.ID, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse)
			p.Name = i.DisplayName()
			if !slices.ContainsFunc(list, func(o tried) bool { return o.ID == p.ID }) {
				list = append(list, p)
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("list the files to go over: %w", err)
		}
		t.Looked = len(list)
		if len(list) == 0 {
			return nil
		}
		ids := make([]core.ID, len(list))
		for i, p := range list {
			ids[i] = p.ID
		}
		decided, err := loadDecided(q, scope.Org, ids)
		if err != nil {
			return err
		}
		hidden, err := s.hides(q, scope.Org, ids...)
		if err != nil {
			return err
		}
		for i := range list {
			p := &list[i]
			if p.calc, err = s.cases.ReadForRights(ctx, q, p.ID, t.Month); err != nil {
				return err
			}
			p.silenced = map[string]bool{}
			for right, d := range decided[p.ID] {
				p.silenced[right] = d.Kind == casefile.NotWanted
			}
			for _, right := range t.Rights {
				p.silenced[right] = p.silenced[right] || hidden(p.ID, right)
			}
		}
		return nil
	})
	return list, err
}

// MyTeams are the names of the worker's teams whose files a rule may be tried on.
func (s *Service) MyTeams(ctx context.Context) (map[core.ID]string, error) {
	scope, err := s.cases.Access.Scope(ctx, access.TalkTry)
	if err != nil {
		return nil, err
	}
	out := map[core.ID]string{}
	err = s.cases.DB.Read(ctx, func(q db.Querier) error {
		names, err := teamNames(q, scope.Org)
		for _, id := range scope.Teams {
			out[id] = names[id]
		}
		return err
	})
	return out, err
}
