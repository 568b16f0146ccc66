package person

import (
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// preciseView asks a little more after a decision that is already written: why a
// right is not wanted, how much is received. Passing is fine.
type preciseView struct {
	ID    core.ID
	Name  string
	Call  string
	Right string
	Label string
	Kind  casefile.DecisionKind
	After core.ID
	Form  *kit.Form
	Kinds []option
}

func (h *Handler) showPrecise(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderPrecise(w, r, form, http.StatusOK)
}

func (h *Handler) renderPrecise(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	history, err := h.cases.Decisions(r.Context(), id, right)
	if err != nil {
		return err
	}
	if len(history) == 0 || (history[0].Kind != casefile.NotWanted && history[0].Kind != casefile.Receives) {
		h.kit.Redirect(w, r, path(id)+"#droits")
		return nil
	}
	p := printer(r)
	view := preciseView{
		ID: id, Name: person.DisplayName(), Call: callName(p, person.Title, person.Identity), Right: right,
		Label: h.words.Name(p, right), Kind: history[0].Kind, After: history[0].ID, Form: form,
	}
	for _, k := range casefile.NonTakeUps() {
		view.Kinds = append(view.Kinds, option{string(k), p.T("web.non_take_up." + string(k))})
	}
	return h.kit.Render(w, r, kit.Page{
		Template: "person/precise", Title: view.Label + " · " + view.Name, Sheet: "question.css", Nav: "people", Status: status, View: view,
	})
}

func (h *Handler) precise(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	right := r.PathValue("right")
	v := r.PostForm
	var f errs.Fields
	in := casefile.DecisionInput{Right: right, Kind: casefile.DecisionKind(v.Get("kind")), After: core.ID(v.Get("apres")),
		NonTakeUp: casefile.NonTakeUp(v.Get("non_take_up")), Detail: strings.TrimSpace(v.Get("detail"))}
	if amount := strings.TrimSpace(v.Get("amount")); amount != "" {
		canonical, err := casefile.Variable{Name: "amount", Type: casefile.TypeAmount, Max: 10_000}.Read(amount, "amount")
		if err != nil {
			f = append(f, fieldsOf(err)...)
		} else {
			in.Amount = centsOf(canonical)
		}
	}
	since, err := readDate(v.Get("since"))
	if err != nil {
		f.Add("since", "web.form.date_shape")
	} else if !since.IsZero() {
		in.Since, _ = since.Bounds()
	}
	if in.Detail != "" {
		in.Source = casefile.SourceDocument
	}
	if err = f.Err(); err == nil {
		_, err = h.cases.Decide(r.Context(), id, in)
	}
	if err != nil && !errs.Is(err, errs.Conflict) {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderPrecise(w, r, form, http.StatusUnprocessableEntity)
	}
	if err != nil {
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "web.decide.conflict", Rest: "web.decide.conflict_rest"})
	} else {
		h.kit.SetFlash(w, r, kit.Flash{Bold: "web.decide.saved", Rest: "web.decide.saved_rest"})
	}
	h.kit.Redirect(w, r, path(id)+"#"+right)
	return nil
}
