package sweep

import (
	"errors"
	"math"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
)

// errUnusual says that a line is not of the plain form that the reader knows: it
// may be right or wrong, and package openfisca says which.
var errUnusual = errors.New("unusual form")

// reader puts the usual situations straight into columns: no escapes in texts,
// months and years as periods, each key once. It is for one goroutine.
type reader struct {
	law   *eval.Program
	prog  *columnar.Program
	vars  map[string]*input
	keys  map[string]rights.Entity
	roles [ir.Entities]map[string]role

	line []byte
	at   int

	id      []byte
	persons [][]byte
	groups  []group
	members []member
	facts   []fact
	months  []monthly // of the variable being read
	seen    []int     // per variable: the instance that gave it last
	serial  int
	rows    [ir.Entities][]int32 // in the batch, per subject
}

type role struct {
	role ir.Role
	most int
}

// input is a variable as the reader needs it.
type input struct {
	index       int32
	entity      ir.Entity
	kind        ir.Kind
	period      ir.PeriodKind
	choices     map[string]float64
	first, last ir.Month // that the program reads
	read        bool
}

type group struct {
	entity ir.Entity
	name   []byte
}

type member struct {
	group  int // among groups
	role   ir.Role
	person []byte
}

// fact is a value of a subject: at a month, always (month 0), or the same at all
// the months that the program reads.
type fact struct {
	in      *input
	subject int // among the persons, or among groups
	month   ir.Month
	always  bool
	value   float64
	text    []byte
}

type monthly struct {
	month ir.Month
	value float64
	text  []byte
}

func newReader(l *rights.Law, p *columnar.Program) *reader {
	r := &reader{law: l.Program(), prog: p, vars: map[string]*input{}}
	defs := r.law.IR.Vars
	r.seen = make([]int, len(defs))
	for i := range defs {
		v := &defs[i]
		in := &input{index: int32(i), entity: v.Entity, kind: v.Type.Kind, period: v.Period}
		in.first, in.last, in.read = p.Span(int32(i))
		if v.Type.Kind == ir.Enum {
			in.choices = map[string]float64{}
			for k, name := range r.law.IR.Enums[v.Type.Enum].Values {
				in.choices[name] = float64(k)
			}
		}
		r.vars[v.Name] = in
	}
	r.keys = map[string]rights.Entity{}
	for e := range ir.Entities {
		r.keys[rights.EntityKey(e)] = e
	}
	r.roles = [ir.Entities]map[string]role{
		ir.Family:  {"parents": {ir.Parent, 2}, "parent": {ir.Parent, 2}, "enfants": {ir.Child, 0}, "enfant": {ir.Child, 0}},
		ir.TaxUnit: {"declarants": {ir.Declarant, 2}, "declarant": {ir.Declarant, 2}, "personnes_a_charge": {ir.Dependant, 0}, "personne_a_charge": {ir.Dependant, 0}},
		ir.Household: {"personne_de_reference": {ir.Reference, 1}, "conjoint": {ir.Partner, 1}, "enfants": {ir.HouseholdChild, 0}, "enfant": {ir.HouseholdChild, 0},
			"autres": {ir.Other, 0}, "autre": {ir.Other, 0}},
	}
	return r
}

// read adds the household of a line to a batch and returns its id, good until
// the next line. With errUnusual nothing was added.
func (r *reader) read(line []byte, b *columnar.Batch) (id []byte, err error) {
	if !utf8.Valid(line) {
		return nil, errUnusual
	}
	r.line, r.at, r.id = line, 0, nil
	r.persons, r.groups, r.members, r.facts = r.persons[:0], r.groups[:0], r.members[:0], r.facts[:0]
	situation := false
	err = r.object(func(key []byte) error {
		switch string(key) {
		case "id":
			if r.id != nil || r.peek() != '"' {
				return errUnusual
			}
			var err error
			r.id, err = r.text()
			return err
		case "input":
			if situation {
				return errUnusual
			}
			situation = true
			return r.situation()
		}
		return r.skip(0)
	})
	if err == nil && (r.peek() != 0 || len(r.id) == 0 || !situation || len(r.persons) == 0) {
		err = errUnusual
	}
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, errUnusual
	}
	r.put(b)
	return r.id, nil
}

func (r *reader) situation() error {
	var done [ir.Entities]bool
	return r.object(func(key []byte) error {
		e, ok := r.keys[string(key)]
		if !ok || done[e] {
			return errUnusual
		}
		done[e] = true
		return r.object(func(name []byte) error {
			subject := len(r.persons)
			if e == ir.Person {
				r.persons = append(r.persons, name)
			} else {
				subject = len(r.groups)
				r.groups = append(r.groups, group{e, name})
			}
			r.serial++
			return r.object(func(variable []byte) error {
				if ro, ok := r.roles[e][string(variable)]; ok {
					return r.role(subject, ro)
				}
				in, ok := r.vars[string(variable)]
				if !ok || in.entity != e || r.seen[in.index] == r.serial {
					return errUnusual
				}
				r.seen[in.index] = r.serial
				return r.variable(in, subject)
			})
		})
	})
}

// role reads a name or a list of names.
func (r *reader) role(g int, ro role) error {
	one := func() error {
		if r.peek() != '"' {
			return errUnusual
		}
		name, err := r.text()
		if err == nil {
			r.members = append(r.members, member{g, ro.role, name})
		}
		return err
	}
	if r.peek() != '[' {
		return one()
	}
	r.at++
	if r.peek() == ']' {
		r.at++
		return nil
	}
	for {
		if err := one(); err != nil {
			return err
		}
		switch r.peek() {
		case ',':
			r.at++
		case ']':
			r.at++
			return nil
		default:
			return errUnusual
		}
	}
}

// variable reads the periods of one variable.
func (r *reader) variable(in *input, subject int) error {
	r.months = r.months[:0]
	err := r.object(func(period []byte) error {
		m, err := when(in, period)
		if err != nil {
			return err
		}
		value, text, err := r.value(in)
		if err == nil {
			r.months = append(r.months, monthly{m, value, text})
		}
		return err
	})
	if err != nil || !in.read {
		return err
	}
	if in.period == ir.Monthly && r.steady(in) {
		x := &r.months[0]
		r.facts = append(r.facts, fact{in, subject, 0, true, x.value, x.text})
		return nil
	}
	for i := range r.months {
		if x := &r.months[i]; x.month >= in.first && x.month <= in.last || in.period == ir.Eternal {
			r.facts = append(r.facts, fact{in, subject, x.month, false, x.value, x.text})
		}
	}
	return nil
}

// steady tells whether the months follow one another, hold all that the program
// reads, and say the same.
func (r *reader) steady(in *input) bool {
	n := len(r.months)
	if n == 0 || r.months[0].month > in.first || r.months[n-1].month < in.last {
		return false
	}
	x := &r.months[0]
	for i := 1; i < n; i++ {
		y := &r.months[i]
		if y.month != x.month+ir.Month(i) || math.Float64bits(y.value) != math.Float64bits(x.value) || string(y.text) != string(x.text) {
			return false
		}
	}
	return true
}

// when reads a period of a variable.
func when(in *input, s []byte) (ir.Month, error) {
	if in.period == ir.Eternal {
		if string(s) == "ETERNITY" {
			return 0, nil
		}
		return 0, errUnusual
	}
	want := 7
	if in.period == ir.Yearly {
		want = 4
	}
	if len(s) != want {
		return 0, errUnusual
	}
	year, ok := digits(s[:4])
	month := 1
	if want == 7 {
		var good bool
		month, good = digits(s[5:])
		ok = ok && good && s[4] == '-' && month >= 1 && month <= 12
	}
	if !ok || year < 1850 {
		return 0, errUnusual
	}
	return ir.MonthOf(year, month), nil
}

func digits(s []byte) (int, bool) {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// maxNumber is what package rights accepts of a fact.
const maxNumber = 1e12

// value reads a value of a variable's type: a number, or a text of the column's
// dictionary.
func (r *reader) value(in *input) (float64, []byte, error) {
	switch c := r.peek(); {
	case c == '"' && in.kind != ir.Number && in.kind != ir.Bool:
		s, err := r.text()
		if err != nil {
			return 0, nil, err
		}
		switch in.kind {
		case ir.Enum:
			x, ok := in.choices[string(s)]
			if !ok {
				return 0, nil, errUnusual
			}
			return x, nil, nil
		case ir.Date:
			return day(s)
		}
		if len(s) > 100 {
			return 0, nil, errUnusual
		}
		return 0, s, nil
	case c == 't' || c == 'f':
		word := "true"
		if c == 'f' {
			word = "false"
		}
		if in.kind != ir.Bool || r.at+len(word) > len(r.line) || string(r.line[r.at:r.at+len(word)]) != word {
			return 0, nil, errUnusual
		}
		r.at += len(word)
		if c == 't' {
			return 1, nil, nil
		}
		return 0, nil, nil
	case c == '-' || c >= '0' && c <= '9':
		x, err := r.number()
		if err != nil || in.kind != ir.Number && (in.kind != ir.Bool || x != 0 && x != 1) || math.Abs(x) > maxNumber {
			return 0, nil, errUnusual
		}
		return x, nil, nil
	}
	return 0, nil, errUnusual
}

func day(s []byte) (float64, []byte, error) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, nil, errUnusual
	}
	y, a := digits(s[:4])
	m, b := digits(s[5:7])
	d, c := digits(s[8:])
	if !a || !b || !c {
		return 0, nil, errUnusual
	}
	x, err := ir.ValidDay(y, m, d)
	if err != nil {
		return 0, nil, errUnusual
	}
	return float64(x), nil, nil
}

// check resolves roles as package openfisca does; what it would refuse is left to
// it.
func (r *reader) check() error {
	for i, p := range r.persons {
		for _, q := range r.persons[:i] {
			if string(p) == string(q) {
				return errUnusual
			}
		}
	}
	for i, g := range r.groups {
		for _, h := range r.groups[:i] {
			if g.entity == h.entity && string(g.name) == string(h.name) {
				return errUnusual
			}
		}
	}
	for i, m := range r.members {
		if r.person(m.person) < 0 {
			return errUnusual
		}
		e, same := r.groups[m.group].entity, 0
		for _, o := range r.members[:i] {
			if r.groups[o.group].entity == e && string(o.person) == string(m.person) {
				return errUnusual
			}
			if o.group == m.group && o.role == m.role {
				same++
			}
		}
		if most := map[ir.Role]int{ir.Parent: 2, ir.Declarant: 2, ir.Reference: 1, ir.Partner: 1}[m.role]; most > 0 && same >= most {
			return errUnusual
		}
	}
	return nil
}

func (r *reader) person(name []byte) int32 {
	for i, p := range r.persons {
		if string(p) == string(name) {
			return int32(i)
		}
	}
	return -1
}

// put adds what was read to a batch.
func (r *reader) put(b *columnar.Batch) {
	first := b.Add(int32(len(r.persons)))
	rows := r.rows[0][:0]
	for g := range r.groups {
		e := r.groups[g].entity
		rows = append(rows, b.Group(e))
		for role := ir.Role(0); role < ir.Roles; role++ {
			for _, m := range r.members {
				if m.group == g && m.role == role {
					b.Put(e, first+r.person(m.person), role)
				}
			}
		}
	}
	r.rows[0] = rows
	b.Complete()
	for i := range r.facts {
		f := &r.facts[i]
		row := first + int32(f.subject)
		if f.in.entity != ir.Person {
			row = rows[f.subject]
		}
		value := f.value
		if f.in.kind == ir.Text {
			value = b.Text(string(f.text))
		}
		if f.always {
			b.SetAlways(f.in.index, row, value)
		} else {
			b.Set(f.in.index, row, f.month, value)
		}
	}
}

// The tokens of JSON.

// peek returns the next byte that is no space, 0 at the end.
func (r *reader) peek() byte {
	for r.at < len(r.line) {
		switch c := r.line[r.at]; c {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// object reads { key: … }, calling member at each value.
func (r *reader) object(value func(key []byte) error) error {
	if r.peek() != '{' {
		return errUnusual
	}
	r.at++
	if r.peek() == '}' {
		r.at++
		return nil
	}
	for {
		if r.peek() != '"' {
			return errUnusual
		}
		key, err := r.text()
		if err != nil {
			return err
		}
		if r.peek() != ':' {
			return errUnusual
		}
		r.at++
		if err := value(key); err != nil {
			return err
		}
		switch r.peek() {
		case ',':
			r.at++
		case '}':
			r.at++
			return nil
		default:
			return errUnusual
		}
	}
}

// text reads a text without escapes; the reader is at its quote.
func (r *reader) text() ([]byte, error) {
	start := r.at + 1
	for i := start; i < len(r.line); i++ {
		switch c := r.line[i]; {
		case c == '"':
			r.at = i + 1
			return r.line[start:i:i], nil
		case c == '\\' || c < ' ':
			return nil, errUnusual
		}
	}
	return nil, errUnusual
}

// number reads a number, to the same bits as strconv.
func (r *reader) number() (float64, error) {
	i := r.at
	negative := r.line[i] == '-'
	if negative {
		i++
	}
	mantissa, figures, point := uint64(0), 0, -1
	whole := i
	for ; i < len(r.line); i++ {
		c := r.line[i]
		if c >= '0' && c <= '9' {
			mantissa = mantissa*10 + uint64(c-'0')
			if figures++; figures > 15 {
				return 0, errUnusual
			}
			continue
		}
		if c != '.' || point >= 0 {
			break
		}
		point = i
	}
	if i < len(r.line) && (r.line[i] == 'e' || r.line[i] == 'E') {
		return 0, errUnusual
	}
	end := i
	if point >= 0 {
		end = point
		if point == i-1 {
			return 0, errUnusual
		}
	}
	if end == whole || r.line[whole] == '0' && end > whole+1 { // no figure, or a zero in front
		return 0, errUnusual
	}
	r.at = i
	x := float64(mantissa) // exact below 2^53, as is the power of ten: one rounding
	if point >= 0 {
		x /= tens[i-point-1]
	}
	if negative {
		x = -x
	}
	return x, nil
}

var tens = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// skip passes over a value of any shape.
func (r *reader) skip(depth int) error {
	if depth > 50 {
		return errUnusual
	}
	switch c := r.peek(); {
	case c == '{':
		return r.object(func([]byte) error { return r.skip(depth + 1) })
	case c == '[':
		r.at++
		if r.peek() == ']' {
			r.at++
			return nil
		}
		for {
			if err := r.skip(depth + 1); err != nil {
				return err
			}
			switch r.peek() {
			case ',':
				r.at++
			case ']':
				r.at++
				return nil
			default:
				return errUnusual
			}
		}
	case c == '"':
		for i := r.at + 1; i < len(r.line); i++ {
			switch r.line[i] {
			case '\\':
				i++
			case '"':
				r.at = i + 1
				return nil
			}
		}
		return errUnusual
	case c == '-' || c >= '0' && c <= '9':
		for r.at < len(r.line) {
			switch c := r.line[r.at]; {
			case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
				r.at++
			default:
				return nil
			}
		}
		return nil
	}
	for _, word := range []string{"null", "true", "false"} {
		if r.at+len(word) <= len(r.line) && string(r.line[r.at:r.at+len(word)]) == word {
			r.at += len(word)
			return nil
		}
	}
	return errUnusual
}
