// Package info is what anybody may read: where to meet somebody, and the
// automatic rules with their figures, sources and authors.
package info

import (
	"embed"
	"net/http"
	"path"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/lawtext"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the public pages.
type Handler struct {
	kit   *kit.Kit
	words person.Words
}

// Register adds the routes.
func Register(k *kit.Kit, words person.Words) {
	h := &Handler{kit: k, words: words}
	k.Handle("GET /guichets", kit.Anyone, h.places)
	k.Handle("GET /regles", kit.Anyone, h.rules)
	k.Handle("GET /regles/{right}", kit.Anyone, h.rule)
}

// placesView is where to meet somebody.
type placesView struct {
	House kit.House
}

func (h *Handler) places(w http.ResponseWriter, r *http.Request) error {
	house := h.kit.HouseOf(r)
	v := kit.From(r.Context())
	return h.kit.Render(w, r, kit.Page{
		Template: "info/places", Title: v.T("web.frame.places"), Sheet: "gate.css", Public: v.Actor.IsZero() || v.Actor.Kind == core.ActorPerson,
		View: placesView{House: house},
	})
}

// rulesView lists the rights computed here.
type rulesView struct {
	Digest  string
	Rights  []ruleLine
	Figures []figure
}

// ruleLine is one right.
type ruleLine struct{ Right, Name, Decides, File string }

func (h *Handler) rules(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	out := rulesView{Digest: h.words.Law.Digest()}
	for _, sheet := range h.words.Law.Rights() {
		out.Rights = append(out.Rights, ruleLine{sheet.Name, h.words.Name(v.P, sheet.Name), h.words.Decides(v.P, sheet.Name), path.Base(sheet.File)})
	}
	for _, param := range h.words.Law.Program().IR.Params {
		if f, ok := viewFigure(v.P, param); ok {
			out.Figures = append(out.Figures, f)
		}
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "info/rules", Title: v.T("web.frame.rules"), Sheet: "gate.css", Public: v.Actor.IsZero() || v.Actor.Kind == core.ActorPerson, View: out,
	})
}

// ruleView is one right: its texts, and the dated figures of its law file.
type ruleView struct {
	Name       string
	Decides    string
	Texts      []string
	Claiming   []person.Way
	Entails    []person.Sentence
	Contest    []person.Sentence
	NotCovered []person.Sentence
	File       string
}

// figure is one dated parameter.
type figure struct {
	Label    person.Sentence
	Values   []dated
	Expected string
}

// dated is one value of it.
type dated struct{ Value, Since, Source string }

func (h *Handler) rule(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	sheet, ok := h.words.Law.Right(r.PathValue("right"))
	if !ok {
		return errs.New(errs.NotFound, "")
	}
	p := v.P
	out := ruleView{
		Name: h.words.Name(p, sheet.Name), Decides: h.words.Decides(p, sheet.Name), Texts: sheet.Texts, Claiming: h.words.Claiming(p, sheet.Name), Entails: h.words.Entails(p, sheet.Name),
		Contest: h.words.Contest(p, sheet.Name), NotCovered: h.words.NotCovered(p, sheet.Name), File: path.Base(sheet.File),
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "info/rule", Title: out.Name + " · " + v.T("web.frame.rules"), Sheet: "gate.css", Public: v.Actor.IsZero() || v.Actor.Kind == core.ActorPerson, View: out,
	})
}

// viewFigure says a plain parameter; grids are read in the law's own file.
func viewFigure(p *i18n.Printer, param ir.Param) (figure, bool) {
	f := figure{Label: lawtext.Say(p, lawtext.Param(param.Name), param.Label)}
	if param.Label == "" {
		f.Label = person.Sentence{Text: param.Name}
	}
	for i := len(param.Versions) - 1; i >= 0; i-- {
		x := param.Versions[i]
		if x.Grid != nil || x.Ended {
			continue
		}
		f.Values = append(f.Values, dated{Value: person.Quantity(p, x.Value, param.Type.Unit.String()), Since: dayText(p, x.From), Source: x.Source})
	}
	if param.Expected != 0 {
		f.Expected = dayText(p, param.Expected)
	}
	return f, len(f.Values) > 0
}

func dayText(p *i18n.Printer, d ir.Day) string {
	year, month, day := d.Civil()
	return p.Date(core.Date{Year: year, Month: time.Month(month), Day: day})
}
