package kit

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"reflect"
	"strconv"
	"sync"
	"sync/atomic"
	"text/template/parse"
)

// programs run templates faster than html/template does, and write the same bytes.
// html/template puts the escapers where they belong; what it made is compiled once
// into closures that remember where each field lies, instead of being looked up by
// name, through reflection, at each page: it was a seventh of a page's time.
//
// What a program does not know (a rare function, an odd value, a mistake) it leaves
// to html/template: the page is then begun again there, with its own errors.
// TestProgramsWriteTheSame holds the two against each other.
type programs struct {
	set   *template.Template
	funcs template.FuncMap
	slow  escapers
	known sync.Map // name → *routine, or the error that says why there is none
	seen  sync.Map // names that html/template ran, and so escaped
	both  bool     // tests: html/template runs each page too, and a difference is an error
}

func newPrograms(set *template.Template, funcs template.FuncMap, both bool) (*programs, error) {
	slow, err := newEscapers()
	return &programs{set: set, funcs: funcs, slow: slow, both: both}, err
}

// errLeave says that html/template is to do it.
var errLeave = errors.New("not for a program")

// run appends the page to out.
func (p *programs) run(out *bytes.Buffer, name string, data any) error {
	if p.both {
		return p.runBoth(out, name, data)
	}
	start := out.Len()
	if r := p.routine(name); r != nil {
		x := &run{programs: p, out: out}
		err := x.call(r, reflect.ValueOf(data))
		if !errors.Is(err, errLeave) {
			return err
		}
		out.Truncate(start)
	}
	if err := p.set.ExecuteTemplate(out, name, data); err != nil {
		return err
	}
	p.seen.Store(name, true)
	return nil
}

// runBoth fails when the two ways differ, and when there is only one.
func (p *programs) runBoth(out *bytes.Buffer, name string, data any) error {
	var theirs bytes.Buffer
	if err := p.set.ExecuteTemplate(&theirs, name, data); err != nil {
		return err
	}
	r, err := p.compile(name)
	if err != nil {
		return fmt.Errorf("no program for %s: %w", name, err)
	}
	start := out.Len()
	x := &run{programs: p, out: out}
	if err := x.call(r, reflect.ValueOf(data)); err != nil {
		return fmt.Errorf("program %s: %w", name, err)
	}
	ours := out.Bytes()[start:]
	if bytes.Equal(ours, theirs.Bytes()) {
		return nil
	}
	at := 0
	for at < len(ours) && at < theirs.Len() && ours[at] == theirs.Bytes()[at] {
		at++
	}
	from := max(0, at-60)
	return fmt.Errorf("program %s writes %q where html/template writes %q", name, ours[from:min(len(ours), at+60)], theirs.Bytes()[from:min(theirs.Len(), at+60)])
}

// routine is the compiled template, nil when there is none (yet).
func (p *programs) routine(name string) *routine {
	if known, ok := p.known.Load(name); ok {
		r, _ := known.(*routine)
		return r
	}
	if _, escaped := p.seen.Load(name); !escaped {
		return nil
	}
	r, _ := p.compile(name) // the page is html/template's when there is none
	return r
}

// compile compiles a template that has been escaped, with those it calls.
func (p *programs) compile(name string) (*routine, error) {
	if known, ok := p.known.Load(name); ok {
		if r, ok := known.(*routine); ok {
			return r, nil
		}
		return nil, known.(error)
	}
	r := &routine{}
	c := &compiler{programs: p, calls: map[string]*routine{name: r}}
	t := p.set.Lookup(name)
	if t == nil || t.Tree == nil {
		return nil, fmt.Errorf("%w: no template %s", errLeave, name)
	}
	if err := c.template(r, t.Tree.Root); err != nil {
		p.known.Store(name, fmt.Errorf("%s: %w", name, err))
		return nil, err
	}
	p.known.Store(name, r)
	return r, nil
}

// routine is one template.
type routine struct {
	body  step
	slots int // variables, "$" first
}

// run is one execution.
type run struct {
	*programs
	out   *bytes.Buffer
	vars  []reflect.Value
	base  int // of the running template's variables
	depth int
}

type (
	// step writes something.
	step func(x *run, dot reflect.Value) error
	// expr gives a value; the zero Value is nil.
	expr func(x *run, dot reflect.Value) (reflect.Value, error)
)

const maxDepth = 100 // templates within templates; an explanation is a dozen

func (x *run) call(r *routine, data reflect.Value) error {
	if x.depth == maxDepth || r.body == nil {
		return errLeave
	}
	base := x.base
	x.base = len(x.vars)
	for range r.slots {
		x.vars = append(x.vars, reflect.Value{})
	}
	x.vars[x.base] = data
	x.depth++
	err := r.body(x, data)
	x.depth--
	x.vars = x.vars[:x.base]
	x.base = base
	return err
}

// compiler compiles one template and those it calls.
type compiler struct {
	*programs
	calls map[string]*routine
	names []string // variables in scope, by slot; "" once out of it
	most  int
}

func (c *compiler) template(r *routine, root *parse.ListNode) error {
	c.names, c.most = []string{"$"}, 1
	body, err := c.list(root)
	r.body, r.slots = body, c.most
	return err
}

func (c *compiler) declare(name string) int {
	c.names = append(c.names, name)
	c.most = max(c.most, len(c.names))
	return len(c.names) - 1
}

func (c *compiler) slot(name string) (int, error) {
	for i := len(c.names) - 1; i >= 0; i-- {
		if c.names[i] == name {
			return i, nil
		}
	}
	return 0, errLeave
}

func (c *compiler) list(list *parse.ListNode) (step, error) {
	if list == nil {
		return func(*run, reflect.Value) error { return nil }, nil
	}
	var steps []step
	for _, n := range list.Nodes {
		s, err := c.node(n)
		if err != nil {
			return nil, err
		}
		if s != nil {
			steps = append(steps, s)
		}
	}
	if len(steps) == 1 {
		return steps[0], nil
	}
	return func(x *run, dot reflect.Value) error {
		for _, s := range steps {
			if err := s(x, dot); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (c *compiler) node(n parse.Node) (step, error) {
	s, err := c.step(n)
	if err == errLeave {
		err = fmt.Errorf("%w: %s", errLeave, n)
	}
	return s, err
}

func (c *compiler) step(n parse.Node) (step, error) {
	switch n := n.(type) {
	case *parse.TextNode:
		text := n.Text
		return func(x *run, _ reflect.Value) error { x.out.Write(text); return nil }, nil
	case *parse.CommentNode:
		return nil, nil
	case *parse.ActionNode:
		return c.action(n)
	case *parse.IfNode:
		return c.branch(&n.BranchNode, false)
	case *parse.WithNode:
		return c.branch(&n.BranchNode, true)
	case *parse.RangeNode:
		return c.loop(&n.BranchNode)
	case *parse.TemplateNode:
		return c.invoke(n)
	}
	return nil, errLeave
}

// action is {{…}}: a variable, or a value through its escapers.
func (c *compiler) action(n *parse.ActionNode) (step, error) {
	cmds, esc, err := splitEscapers(n.Pipe.Cmds)
	if err != nil {
		return nil, err
	}
	value, err := c.commands(cmds)
	if err != nil {
		return nil, err
	}
	switch {
	case len(n.Pipe.Decl) == 0 && esc != notEscaped:
		return func(x *run, dot reflect.Value) error {
			v, err := value(x, dot)
			if err != nil {
				return err
			}
			return x.write(esc, v)
		}, nil
	case len(n.Pipe.Decl) == 1 && esc == notEscaped:
		name := n.Pipe.Decl[0].Ident[0]
		var slot int
		if n.Pipe.IsAssign {
			if slot, err = c.slot(name); err != nil {
				return nil, err
			}
		} else {
			slot = c.declare(name)
		}
		return func(x *run, dot reflect.Value) error {
			v, err := value(x, dot)
			if err == nil {
				x.vars[x.base+slot] = v
			}
			return err
		}, nil
	}
	return nil, errLeave
}

// branch is if or with.
func (c *compiler) branch(n *parse.BranchNode, with bool) (step, error) {
	scope := len(c.names)
	value, slots, err := c.declaring(n.Pipe)
	if err != nil {
		return nil, err
	}
	if len(slots) > 1 {
		return nil, errLeave
	}
	inside := len(c.names)
	yes, err := c.list(n.List)
	if err != nil {
		return nil, err
	}
	c.names = c.names[:inside] // what one branch declares the other does not see
	no, err := c.list(n.ElseList)
	if err != nil {
		return nil, err
	}
	c.names = c.names[:scope]
	return func(x *run, dot reflect.Value) error {
		v, err := value(x, dot)
		if err != nil {
			return err
		}
		for _, slot := range slots {
			x.vars[x.base+slot] = v
		}
		if !truth(v) {
			return no(x, dot)
		}
		if with {
			dot = v
		}
		return yes(x, dot)
	}, nil
}

// declaring compiles a pipeline that may name its value.
func (c *compiler) declaring(p *parse.PipeNode) (expr, []int, error) {
	value, err := c.commands(p.Cmds)
	if err != nil || p.IsAssign {
		return nil, nil, errLeave
	}
	var slots []int
	for _, d := range p.Decl {
		slots = append(slots, c.declare(d.Ident[0]))
	}
	return value, slots, nil
}

// loop is range over a slice or an array.
func (c *compiler) loop(n *parse.BranchNode) (step, error) {
	scope := len(c.names)
	value, slots, err := c.declaring(n.Pipe)
	if err != nil {
		return nil, err
	}
	inside := len(c.names)
	body, err := c.list(n.List)
	if err != nil {
		return nil, err
	}
	c.names = c.names[:inside]
	none, err := c.list(n.ElseList)
	if err != nil {
		return nil, err
	}
	c.names = c.names[:scope]
	return func(x *run, dot reflect.Value) error {
		v, err := value(x, dot)
		if err != nil {
			return err
		}
		for _, slot := range slots {
			x.vars[x.base+slot] = v // what the branch without elements sees
		}
		v = indirect(v)
		if !v.IsValid() {
			return none(x, dot)
		}
		if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
			return errLeave
		}
		length := v.Len()
		if length == 0 {
			return none(x, dot)
		}
		for i := range length {
			one := v.Index(i)
			switch len(slots) {
			case 1:
				x.vars[x.base+slots[0]] = one
			case 2:
				x.vars[x.base+slots[0]], x.vars[x.base+slots[1]] = reflect.ValueOf(i), one
			}
			if err := body(x, one); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// invoke is {{template "name" value}}.
func (c *compiler) invoke(n *parse.TemplateNode) (step, error) {
	data := expr(func(*run, reflect.Value) (reflect.Value, error) { return reflect.Value{}, nil })
	if n.Pipe != nil {
		if len(n.Pipe.Decl) > 0 {
			return nil, errLeave
		}
		var err error
		if data, err = c.commands(n.Pipe.Cmds); err != nil {
			return nil, err
		}
	}
	r := c.calls[n.Name]
	if r == nil {
		t := c.set.Lookup(n.Name)
		if t == nil || t.Tree == nil {
			return nil, errLeave
		}
		r = &routine{}
		c.calls[n.Name] = r
		inner := &compiler{programs: c.programs, calls: c.calls}
		if err := inner.template(r, t.Tree.Root); err != nil {
			return nil, err
		}
	}
	return func(x *run, dot reflect.Value) error {
		v, err := data(x, dot)
		if err != nil {
			return err
		}
		return x.call(r, v)
	}, nil
}

// commands is a pipeline: the value of each is the last argument of the next.
func (c *compiler) commands(cmds []*parse.CommandNode) (expr, error) {
	var value expr
	for _, cmd := range cmds {
		var err error
		if value, err = c.command(cmd, value); err != nil {
			return nil, err
		}
	}
	if value == nil {
		return nil, errLeave
	}
	return value, nil
}

func (c *compiler) command(cmd *parse.CommandNode, piped expr) (expr, error) {
	if id, ok := cmd.Args[0].(*parse.IdentifierNode); ok {
		args, err := c.args(cmd.Args[1:])
		if err != nil {
			return nil, err
		}
		if piped != nil {
			args = append(args, piped)
		}
		return c.function(id.Ident, args)
	}
	if len(cmd.Args) == 1 && piped == nil {
		return c.arg(cmd.Args[0])
	}
	var of parse.Node // what has the method
	var name string
	switch n := cmd.Args[0].(type) {
	case *parse.FieldNode:
		last := len(n.Ident) - 1
		of, name = &parse.FieldNode{Ident: n.Ident[:last]}, n.Ident[last]
	case *parse.VariableNode:
		last := len(n.Ident) - 1
		if last == 0 {
			return nil, errLeave
		}
		of, name = &parse.VariableNode{Ident: n.Ident[:last]}, n.Ident[last]
	}
	if of == nil || piped != nil {
		return nil, errLeave
	}
	args, err := c.args(cmd.Args[1:])
	if err != nil {
		return nil, err
	}
	value, err := c.arg(of)
	if err != nil {
		return nil, err
	}
	return method(value, name, args), nil
}

func (c *compiler) args(nodes []parse.Node) ([]expr, error) {
	args := make([]expr, 0, len(nodes)+1)
	for _, n := range nodes {
		a, err := c.arg(n)
		if err != nil {
			return nil, err
		}
		args = append(args, a)
	}
	return args, nil
}

func constant(v any) expr {
	value := reflect.ValueOf(v)
	return func(*run, reflect.Value) (reflect.Value, error) { return value, nil }
}

func (c *compiler) arg(n parse.Node) (expr, error) {
	switch n := n.(type) {
	case *parse.DotNode:
		return func(_ *run, dot reflect.Value) (reflect.Value, error) { return dot, nil }, nil
	case *parse.FieldNode:
		return fields(func(_ *run, dot reflect.Value) (reflect.Value, error) { return dot, nil }, n.Ident), nil
	case *parse.VariableNode:
		slot, err := c.slot(n.Ident[0])
		if err != nil {
			return nil, err
		}
		return fields(func(x *run, _ reflect.Value) (reflect.Value, error) { return x.vars[x.base+slot], nil }, n.Ident[1:]), nil
	case *parse.ChainNode:
		of, err := c.arg(n.Node)
		if err != nil {
			return nil, err
		}
		return fields(of, n.Field), nil
	case *parse.PipeNode:
		if len(n.Decl) > 0 {
			return nil, errLeave
		}
		return c.commands(n.Cmds)
	case *parse.IdentifierNode:
		return c.function(n.Ident, nil)
	case *parse.StringNode:
		return constant(n.Text), nil
	case *parse.BoolNode:
		return constant(n.True), nil
	case *parse.NumberNode:
		if n.IsInt {
			return constant(int(n.Int64)), nil
		}
	}
	return nil, errLeave
}

// place is where a name was found in values of one type.
type place struct {
	of     reflect.Type
	addr   bool
	index  []int
	method int // -1 when it is a field
}

// fields follows names, each remembering where it last found its own.
func fields(value expr, names []string) expr {
	for _, name := range names {
		value = field(value, name)
	}
	return value
}

func field(of expr, name string) expr {
	var last atomic.Pointer[place]
	return func(x *run, dot reflect.Value) (reflect.Value, error) {
		v, err := of(x, dot)
		if err != nil {
			return v, err
		}
		for v.IsValid() && v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		if !v.IsValid() {
			return v, errLeave
		}
		p := last.Load()
		if p == nil || p.of != v.Type() || p.addr != v.CanAddr() {
			if p = find(v, name); p == nil {
				return v, errLeave
			}
			last.Store(p)
		}
		if p.method >= 0 {
			if v.Kind() != reflect.Pointer && v.CanAddr() {
				v = v.Addr()
			}
			if v.Kind() == reflect.Pointer && v.IsNil() {
				return v, errLeave
			}
			return called(v.Method(p.method), nil)
		}
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, errLeave
			}
			v = v.Elem()
		}
		for i, n := range p.index {
			if i > 0 && v.Kind() == reflect.Pointer {
				if v.IsNil() {
					return v, errLeave
				}
				v = v.Elem()
			}
			v = v.Field(n)
		}
		return v, nil
	}
}

// find looks a name up as html/template does: a method first, then a field.
func find(v reflect.Value, name string) *place {
	p := &place{of: v.Type(), addr: v.CanAddr(), method: -1}
	t := p.of
	if t.Kind() != reflect.Pointer && p.addr {
		t = reflect.PointerTo(t)
	}
	if m, ok := t.MethodByName(name); ok {
		if m.Type.NumIn() != 1 { // the receiver
			return nil
		}
		p.method = m.Index
		return p
	}
	t = p.of
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	f, ok := t.FieldByName(name)
	if !ok || !f.IsExported() {
		return nil
	}
	p.index = f.Index
	return p
}

// called calls a function or a method; an error of it is the page's.
func called(fn reflect.Value, args []reflect.Value) (reflect.Value, error) {
	out := fn.Call(args)
	if len(out) == 2 && !out[1].IsNil() {
		return reflect.Value{}, fmt.Errorf("call: %w", out[1].Interface().(error))
	}
	return out[0], nil
}

// indirect follows pointers and interfaces; the zero Value is nil.
func indirect(v reflect.Value) reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	return v
}

// truth tells whether if and with take a value.
func truth(v reflect.Value) bool {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return false
	}
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map, reflect.Array:
		return v.Len() > 0
	case reflect.Struct:
		return true
	}
	return !v.IsZero()
}

// plainString gives the text of a value that html/template would write as it is: a
// string, an integer; ok is false for anything that has its own way to be written.
func plainString(v reflect.Value) (s string, ok bool) {
	if v.Type().NumMethod() > 0 && hasText(v.Type()) {
		return "", false
	}
	switch v.Kind() {
	case reflect.String:
		return v.String(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), true
	}
	return "", false
}

var (
	stringer = reflect.TypeFor[fmt.Stringer]()
	failure  = reflect.TypeFor[error]()
)

func hasText(t reflect.Type) bool { return t.Implements(stringer) || t.Implements(failure) }
