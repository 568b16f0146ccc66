// Package openfisca speaks the OpenFisca web API: the situations that the
// field's tools send, the answers they expect, and what Parvis adds under the key
// "parvis". An existing client changes one URL.
//
// Guarantees: a client's mistake is a 400 with its path and the nearest name,
// never a 500; what is assumed for lack of a fact is listed, never silent.
package openfisca

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/rights"
)

// Limits of one request.
const (
	MaxBytes   = 4 << 20
	maxPersons = 1000
	maxFacts   = 400_000
	maxAsks    = 5_000
	maxMonths  = 60 // different months asked: each is computed apart
)

// Request is a situation that was read, with the values asked by null.
type Request struct {
	Situation *rights.Situation
	Asks      []Ask
	law       *rights.Law
	body      []byte
	parvis    [2]int // bytes of the key "parvis" in body, to be left out
}

// Ask is one null of a request.
type Ask struct {
	rights.Ask
	Path   []string // entity, instance, variable, period
	offset int      // of the null in the body
}

// item is a value of the request before the persons are known.
type item struct {
	entity   rights.Entity
	instance string
	name     string // variable or role
	period   string // "" for a role or a variable without periods
	value    any
	offset   int // of the value's end
}

// instance is a person or a group as written.
type instance struct {
	entity rights.Entity
	id     string
}

// reader walks the tokens of a body.
type reader struct {
	dec       *json.Decoder
	body      []byte
	law       *rights.Law
	instances []instance
	items     []item
	parvis    [2]int
	asked     map[rights.Month]bool
	count     [entityCount]int // instances per entity
}

// Read reads a situation in the form of POST /calculate. The error is a
// *Problem.
func Read(l *rights.Law, body []byte) (*Request, error) {
	if !utf8.Valid(body) {
		return nil, &Problem{code: "not_utf8"}
	}
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	r := &reader{dec: json.NewDecoder(bytes.NewReader(body)), body: body, law: l, asked: map[rights.Month]bool{}}
	if err := r.top(); err != nil {
		return nil, problem(err)
	}
	req := &Request{law: l, body: body, parvis: r.parvis}
	if err := r.build(req); err != nil {
		return nil, problem(err)
	}
	return req, nil
}

// problem makes a Problem of any error of the reader.
func problem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	why := err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		why = "EOF"
	}
	return &Problem{code: "bad_json", args: []any{why}}
}

const entityCount = 4

var entities = map[string]rights.Entity{
	"individus": rights.Person, "familles": rights.Family, "foyers_fiscaux": rights.TaxUnit, "menages": rights.Household,
}

// top reads the whole body.
func (r *reader) top() error {
	err := r.object(nil, func(key string) error {
		before := r.dec.InputOffset()
		if key == "parvis" {
			if err := r.skip(0); err != nil {
				return err
			}
			start := bytes.LastIndexByte(r.body[:before], '"')
			start = bytes.LastIndexByte(r.body[:start], '"')
			r.parvis = [2]int{start, int(r.dec.InputOffset())}
			return nil
		}
		e, ok := entities[key]
		if !ok {
			return &Problem{Path: []string{key}, code: "unknown_entity"}
		}
		return r.object([]string{key}, func(id string) error {
			if r.count[e]++; r.count[e] > maxPersons {
				return &Problem{Path: []string{key}, code: "too_many", args: []any{key, maxPersons}}
			}
			r.instances = append(r.instances, instance{e, id})
			return r.instance(e, key, id)
		})
	})
	if err != nil {
		return err
	}
	if _, err := r.dec.Token(); !errors.Is(err, io.EOF) {
		return &Problem{code: "bad_json", args: []any{"…"}}
	}
	return nil
}

// object reads { key: … }, calling member after each key.
func (r *reader) object(path []string, member func(key string) error) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	if t == nil {
		return &Problem{Path: path, code: "null_elsewhere"}
	}
	if t != json.Delim('{') {
		return &Problem{Path: path, code: "not_object"}
	}
	for r.dec.More() {
		k, err := r.dec.Token()
		if err != nil {
			return err
		}
		if err := member(k.(string)); err != nil {
			return err
		}
	}
	_, err = r.dec.Token()
	return err
}

// instance reads the variables and roles of a person or a group.
func (r *reader) instance(e rights.Entity, entityKey, id string) error {
	return r.object([]string{entityKey, id}, func(name string) error {
		path := []string{entityKey, id, name}
		if _, _, isRole := roleOf(e, name); isRole {
			return r.role(e, id, name, path)
		}
		t, err := r.dec.Token()
		if err != nil {
			return err
		}
		if t == nil {
			return &Problem{Path: path, code: "null_elsewhere"}
		}
		if t != json.Delim('{') {
			if _, known := r.law.Variable(name); !known {
				return &Problem{Path: path, code: "unknown_variable", args: []any{name}, near: r.law.Nearest(name)}
			}
			return &Problem{Path: path, code: "need_periods"}
		}
		for r.dec.More() {
			k, err := r.dec.Token()
			if err != nil {
				return err
			}
			v, err := r.dec.Token()
			if err != nil {
				return err
			}
			if _, nested := v.(json.Delim); nested {
				return &Problem{Path: append(path, k.(string)), code: "need_periods"}
			}
			if len(r.items) >= maxFacts {
				return &Problem{code: "too_many", args: []any{"valeurs", maxFacts}}
			}
			r.items = append(r.items, item{e, id, name, k.(string), v, int(r.dec.InputOffset())})
		}
		_, err = r.dec.Token()
		return err
	})
}

// role reads a name or a list of names.
func (r *reader) role(e rights.Entity, id, name string, path []string) error {
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	switch v := t.(type) {
	case string:
		r.items = append(r.items, item{entity: e, instance: id, name: name, value: v})
		return nil
	case json.Delim:
		if v != '[' {
			return &Problem{Path: path, code: "bad_role"}
		}
		for r.dec.More() {
			m, err := r.dec.Token()
			if err != nil {
				return err
			}
			s, ok := m.(string)
			if !ok {
				return &Problem{Path: path, code: "bad_role"}
			}
			r.items = append(r.items, item{entity: e, instance: id, name: name, value: s})
		}
		_, err := r.dec.Token()
		return err
	case nil:
		return &Problem{Path: path, code: "null_elsewhere"}
	}
	return &Problem{Path: path, code: "bad_role"}
}

// skip reads one value of any shape.
func (r *reader) skip(depth int) error {
	if depth > 50 {
		return &Problem{code: "too_deep"}
	}
	t, err := r.dec.Token()
	if err != nil {
		return err
	}
	if d, ok := t.(json.Delim); ok && (d == '{' || d == '[') {
		for r.dec.More() {
			if d == '{' {
				if _, err := r.dec.Token(); err != nil {
					return err
				}
			}
			if err := r.skip(depth + 1); err != nil {
				return err
			}
		}
		_, err = r.dec.Token()
	}
	return err
}

// roleOf returns the role behind a key of a group and how many persons may hold
// it (0: any number).
func roleOf(e rights.Entity, key string) (role rights.Role, most int, ok bool) {
	switch e {
	case rights.Family:
		switch key {
		case "parents", "parent":
			return rights.Parent, 2, true
		case "enfants", "enfant":
			return rights.Child, 0, true
		}
	case rights.TaxUnit:
		switch key {
		case "declarants", "declarant":
			return rights.Declarant, 2, true
		case "personnes_a_charge", "personne_a_charge":
			return rights.Dependant, 0, true
		}
	case rights.Household:
		switch key {
		case "personne_de_reference":
			return rights.Reference, 1, true
		case "conjoint":
			return rights.Partner, 1, true
		case "enfants", "enfant":
			return rights.HouseholdChild, 0, true
		case "autres", "autre":
			return rights.Other, 0, true
		}
	}
	return 0, 0, false
}

// build makes the situation: persons, groups, then facts and asks.
func (r *reader) build(req *Request) error {
	s := rights.NewSituation(r.law)
	subjects := map[instance]rights.Subject{}
	for _, in := range r.instances {
		if _, twice := subjects[in]; in.entity == rights.Person && !twice {
			subjects[in] = s.AddPerson(in.id)
		}
	}
	if len(subjects) == 0 {
		return &Problem{code: "no_persons"}
	}
	members, err := r.members(subjects)
	if err != nil {
		return err
	}
	for _, in := range r.instances {
		if _, twice := subjects[in]; in.entity != rights.Person && !twice {
			subjects[in] = s.AddGroup(in.entity, in.id, members[in]...)
		}
	}
	req.Situation = s
	for _, it := range r.items {
		if it.period == "" {
			continue
		}
		if err := r.fact(req, subjects[instance{it.entity, it.instance}], it); err != nil {
			return err
		}
	}
	return nil
}

// members resolves roles, the first ones of each group first.
func (r *reader) members(persons map[instance]rights.Subject) (map[instance][]rights.Member, error) {
	out := map[instance][]rights.Member{}
	type place struct {
		entity rights.Entity
		person string
	}
	taken := map[place]bool{}
	for pass := rights.Role(0); pass <= rights.Other; pass++ {
		for _, it := range r.items {
			role, most, ok := roleOf(it.entity, it.name)
			if !ok || it.period != "" || role != pass {
				continue
			}
			path := []string{rights.EntityKey(it.entity), it.instance, it.name}
			id := it.value.(string)
			p, known := persons[instance{rights.Person, id}]
			if !known {
				return nil, &Problem{Path: path, code: "unknown_person", args: []any{id}}
			}
			if taken[place{it.entity, id}] {
				return nil, &Problem{Path: path, code: "person_twice", args: []any{id, rights.EntityKey(it.entity)}}
			}
			taken[place{it.entity, id}] = true
			group := instance{it.entity, it.instance}
			n := 0
			for _, m := range out[group] {
				if m.Role == role {
					n++
				}
			}
			if most > 0 && n >= most {
				return nil, &Problem{Path: path, code: "too_many_in_role", args: []any{most}}
			}
			out[group] = append(out[group], rights.Member{Person: p, Role: role})
		}
	}
	return out, nil
}

// fact sets one value, or notes what is asked.
func (r *reader) fact(req *Request, sub rights.Subject, it item) error {
	path := []string{rights.EntityKey(it.entity), it.instance, it.name, it.period}
	v, ok := r.law.Variable(it.name)
	if !ok {
		return &Problem{Path: path[:3], code: "unknown_variable", args: []any{it.name}, near: r.law.Nearest(it.name)}
	}
	if v.Entity != it.entity {
		return &Problem{Path: path[:3], code: "wrong_entity", args: []any{it.name, rights.EntityKey(v.Entity), path[0]}}
	}
	p, ok := parsePeriod(it.period)
	if !ok {
		return &Problem{Path: path, code: "bad_period", args: []any{it.period}}
	}
	if it.value == nil {
		return r.ask(req, sub, v, p, it, path)
	}
	value, ok := factValue(v, it.value)
	if !ok {
		return &Problem{Path: path, code: "wrong_type", args: []any{it.name, kind(v.Kind), shape(it.value)}}
	}
	if err := req.Situation.Set(sub, it.name, p, value); err != nil {
		return inputProblem(path, err)
	}
	return nil
}

func (r *reader) ask(req *Request, sub rights.Subject, v rights.Variable, p rights.Period, it item, path []string) error {
	switch {
	case v.Period == rights.Eternal:
	case p.Kind == rights.Eternal:
		return &Problem{Path: path, code: "needs_period", args: []any{v.Name}}
	case v.Period == rights.Yearly && (p.Kind != rights.Yearly || p.Count != 1 || p.Start.Month() != 1):
		return &Problem{Path: path, code: "month_for_year", args: []any{v.Name, rights.InYear(p.Start.Year()).String()}}
	case v.Period == rights.Monthly && (p.Kind != rights.Monthly || p.Count != 1):
		return &Problem{Path: path, code: "year_for_month", args: []any{v.Name, p.Start.String()}}
	}
	if len(req.Asks) >= maxAsks {
		return &Problem{code: "too_many", args: []any{"null", maxAsks}}
	}
	if r.asked[p.Start] = true; len(r.asked) > maxMonths {
		return &Problem{Path: path, code: "too_many", args: []any{"mois", maxMonths}}
	}
	req.Asks = append(req.Asks, Ask{Ask: rights.Ask{Subject: sub, Variable: v.Name, Month: p.Start}, Path: path, offset: it.offset - len("null")})
	return nil
}

// factValue turns a JSON value into a fact's; 0 and 1 do for a yes or no.
func factValue(v rights.Variable, x any) (rights.Value, bool) {
	switch x := x.(type) {
	case float64:
		if v.Kind == rights.KindBool && (x == 0 || x == 1) {
			return rights.Bool(x == 1), true
		}
		return rights.Number(x), v.Kind == rights.KindNumber
	case bool:
		return rights.Bool(x), v.Kind == rights.KindBool
	case string:
		return rights.Text(x), v.Kind == rights.KindDate || v.Kind == rights.KindText || v.Kind == rights.KindChoice
	}
	return rights.Value{}, false
}

// word is a word of a message in both languages.
type word string

// inputProblem puts an input error at its path.
func inputProblem(path []string, err error) error {
	var in *rights.InputError
	if !errors.As(err, &in) {
		return err
	}
	p := &Problem{Path: path, code: in.Code}
	switch in.Code {
	case "month_for_year", "year_for_month":
		p.args = []any{in.Variable, in.Want}
	case "needs_period":
		p.args = []any{in.Variable}
	case "no_such_choice":
		p.args = []any{in.Got, in.Variable, strings.Join(in.Known, ", ")}
	case "no_such_date":
		p.args = []any{in.Got}
	case "number_out_of_range":
		p.code = "out_of_range"
	case "wrong_type":
		p.args = []any{in.Variable, word(in.Want), in.Got}
	}
	return p
}

func kind(k rights.ValueKind) word { return word(k) }

// shape names a JSON value.
func shape(x any) string {
	b, err := json.Marshal(x)
	if err != nil {
		return "?"
	}
	if len(b) > 40 {
		return string(b[:37]) + "…"
	}
	return string(b)
}
