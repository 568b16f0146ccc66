package lang

import (
	"strconv"
	"strings"
)

// PrintExpr writes an expression as a rule file does, with the parentheses it
// needs. Parsing the result gives the same tree.
func PrintExpr(e *Expr) string {
	var w printer
	w.expr(e, powerAny, true)
	return w.String()
}

// PrintRules writes the declarations of a file, without its prose, examples and
// sheets.
func PrintRules(f *File) string {
	var w printer
	for _, d := range f.Enums {
		w.enum(d)
	}
	for _, d := range f.Params {
		w.param(d)
	}
	for _, d := range f.Scales {
		w.scale(d)
	}
	for _, d := range f.Tables {
		w.table(d)
	}
	for _, d := range f.Inputs {
		w.input(d)
	}
	for _, d := range f.Rules {
		w.rule(d)
	}
	return w.String()
}

type printer struct{ strings.Builder }

func (w *printer) put(parts ...string) {
	for _, s := range parts {
		w.WriteString(s) // #nosec G104 -- a strings.Builder never fails
	}
}

func (w *printer) label(s string) {
	if s != "" {
		w.put(" « ", s, " »")
	}
}

func (w *printer) typ(t TypeName) {
	if t.Name != "" {
		w.put(t.Name)
		return
	}
	w.put(t.Unit)
}

func frenchDate(iso string) string {
	if len(iso) != 10 {
		return iso
	}
	return iso[8:] + "/" + iso[5:7] + "/" + iso[:4]
}

func (w *printer) literal(l *Literal) {
	if l.Negate {
		w.put("−")
	}
	switch l.Kind {
	case LitDate:
		w.put(frenchDate(l.Text))
	case LitText:
		w.put("« ", l.Text, " »")
	case LitNumber:
		w.put(strings.Replace(l.Text, ".", ",", 1))
		if l.Unit != "" {
			w.put(" ", l.Unit)
		}
	default:
		w.put(l.Text)
	}
}

func (w *printer) source(s string) {
	if s != "" {
		w.put(" source « ", s, " »")
	}
}

func (w *printer) expected(s string) {
	if s != "" {
		w.put("  prochaine valeur attendue le ", frenchDate(s), "\n")
	}
}

func (w *printer) enum(d *Enum) {
	w.put("énumération ", d.Name, " : ")
	for i, v := range d.Values {
		if i > 0 {
			w.put(" ; ")
		}
		w.put(v.Name)
		w.label(v.Label)
	}
	w.put("\n\n")
}

func (w *printer) param(d *Param) {
	w.put("paramètre ", d.Name, " : ")
	w.typ(d.Type)
	if len(d.Keys) > 0 {
		w.put(", par ", strings.Join(d.Keys, " et "))
	}
	w.label(d.Label)
	w.put("\n")
	for _, v := range d.Versions {
		w.put("  à partir du ", frenchDate(v.From))
		switch {
		case v.Ended:
			w.put(" : fin")
			w.source(v.Source)
		case v.Grid != nil:
			w.source(v.Source)
			w.put("\n")
			w.grid(v.Grid)
			continue
		default:
			w.put(" : ")
			w.literal(v.Value)
			w.source(v.Source)
		}
		w.put("\n")
	}
	w.expected(d.Expected)
	w.put("\n")
}

func (w *printer) grid(g *Grid) {
	key := func(k *GridKey) {
		if k.More {
			w.put("en plus")
			return
		}
		w.put(strings.Replace(k.Text, ".", ",", 1))
	}
	if len(g.Head) > 0 {
		w.put("    | |")
		for _, k := range g.Head {
			w.put(" ")
			key(k)
			w.put(" |")
		}
		w.put("\n")
	}
	for _, r := range g.Rows {
		w.put("    | ")
		key(r.Key)
		w.put(" |")
		for _, c := range r.Cells {
			w.put(" ")
			w.literal(c)
			w.put(" |")
		}
		w.put("\n")
	}
}

func (w *printer) scale(d *Scale) {
	how := "par tranche"
	if d.Marginal {
		how = "marginal"
	}
	w.put("barème ", d.Name, " ", how, " : ")
	w.typ(d.Type)
	w.put(", selon ")
	w.typ(d.Of)
	w.label(d.Label)
	w.put("\n")
	for _, v := range d.Versions {
		w.put("  à partir du ", frenchDate(v.From))
		w.source(v.Source)
		w.put("\n")
		for _, b := range v.Brackets {
			w.put("    de ")
			w.literal(b.From)
			w.put(" : ")
			w.literal(b.Value)
			w.put("\n")
		}
	}
	w.expected(d.Expected)
	w.put("\n")
}

func (w *printer) table(d *Table) {
	w.put("table ", d.Name, " : ")
	w.typ(d.Type)
	w.put(", par texte")
	w.label(d.Label)
	w.put(" fichier « ", d.Path, " »")
	if d.Default != nil {
		w.put(" sinon ")
		w.literal(d.Default)
	}
	w.source(d.Source)
	w.put("\n\n")
}

func (w *printer) head(kind, name, entity, period string, t TypeName, label string) {
	w.put(kind, " ", name, " (", entity, ", ", period, ") : ")
	w.typ(t)
	w.label(label)
	w.put("\n")
}

func (w *printer) input(d *Input) {
	w.head("entrée", d.Name, d.Entity, d.Period, d.Type, d.Label)
	w.put("  défaut ")
	w.literal(d.Default)
	w.put("\n")
	if d.Presumed != nil {
		w.put("  présumé ")
		w.literal(d.Presumed)
		if d.When != nil {
			w.put(" si ")
			w.expr(d.When, powerAny, true)
		}
		w.put("\n")
	}
	if d.Derived != nil {
		w.put("  déduit de ", d.Derived.From, " × ", d.Derived.Times, "\n")
	}
	if d.Spread != "" {
		w.put("  année ", d.Spread, "\n")
	}
	if d.Question != "" {
		w.put("  question « ", d.Question, " »\n")
	}
	w.put("\n")
}

func (w *printer) rule(d *Rule) {
	w.head("règle", d.Name, d.Entity, d.Period, d.Type, d.Label)
	for _, a := range d.Articles {
		w.put("  article « ", a, " »\n")
	}
	if d.Start != nil {
		w.put("  remonte au plus ", strconv.Itoa(d.MaxPast), " mois, au départ ")
		w.literal(d.Start)
		w.put("\n")
	}
	for _, b := range d.Bodies {
		if b.From != "" {
			w.put("  à partir du ", frenchDate(b.From))
		}
		w.put("  = ")
		w.expr(b.Expr, powerAny, true)
		w.put("\n")
	}
	w.put("\n")
}

func (w *printer) moment(m *Moment) {
	back := func() {
		if m.Back > 0 {
			w.put("-", strconv.Itoa(m.Back))
		}
	}
	switch m.Kind {
	case MomentMonth:
		w.put("M")
		back()
	case MomentYear:
		w.put("N")
		back()
	case MomentNamed:
		w.put(MonthName(m.Month), " N")
		back()
	case MomentDated:
		w.put(MonthName(m.Month), " ", strconv.Itoa(m.Year))
	}
}

func binaryPower(op string) int {
	switch op {
	case "ou":
		return 1
	case "et":
		return 2
	case "min", "max":
		return powerBound
	case "+", "-":
		return powerTerm
	case "×", "/":
		return powerFactor
	}
	return powerCompare
}

// power tells how loose an expression is when written: what is looser than its
// place needs parentheses. Forms that run to the right as far as they can are
// the loosest of all.
func power(e *Expr) int {
	switch e.Kind {
	case ExLet, ExIf, ExNot, ExFold:
		return -1
	case ExBinary:
		return binaryPower(e.Op)
	case ExIn, ExPrefix, ExApplicable:
		return powerCompare
	case ExBetween:
		return powerBound // its second date runs on through + and −
	case ExNeg:
		return powerFactor
	}
	return 100
}

// expr writes e where the parser would call expr(min). last tells that nothing
// follows that e could swallow.
func (w *printer) expr(e *Expr, min int, last bool) {
	p := power(e)
	if p <= min && p >= 0 || p < 0 && (min > powerAny || !last) || e.Kind == ExNeg && min > powerAny {
		w.put("(")
		w.expr(e, powerAny, true)
		w.put(")")
		return
	}
	switch e.Kind {
	case ExLiteral:
		w.literal(e.Lit)
	case ExName:
		w.put(e.Name)
	case ExCall, ExExtremum:
		w.put(e.Name)
		w.args(e.Args)
	case ExNA:
		w.put("non applicable")
	case ExVerify:
		w.put("à vérifier « ", e.Text, " »")
	case ExBinary:
		w.expr(e.Args[0], p-1, false)
		op := e.Op
		switch op {
		case "min":
			op = "plafonné à"
		case "max":
			op = "au moins"
		case "-":
			op = "−"
		}
		w.put(" ", op, " ")
		w.expr(e.Args[1], p, last)
	case ExNot:
		w.put("non ")
		w.expr(e.Args[0], 2, last)
	case ExNeg:
		w.put("−")
		w.expr(e.Args[0], powerFactor, false)
	case ExIn:
		w.expr(e.Args[0], powerCompare-1, false)
		w.put(" parmi (")
		for i, a := range e.Args[1:] {
			if i > 0 {
				w.put(" ; ")
			}
			w.expr(a, powerCompare, false)
		}
		w.put(")")
	case ExPrefix:
		w.expr(e.Args[0], powerCompare-1, false)
		w.put(" commence par « ", e.Text, " »")
	case ExApplicable:
		w.expr(e.Args[0], powerCompare-1, false)
		w.put(" est applicable")
	case ExIf:
		w.put("si ")
		w.expr(e.Args[0], powerAny, true)
		w.put(" alors ")
		w.expr(e.Args[1], powerAny, true)
		w.put(" sinon ")
		w.expr(e.Args[2], powerAny, last)
	case ExLet:
		w.put("soit ", e.Name, " = ")
		w.expr(e.Args[0], powerAny, true)
		w.put(" ; ")
		w.expr(e.Args[1], powerAny, last)
	case ExRound:
		w.round(e)
	case ExShift:
		w.primary(e.Args[0])
		w.put(" en ")
		w.moment(e.Moment)
	case ExProject:
		if e.Args[0].Kind == ExProject { // two passages in a row would read as one path
			w.atom(e.Args[0])
		} else {
			w.primary(e.Args[0])
		}
		w.put(" de la ", strings.Join(e.Path, " de la "))
	case ExAtDate:
		w.primary(e.Args[0])
		w.put(" à la date ")
		w.atom(e.Args[1])
	case ExFold:
		w.fold(e, last)
	case ExBound:
		w.put(e.Name, " de ")
		w.moment(e.Moment)
	case ExDay:
		w.literal(e.Lit)
		w.put(" ")
		w.moment(e.Moment)
	case ExBetween:
		w.put(e.Name, " entre ")
		w.expr(e.Args[0], powerBound, false)
		w.put(" et ")
		w.expr(e.Args[1], powerBound, false)
	}
}

func (w *printer) args(args []*Expr) {
	w.put("(")
	for i, a := range args {
		if i > 0 {
			w.put(" ; ")
		}
		w.expr(a, powerAny, true)
	}
	w.put(")")
}

// primary writes what may take a suffix.
func (w *printer) primary(e *Expr) {
	switch e.Kind {
	case ExShift, ExProject, ExAtDate:
		w.expr(e, powerAny, true)
	default:
		w.atom(e)
	}
}

// atom writes what needs no parentheses, or parentheses.
func (w *printer) atom(e *Expr) {
	switch e.Kind {
	case ExName, ExCall, ExExtremum:
		w.expr(e, powerAny, true)
	case ExLiteral:
		if e.Lit.Kind != LitNumber {
			w.expr(e, powerAny, true)
			return
		}
		w.put("(")
		w.literal(e.Lit)
		w.put(")")
	default:
		w.put("(")
		w.expr(e, powerAny, true)
		w.put(")")
	}
}

func (w *printer) round(e *Expr) {
	w.put("arrondi ")
	switch {
	case e.Lit.Text == "0.01" && e.Lit.Unit == "€":
		w.put("au centime")
	case e.Lit.Text == "1" && e.Lit.Unit == "€":
		w.put("à l'euro")
	default:
		w.put("à ")
		w.literal(e.Lit)
	}
	if e.Mode != "" {
		w.put(" ", e.Mode)
	}
	w.put(" ")
	w.atom(e.Args[0])
}

func (w *printer) fold(e *Expr, last bool) {
	w.put(e.Name)
	switch {
	case len(e.Path) > 0:
		w.put(" pour les ", strings.Join(e.Path, " de la "))
	case e.To != nil:
		w.put(" de ")
		w.moment(e.Moment)
		w.put(" à ")
		w.moment(e.To)
	default:
		w.put(" sur ")
		w.moment(e.Moment)
	}
	if e.Filter != nil {
		w.put(" tels que ")
		w.expr(e.Filter, powerAny, len(e.Args) == 0 && last)
	}
	if len(e.Args) > 0 {
		w.put(" : ")
		w.expr(e.Args[0], powerAny, last)
	}
}
