package desk

import (
	"net/http"
	"net/url"
	"strconv"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// hurdlesView is the register of obstacles.
type hurdlesView struct {
	Form     *kit.Form
	Services []option
	Kinds    []option
	Items    []hurdleLine
	Next     string
	Before   bool
	Year     int
	Sheets   []option // address of the paper of each service that has obstacles this year
}

type hurdleLine struct {
	ID               core.ID
	Day, Title, Kind string
	Words            string
	Void             bool
	Form             *kit.Form
}

func (h *Handler) hurdles(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	for _, name := range []string{"service", "kind"} { // one gesture from a passage or a step
		form.Default(name, r.URL.Query().Get(name))
	}
	return h.renderHurdles(w, r, form, http.StatusOK)
}

func (h *Handler) renderHurdles(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	after := r.URL.Query().Get("apres")
	page, err := h.desks.ListHurdles(r.Context(), after)
	if err != nil {
		return err
	}
	year := h.desks.Today(r.Context()).Year
	figures, err := h.desks.Figures(r.Context(), year)
	if err != nil {
		return err
	}
	p := printer(r)
	v := hurdlesView{Form: form, Services: services(p), Kinds: options(p, "desk.obstacle.kind.", desk.HurdleKinds()), Before: after != "", Year: year}
	for _, one := range page.Items {
		title := p.T("desk.service." + one.Service)
		if one.Name != "" {
			title = p.T("desk.sent_name_said", "service", title, "name", one.Name)
		}
		v.Items = append(v.Items, hurdleLine{ID: one.ID, Day: p.DayMonth(one.Day), Title: title, Kind: p.T("desk.obstacle.kind." + one.Kind), Words: sentence(one.Words), Void: one.Void, Form: form})
	}
	for _, t := range figures.Tables {
		for _, row := range t.Rows {
			if t.Part == desk.Obstacles {
				v.Sheets = append(v.Sheets, option{sheetPath(row.Value, year), p.T("desk.service." + row.Value)})
			}
		}
	}
	if page.Next != "" {
		v.Next = "/accueil/obstacles?apres=" + url.QueryEscape(page.Next)
	}
	return h.kit.Render(w, r, kit.Page{Template: "desk/obstacles", Title: p.T("desk.obstacle.title"), Sheet: "counter.css", Nav: "desk", View: v, Status: status, Script: true})
}

// services are those an obstacle may be held against: not one's own social worker.
func services(p *i18n.Printer) []option {
	var out []option
	for _, o := range options(p, "desk.service.", desk.Services()) {
		if o.Value != "duty" {
			out = append(out, o)
		}
	}
	return out
}

func sheetPath(service string, year int) string {
	return "/accueil/obstacles/" + service + "/" + strconv.Itoa(year)
}

func (h *Handler) noteHurdle(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	_, err := h.desks.NoteHurdle(r.Context(), desk.Hurdle{Service: f.Get("service"), Name: f.Get("name"), Kind: f.Get("kind"), Words: f.Get("words")})
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderHurdles(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "desk.obstacle.noted", Rest: "desk.obstacle.noted_how"})
	h.kit.Redirect(w, r, "/accueil/obstacles")
	return nil
}

func (h *Handler) voidHurdle(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := h.desks.VoidHurdle(r.Context(), id, r.PostForm.Get("geste") == "erreur"); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	h.kit.Redirect(w, r, "/accueil/obstacles")
	return nil
}

// hurdleDoc is what may be given to a mediator or to the Défenseur des droits about one
// service: how many times, of what kind, in which year. No date, no word, nobody.
func (h *Handler) hurdleDoc(r *http.Request) (printed.Doc, error) {
	year, err := pathYear(r)
	if err != nil {
		return printed.Doc{}, err
	}
	service := r.PathValue("service")
	one, err := h.desks.OfService(r.Context(), service, year)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := tagged(tag)
	house := h.kit.HouseOf(r)
	name := p.T("desk.service." + service)
	today := h.desks.Today(r.Context())
	d := printed.Doc{
		Title: p.T("desk.obstacle.sheet_title", "service", name), Who: strconv.Itoa(year), Lead: p.T("desk.obstacle.sheet_lead", "year", strconv.Itoa(year), "date", p.Date(today)),
		Tag: tag, Large: large, At: today.Time(), House: house, Back: "/accueil/obstacles", BackName: printer(r).T("desk.obstacle.title"), Here: sheetPath(service, year),
	}
	var rows [][]string
	for _, row := range one.Rows {
		rows = append(rows, []string{p.T("desk.obstacle.kind." + row.Value), shown(p, row.Numbers[0])})
	}
	if len(rows) == 0 {
		d.Blocks = append(d.Blocks, printed.Text(p.T("desk.obstacle.sheet_none")))
	} else {
		rows = append(rows, []string{p.T("desk.figures.sum"), shown(p, one.Total)})
		d.Blocks = append(d.Blocks, printed.Table([]string{p.T("desk.obstacle.kind_label"), p.T("desk.obstacle.times")}, []float64{.75, .25}, rows))
	}
	d.Blocks = append(d.Blocks, printed.Text(p.T("desk.obstacle.sheet_how")), printed.Soft(p.T("desk.figures.small", "fewest", desk.Fewest)),
		printed.Heading(1, p.T("desk.obstacle.sheet_words")), printed.Lines(5), printed.Heading(1, p.T("desk.obstacle.sheet_to")), printed.Text(p.T("desk.obstacle.sheet_to_how")))
	d.Blocks = append(d.Blocks, printed.Where(p, house)...)
	return d, nil
}

func (h *Handler) hurdleSheet(w http.ResponseWriter, r *http.Request) error {
	d, err := h.hurdleDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, d)
}

func (h *Handler) hurdlePDF(w http.ResponseWriter, r *http.Request) error {
	d, err := h.hurdleDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, d, printed.FileName("obstacles", ""))
}
