package access

import (
	"strconv"
	"strings"
	"time"

	"github.com/cedar-policy/cedar-go/types"

	"codeberg.org/parvis/parvis/internal/core"
)

// Scope is Can for lists: which persons' rows of the organisation an action may
// show. The zero Scope shows nothing.
type Scope struct {
	Org    core.ID
	All    bool      // every person of the organisation
	Teams  []core.ID // those whom one of these teams accompanies
	Person core.ID   // and this one
	Shared []core.ID // those shared today with one of these teams, where the list has Columns.Shared
}

// Columns names the columns of the list's SQL.
type Columns struct {
	Org    string // "p.org_id"
	Person string // "p.id"
	// Teams is a condition true when one of the teams {teams} accompanies the
	// row's person: "EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = p.org_id
	// AND c.person = p.id AND c.team IN ({teams}))".
	Teams string
	// Shared is a condition true when the row's person agreed to share with one of the
	// teams {teams} on the day {today}; "" where a list shows no agreement.
	Shared string
	Today  core.Date // needed by Shared
}

// Where returns the condition to put in a WHERE, in parentheses, and its
// arguments, numbered from $first.
func (sc Scope) Where(c Columns, first int) (cond string, args []any) {
	shared := sc.Shared
	if c.Shared == "" {
		shared = nil
	}
	if sc.Org == "" || (!sc.All && len(sc.Teams) == 0 && sc.Person == "" && len(shared) == 0) {
		return "(1 = 0)", nil
	}
	next := func(v any) string {
		args = append(args, v)
		return "$" + strconv.Itoa(first+len(args)-1)
	}
	cond = c.Org + " = " + next(sc.Org)
	if sc.All {
		return "(" + cond + ")", args
	}
	var any []string
	list := func(teams []core.ID) string {
		marks := make([]string, len(teams))
		for i, t := range teams {
			marks[i] = next(t)
		}
		return strings.Join(marks, ", ")
	}
	if len(sc.Teams) > 0 {
		any = append(any, strings.ReplaceAll(c.Teams, "{teams}", list(sc.Teams)))
	}
	if len(shared) > 0 {
		day := next(c.Today.String())
		any = append(any, strings.ReplaceAll(strings.ReplaceAll(c.Shared, "{teams}", list(shared)), "{today}", day))
	}
	if sc.Person != "" {
		any = append(any, c.Person+" = "+next(sc.Person))
	}
	return "(" + cond + " AND (" + strings.Join(any, " OR ") + "))", args
}

// scope asks the policies about the kinds of rows that a list may hold: a
// person of no team, one whom the actor's teams accompany, the actor's own, and one
// shared with their teams today. What each answer is stands for every such row, since the
// policies know nothing else of a person; TestScopeAgreesWithCan holds that.
func (e *engine) scope(w who, action Action, now time.Time) Scope {
	sc := Scope{Org: w.Org}
	if w.Org == "" {
		return sc
	}
	principal, known := w.principal()
	if !known {
		return sc
	}
	may := func(res Resource) bool {
		res.Org = w.Org
		resource, ok := res.entity()
		var context types.Record
		if e.invoking[action] {
			context = res.Invoked.record(now)
		}
		return ok && e.ask(principal, resource, action, context).allowed
	}
	const somebody = "\x00" // nobody's identifier
	if sc.All = may(Resource{Person: somebody}); sc.All {
		return sc
	}
	if len(w.Teams) > 0 && may(Resource{Person: somebody, Teams: w.Teams[:1]}) {
		sc.Teams = w.Teams
	}
	if len(w.Teams) > 0 && e.invoking[action] {
		live := &Invoked{Kind: InvokedConsent, Person: somebody, Teams: w.Teams[:1], Categories: []Category{Identity}, Category: Identity,
			Gestures: []Gesture{See, Take, Deposit}}
		if may(Resource{Person: somebody, Invoked: live}) {
			sc.Shared = w.Teams
		}
	}
	if w.Kind == core.ActorPerson && may(Resource{Person: w.ID}) {
		sc.Person = w.ID
	}
	return sc
}
