package kit

import (
	"bytes"
	"fmt"
	"html/template"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawn writes a small template: variables declared, assigned and shadowed in every
// sort of branch, as the parser lets them be named.
type drawn struct {
	t     *rapid.T
	b     strings.Builder
	scope []string
}

func (d *drawn) pick(label string, of ...string) string {
	return rapid.SampledFrom(of).Draw(d.t, label)
}

// value is a value or a variable.
func (d *drawn) value() string {
	return d.pick("value", append([]string{".S", ".N", ".B", ".Words", ".P", "$", `"x"`, "1", ".Any", "(len .Words)"}, d.scope...)...)
}

func (d *drawn) printed() string {
	return d.pick("printed", append([]string{"$.S", "$.N", `"<y>"`}, d.scope...)...)
}

func (d *drawn) name() string { return d.pick("name", "$a", "$b") }

func (d *drawn) list(depth int) {
	before := len(d.scope)
	d.open(depth)
	d.scope = d.scope[:before]
}

// open leaves what it declares in scope: so does the parser for the other branch.
func (d *drawn) open(depth int) {
	for range rapid.IntRange(0, 3).Draw(d.t, "nodes") {
		d.node(depth)
	}
}

func (d *drawn) node(depth int) {
	kinds := []string{"print", "print", "declare", "declare", "assign"}
	if depth > 0 {
		kinds = append(kinds, "if", "with", "range", "if", "range")
	}
	switch kind := d.pick("kind", kinds...); kind {
	case "print":
		fmt.Fprintf(&d.b, "[{{%s}}]", d.printed())
	case "declare":
		name := d.name()
		fmt.Fprintf(&d.b, "{{%s := %s}}", name, d.value())
		d.scope = append(d.scope, name)
	case "assign":
		if len(d.scope) > 0 {
			fmt.Fprintf(&d.b, "{{%s = %s}}", d.pick("assigned", d.scope...), d.value())
		}
	default:
		d.branch(kind, depth-1)
	}
}

func (d *drawn) branch(kind string, depth int) {
	before := len(d.scope)
	var names []string
	value := d.value()
	if kind == "range" {
		value = d.pick("ranged", ".Words", "$.Words", "$.Empty2")
		names = [][]string{nil, {d.name()}, {"$i", d.name()}}[rapid.IntRange(0, 2).Draw(d.t, "names")]
	} else if rapid.Bool().Draw(d.t, "named") {
		names = []string{d.name()}
	}
	declared := ""
	if len(names) > 0 {
		declared = strings.Join(names, ", ") + " := "
	}
	fmt.Fprintf(&d.b, "{{%s %s%s}}", kind, declared, value)
	d.scope = append(d.scope, names...)
	// A dot other than the page has none of its fields: only "$" is named in there.
	if kind == "if" {
		d.open(depth)
	} else {
		d.inside(depth)
	}
	if rapid.Bool().Draw(d.t, "else") {
		d.b.WriteString("{{else}}")
		d.open(depth)
	}
	d.b.WriteString("{{end}}")
	d.scope = d.scope[:before]
}

// inside writes what needs no dot.
func (d *drawn) inside(depth int) {
	for range rapid.IntRange(0, 3).Draw(d.t, "nodes inside") {
		switch d.pick("kind inside", "print", "declare", "assign", "if") {
		case "print":
			fmt.Fprintf(&d.b, "({{%s}})", d.printed())
		case "declare":
			name := d.name()
			fmt.Fprintf(&d.b, "{{%s := %s}}", name, d.printed())
			d.scope = append(d.scope, name)
		case "assign":
			if len(d.scope) > 0 {
				fmt.Fprintf(&d.b, "{{%s = %s}}", d.pick("assigned inside", d.scope...), d.printed())
			}
		case "if":
			if depth > 0 {
				before := len(d.scope)
				fmt.Fprintf(&d.b, "{{if %s}}", d.printed())
				d.inside(depth - 1)
				d.b.WriteString("{{else}}")
				d.inside(depth - 1)
				d.b.WriteString("{{end}}")
				d.scope = d.scope[:before]
			}
		}
	}
}

type scoped struct {
	odd
	Empty2 []string
}

// Names mean in a program what they mean in html/template, whatever the branch that
// declares them; a variable of a branch that is not taken is not one of the other.
func TestProgramsScopeAlike(t *testing.T) {
	compiled, all := 0, 0
	one := func(t *rapid.T, text string, v scoped) {
		root, err := template.New("page").Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		p, err := newPrograms(root, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		var theirs, ours bytes.Buffer
		wantErr := p.set.ExecuteTemplate(&theirs, "page", v)
		p.seen.Store("page", true)
		err = p.run(&ours, "page", v)
		if (err != nil) != (wantErr != nil) || (err == nil && !bytes.Equal(ours.Bytes(), theirs.Bytes())) {
			t.Fatalf("%s\n     ours %q, %v\n   theirs %q, %v", text, ours.String(), err, theirs.String(), wantErr)
		}
		all++
		if p.routine("page") != nil {
			compiled++
		}
	}
	in := inner{"w", []string{"a", "<b>"}}
	rapid.Check(t, func(t *rapid.T) {
		d := &drawn{t: t}
		d.list(3)
		v := scoped{odd: odd{inner: in, S: "s&", N: rapid.IntRange(0, 1).Draw(t, "n"), B: rapid.Bool().Draw(t, "b"), Any: "any"}}
		if rapid.Bool().Draw(t, "no words") {
			v.Words = nil
		}
		one(t, d.b.String(), v)
		one(t, `{{$a := "outer"}}{{$b := 7}}`+d.b.String()+`{{$a}}{{$b}}`, v)
	})
	if compiled*10 < all*9 {
		t.Errorf("%d of %d were programs: the others compare html/template with itself", compiled, all)
	}
}
