package openfisca

import (
	"errors"
	"math"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/columnar"
	"codeberg.org/parvis/parvis/rights/ir"
)

// errUnusual says that a situation is not of the plain form: it may be right or
// wrong, and Read says which.
var errUnusual = errors.New("unusual form")

// Plain reads situations of the usual form straight into columns: no escapes in
// texts, months and years as periods in their order, each key once, no key
// "parvis". Its tokens point into what was read, which must not change before the
// next one. It is for one goroutine.
type Plain struct {
	vars  map[string]*input
	keys  map[string]rights.Entity
	roles [ir.Entities]map[string]plainRole

	text []byte
	at   int

	persons [][]byte
	groups  []plainGroup
	members []plainMember
	facts   []plainFact
	asks    []plainAsk
	seen    []int // per variable: the subject that gave it last
	serial  int
	rows    []int32 // of the groups, in the batch
}

type plainRole struct {
	role ir.Role
	most int // 0 for any number
}

// input is a variable as the reader needs it.
type input struct {
	index   int32
	name    string
	unit    string
	typ     ir.Type
	kind    ir.Kind
	entity  ir.Entity
	period  ir.PeriodKind
	choices map[string]float64
}

type plainGroup struct {
	entity ir.Entity
	name   []byte
}

type plainMember struct {
	group  int // among groups
	role   ir.Role
	most   int // persons who may hold it, 0 for any number
	person []byte
}

// plainFact is a value of a subject for a run of months: one month, the January of
// a year, or month 0 for what is eternal.
type plainFact struct {
	in       *input
	subject  int // among the persons, or among groups
	from, to ir.Month
	value    float64
	text     []byte
}

// plainAsk is a null.
type plainAsk struct {
	in      *input
	subject int
	month   ir.Month
	period  []byte // as written
	offset  int    // of the null
}

// maxPlainAsks is how many nulls a plain situation has at most.
const maxPlainAsks = 60

// NewPlain prepares a reader of situations of a law.
func NewPlain(l *rights.Law) *Plain {
	defs := l.Program().IR.Vars
	r := &Plain{vars: make(map[string]*input, len(defs)), seen: make([]int, len(defs)), keys: map[string]rights.Entity{}}
	for i := range defs {
		v := &defs[i]
		in := &input{index: int32(i), name: v.Name, typ: v.Type, kind: v.Type.Kind, entity: v.Entity, period: v.Period}
		if known, ok := l.Variable(v.Name); ok {
			in.unit = known.Unit
		}
		if v.Type.Kind == ir.Enum {
			in.choices = map[string]float64{}
			for k, name := range l.Program().IR.Enums[v.Type.Enum].Values {
				in.choices[name] = float64(k)
			}
		}
		r.vars[v.Name] = in
	}
	for key, e := range entities {
		r.keys[key] = e
	}
	for e := range ir.Entities {
		r.roles[e] = map[string]plainRole{}
		for _, key := range []string{"parents", "parent", "enfants", "enfant", "declarants", "declarant", "personnes_a_charge", "personne_a_charge",
			"personne_de_reference", "conjoint", "autres", "autre"} {
			if role, most, ok := roleOf(e, key); ok {
				r.roles[e][key] = plainRole{role, most}
			}
		}
	}
	return r
}

// Line reads a line {"id": "…", "input": {…}} and returns its id, which is good
// until the next one; false when it is not of the plain form.
func (r *Plain) Line(line []byte) (id []byte, ok bool) {
	if !r.begin(line) {
		return nil, false
	}
	situation := false
	err := r.object(func(key []byte) error {
		switch string(key) {
		case "id":
			if id != nil || r.peek() != '"' {
				return errUnusual
			}
			var err error
			id, err = r.name()
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
	return id, err == nil && len(id) > 0 && situation && r.end()
}

// Body reads the body of a request; false when it is not of the plain form.
func (r *Plain) Body(body []byte) bool {
	return r.begin(body) && r.situation() == nil && r.end()
}

func (r *Plain) begin(text []byte) bool {
	r.text, r.at = text, 0
	r.persons, r.groups, r.members, r.facts, r.asks = r.persons[:0], r.groups[:0], r.members[:0], r.facts[:0], r.asks[:0]
	return utf8.Valid(text)
}

// end tells whether nothing follows and the persons are well placed.
func (r *Plain) end() bool {
	return r.peek() == 0 && r.at == len(r.text) && len(r.persons) > 0 && r.check()
}

func (r *Plain) situation() error {
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
				r.groups = append(r.groups, plainGroup{e, name})
			}
			if subject >= maxPersons {
				return errUnusual
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
func (r *Plain) role(g int, ro plainRole) error {
	one := func() error {
		if r.peek() != '"' {
			return errUnusual
		}
		name, err := r.name()
		if err == nil {
			r.members = append(r.members, plainMember{g, ro.role, ro.most, name})
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

// variable reads the periods of one variable, whose months follow their order.
func (r *Plain) variable(in *input, subject int) error {
	last := ir.Month(math.MinInt32)
	first := len(r.facts)
	return r.object(func(period []byte) error {
		m, err := when(in, period)
		if err != nil || m <= last {
			return errUnusual
		}
		last = m
		if r.peek() == 'n' {
			at := r.at
			if len(r.asks) == maxPlainAsks || !r.word("null") {
				return errUnusual
			}
			r.asks = append(r.asks, plainAsk{in, subject, m, period, at})
			return nil
		}
		value, text, err := r.value(in)
		if err != nil {
			return err
		}
		if n := len(r.facts); n > first && in.period == ir.Monthly {
			if f := &r.facts[n-1]; m == f.to+1 && math.Float64bits(value) == math.Float64bits(f.value) && string(text) == string(f.text) {
				f.to = m
				return nil
			}
		}
		if len(r.facts) == maxFacts {
			return errUnusual
		}
		r.facts = append(r.facts, plainFact{in, subject, m, m, value, text})
		return nil
	})
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
func (r *Plain) value(in *input) (float64, []byte, error) {
	switch c := r.peek(); {
	case c == '"' && in.kind != ir.Number && in.kind != ir.Bool:
		s, err := r.name()
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
		if in.kind != ir.Bool || !r.word("true") && !r.word("false") {
			return 0, nil, errUnusual
		}
		return b2f(c == 't'), nil, nil
	case c == '-' || c >= '0' && c <= '9':
		x, err := r.number()
		if err != nil || in.kind != ir.Number && (in.kind != ir.Bool || x != 0 && x != 1) || math.Abs(x) > maxNumber {
			return 0, nil, errUnusual
		}
		return x, nil, nil
	}
	return 0, nil, errUnusual
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
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

// check looks at the roles as Read does; what it would refuse is left to it.
func (r *Plain) check() bool {
	for i, p := range r.persons {
		for _, q := range r.persons[:i] {
			if string(p) == string(q) {
				return false
			}
		}
	}
	for i, g := range r.groups {
		for _, h := range r.groups[:i] {
			if g.entity == h.entity && string(g.name) == string(h.name) {
				return false
			}
		}
	}
	for i, m := range r.members {
		if r.person(m.person) < 0 {
			return false
		}
		e, same := r.groups[m.group].entity, 0
		for _, o := range r.members[:i] {
			if r.groups[o.group].entity == e && string(o.person) == string(m.person) {
				return false
			}
			if o.group == m.group && o.role == m.role {
				same++
			}
		}
		if m.most > 0 && same >= m.most {
			return false
		}
	}
	return true
}

func (r *Plain) person(name []byte) int32 {
	for i, p := range r.persons {
		if string(p) == string(name) {
			return int32(i)
		}
	}
	return -1
}

// AddTo adds what was read to a batch, as Situation.Close(OpenFisca).AddTo does.
func (r *Plain) AddTo(p *columnar.Program, b *columnar.Batch) {
	first := b.Add(int32(len(r.persons)))
	r.rows = r.rows[:0]
	for g := range r.groups {
		e := r.groups[g].entity
		r.rows = append(r.rows, b.Group(e))
		for role := ir.Role(0); role < ir.Roles; role++ {
			for i := range r.members {
				if m := &r.members[i]; m.group == g && m.role == role {
					b.Put(e, first+r.person(m.person), role)
				}
			}
		}
	}
	b.Complete()
	for i := range r.facts {
		f := &r.facts[i]
		from, to, read := p.Span(f.in.index)
		if !read {
			continue
		}
		row := first + int32(f.subject)
		if f.in.entity != ir.Person {
			row = r.rows[f.subject]
		}
		value := f.value
		if f.in.kind == ir.Text {
			value = b.Text(string(f.text))
		}
		switch {
		case f.in.period != ir.Monthly:
			b.Set(f.in.index, row, f.from, value)
		case f.from <= from && f.to >= to:
			b.SetAlways(f.in.index, row, value)
		default:
			for m := max(from, f.from); m <= min(to, f.to); m++ {
				b.Set(f.in.index, row, m, value)
			}
		}
	}
}
