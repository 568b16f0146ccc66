package person

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// chooseView shows the facts that two people wrote at the same time.
type chooseView struct {
	ID    core.ID
	Name  string
	Form  *kit.Form
	Pairs []pairView
}

// pairView is one fact and its two versions, the one that counts now first.
type pairView struct {
	Label    string
	Versions []versionView
}

// versionView is one of the two.
type versionView struct {
	factView
	Keep, Drop core.ID
	Counts     bool
	By         string
}

func (h *Handler) showConflicts(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	file, err := h.cases.OpenFile(r.Context(), id, 0)
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	p := printer(r)
	call := callName(p, file.Person.Title, file.Person.Identity)
	view := chooseView{ID: id, Name: file.Person.DisplayName(), Form: form}
	for _, line := range file.Facts {
		for _, c := range line.Conflicts {
			pair := pairView{Label: factLabel(p, line.Of, line.Subject, id, file.Household)}
			for _, v := range []struct {
				keep, drop casefile.Fact
				counts     bool
			}{{c.Theirs, c.Yours, true}, {c.Yours, c.Theirs, false}} {
				pair.Versions = append(pair.Versions, versionView{
					factView: factView{Value: h.words.stateValue(p, line.Of, v.keep), Since: period(p, v.keep), Source: viewSource(p, call, v.keep)},
					Keep:     v.keep.ID, Drop: v.drop.ID, Counts: v.counts, By: file.Names[v.keep.RecordedBy],
				})
			}
			view.Pairs = append(view.Pairs, pair)
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/choose", Title: p.T("web.conflict.title"), Sheet: "file.css", Nav: "people", View: view})
}

func (h *Handler) chooseFact(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	keep, err := core.ParseID(r.PostForm.Get("keep"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	drop, err := core.ParseID(r.PostForm.Get("drop"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.cases.ChooseFact(r.Context(), id, keep, drop); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.conflict.chosen", Rest: "web.conflict.chosen_rest"})
	h.kit.Redirect(w, r, path(id)+"#situation")
	return nil
}
