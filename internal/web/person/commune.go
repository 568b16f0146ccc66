package person

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/directory"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// communeFact is the fact that holds a commune, by its INSEE code. People never
// type that code: they write a name or a postcode.
const communeFact = "depcom"

// The fields of a page where a commune is written: the one picked among several,
// and, for an address, what was written when it was last settled.
const (
	fieldPicked  = "commune"
	fieldSettled = "commune_of"
	asWritten    = "-" // picked: no commune of the list, the text stays as it is
)

// communeField is the control for a commune: a text field and, when what was
// typed may mean several, one button for each.
type communeField struct {
	Form    *kit.Form
	Name    string
	Label   string
	Hint    string
	Options []option
}

// communeField prepares the control. The options show when the text was refused,
// or when one was picked and the page comes back for another reason.
func (w Words) communeField(form *kit.Form, name, label, hint, typed string) communeField {
	f := communeField{Form: form, Name: name, Label: label, Hint: hint}
	if form.Error(name) == "" && form.Value(fieldPicked) == "" {
		return f
	}
	for _, c := range w.Communes.Read(typed).Options() {
		f.Options = append(f.Options, option{c.Current(), i18n.Typeset(c.Label())})
	}
	return f
}

// commune says an INSEE code as people do, « Niort (79) »; the bare code when the
// list does not have it.
func (w Words) commune(code string) string {
	if c, ok := w.Communes.Find(code); ok {
		return i18n.Typeset(c.Label())
	}
	return code
}

// CommuneName is commune, for other areas.
func (w Words) CommuneName(code string) string { return w.commune(code) }

// readCommune finds the commune that was typed, or picked among those that the
// text may mean. Its error, on the field, asks which or says that there is none.
func (w Words) readCommune(typed, picked, field string) (directory.Commune, error) {
	r := w.Communes.Read(typed)
	if c, ok := r.Pick(picked); ok {
		return c, nil
	}
	if c, ok := r.One(); ok {
		return c, nil
	}
	var f errs.Fields
	shown := []rune(strings.TrimSpace(typed))
	if len(shown) > 40 {
		shown = append(shown[:40], '…')
	}
	switch {
	case len(shown) == 0:
		f.Add(field, "errs.casefile.value_missing")
	case r.More:
		f.Add(field, "web.commune.too_many", "typed", string(shown))
	case len(r.Found) > 0:
		f.Add(field, "web.commune.several", "typed", string(shown))
	case len(r.Near) > 0:
		f.Add(field, "web.commune.near", "typed", string(shown))
	default:
		f.Add(field, "web.commune.none", "typed", string(shown))
	}
	return directory.Commune{}, f.Err()
}

// settled is what an address says of its place: the same text keeps its commune.
func settled(postcode, city string) string { return strings.TrimSpace(postcode + " " + city) }

// settleCity finds the commune of an address as typed. An address may be in a
// place that no list has (another country, a hamlet): the person's words stay when
// they are picked « as written », or were so before.
func (w Words) settleCity(v url.Values, a *casefile.Address) error {
	typed := settled(a.Postcode, a.City)
	before, kept := v.Get(fieldSettled), a.Commune
	a.Commune = ""
	switch {
	case typed == "" || v.Get(fieldPicked) == asWritten:
		return nil
	case typed == before:
		a.Commune = kept
		return nil
	}
	c, err := w.readCommune(typed, v.Get(fieldPicked), "city")
	if err != nil {
		return err
	}
	a.Commune, a.City = c.Current(), c.Name
	if c.In != "" && c.InName == "" { // an arrondissement: letters go to the city
		if city, ok := w.Communes.Find(c.In); ok {
			a.City = city.Name
		}
	}
	if a.Postcode == "" {
		for _, code := range c.Postcodes {
			if len(c.Postcodes) == 1 || strings.Contains(typed, code) {
				a.Postcode = code
			}
		}
	}
	return nil
}

// cityField is the control for the place of an address.
func (h *Handler) cityField(r *http.Request, form *kit.Form) communeField {
	p := printer(r)
	f := h.words.communeField(form, "city", p.T("web.identity.city"), "", settled(form.Value("postcode"), form.Value("city")))
	if form.Error("city") != "" || len(f.Options) > 0 || form.Value(fieldPicked) != "" {
		f.Options = append(f.Options, option{asWritten, p.T("web.commune.as_written")})
	}
	return f
}

// suggestCommunes answers a script with the communes that a text may become, as
// texts that the forms read: « Niort (79) », or « 79000 Niort » when figures are
// typed, since a browser shows only the suggestions that hold what is typed.
func (h *Handler) suggestCommunes(w http.ResponseWriter, r *http.Request) error {
	typed := strings.TrimSpace(r.URL.Query().Get("q"))
	names := []string{}
	for _, c := range h.words.Communes.Suggest(typed) {
		name := c.Label()
		if len(typed) == 5 {
			for _, code := range c.Postcodes {
				if code == typed {
					name = code + " " + c.Name
				}
			}
		}
		names = append(names, name)
	}
	data, err := json.Marshal(names)
	if err != nil {
		return err
	}
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "private, max-age=86400")
	header.Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data) // the reader may have left
	return nil
}
