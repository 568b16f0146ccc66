// Package talk looks at the rights of the people a team accompanies again and again,
// and lists conversations to have: a right that may be due and was never claimed, a
// fact that is missing, something that changed and why.
//
// Guarantees, each held by a test. Only open accompaniments whose person was told of
// it are looked at; a person who objects, on paper or by themselves, is left out and
// what was found is forgotten. Each calculation leaves a line in the person's
// journal. A right that the person said no to is listed to nobody until they come
// back on it. People are in the order of names or of the last contact: no rank, no
// score, no amount orders anything, and nothing counts a worker or a team. What an
// organisation sees is counts without names, and small ones are hidden.
//
// What not to do: add a column of totals, an order by amount, or a list of people by
// their permit or nationality.
//
//	runs, err := talk.New(cases, law.Files)
//	runs.Start(ctx)                        // at the start of the program, and daily
//	jobs.Handle(talk.Job, runs.Run)
//	page, err := runs.List(ctx, talk.Filter{Referent: me}, "", 0)
package talk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/bulk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Service is the way in. It is safe for concurrent use.
type Service struct {
	cases *casefile.Service
	files fs.FS // of the law in force; nil when no patch can be tried
}

// New makes a Service on the files of an installation. law are the rule files in
// force, which patches are tried on; nil when they are not at hand.
func New(cases *casefile.Service, law fs.FS) (*Service, error) {
	if cases == nil {
		return nil, errors.New("talk: the files are needed")
	}
	return &Service{cases, law}, nil
}

// evaluator computes many files: *bulk.Law is one.
type evaluator interface {
	Evaluate(ctx context.Context, pictures []*casefile.Picture, names ...string) ([][]casefile.Outcome, error)
}

// evaluator computes under the law in force. It is for one goroutine.
func (s *Service) evaluator() evaluator {
	if e, ok := s.cases.Engine.(*casefile.LawEngine); ok {
		return bulk.New(e)
	}
	return oneByOne{s.cases.Engine}
}

// oneByOne computes with an engine that knows one file at a time.
type oneByOne struct{ engine casefile.Engine }

func (o oneByOne) Evaluate(ctx context.Context, pictures []*casefile.Picture, names ...string) ([][]casefile.Outcome, error) {
	out := make([][]casefile.Outcome, len(pictures))
	for i, p := range pictures {
		list, err := o.engine.Evaluate(ctx, p)
		if err != nil {
			return nil, err
		}
		if len(names) > 0 {
			list = slices.DeleteFunc(list, func(x casefile.Outcome) bool { return !slices.Contains(names, x.Right) })
		}
		out[i] = list
	}
	return out, nil
}

// kept is the person that a row of casefile c, joined with its alias al, stands for.
const kept = `COALESCE(al.person_id, c.person_id)`

// caseAlias joins both.
const caseAlias = `casefile c LEFT JOIN person_alias al ON al.org_id = c.org_id AND al.alias_id = c.person_id AND al.ended_at = 0`

// sameAs are the person of a row of casefile and those merged into them.
const sameAs = `(SELECT ` + kept + ` UNION ALL SELECT a.alias_id FROM person_alias a WHERE a.org_id = c.org_id AND a.person_id = ` + kept + ` AND a.ended_at = 0)`

// included holds for the row of casefile of somebody who was told and does not object.
const included = `EXISTS (SELECT 1 FROM talk_person w WHERE w.org_id = c.org_id AND w.informed_on <> '' AND w.person_id IN ` + sameAs + `)
AND ` + willing

// willing holds unless the person objects.
const willing = `NOT EXISTS (SELECT 1 FROM talk_person w WHERE w.org_id = c.org_id AND w.objected_on <> '' AND w.person_id IN ` + sameAs + `)`

// marks writes n placeholders from $first: "$3, $4".
func marks(first, n int) string {
	b := make([]byte, 0, 5*n)
	for i := range n {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = strconv.AppendInt(append(b, '$'), int64(first+i), 10)
	}
	return string(b)
}

func anys(ids []core.ID) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

func day(s string) (core.Date, error) {
	if s == "" {
		return core.Date{}, nil
	}
	return core.ParseDate(s)
}

func workerNames(q db.Querier, org core.ID, ids ...core.ID) (map[core.ID]string, error) {
	known, err := access.Workers(q, org, ids...)
	if err != nil {
		return nil, fmt.Errorf("names of workers: %w", err)
	}
	names := make(map[core.ID]string, len(known))
	for id, w := range known {
		names[id] = w.Name
	}
	return names, nil
}
