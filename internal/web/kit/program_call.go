package kit

import (
	"fmt"
	"html/template"
	"reflect"
)

// function is a call of one of the templates' words or of the language's own.
func (c *compiler) function(name string, args []expr) (expr, error) {
	switch name {
	case "and", "or":
		return shortcut(name == "or", args)
	case "not":
		if len(args) != 1 {
			return nil, errLeave
		}
		return func(x *run, dot reflect.Value) (reflect.Value, error) {
			v, err := args[0](x, dot)
			return boolean(!truth(v)), err
		}, nil
	case "eq", "ne", "gt", "lt", "len", "index":
		return native(name, args)
	}
	if name == "print" {
		return reflected(reflect.ValueOf(fmt.Sprint), args)
	}
	switch fn := c.funcs[name].(type) {
	case nil:
		return nil, errLeave
	case func(string, ...any) string:
		return say(func(key string, more []any) reflect.Value { return reflect.ValueOf(fn(key, more...)) }, args)
	case func(string, ...any) template.HTML:
		return say(func(key string, more []any) reflect.Value { return reflect.ValueOf(fn(key, more...)) }, args)
	case func() string:
		if len(args) == 0 {
			return func(*run, reflect.Value) (reflect.Value, error) { return reflect.ValueOf(fn()), nil }, nil
		}
		return nil, errLeave
	default:
		return reflected(reflect.ValueOf(fn), args)
	}
}

// shortcut is and, or: the first argument that settles it, else the last.
func shortcut(or bool, args []expr) (expr, error) {
	if len(args) == 0 {
		return nil, errLeave
	}
	return func(x *run, dot reflect.Value) (v reflect.Value, err error) {
		for _, a := range args {
			if v, err = a(x, dot); err != nil || truth(v) == or {
				return v, err
			}
		}
		return v, nil
	}, nil
}

var yes, no = reflect.ValueOf(true), reflect.ValueOf(false)

func boolean(b bool) reflect.Value {
	if b {
		return yes
	}
	return no
}

// say calls a function of a key and of anything.
func say(fn func(key string, more []any) reflect.Value, args []expr) (expr, error) {
	if len(args) == 0 {
		return nil, errLeave
	}
	return func(x *run, dot reflect.Value) (reflect.Value, error) {
		first, err := args[0](x, dot)
		if err != nil {
			return first, err
		}
		if first = bare(first); !first.IsValid() || first.Type() != stringType {
			return first, errLeave
		}
		more := make([]any, 0, len(args)-1)
		for _, a := range args[1:] {
			v, err := a(x, dot)
			if err != nil {
				return v, err
			}
			if !v.IsValid() || !v.CanInterface() {
				return v, errLeave
			}
			more = append(more, v.Interface())
		}
		return fn(first.String(), more), nil
	}, nil
}

var stringType = reflect.TypeFor[string]()

// bare is the value within an interface.
func bare(v reflect.Value) reflect.Value {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	return v
}

// native are comparisons, len and index of the values that templates compare here:
// texts, integers, booleans.
func native(name string, args []expr) (expr, error) {
	if name == "len" && len(args) != 1 || name != "len" && len(args) != 2 {
		return nil, errLeave
	}
	return func(x *run, dot reflect.Value) (reflect.Value, error) {
		var v [2]reflect.Value
		for i, a := range args {
			one, err := a(x, dot)
			if err != nil {
				return one, err
			}
			if v[i] = bare(one); !v[i].IsValid() {
				return one, errLeave
			}
		}
		if name == "len" || name == "index" {
			list := indirect(v[0])
			if !list.IsValid() || list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
				return list, errLeave
			}
			if name == "len" {
				return reflect.ValueOf(list.Len()), nil
			}
			if v[1].Kind() != reflect.Int || v[1].Int() < 0 || int(v[1].Int()) >= list.Len() {
				return list, errLeave
			}
			return list.Index(int(v[1].Int())), nil
		}
		return compare(name, v[0], v[1])
	}, nil
}

func compare(name string, a, b reflect.Value) (reflect.Value, error) {
	switch {
	case a.Kind() == reflect.String && b.Kind() == reflect.String && (name == "eq" || name == "ne"):
		return boolean((a.String() == b.String()) == (name == "eq")), nil
	case a.Kind() == reflect.Bool && b.Kind() == reflect.Bool && (name == "eq" || name == "ne"):
		return boolean((a.Bool() == b.Bool()) == (name == "eq")), nil
	case a.CanInt() && b.CanInt():
		switch name {
		case "eq":
			return boolean(a.Int() == b.Int()), nil
		case "ne":
			return boolean(a.Int() != b.Int()), nil
		case "gt":
			return boolean(a.Int() > b.Int()), nil
		}
		return boolean(a.Int() < b.Int()), nil
	}
	return a, errLeave
}

// reflected calls any other word, whose arguments must be of the types it takes.
func reflected(fn reflect.Value, args []expr) (expr, error) {
	if !callable(fn.Type(), len(args)) {
		return nil, errLeave
	}
	return func(x *run, dot reflect.Value) (reflect.Value, error) { return x.pass(fn, args, dot) }, nil
}

// method calls a method with arguments.
func method(of expr, name string, args []expr) expr {
	return func(x *run, dot reflect.Value) (reflect.Value, error) {
		v, err := of(x, dot)
		if err != nil {
			return v, err
		}
		if v = bare(v); !v.IsValid() || (v.Kind() == reflect.Pointer && v.IsNil()) {
			return v, errLeave
		}
		if v.Kind() != reflect.Pointer && v.CanAddr() {
			v = v.Addr()
		}
		fn := v.MethodByName(name)
		if !fn.IsValid() || !callable(fn.Type(), len(args)) {
			return v, errLeave
		}
		return x.pass(fn, args, dot)
	}
}

// callable tells whether a function takes n arguments and gives a value, perhaps
// with an error.
func callable(t reflect.Type, n int) bool {
	if t.NumOut() == 0 || t.NumOut() > 2 || (t.NumOut() == 2 && t.Out(1) != failure) {
		return false
	}
	return n == t.NumIn() || t.IsVariadic() && n >= t.NumIn()-1
}

// pass calls a function with the values of args, each of the type it takes.
func (x *run) pass(fn reflect.Value, args []expr, dot reflect.Value) (reflect.Value, error) {
	t := fn.Type()
	in := make([]reflect.Value, len(args))
	for i, a := range args {
		v, err := a(x, dot)
		if err != nil {
			return v, err
		}
		want := t.In(min(i, t.NumIn()-1))
		if t.IsVariadic() && i >= t.NumIn()-1 {
			want = want.Elem()
		}
		if v.IsValid() && v.Kind() == reflect.Interface && want.Kind() != reflect.Interface {
			v = bare(v)
		}
		if !v.IsValid() || !v.Type().AssignableTo(want) || !v.CanInterface() {
			return v, errLeave
		}
		in[i] = v
	}
	return called(fn, in)
}
