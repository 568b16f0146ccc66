package kit

import (
	"bytes"
	"errors"
	"html"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// The hidden fields of every form.
const (
	fieldToken = "jeton"  // against forged requests
	fieldOnce  = "unique" // names one sending
	fieldDraft = "texte"  // the draft the form was filled from; also in the address
)

// Form is a form being shown: what was typed, what is wrong with it, and its
// hidden fields. Values win over defaults, so that nothing typed is lost.
type Form struct {
	Action string // where it is sent: this page's own address unless set
	Values url.Values
	Errors []FieldError
	Token  string
	Once   string
	Draft  string // id of the draft it was filled from

	hidden template.HTML
	labels map[string]string // of the fields the page showed, for the summary above them
}

// labelMark is where the summary of errors names a field: the page puts the
// label there once it has written that field.
func labelMark(field string) string { return "<!--label " + field + "-->" }

// shown remembers the label of a field that may be refused.
func (f *Form) shown(name, label string) {
	if f.Error(name) == "" {
		return
	}
	if f.labels == nil {
		f.labels = map[string]string{}
	}
	f.labels[name] = label
}

// Mark stands for the label of the field that the error is about.
func (e FieldError) Mark() template.HTML {
	if e.Field == "" || strings.Contains(e.Field, ">") {
		return ""
	}
	return template.HTML(labelMark(e.Field)) // #nosec G203 -- names are of the program, values go through html.EscapeString
}

// putLabels names the fields in the summary of errors of a page.
func putLabels(content []byte, f *Form, say func(label string) string) []byte {
	if f == nil {
		return content
	}
	for _, e := range f.Errors {
		label := ""
		if l := f.labels[e.Field]; l != "" {
			label = html.EscapeString(say(l)) + " "
		}
		content = bytes.ReplaceAll(content, []byte(labelMark(e.Field)), []byte(label))
	}
	return content
}

// FieldError is one sentence about one field ("" = the whole form).
type FieldError struct {
	Field, Text string
}

// NewForm makes the form of a page. When the address names a draft of the actor,
// its text is put back and the page says so.
func (k *Kit) NewForm(w http.ResponseWriter, r *http.Request) (*Form, error) {
	v := From(r.Context())
	token, err := k.token(w, r, v)
	if err != nil {
		return nil, err
	}
	once, err := k.nonce()
	if err != nil {
		return nil, err
	}
	f := &Form{Action: r.URL.Path, Values: url.Values{}, Token: token, Once: once}
	id, err := core.ParseID(r.URL.Query().Get(fieldDraft))
	if err != nil || k.Drafts == nil || v.Actor.IsZero() {
		return f, nil
	}
	fields, err := k.Drafts.Get(r.Context(), id)
	switch {
	case errs.Is(err, errs.NotFound):
		return f, nil
	case err != nil:
		return nil, err
	}
	for name, values := range fields {
		if name != fieldToken && name != fieldOnce && name != fieldDraft {
			f.Values[name] = values
		}
	}
	f.Draft = string(id)
	v.AddFlash(Flash{Kind: FlashCalm, Bold: "web.draft.back", Rest: "web.draft.not_saved"})
	return f, nil
}

// Refused fills the form with what was typed and what is wrong. Errors that are
// not about the form's content are returned as they are.
func (k *Kit) Refused(w http.ResponseWriter, r *http.Request, err error) (*Form, error) {
	var fields errs.Fields
	var one *errs.Error
	if !errors.As(err, &fields) {
		if !errors.As(err, &one) || one.Kind != errs.Invalid {
			return nil, err
		}
		fields = errs.Fields{one}
	}
	f, ferr := k.Typed(w, r)
	if ferr != nil {
		return nil, ferr
	}
	v := From(r.Context())
	for _, e := range fields {
		f.Errors = append(f.Errors, FieldError{Field: e.Field, Text: v.P.Error(e)})
	}
	v.refused = f
	return f, nil
}

// Typed is the form with what was typed, to be shown once more before it is saved.
func (k *Kit) Typed(w http.ResponseWriter, r *http.Request) (*Form, error) {
	f, err := k.NewForm(w, r)
	if err != nil {
		return nil, err
	}
	for name, values := range r.PostForm {
		if name != fieldToken && name != fieldOnce {
			f.Values[name] = values
		}
	}
	f.Draft = r.PostForm.Get(fieldDraft)
	return f, nil
}

// Hidden is the form's hidden fields, made once however many forms of the page
// show them.
func (f *Form) Hidden() template.HTML {
	if f.hidden == "" {
		var b strings.Builder
		for _, h := range [...]struct{ name, value string }{{fieldToken, f.Token}, {fieldOnce, f.Once}, {fieldDraft, f.Draft}} {
			if h.value != "" {
				b.WriteString(`<input type="hidden" name="` + h.name + `" value="` + html.EscapeString(h.value) + `">`)
			}
		}
		f.hidden = template.HTML(b.String()) // #nosec G203 -- names are of the program, values go through html.EscapeString
	}
	return f.hidden
}

// Repeat is Hidden without the name of the sending, for a button whose gesture may be
// made again from the same page and changes nothing more when it is: a print. The
// forms of a page share the name, and the page may stay open for a day.
func (f *Form) Repeat() template.HTML {
	return template.HTML(`<input type="hidden" name="` + fieldToken + `" value="` + html.EscapeString(f.Token) + `">`) // #nosec G203 -- names are of the program, values go through html.EscapeString
}

// Again lets a form be sent several times: one whose answer carries a cookie,
// which a replay could not give again.
func (f *Form) Again() { f.Once = "" }

// Default gives a field its value unless something was typed.
func (f *Form) Default(name, value string) {
	if _, typed := f.Values[name]; !typed && value != "" {
		f.Values.Set(name, value)
	}
}

// Value is what the field holds.
func (f *Form) Value(name string) string { return f.Values.Get(name) }

// Has tells whether the field holds the value (a radio, a checkbox).
func (f *Form) Has(name, value string) bool {
	for _, v := range f.Values[name] {
		if v == value {
			return true
		}
	}
	return false
}

// Nth is the i-th value of a field that may have several, "" beyond the last.
func (f *Form) Nth(name string, i int) string {
	if values := f.Values[name]; i < len(values) {
		return values[i]
	}
	return ""
}

// Error is the sentence about a field, "" when it is right.
func (f *Form) Error(name string) string {
	for _, e := range f.Errors {
		if e.Field == name {
			return e.Text
		}
	}
	return ""
}

// Bad tells whether something was refused.
func (f *Form) Bad() bool { return len(f.Errors) > 0 }

// Field is one labelled control, for the template "kit/field".
type Field struct {
	Form         *Form
	Name         string
	Label        string
	Hint         string
	Type         string // text, password, date…; "area" for a textarea
	Autocomplete string
	Mode         string // inputmode
	Lang         string // of what is typed, when it is not the page's
	Enhance      string // what a script adds to it
	Rows         int
}

// ID is the control's id, which the error summary links to.
func (f Field) ID() string { return fieldID(f.Name) }

// Value is what it holds.
func (f Field) Value() string { return f.Form.Value(f.Name) }

// Error is the sentence about it.
func (f Field) Error() string { return f.Form.Error(f.Name) }

// Describedby lists the ids of its hint and error, "" when it has neither.
func (f Field) Describedby() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-h")
	}
	if f.Error() != "" {
		ids = append(ids, f.ID()+"-e")
	}
	return strings.Join(ids, " ")
}

func fieldID(name string) string {
	if name == "" {
		return "contenu"
	}
	return "f-" + strings.ReplaceAll(name, ".", "-")
}

// ID is where the error's link leads.
func (e FieldError) ID() string { return fieldID(e.Field) }

// Choice is one radio or checkbox of a group.
type Choice struct {
	Form  *Form
	Name  string
	Value string
	Label string
}

// Checked tells whether it is chosen.
func (c Choice) Checked() bool { return c.Form.Has(c.Name, c.Value) }
