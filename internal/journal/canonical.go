package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/core"
)

// formVersion is the version of the canonical form, "v" in every event. An event
// with the code of a printed paper has formWithCode: the same and one member more.
const (
	formVersion  = 1
	formWithCode = 2
)

// saltBytes is the length of every salt: 128 bits, so that a commitment tells
// nothing of what it hides.
const saltBytes = 16

// commit is SHA-256(salt ‖ data): the leaf of a line, and the commitments inside
// its event. The salt's length is fixed, so no two pairs give the same bytes.
func commit(salt, data []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(data)
	return h.Sum(nil)
}

// openPart is what a person may be shown and verify: the day without the hour,
// the function without the worker, the subjects and the rest as commitments.
type openPart struct {
	Tree      core.ID
	Seq       int64 // from 0, without a hole
	Org       core.ID
	Day       core.Date // in the organisation's time zone
	Kind      string
	ActorKind core.ActorKind
	Function  string   // « assistante sociale », as it was that day; "" when none
	Subjects  [][]byte // 32 bytes each: SHA-256(subject's salt ‖ person id)
	Object    string
	Reason    string
	Code      string // of the printed paper, in its bare form; "" when none
	Closed    []byte // 32 bytes: SHA-256(closed salt ‖ closed part)
}

// closedPart is what only the organisation's own inquiry reads.
type closedPart struct {
	At       int64 // µs UTC
	ID       core.ID
	Actor    core.Actor
	ObjectID core.ID
	Detail   map[string]string
}

// encode appends the canonical bytes of the open part: JSON in the manner of
// RFC 8785, members sorted, no space, empty members left out. Commitments are
// sorted, so that their order tells nothing.
func (o openPart) encode(b []byte) []byte {
	w := object{buf: b}
	w.string("actor", string(o.ActorKind))
	if len(o.Closed) > 0 {
		w.key("closed")
		w.buf = append(base64.RawURLEncoding.AppendEncode(append(w.buf, '"'), o.Closed), '"')
	}
	w.string("code", o.Code)
	w.string("day", o.Day.String())
	w.string("function", o.Function)
	w.string("kind", o.Kind)
	w.string("object", o.Object)
	w.string("org", string(o.Org))
	w.string("reason", o.Reason)
	w.int("seq", o.Seq)
	subjects := make([]string, len(o.Subjects))
	for i, s := range o.Subjects {
		subjects[i] = base64.RawURLEncoding.EncodeToString(s)
	}
	slices.Sort(subjects)
	w.strings("subjects", subjects)
	w.string("tree", string(o.Tree))
	if o.Code != "" {
		w.int("v", formWithCode)
	} else {
		w.int("v", formVersion)
	}
	return w.close()
}

// encode appends the canonical bytes of the closed part.
func (c closedPart) encode(b []byte) []byte {
	w := object{buf: b}
	w.int("aal", int64(c.Actor.AAL))
	w.string("actor", string(c.Actor.ID))
	w.int("at", c.At)
	if len(c.Detail) > 0 {
		w.key("detail")
		inner := object{buf: w.buf}
		for _, k := range slices.Sorted(maps.Keys(c.Detail)) {
			inner.member(k, c.Detail[k])
		}
		w.buf = inner.close()
	}
	w.string("id", string(c.ID))
	w.string("object_id", string(c.ObjectID))
	w.string("session", string(c.Actor.Session))
	teams := make([]string, len(c.Actor.Teams))
	for i, t := range c.Actor.Teams {
		teams[i] = string(t)
	}
	slices.Sort(teams)
	w.strings("teams", teams)
	w.int("v", formVersion)
	return w.close()
}

// object writes one JSON object whose members its caller gives in byte order.
type object struct {
	buf  []byte
	open bool
}

func (w *object) key(name string) {
	if w.open {
		w.buf = append(w.buf, ',')
	} else {
		w.buf = append(w.buf, '{')
		w.open = true
	}
	w.buf = append(appendString(w.buf, name), ':')
}

func (w *object) member(name, value string) {
	w.key(name)
	w.buf = appendString(w.buf, value)
}

func (w *object) string(name, value string) {
	if value != "" {
		w.member(name, value)
	}
}

func (w *object) int(name string, value int64) {
	w.key(name)
	w.buf = strconv.AppendInt(w.buf, value, 10)
}

func (w *object) strings(name string, values []string) {
	if len(values) == 0 {
		return
	}
	w.key(name)
	for i, v := range values {
		w.buf = append(w.buf, "[,"[min(i, 1)])
		w.buf = appendString(w.buf, v)
	}
	w.buf = append(w.buf, ']')
}

func (w *object) close() []byte {
	if !w.open {
		w.buf = append(w.buf, '{')
	}
	return append(w.buf, '}')
}

// appendString writes a string as RFC 8785, section 3.2.2.2: the two-character
// escapes where JSON has one, \u00xx for the other controls, everything else as
// UTF-8. Bytes that are not UTF-8 become U+FFFD.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		// Most of it is written as it stands: as much as goes at once.
		from := i
		for i < len(s) && s[i] >= 0x20 && s[i] < utf8.RuneSelf && s[i] != '"' && s[i] != '\\' {
			i++
		}
		b = append(b, s[from:i]...)
		if i == len(s) {
			break
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	return append(b, '"')
}

// openForm and closedForm mirror the two parts for reading.
type openForm struct {
	Actor    string   `json:"actor"`
	Closed   string   `json:"closed"`
	Code     string   `json:"code"`
	Day      string   `json:"day"`
	Function string   `json:"function"`
	Kind     string   `json:"kind"`
	Object   string   `json:"object"`
	Org      string   `json:"org"`
	Reason   string   `json:"reason"`
	Seq      int64    `json:"seq"`
	Subjects []string `json:"subjects"`
	Tree     string   `json:"tree"`
	V        int      `json:"v"`
}

type closedForm struct {
	AAL      int               `json:"aal"`
	Actor    string            `json:"actor"`
	At       int64             `json:"at"`
	Detail   map[string]string `json:"detail"`
	ID       string            `json:"id"`
	ObjectID string            `json:"object_id"`
	Session  string            `json:"session"`
	Teams    []string          `json:"teams"`
	V        int               `json:"v"`
}

// decodeOpen reads an open part and refuses bytes that are not its canonical
// form: unknown members, another order, another version.
func decodeOpen(data []byte) (openPart, error) {
	var f openForm
	if err := decodeStrict(data, &f); err != nil {
		return openPart{}, fmt.Errorf("event: %w", err)
	}
	if f.V != formVersion && f.V != formWithCode {
		return openPart{}, fmt.Errorf("event: form version %d, want %d or %d", f.V, formVersion, formWithCode)
	}
	day, err := core.ParseDate(f.Day)
	if err != nil {
		return openPart{}, fmt.Errorf("event: %w", err)
	}
	o := openPart{
		Tree: core.ID(f.Tree), Seq: f.Seq, Org: core.ID(f.Org), Day: day, Kind: f.Kind,
		ActorKind: core.ActorKind(f.Actor), Function: f.Function, Object: f.Object, Reason: f.Reason,
		Code: f.Code,
	}
	if o.Closed, err = base64.RawURLEncoding.DecodeString(f.Closed); err != nil {
		return openPart{}, fmt.Errorf("event: closed: %w", err)
	}
	for _, s := range f.Subjects {
		c, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			return openPart{}, fmt.Errorf("event: subject: %w", err)
		}
		o.Subjects = append(o.Subjects, c)
	}
	if !bytes.Equal(o.encode(nil), data) {
		return openPart{}, errors.New("event: not in canonical form")
	}
	return o, nil
}

// decodeClosed reads a closed part with the same strictness.
func decodeClosed(data []byte) (closedPart, error) {
	var f closedForm
	if err := decodeStrict(data, &f); err != nil {
		return closedPart{}, fmt.Errorf("closed part: %w", err)
	}
	if f.V != formVersion {
		return closedPart{}, fmt.Errorf("closed part: form version %d, want %d", f.V, formVersion)
	}
	c := closedPart{
		At: f.At, ID: core.ID(f.ID), ObjectID: core.ID(f.ObjectID), Detail: f.Detail,
		Actor: core.Actor{ID: core.ID(f.Actor), AAL: f.AAL, Session: core.ID(f.Session)},
	}
	for _, t := range f.Teams {
		c.Actor.Teams = append(c.Actor.Teams, core.ID(t))
	}
	if !bytes.Equal(c.encode(nil), data) {
		return closedPart{}, errors.New("closed part: not in canonical form")
	}
	return c, nil
}

func decodeStrict(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if len(bytes.TrimSpace(data[d.InputOffset():])) > 0 {
		return errors.New("something follows the object")
	}
	return nil
}
