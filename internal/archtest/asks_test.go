package archtest_test

import (
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// services are the folders whose Service answers people: each of its exported
// methods asks the policies, itself or through what it calls in its own folder.
var services = []string{"internal/casefile", "internal/webhook", "internal/agreement", "internal/vault", "internal/desk", "internal/duty"}

// asking are the calls that ask the policies.
var asking = []string{"Can", "Allow", "Scope", "Why"}

// unasked are the exported methods that ask nothing, and why.
var unasked = map[string]string{
	"casefile.Today":      "says which day it is",
	"casefile.ThisMonth":  "says which month it is",
	"agreement.Today":     "says which day it is",
	"agreement.PublicKey": "the key that everybody may have",
	"agreement.Recognise": "says at the start by what people are recognised",
	"caseload.Today":      "says which day it is",
	"desk.Today":          "says which day it is",
	"casefile.Pages":      "counts the question pages of facts that it is given",
	"casefile.NewID":      "gives an identifier, reads nothing",
	"casefile.Variables":  "lists the words of the law, nobody's",
	"casefile.Local":      "says whether a right of the law is of one place, nobody's",
	"casefile.Calculate":  "evaluates what ReadForRights read, which asks",
	"draft.Sweep":         "deletes old drafts, for the program",
	"draft.Keep":          "the text of somebody whose session ended: nobody is signed in, and nothing is read",
	"retention.Today":     "says which day it is",
	"safeguard.Today":     "says which day it is",
	"demand.Today":        "says which day it is",
	"retention.Tap":       "listens to the journal: leaves a job when somebody signs in",
	"talk.CanTry":         "says whether the law's files are at hand, nobody's",
	"note.Exporters":      "names the parts of a copy, which ask",
	"vault.Today":         "says which day it is",
	"vault.Sealed":        "says whether the installation's seal is apart, nobody's",
	"vault.TakesHealth":   "says what the installation declared, nobody's",
	"vault.Forget":        "who leaves takes no permission: it only closes",
	"webhook.Run":         "sends ids to addresses that somebody who may chose",
	"webhook.Drain":       "the same, once",
	"webhook.Sweep":       "deletes old deliveries, for the program",
}

// inside tells a step of another use case: it takes a transaction or a snapshot,
// which no page can have (TestNever), so that it is no way in.
func inside(f *ast.FuncDecl) bool {
	for _, p := range f.Type.Params.List {
		kind := p.Type
		if star, ok := kind.(*ast.StarExpr); ok {
			kind = star.X
		}
		if sel, ok := kind.(*ast.SelectorExpr); ok {
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "db" {
				return true
			}
		}
	}
	return false
}

// TestEveryServiceMethodAsks: no way in leads past the policies.
func TestEveryServiceMethodAsks(t *testing.T) {
	type function struct {
		at     string
		public bool
		asks   bool
		calls  map[string]bool
	}
	folders := map[string]map[string]*function{}
	for _, s := range sources(t) {
		if s.test || !slices.ContainsFunc(services, func(f string) bool { return below(s.folder(), f) }) {
			continue
		}
		all := folders[s.folder()]
		if all == nil {
			all = map[string]*function{}
			folders[s.folder()] = all
		}
		for _, d := range s.file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			name, public := f.Name.Name, false
			if f.Recv != nil {
				public = receiver(f) == "Service" && f.Name.IsExported() && !inside(f)
			}
			own := &function{at: s.at(f.Pos()), public: public, calls: map[string]bool{}}
			ast.Inspect(f.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch to := call.Fun.(type) {
				case *ast.Ident:
					own.calls[to.Name] = true
				case *ast.SelectorExpr:
					own.calls[to.Sel.Name] = true
					own.asks = own.asks || slices.Contains(asking, to.Sel.Name)
				}
				return true
			})
			if before := all[name]; before != nil { // two receivers: either may be called
				own.public = own.public || before.public
				own.asks = own.asks && before.asks
				for c := range before.calls {
					own.calls[c] = true
				}
			}
			all[name] = own
		}
	}
	spread := func(all, ground map[string]*function) {
		for changed := true; changed; {
			changed = false
			for _, f := range all {
				for c := range f.calls {
					to := all[c]
					if to == nil {
						to = ground[c]
					}
					if !f.asks && to != nil && to.asks {
						f.asks, changed = true, true
					}
				}
			}
		}
	}
	spread(folders["internal/casefile"], nil)
	seen := map[string]bool{}
	for folder, all := range folders {
		if below(folder, "internal/casefile") { // what the others of the area lean on
			spread(all, folders["internal/casefile"])
		} else {
			spread(all, nil)
		}
		for name, f := range all {
			key := path.Base(folder) + "." + name
			seen[key] = true
			switch why := unasked[key]; {
			case f.public && !f.asks && why == "":
				t.Errorf("%s: %s asks no policy: call Can, Allow or Scope first, or say here why it need not", f.at, key)
			case f.asks && why != "":
				t.Errorf("%s: %s asks: take it out of unasked", f.at, key)
			}
		}
	}
	for key := range unasked {
		if !seen[key] {
			t.Errorf("unasked names %s, which does not exist", key)
		}
	}
	if len(seen) < 100 {
		t.Fatalf("only %d functions found: this test looks in the wrong place", len(seen))
	}
}

func receiver(f *ast.FuncDecl) string {
	kind := f.Recv.List[0].Type
	if star, ok := kind.(*ast.StarExpr); ok {
		kind = star.X
	}
	if name, ok := kind.(*ast.Ident); ok {
		return strings.TrimSpace(name.Name)
	}
	return ""
}
