package db

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
)

// plain turns an argument into nil, int64, float64, string or []byte: the same
// values whichever the database. Booleans become 0 or 1; named strings and
// integers their base; a nil pointer or []byte becomes NULL. Instants are given
// as int64 µs and days as text: time.Time is refused.
func plain(v any) (any, error) {
	switch v := v.(type) {
	case nil, int64, float64:
		return v, nil
	case string:
		// PostgreSQL refuses the others; SQLite would keep them.
		if !storable(v) {
			return nil, errors.New("the text is not UTF-8, or holds a NUL")
		}
		return v, nil
	case []byte:
		if v == nil {
			return nil, nil
		}
		return v, nil
	case core.ID:
		return plain(string(v))
	case core.Cents:
		return int64(v), nil
	case core.Month:
		return int64(v), nil
	case int:
		return int64(v), nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case driver.Valuer:
		p, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("value of %T: %w", v, err)
		}
		if _, again := p.(driver.Valuer); again {
			return nil, fmt.Errorf("value of %T is a Valuer again", v)
		}
		return plain(p)
	}
	r := reflect.ValueOf(v)
	switch r.Kind() {
	case reflect.String:
		return plain(r.String())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return r.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if u := r.Uint(); u <= 1<<63-1 {
			return int64(u), nil
		}
		return nil, fmt.Errorf("the argument, a %T, does not fit a BIGINT", v)
	case reflect.Float32:
		return r.Float(), nil
	case reflect.Bool:
		return plain(r.Bool())
	case reflect.Slice:
		if r.Type().Elem().Kind() == reflect.Uint8 {
			return plain(r.Bytes())
		}
	case reflect.Pointer:
		if r.IsNil() {
			return nil, nil
		}
		return plain(r.Elem().Interface())
	}
	return nil, fmt.Errorf("argument of type %T: want text, number, boolean, bytes or nil", v)
}

// storable tells whether both databases take a text.
func storable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

// assign stores a column's value (nil, int64, float64, string or []byte, which
// assign may keep) into a Scan destination.
func assign(dest, v any) error {
	if s, ok := dest.(sql.Scanner); ok {
		return s.Scan(v)
	}
	switch d := dest.(type) {
	case *any:
		*d = v
		return nil
	case *[]byte:
		switch v := v.(type) {
		case nil:
			*d = nil
		case []byte:
			*d = v
		case string:
			*d = []byte(v)
		default:
			return mismatch(dest, v)
		}
		return nil
	}
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return fmt.Errorf("destination %T: want a pointer", dest)
	}
	e := p.Elem()
	if e.Kind() == reflect.Pointer { // NULL is a nil pointer
		if v == nil {
			e.SetZero()
			return nil
		}
		n := reflect.New(e.Type().Elem())
		if err := assign(n.Interface(), v); err != nil {
			return err
		}
		e.Set(n)
		return nil
	}
	switch e.Kind() {
	case reflect.String:
		if s, ok := v.(string); ok {
			e.SetString(s)
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if n, ok := v.(int64); ok {
			if e.OverflowInt(n) {
				return fmt.Errorf("the number does not fit %s", e.Type())
			}
			e.SetInt(n)
			return nil
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if n, ok := v.(int64); ok && n >= 0 && !e.OverflowUint(uint64(n)) {
			e.SetUint(uint64(n))
			return nil
		}
	case reflect.Float32, reflect.Float64:
		switch n := v.(type) {
		case float64:
			e.SetFloat(n)
			return nil
		case int64:
			e.SetFloat(float64(n))
			return nil
		}
	case reflect.Bool:
		if n, ok := v.(int64); ok {
			e.SetBool(n != 0)
			return nil
		}
	case reflect.Slice:
		if b, ok := v.([]byte); ok && e.Type().Elem().Kind() == reflect.Uint8 {
			e.SetBytes(b)
			return nil
		}
	}
	return mismatch(dest, v)
}

func mismatch(dest, v any) error {
	if v == nil {
		return fmt.Errorf("NULL does not fit %T: scan into a pointer to a pointer or sql.Null", dest)
	}
	// The value itself may be somebody's data: only its type is told.
	return fmt.Errorf("a column of type %T does not fit %T", v, dest)
}
