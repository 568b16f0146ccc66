package access

import (
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
)

// Scope is Can for lists: which persons' rows of the organisation an action may
// show. The zero Scope shows nothing.
type Scope struct {
	Org    core.ID
	All    bool      // every person of the organisation
	Teams  []core.ID // those whom one of these teams accompanies
	Person core.ID   // and this one
}

// Columns names the columns of the list's SQL.
type Columns struct {
	Org    string // "p.org_id"
	Person string // "p.id"
	// Teams is a condition true when one of the teams {teams} accompanies the
	// row's person: "EXISTS (SELECT 1 FROM casefile c WHERE c.org_id = p.org_id
	// AND c.person = p.id AND c.team IN ({teams}))".
	Teams string
}

// Where returns the condition to put in a WHERE, in parentheses, and its
// arguments, numbered from $first.
func (sc Scope) Where(c Columns, first int) (cond string, args []any) {
	if sc.Org == "" || (!sc.All && len(sc.Teams) == 0 && sc.Person == "") {
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
	if len(sc.Teams) > 0 {
		marks := make([]string, len(sc.Teams))
		for i, t := range sc.Teams {
			marks[i] = next(t)
		}
		any = append(any, strings.ReplaceAll(c.Teams, "{teams}", strings.Join(marks, ", ")))
	}
	if sc.Person != "" {
		any = append(any, c.Person+" = "+next(sc.Person))
	}
	return "(" + cond + " AND (" + strings.Join(any, " OR ") + "))", args
}

// scope gathers what every rule that grants the action to the actor lets them see.
func scope(w who, action Action) Scope {
	sc := Scope{Org: w.Org}
	for _, r := range policy {
		if !w.has(r.role) || w.AAL < r.aal || !slices.Contains(r.actions, action) {
			continue
		}
		switch r.relation {
		case sameOrg:
			sc.All = true
		case accompanies:
			sc.Teams = w.Teams
		case herself:
			sc.Person = w.ID
		}
	}
	return sc
}
