package papers

import (
	"errors"
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// listView is what a worker sees of a person's papers.
type listView struct {
	ID     core.ID
	Name   string
	Call   string
	Form   *kit.Form
	Papers []tile
	Needs  []need
	Lacks  bool // a paper is missing: the list can be printed
	Teams  []option
	Sorts  []group
	NoKey  bool
	Sealed bool
	Max    int
}

func (h *Handler) list(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderList(w, r, form, http.StatusOK)
}

func (h *Handler) renderList(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	shelf, err := h.vault.Read(r.Context(), id)
	if err != nil {
		return err
	}
	steps, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	base := fileOf(shelf.Person)
	form.Action = base
	view := listView{ID: shelf.Person, Name: shelf.Identity.DisplayName(), Call: person.CallName(p, shelf.Identity), Form: form, Sorts: h.sorts(p), NoKey: !shelf.HasKey, Sealed: shelf.Sealed, Max: maxMB()}
	view.Papers = tiles(p, shelf.Papers, shelf.Today, base)
	view.Needs = needs(p, steps.Plan, shelf.Papers, shelf.Today, base, "/personnes/"+string(shelf.Person)+"/demarches")
	for _, n := range view.Needs {
		view.Lacks = view.Lacks || len(n.Lacks) > 0
	}
	for _, t := range shelf.Mine {
		view.Teams = append(view.Teams, option{string(t.ID), t.Name})
	}
	return h.kit.Render(w, r, kit.Page{Template: "papers/list", Title: p.T("papers.of", "name", view.Name), Sheet: "mine.css", Nav: "people", Status: status, View: view})
}

// bringFor takes files that a worker puts in somebody's papers.
func (h *Handler) bringFor(w http.ResponseWriter, r *http.Request, files *kit.Files) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	in := vault.Input{Sort: vault.Sort(v.Get("sort"))}
	if team := v.Get("team"); team != "" {
		in.Team, in.Take = core.ID(team), v.Get("copy") != ""
		if in.Until, err = person.ReadDay(v.Get("until")); err != nil {
			err = errors.Join(errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("until")}, files.Drain())
		}
	}
	var kept, already int
	var last vault.Deposited
	if err == nil {
		kept, already, last, err = h.take(r.Context(), id, files, in)
	}
	if errs.Is(err, errs.Conflict) { // no card yet
		err = errs.Fields{errs.New(errs.Invalid, "errs.papers.no_key").On("file")}
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderList(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, flashOf(kept, already, last))
	h.kit.Redirect(w, r, fileOf(id))
	return nil
}

func (h *Handler) showGiven(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderGiven(w, r, form, http.StatusOK)
}

func (h *Handler) renderGiven(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	paper, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	one, shelf, err := h.vault.See(r.Context(), id, paper)
	if err != nil {
		return err
	}
	p := printer(r)
	view := h.view(r, form, one, shelf, fileOf(shelf.Person))
	view.ID, view.Back, view.BackName = shelf.Person, fileOf(shelf.Person), p.T("papers.of", "name", shelf.Identity.DisplayName())
	for _, g := range one.Grants {
		view.Take = view.Take || g.May(vault.Take)
		view.Grants = append(view.Grants, grantLine{ID: g.ID, Says: p.T("papers.given_until", "date", p.Date(g.Until))})
	}
	return h.kit.Render(w, r, kit.Page{Template: "papers/given", Title: view.Tile.Name, Sheet: "mine.css", Nav: "people", Status: status, View: view})
}

func (h *Handler) changeGiven(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	paper, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	d, err := readDetails(r)
	if err == nil {
		err = h.vault.Change(r.Context(), id, paper, d)
	}
	if err != nil {
		form, err := h.refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderGiven(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_changed"})
	h.kit.Redirect(w, r, fileOf(id)+"/"+string(paper))
	return nil
}

func (h *Handler) fileGiven(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	return h.send(w, r, id)
}

// missingDoc is the list of what steps still ask for, to be given to the person.
func (h *Handler) missingDoc(r *http.Request) (printed.Doc, error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return printed.Doc{}, err
	}
	shelf, err := h.vault.Read(r.Context(), id)
	if err != nil {
		return printed.Doc{}, err
	}
	steps, err := h.plans.Read(r.Context(), id)
	if err != nil {
		return printed.Doc{}, err
	}
	tag, large := printed.Asked(r)
	p := i18n.For(tag)
	who := shelf.Identity.DisplayName()
	base := fileOf(shelf.Person)
	doc := printed.Doc{
		Title: p.T("papers.missing_title"), Who: who, Lead: p.T("print.made", "name", printed.Foreign(p, who), "date", p.Date(shelf.Today)), Tag: tag, Large: large, At: shelf.Today.Time(),
		House: h.kit.HouseOf(r), Back: base, BackName: p.T("papers.of", "name", who), Here: base + "/manquants",
	}
	none := true
	for _, n := range needs(p, steps.Plan, shelf.Papers, shelf.Today, base, "") {
		if len(n.Lacks) == 0 {
			continue
		}
		none = false
		var boxes []string
		for _, l := range n.Lacks {
			boxes = append(boxes, p.T("papers.missing_line", "paper", printed.Foreign(p, l.Name), "by", printed.Foreign(p, l.By)))
		}
		doc.Blocks = append(doc.Blocks, printed.Heading(1, printed.Foreign(p, n.Title)), printed.Boxes(boxes))
	}
	if none {
		doc.Blocks = append(doc.Blocks, printed.Text(p.T("papers.missing_none")))
	} else {
		doc.Blocks = append(doc.Blocks, printed.Soft(p.T("papers.missing_more")))
	}
	doc.Blocks = append(doc.Blocks, printed.Where(p, doc.House)...)
	return doc, nil
}

func (h *Handler) missing(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.missingDoc(r)
	if err != nil {
		return err
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) missingPDF(w http.ResponseWriter, r *http.Request) error {
	doc, err := h.missingDoc(r)
	if err != nil {
		return err
	}
	return printed.PDF(w, doc, printed.FileName("liste", ""))
}
