package kit

import (
	"bytes"
	"fmt"
	"html/template"
	"reflect"
	"strings"
	"text/template/parse"
)

// escape is the way from a value to the page: the escapers that html/template put
// at the end of a pipeline.
type escape int

const (
	notEscaped escape = iota
	escText           // between elements
	escAttr           // a quoted attribute
	escTitle          // within title and textarea
	escLink           // a whole address
	escPath           // what follows the beginning of an address
	escQuery          // a value of an address's query
)

var escapes = map[string]escape{
	"_html_template_htmlescaper":   escText,
	"_html_template_attrescaper":   escAttr,
	"_html_template_rcdataescaper": escTitle,
	"_html_template_urlfilter _html_template_urlnormalizer _html_template_attrescaper": escLink,
	"_html_template_urlnormalizer _html_template_attrescaper":                          escPath,
	"_html_template_urlescaper _html_template_attrescaper":                             escQuery,
}

// splitEscapers parts a pipeline from its escapers.
func splitEscapers(cmds []*parse.CommandNode) ([]*parse.CommandNode, escape, error) {
	first := len(cmds)
	var names []string
	for i, c := range cmds {
		id, ok := c.Args[0].(*parse.IdentifierNode)
		if ok && len(c.Args) == 1 && strings.HasPrefix(id.Ident, "_") {
			first = min(first, i)
			names = append(names, id.Ident)
		} else if first < len(cmds) {
			return nil, 0, errLeave
		}
	}
	if len(names) == 0 {
		return cmds, notEscaped, nil
	}
	esc, known := escapes[strings.Join(names, " ")]
	if !known || first == 0 {
		return nil, 0, errLeave
	}
	return cmds[:first], esc, nil
}

// escapers are html/template's own, for values and characters that are rare: one
// small template for each way, of which only what stands for the value is kept.
type escapers [escQuery + 1]struct {
	t             *template.Template
	before, after string
}

func newEscapers() (all escapers, err error) {
	for esc, around := range map[escape][2]string{
		escText: {"<p>", "</p>"}, escAttr: {`<p title="`, `"></p>`}, escTitle: {"<title>", "</title>"},
		escLink: {`<a href="`, `"></a>`}, escPath: {`<a href="/a/`, `"></a>`}, escQuery: {`<a href="/a?b=`, `"></a>`},
	} {
		e := &all[esc]
		e.before, e.after = around[0], around[1]
		if e.t, err = template.New("").Parse(e.before + "{{.}}" + e.after); err != nil {
			return all, fmt.Errorf("escapers: %w", err)
		}
	}
	return all, nil
}

func (e *escapers) write(out *bytes.Buffer, esc escape, v any) error {
	one := &e[esc]
	var all bytes.Buffer
	if err := one.t.Execute(&all, v); err != nil {
		return errLeave
	}
	out.Write(all.Bytes()[len(one.before) : all.Len()-len(one.after)])
	return nil
}

var htmlType = reflect.TypeFor[template.HTML]()

// special tells the types that html/template trusts in some places.
func special(t reflect.Type) bool { return t.PkgPath() == htmlType.PkgPath() }

// write appends a value.
func (x *run) write(esc escape, v reflect.Value) error {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return x.slow.write(x.out, esc, nil)
	}
	t := v.Type()
	if t == htmlType && esc == escText {
		x.out.WriteString(v.String())
		return nil
	}
	if !special(t) {
		if s, ok := plainString(v); ok && x.writePlain(esc, s) {
			return nil
		}
	}
	if !v.CanInterface() {
		return errLeave
	}
	return x.slow.write(x.out, esc, v.Interface())
}

// writePlain appends a text; false, with nothing written, when it holds something
// that its place does not allow.
func (x *run) writePlain(esc escape, s string) bool {
	switch esc {
	case escLink:
		if !strings.HasPrefix(s, "/") || !allIn(s, &inAddress) {
			return false
		}
	case escPath:
		if !allIn(s, &inAddress) {
			return false
		}
	case escQuery:
		if !allIn(s, &unreserved) {
			return false
		}
	}
	writeEscaped(x.out, s)
	return true
}

// unreserved are the bytes that any part of an address may hold; inAddress those
// that keep their meaning in one (RFC 3986, sections 2.2 and 2.3).
var (
	unreserved = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
	inAddress  = bytesOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/?#:&=+,;@!$*[]")
)

func bytesOf(s string) (set [256]bool) {
	for i := range len(s) {
		set[s[i]] = true
	}
	return set
}

func allIn(s string, set *[256]bool) bool {
	for i := range len(s) {
		if !set[s[i]] {
			return false
		}
	}
	return true
}

// escaped are the bytes that html/template replaces in texts and attributes.
var escaped = [256]string{'"': "&#34;", '&': "&amp;", '\'': "&#39;", '+': "&#43;", '<': "&lt;", '>': "&gt;", 0: "\uFFFD"}

func writeEscaped(out *bytes.Buffer, s string) {
	from := 0
	for i := range len(s) {
		if with := escaped[s[i]]; with != "" {
			out.WriteString(s[from:i])
			out.WriteString(with)
			from = i + 1
		}
	}
	out.WriteString(s[from:])
}
