package access

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cedar-policy/cedar-go/types"

	"codeberg.org/parvis/parvis/internal/core"
)

// withFiles is the folder of the embedded policies with some files changed; an empty
// text takes one away.
func withFiles(t *testing.T, changed map[string]string) fs.FS {
	t.Helper()
	own, err := fs.Sub(policyFiles, "policies")
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	names, err := fs.Glob(own, "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(own, name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: text}
	}
	for name, text := range changed {
		if all[name] = (&fstest.MapFile{Data: []byte(text)}); text == "" {
			delete(all, name)
		}
	}
	return all
}

const stray = `@id("stray") @sentence("access.rule.find") permit (principal, action, resource);`

// A permission that is far too wide cannot open a file to whoever keeps the machine,
// the members or the journal, nor to somebody who left, nor across organisations.
func TestAStrayPermitOpensNoFile(t *testing.T) {
	e, err := newEngine(withFiles(t, map[string]string{"zz.cedar": stray}))
	if err != nil {
		t.Fatal(err)
	}
	file := Resource{Org: orgA, Person: mia, Teams: []core.ID{team1}}
	actor := core.Actor{ID: "x", Org: orgA, Teams: []core.ID{team1}, AAL: 2}
	as := func(kind core.ActorKind) who { a := actor; a.Kind = kind; return who{Actor: a, administers: true} }
	left := as(core.ActorWorker)
	left.inactive = true
	away := as(core.ActorWorker)
	away.Org = orgB
	content := map[Action]bool{}
	for _, a := range Actions() {
		if e.within(e.uids[a], types.NewEntityUID("Action", "content")) {
			content[a] = true
		}
	}
	if len(content) < 30 {
		t.Fatalf("only %d actions are content: %v", len(content), content)
	}
	for name, w := range map[string]who{"operator": as(core.ActorOperator), "administrator": as(core.ActorOrgAdmin), "auditor": as(core.ActorAuditor), "who left": left, "another organisation": away} {
		for a := range content {
			if e.decide(w, a, file, noon).Allowed {
				t.Errorf("%s may %s", name, a)
			}
		}
	}
	for a := range content {
		if !e.within(e.uids[a], types.NewEntityUID("Action", "welcome")) && e.decide(as(core.ActorClerk), a, file, noon).Allowed {
			t.Errorf("clerk may %s", a)
		}
	}
	other := as(core.ActorPerson)
	for _, a := range []Action{PersonOpen, FactRead, RightRead, NoteRead, FileExport, AgreementRead} {
		if e.decide(other, a, file, noon).Allowed {
			t.Errorf("another person may %s", a)
		}
	}
	// The stray policy is really there: it opens what no wall holds.
	if !e.decide(as(core.ActorWorker), PersonOpen, Resource{Org: orgA, Person: mia}, noon).Allowed {
		t.Error("the stray policy grants nothing: this test proves nothing")
	}
}

// Without the entities of the actions, `action in` would be false and the walls open:
// nothing works then, rather than everything.
func TestActionsAreInTheWorld(t *testing.T) {
	e := testEngine(t)
	for _, a := range Actions() {
		if _, ok := e.actions[e.uids[a]]; !ok {
			t.Errorf("%s is no entity", a)
		}
	}
	group := types.NewEntityUID("Action", "content")
	if _, ok := e.actions[group]; !ok {
		t.Error("the group of content is no entity")
	}
}

func TestPoliciesThatDoNotStart(t *testing.T) {
	schema, err := policyFiles.ReadFile("policies/parvis.cedarschema")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"an action missing in the schema": {map[string]string{"parvis.cedarschema": strings.Replace(string(schema), `"note.read", `, "", 1)}, `no action "note.read"`},
		"an action of nobody":             {map[string]string{"parvis.cedarschema": string(schema) + `action "odd" appliesTo { principal: [Worker], resource: [File] };`}, `"odd" is none of the program's`},
		"no schema":                       {map[string]string{"parvis.cedarschema": ""}, "parvis.cedarschema"},
		"a policy that does not parse":    {map[string]string{"zz.cedar": `permit (principal`}, "zz.cedar"},
		"an attribute that does not exist": {map[string]string{"zz.cedar": `@id("x") @sentence("y") permit (principal is Worker, action == Action::"person.open", resource is File) when { principal.rank > 3 };`},
			"rank"},
		"a group that does not exist": {map[string]string{"zz.cedar": `@id("x") @sentence("y") forbid (principal is Operator, action in Action::"contents", resource);`}, "contents"},
		"no id":                       {map[string]string{"zz.cedar": `@sentence("y") permit (principal, action, resource);`}, "without @id"},
		"no sentence":                 {map[string]string{"zz.cedar": `@id("x") permit (principal, action, resource);`}, "no @sentence"},
		"the same id twice":           {map[string]string{"zz.cedar": strings.Replace(stray, "stray", "find", 1)}, "second policy find"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := newEngine(withFiles(t, c.files)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
