package keeping

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"time"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/retention"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// listView is one list of files to delete.
type listView struct {
	Form            *kit.Form
	Path            string
	Title, State    string
	Lead            string
	Groups          []group
	Visa            string
	Waits, Approved bool
	Version         int64
}

func (h *Handler) showList(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderList(w, r, form, http.StatusOK)
}

func (h *Handler) load(r *http.Request) (retention.List, error) {
	id, err := kit.PathID(r, "list")
	if err != nil {
		return retention.List{}, err
	}
	return h.keep.Get(r.Context(), id)
}

func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	l, err := h.load(r)
	if err != nil {
		return err
	}
	p := printer(r)
	view := listView{Form: form, Path: listPath(l.ID), Title: h.titleOf(r, l), State: p.T("keeping.state." + string(l.State)), Groups: h.groups(r, l.Groups),
		Waits: l.State == retention.Waiting, Approved: l.State == retention.Approved, Version: l.Version, Lead: p.N("keeping.list_files", l.Files)}
	if l.State == retention.Running || l.State == retention.Done {
		view.Lead = p.N("keeping.list_gone", l.Gone) + " " + p.N("keeping.list_kept", l.Kept)
	}
	if l.Visa.Ref != "" {
		view.Visa = p.T("keeping.visa_says", "name", l.Visa.Name, "date", p.Date(l.Visa.On), "ref", l.Visa.Ref)
	}
	return h.kit.Render(w, r, kit.Page{Template: "keeping/list", Title: view.Title, Sheet: "file.css", Nav: "team", View: view, Status: status, Script: true})
}

func (h *Handler) move(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "list")
	if err != nil {
		return err
	}
	f := r.PostForm
	version, err := strconv.ParseInt(f.Get("version"), 10, 64)
	if err != nil {
		return errs.New(errs.Invalid, "web.error.form_broken")
	}
	done := ""
	switch f.Get("geste") {
	case "visa":
		var on core.Date
		if on, err = person.ReadDay(f.Get("visa_on")); err != nil {
			err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("visa_on")}
		} else {
			err = h.keep.Approve(r.Context(), id, version, retention.Visa{Name: f.Get("visa_name"), Ref: f.Get("visa_ref"), On: on})
		}
		done = "keeping.visa_done"
	case "retrait":
		err = h.keep.Withdraw(r.Context(), id, version)
		done = "keeping.withdrawn"
	case "suppression":
		err = h.keep.Carry(r.Context(), id, version)
		done = "keeping.carried"
	default:
		return errs.New(errs.Invalid, "web.error.form_broken")
	}
	if errs.Is(err, errs.Conflict) {
		err = errs.New(errs.Invalid, "errs.keeping.list_changed")
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderList(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: done})
	h.kit.Redirect(w, r, listPath(id))
	return nil
}

// doc is the list as the public archives receive it: no name, no number of a file.
func (h *Handler) doc(r *http.Request) (printed.Doc, error) {
	l, err := h.load(r)
	if err != nil {
		return printed.Doc{}, err
	}
	now, err := h.keep.Settings(r.Context())
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := i18n.For(tag)
	var rows [][]string
	for i, g := range l.Groups {
		rows = append(rows, []string{strconv.Itoa(i + 1), p.T("keeping.paper_kind", "team", g.TeamName), strconv.Itoa(g.First.Year) + "–" + strconv.Itoa(g.Last.Year), strconv.Itoa(g.Files)})
	}
	house := h.kit.HouseOf(r)
	d := printed.Doc{Title: p.T("keeping.paper_title"), Who: house.Org, Lead: p.T("keeping.paper_lead"), Tag: tag, Large: large, At: time.UnixMicro(l.MadeAt).UTC(), House: house,
		Back: listPath(l.ID), BackName: p.T("keeping.rule_title"), Here: listPath(l.ID) + "/papier"}
	d.Blocks = []printed.Block{
		printed.Heading(1, p.T("keeping.paper_rule")),
		printed.Text(p.T("keeping.paper_durations", "active", now.Rule.ActiveMonths, "archive", now.Rule.ArchiveMonths, "date", p.Date(l.UpTo))),
		printed.Text(p.T("keeping.paper_basis", "basis", now.Rule.Basis)),
		printed.Heading(1, p.T("keeping.paper_files")),
		printed.Table([]string{p.T("keeping.paper_no"), p.T("keeping.paper_what"), p.T("keeping.paper_years"), p.T("keeping.paper_count")}, []float64{1, 6, 3, 2}, rows),
		printed.Text(p.N("keeping.list_files", l.Files)),
		printed.Heading(1, p.T("keeping.paper_visa")),
	}
	if l.Visa.Ref != "" {
		d.Blocks = append(d.Blocks, printed.Text(p.T("keeping.visa_says", "name", l.Visa.Name, "date", p.Date(l.Visa.On), "ref", l.Visa.Ref)))
	} else {
		d.Blocks = append(d.Blocks, printed.Text(p.T("keeping.paper_sign")), printed.Lines(4))
	}
	return d, nil
}

func (h *Handler) paper(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, d)
}

func (h *Handler) pdf(w http.ResponseWriter, r *http.Request) error {
	d, err := h.doc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, d, "bordereau-"+core.DateOf(d.At).String())
}

func (h *Handler) csv(w http.ResponseWriter, r *http.Request) error {
	l, err := h.load(r)
	if err != nil {
		return err
	}
	p := printer(r)
	var out bytes.Buffer
	out.WriteString("\ufeff") // so that a spreadsheet reads the accents
	c := csv.NewWriter(&out)
	c.Comma = ';'
	rows := [][]string{{p.T("keeping.paper_no"), p.T("keeping.paper_what"), p.T("keeping.csv_first"), p.T("keeping.csv_last"), p.T("keeping.paper_count")}}
	for i, g := range l.Groups {
		rows = append(rows, []string{strconv.Itoa(i + 1), p.T("keeping.paper_kind", "team", g.TeamName), strconv.Itoa(g.First.Year), strconv.Itoa(g.Last.Year), strconv.Itoa(g.Files)})
	}
	if err := c.WriteAll(rows); err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "text/csv; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="bordereau.csv"`)
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Length", strconv.Itoa(out.Len()))
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(out.Bytes())
	return nil
}
