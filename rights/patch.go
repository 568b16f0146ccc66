package rights

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/rights/ir"
	"codeberg.org/parvis/parvis/rights/lang"
)

// MaxPatchBytes is how large a patch may be.
const MaxPatchBytes = 64 << 10

// Change is what a patch changes.
type Change struct {
	Kind  TurnKind
	Name  string
	Label string // in French; the name where the law gives none
	From  string // YYYY-MM-DD; "" when all its wordings are replaced
	New   bool   // the law had nothing of this name
}

// LoadPatched is Load with a patch put on the law: a rule file that declares again a
// parameter, a barème or a rule of the law, or something new that these read. What it
// gives from a day on takes the place of what the law says from that day on; a rule
// without a day takes the place of the whole rule. Its form is in
// docs/rule-patch.md. The file may leave out the fences of its only block.
//
// The error is a Problems, with the patch's own lines, when the patch or what it
// makes of the law is at fault.
func LoadPatched(fsys fs.FS, name string, patch []byte) (*Law, []Change, error) {
	if len(patch) > MaxPatchBytes {
		return nil, nil, Problems{{File: name, Pos: lang.Pos{Line: 1, Col: 1}, Message: fmt.Sprintf("une modification fait au plus %d Ko", MaxPatchBytes>>10)}}
	}
	files, problems, err := parseAll(fsys)
	if err != nil {
		return nil, nil, err
	}
	p := patcher{files: files, shift: 0}
	text := string(patch)
	if !strings.Contains(text, "```") {
		p.shift, text = 1, "```règle\n"+text+"\n```\n"
	}
	var wrong Problems
	p.patch, wrong = lang.Parse(name, []byte(text))
	if wrong.Err() == nil {
		wrong = append(wrong, p.apply()...)
	}
	if err := wrong.Err(); err != nil {
		return nil, nil, p.lines(wrong)
	}
	l, err := build(fsys, append(p.files, p.patch), problems)
	if err != nil {
		if list, ok := err.(Problems); ok {
			return nil, nil, p.lines(list)
		}
		return nil, nil, err
	}
	return l, p.changes, nil
}

type patcher struct {
	files   []*lang.File
	patch   *lang.File
	shift   int // lines that were put before the patch's own
	changes []Change
	wrong   Problems
}

// lines gives problems the lines that the writer of the patch sees.
func (p *patcher) lines(list Problems) Problems {
	for i := range list {
		if list[i].File == p.patch.Name {
			list[i].Pos.Line = max(1, list[i].Pos.Line-p.shift)
		}
	}
	return list
}

func (p *patcher) problem(pos lang.Pos, message, advice string) {
	p.wrong = append(p.wrong, Problem{File: p.patch.Name, Pos: pos, Message: message, Advice: advice})
}

// apply takes out of the law's files what the patch declares again.
func (p *patcher) apply() Problems {
	f := p.patch
	for _, d := range f.Inputs {
		p.problem(d.Pos, "une modification n'ajoute pas de fait à demander: personne n'y a répondu", "paramètre, barème ou règle")
	}
	for _, d := range f.Tables {
		p.problem(d.Pos, "une modification ne change pas de table", "paramètre, barème ou règle")
	}
	for _, d := range f.Enums {
		p.problem(d.Pos, "une modification ne change pas d'énumération", "paramètre, barème ou règle")
	}
	for _, d := range f.Sheets {
		p.problem(d.Pos, "une modification ne change pas de fiche", "")
	}
	for _, d := range f.Forms {
		p.problem(d.Pos, "une modification ne change pas de question", "")
	}
	for _, d := range f.Examples {
		p.problem(d.Pos, "une modification n'a pas d'exemple: il ne serait pas recalculé", "")
	}
	for _, d := range f.Params {
		p.param(d)
	}
	for _, d := range f.Scales {
		p.scale(d)
	}
	for _, d := range f.Rules {
		p.rule(d)
	}
	if len(p.wrong) == 0 && len(p.changes) == 0 {
		p.problem(lang.Pos{Line: 1 + p.shift, Col: 1}, "cette modification ne change rien", "par exemple: paramètre bmaf : €/mois  à partir du 01/07/2026 : 500")
	}
	return p.wrong
}

// found takes a declaration out of the list of the file that has it.
func found[T any](p *patcher, list func(*lang.File) *[]T, is func(T) bool) (old T, ok bool) {
	for _, f := range p.files {
		l := list(f)
		if i := slices.IndexFunc(*l, is); i >= 0 {
			old = (*l)[i]
			*l = slices.Delete(*l, i, i+1)
			return old, true
		}
	}
	return old, false
}

func (p *patcher) changed(kind TurnKind, name, label, from string, known bool) {
	p.changes = append(p.changes, Change{Kind: kind, Name: name, Label: orName(label, name), From: from, New: !known})
}

func (p *patcher) param(d *lang.Param) {
	old, known := found(p, func(f *lang.File) *[]*lang.Param { return &f.Params }, func(o *lang.Param) bool { return o.Name == d.Name })
	if len(d.Versions) == 0 {
		p.problem(d.Pos, "aucune valeur", "à partir du 01/07/2026 : 500")
		return
	}
	from := d.Versions[0].From
	if known {
		if d.Type.Name != old.Type.Name || d.Type.Unit != old.Type.Unit || !slices.Equal(d.Keys, old.Keys) {
			p.problem(d.Pos, fmt.Sprintf("« %s » ne change pas d'unité ni de clés", d.Name), typeText(old.Type))
		}
		d.Versions = append(slices.DeleteFunc(slices.Clone(old.Versions), func(v lang.ParamVersion) bool { return v.From >= from }), d.Versions...)
		if d.Label == "" {
			d.Label = old.Label
		}
		if d.Expected == "" && old.Expected > from {
			d.Expected = old.Expected
		}
	}
	p.changed(TurnValue, d.Name, d.Label, from, known)
}

func typeText(t lang.TypeName) string {
	if t.Name != "" {
		return t.Name
	}
	return t.Unit
}

func (p *patcher) scale(d *lang.Scale) {
	old, known := found(p, func(f *lang.File) *[]*lang.Scale { return &f.Scales }, func(o *lang.Scale) bool { return o.Name == d.Name })
	if len(d.Versions) == 0 {
		p.problem(d.Pos, "aucune valeur", "à partir du 01/07/2026 …")
		return
	}
	from := d.Versions[0].From
	if known {
		d.Versions = append(slices.DeleteFunc(slices.Clone(old.Versions), func(v lang.ScaleVersion) bool { return v.From >= from }), d.Versions...)
		if d.Label == "" {
			d.Label = old.Label
		}
		if d.Expected == "" && old.Expected > from {
			d.Expected = old.Expected
		}
	}
	p.changed(TurnScale, d.Name, d.Label, from, known)
}

func (p *patcher) rule(d *lang.Rule) {
	old, known := found(p, func(f *lang.File) *[]*lang.Rule { return &f.Rules }, func(o *lang.Rule) bool { return o.Name == d.Name })
	from := ""
	if len(d.Bodies) > 0 {
		from = d.Bodies[0].From
	}
	if known {
		if d.Entity != old.Entity || d.Period != old.Period || d.Type.Name != old.Type.Name || d.Type.Unit != old.Type.Unit {
			p.problem(d.Pos, fmt.Sprintf("« %s » garde sa famille ou sa personne, sa période et son unité", d.Name), "("+old.Entity+", "+old.Period+") : "+typeText(old.Type))
		}
		if d.Label == "" {
			d.Label = old.Label
		}
		if from != "" {
			d.Bodies = append(slices.DeleteFunc(slices.Clone(old.Bodies), func(b lang.RuleBody) bool { return b.From >= from }), d.Bodies...)
			if d.Start == nil {
				d.MaxPast, d.Start = old.MaxPast, old.Start
			}
		}
		if len(d.Articles) == 0 {
			d.Articles = old.Articles
		}
	}
	p.changed(TurnRule, d.Name, d.Label, from, known)
}

// Reading lists the rights that read something that changed, directly or not, in the
// law's order: no other can give another amount.
func (l *Law) Reading(changes []Change) []string {
	names := map[string]bool{}
	for _, c := range changes {
		names[c.Name] = true
	}
	p := l.prog.IR
	hit := make([]bool, len(p.Vars))
	var in func(e *ir.Expr) bool
	in = func(e *ir.Expr) bool {
		if e == nil {
			return false
		}
		switch e.Op {
		case ir.OpVar:
			if hit[e.Index] {
				return true
			}
		case ir.OpParam, ir.OpParamAt:
			if names[p.Params[e.Index].Name] {
				return true
			}
		case ir.OpScale:
			if names[p.Scales[e.Index].Name] {
				return true
			}
		}
		return slices.ContainsFunc(e.Args, in)
	}
	for more := true; more; { // rules may read each other's past: until nothing is added
		more = false
		for v := range p.Vars {
			def := &p.Vars[v]
			if hit[v] {
				continue
			}
			hit[v] = names[def.Name] || in(def.When) || slices.ContainsFunc(def.Bodies, func(b ir.Body) bool { return in(b.Expr) })
			if d := def.Derived; d != nil {
				hit[v] = hit[v] || names[p.Params[d.Times].Name] || hit[d.From]
			}
			more = more || hit[v]
		}
	}
	var out []string
	for _, r := range l.rights {
		for _, name := range append([]string{r.Name, r.Paid, r.Territory}, r.Reserved...) {
			if name != "" && hit[l.prog.Var(name)] {
				out = append(out, r.Name)
				break
			}
		}
	}
	return out
}
