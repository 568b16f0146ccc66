package person

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/law"
	"codeberg.org/parvis/parvis/rights"
)

var update = flag.Bool("update", false, "write the golden explanations anew, to be read before they are committed")

// told is a person of a golden household: an age at the month asked, and facts that
// hold in every month from January of N-3.
type told struct {
	name  string
	age   int // in years
	child bool
	facts map[string]rights.Value
}

// explainedCase is one right of one household, as a page of June 2026 tells it.
type explainedCase struct {
	name, right string
	people      []told
	home        map[string]rights.Value
	family      map[string]rights.Value
	want        rights.Status
}

var asked = rights.MonthOf(2026, 6)

func no(names ...string) map[string]rights.Value {
	out := map[string]rights.Value{}
	for _, n := range names {
		out[n] = rights.Number(0)
	}
	return out
}

// with joins facts; the later ones win.
func with(all ...map[string]rights.Value) map[string]rights.Value {
	out := map[string]rights.Value{}
	for _, m := range all {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func goldenCases() []explainedCase {
	french := map[string]rights.Value{"nationalite": rights.Text("FR"), "prepare_arret": rights.ChoiceOf("aucun"), "ass_precondition_remplie": rights.Bool(false)}
	nothing := with(french, no("salaire_net", "salaire_imposable", "salaire_de_base", "chomage_net", "chomage_imposable", "retraite_nette", "retraite_imposable", "retraite_brute", "pensions_alimentaires_percues", "pensions_invalidite"))
	pay := func(net float64) map[string]rights.Value {
		return with(nothing, map[string]rights.Value{
			"activite": rights.ChoiceOf("actif"), "salaire_net": rights.Number(net), "salaire_imposable": rights.Number(net * 1.036), "salaire_de_base": rights.Number(net * 1.28),
		})
	}
	jobless := with(nothing, map[string]rights.Value{"activite": rights.ChoiceOf("inactif")})
	single := map[string]rights.Value{"statut_marital": rights.ChoiceOf("celibataire")}
	married := map[string]rights.Value{"statut_marital": rights.ChoiceOf("marie")}
	rent := func(amount float64, town string) map[string]rights.Value {
		return map[string]rights.Value{"statut_occupation_logement": rights.ChoiceOf("locataire_vide"), "loyer": rights.Number(amount), "depcom": rights.Text(town), "contrat_electricite": rights.Bool(true)}
	}
	school := func(of string) map[string]rights.Value {
		return map[string]rights.Value{"scolarite": rights.ChoiceOf(of)}
	}
	alone := map[string]rights.Value{"rsa_isolement_recent": rights.Bool(false), "garde_payee": rights.Bool(false)}
	kids := []told{{"Lina", 4, true, school("maternelle")}, {"Sam", 9, true, school("primaire")}}
	mother := told{"Nadia", 33, false, with(jobless, single)}
	elder := func(pension float64) map[string]rights.Value {
		return with(nothing, single, map[string]rights.Value{"activite": rights.ChoiceOf("retraite"), "retraite_nette": rights.Number(pension), "retraite_imposable": rights.Number(pension), "retraite_brute": rights.Number(pension)})
	}
	return []explainedCase{
		{"rsa-alone", "rsa", []told{{"Paul", 41, false, with(jobless, single)}}, rent(380, "80021"), nil, rights.Probable},
		{"rsa-mother", "rsa", append([]told{mother}, kids...), rent(450, "80021"), with(alone, map[string]rights.Value{"asf_conditions_remplies": rights.Bool(false)}), rights.Probable},
		{"rsa-stay-unknown", "rsa", []told{{"Aïcha", 35, false, withoutNationality(with(jobless, single))}}, rent(380, "80021"), nil, rights.ToVerify},
		{"ppa-employee", "ppa", []told{{"Léa", 29, false, with(pay(1420), single)}}, rent(430, "79191"), nil, rights.Probable},
		{"aide-logement-mother", "aide_logement", append([]told{mother}, kids...), rent(450, "80021"), with(alone, map[string]rights.Value{"asf_conditions_remplies": rights.Bool(false)}), rights.Probable},
		{"asf-open", "asf", append([]told{mother}, kids...), rent(450, "80021"), alone, rights.ToVerify},
		{"af-three", "af", []told{{"Anne", 38, false, with(pay(1750), married)}, {"Marc", 40, false, with(pay(1600), married)}, {"Lina", 4, true, school("maternelle")}, {"Sam", 9, true, school("primaire")}, {"Tom", 15, true, school("college")}},
			rent(700, "80021"), nil, rights.Probable},
		{"paje-too-much", "paje_base", []told{{"Anne", 38, false, with(pay(4200), married)}, {"Marc", 40, false, with(pay(3900), married)}, {"Zoé", 1, true, nil}}, rent(900, "69123"), nil, rights.NotDue},
		{"aah-works", "aah", []told{{"Ali", 40, false, with(pay(700), single, map[string]rights.Value{"taux_incapacite": rights.Number(.8), "handicap": rights.Bool(true)})}}, rent(380, "80021"), nil, rights.Probable},
		{"aspa-alone", "aspa", []told{{"Jean", 71, false, elder(610)}}, rent(300, "23096"), nil, rights.Probable},
		{"c2s-paid", "c2s_avec_participation", []told{{"Jean", 71, false, elder(1050)}}, rent(300, "23096"), nil, rights.Probable},
		{"ars-mother", "ars", append([]told{mother}, kids...), rent(450, "80021"), with(alone, map[string]rights.Value{"asf_conditions_remplies": rights.Bool(false)}), rights.Probable},
		{"cheque-energie", "cheque_energie", []told{{"Paul", 41, false, with(jobless, single)}}, rent(380, "80021"), nil, rights.Probable},
	}
}

func withoutNationality(m map[string]rights.Value) map[string]rights.Value {
	delete(m, "nationalite")
	return m
}

func (c explainedCase) situation(t *testing.T, l *rights.Law) (*rights.Situation, rights.Subject) {
	t.Helper()
	s := rights.NewSituation(l)
	months := rights.EachMonth(rights.MonthOf(asked.Year()-3, 1), asked)
	set := func(sub rights.Subject, facts map[string]rights.Value) {
		t.Helper()
		for name, v := range facts {
			if err := s.Set(sub, name, months, v); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	var first rights.Subject
	var family, tax, home []rights.Member
	adults := 0
	for i, p := range c.people {
		sub := s.AddPerson(p.name)
		if i == 0 {
			first = sub
		}
		roles := [3]rights.Role{rights.Child, rights.Dependant, rights.HouseholdChild}
		if !p.child {
			roles = [3]rights.Role{rights.Parent, rights.Declarant, [2]rights.Role{rights.Reference, rights.Partner}[adults]}
			adults++
		}
		family, tax, home = append(family, rights.Member{Person: sub, Role: roles[0]}), append(tax, rights.Member{Person: sub, Role: roles[1]}), append(home, rights.Member{Person: sub, Role: roles[2]})
		if err := s.Set(sub, "date_naissance", rights.Always(), rights.Date(asked.FirstDay().AddMonths(-12*p.age-4)+9)); err != nil {
			t.Fatal(err)
		}
		set(sub, p.facts)
	}
	f := s.AddGroup(rights.Family, "famille", family...)
	s.AddGroup(rights.TaxUnit, "foyer", tax...)
	h := s.AddGroup(rights.Household, "logement", home...)
	set(f, c.family)
	set(h, c.home)
	return s, first
}

// text writes a result as the page of the right shows it, without its shape.
func text(w Words, p *i18n.Printer, r rights.Result, names map[string]string) string {
	var b strings.Builder
	e := casefile.Explained{Detail: r}
	e.Right, e.Status = r.Right, casefile.Status(r.Verdict)
	if r.Paid != nil {
		e.Amount = *r.Paid
	}
	if r.PaidMin != nil && r.PaidMax != nil {
		e.Min, e.Max = *r.PaidMin, *r.PaidMax
	}
	fmt.Fprintf(&b, "# %s\n%s\n", w.Name(p, r.Right), verdict(p, r))
	for _, s := range w.easy(p, r.Right) {
		fmt.Fprintln(&b, s.Text)
	}
	for _, reason := range r.Reasons {
		fmt.Fprintf(&b, "? %s\n", lawtext.Say(p, lawtext.Reason(reason), reason))
	}
	nodes, settled := w.explained(p, e, names, depthOf(p))
	if settled {
		fmt.Fprintln(&b, p.T("web.right.settled"))
	}
	var walk func(nodes []nodeView, indent string)
	walk = func(nodes []nodeView, indent string) {
		for _, n := range nodes {
			fmt.Fprintf(&b, "%s- %s: %s", indent, n.Sentence.Text, n.Figure)
			if n.Tag != "" {
				fmt.Fprintf(&b, " (%s)", n.Tag)
			}
			fmt.Fprintln(&b)
			for _, l := range n.Law {
				fmt.Fprintf(&b, "%s    [%s]\n", indent, l.Text)
			}
			walk(n.Nodes, indent+"  ")
		}
	}
	walk(nodes, "")
	lead, lines := w.contrasts(p, r.Right, r.Contrast, names)
	if lead != "" {
		fmt.Fprintf(&b, "\n%s\n", lead)
	}
	for _, l := range lines {
		fmt.Fprintf(&b, "- %s\n", l)
	}
	var supposed, zeros []string
	for _, a := range r.Assumed {
		if a.Follows || !p.Has("casefile.variable."+a.Variable) {
			continue
		}
		s := variableLabel(p, a.Variable)
		if v := a.Value.String(); v == "0" || v == "false" {
			if s = lower(s); !slices.Contains(zeros, s) {
				zeros = append(zeros, s)
			}
		} else if s = p.T("web.right.assumption", "label", s, "value", w.answer(p, rights.Contrast{FactRef: a.FactRef, Value: a.Value})); !slices.Contains(supposed, s) {
			supposed = append(supposed, s)
		}
	}
	if len(supposed)+len(zeros) > 0 {
		fmt.Fprintf(&b, "\n## %s\n", p.T("web.right.assumptions"))
	}
	for _, s := range supposed {
		fmt.Fprintf(&b, "- %s\n", s)
	}
	if len(zeros) > 0 {
		fmt.Fprintf(&b, "- %s %s.\n", p.T("web.right.zeros"), p.List(zeros))
	}
	return b.String()
}

// verdict is the tag of the card.
func verdict(p *i18n.Printer, r rights.Result) string {
	switch r.Verdict {
	case rights.Probable:
		return p.T("web.right.tag_proposed")
	case rights.NotDue:
		return p.T("contrast.nothing")
	}
	return p.N("web.right.tag_verify", len(r.Missing))
}

// TestGoldenExplanations: what the page of a right says, in four languages. The
// files are there to be read: by who speaks the language, as the person whose right it is.
// `go test -run TestGoldenExplanations -update` writes them.
func TestGoldenExplanations(t *testing.T) {
	l, err := rights.Load(law.Files)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWords(l, nil)
	for _, c := range goldenCases() {
		s, who := c.situation(t, l)
		results, err := s.Close(rights.Dossier).EvaluateFor(asked, who, c.right)
		if err != nil {
			t.Fatal(err)
		}
		r := results[0]
		if r.Verdict != c.want {
			t.Errorf("%s: %s, want %s; missing %v", c.name, r.Verdict, c.want, r.Missing)
		}
		names := map[string]string{}
		for _, p := range c.people {
			names[p.name] = p.name
		}
		for _, tag := range []string{i18n.French, i18n.EasyFrench, i18n.English, i18n.Arabic} {
			got := text(w, i18n.For(tag), r, names)
			file := filepath.Join("testdata", "explained", c.name+"."+tag+".txt")
			if *update {
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s differs from what is told now; read it, then -update:\n%s", file, got)
			}
		}
	}
}
