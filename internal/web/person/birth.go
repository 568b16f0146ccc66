package person

import (
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// parentAge is the least difference of age, in years, of somebody offered as the
// other parent of a newborn child.
const parentAge = 12

const pregnantFact = "enceinte"

// birthView is the page of a birth.
type birthView struct {
	ID     core.ID
	Name   string
	Call   string
	Form   *kit.Form
	Others []humanLine // who may be the other parent
}

func (h *Handler) showBirth(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("lives", "oui")
	if !form.Has("other_parent", "") && form.Value("other_parent") == "" {
		form.Values.Set("other_parent", "") // nothing said is an answer
	}
	return h.renderBirth(w, r, form, http.StatusOK)
}

func (h *Handler) renderBirth(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	person, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	hv, err := h.cases.Household(r.Context(), id, core.Date{})
	if err != nil {
		return err
	}
	p := printer(r)
	view := birthView{ID: id, Name: person.DisplayName(), Call: callName(p, person.Title, person.Identity), Form: form}
	for _, line := range listHumans(p, id, hv) {
		human := hv.Humans[line.ID]
		if line.Self || straightLine(hv, id, line.ID) || !human.Died.IsZero() || !human.Birth.IsZero() && surelyUnder(human.Birth, parentAge, hv.On) {
			continue
		}
		view.Others = append(view.Others, line)
	}
	form.Default("usual_name", person.UsualName)
	return h.kit.Render(w, r, kit.Page{Template: "person/birth", Title: p.T("home.birth_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view, Script: true})
}

// straightLine tells that one of two people is the other's parent.
func straightLine(hv casefile.HouseholdView, a, b core.ID) bool {
	return slices.ContainsFunc(hv.Kin, func(k casefile.Kinship) bool {
		return k.Kind == casefile.ParentOf && (k.A == a && k.B == b || k.A == b && k.B == a)
	})
}

// surelyUnder tells that somebody is younger than an age, whatever their birth day is.
func surelyUnder(birth core.PartialDate, age int, on core.Date) bool {
	_, oldest := birth.AgeOn(on)
	return oldest < age
}

// addBirth adds a child from the day of birth, with the other parent when one is said.
func (h *Handler) addBirth(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	v := r.PostForm
	born, err := readDay(v.Get("birth"))
	switch {
	case err != nil || born.IsZero():
		err = errs.New(errs.Invalid, "web.form.day_shape").On("birth")
	case h.cases.Today(r.Context()).Before(born):
		err = errs.New(errs.Invalid, "home.birth_to_come").On("birth")
	default:
		in := casefile.HouseholdInput{
			Identity: casefile.Identity{GivenNames: v.Get("given_names"), UsualName: v.Get("usual_name"), Birth: core.PartialDate{Year: born.Year, Month: int(born.Month), Day: born.Day}},
			LivesIn:  v.Get("lives") == "oui", Relation: casefile.RelationChild, OtherParent: core.ID(v.Get("other_parent")),
		}
		if in.LivesIn {
			in.From = born
		}
		_, err = h.cases.AddToHousehold(r.Context(), id, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Action = ""
		return h.renderBirth(w, r, form, http.StatusUnprocessableEntity)
	}
	return h.afterBirth(w, r, id)
}

// afterBirth goes back to the household, or to the pregnancy that the file still
// counts: it ends with the birth, and only people may say whose it was.
func (h *Handler) afterBirth(w http.ResponseWriter, r *http.Request, id core.ID) error {
	file, err := h.cases.OpenFile(r.Context(), id, 0)
	if err != nil {
		return err
	}
	for _, l := range file.Facts {
		if l.Variable == pregnantFact && l.State == casefile.Known && l.Value == "true" && l.Until.IsZero() {
			h.kit.SetFlash(w, r, kit.Flash{Bold: "home.birth_saved", Rest: "home.birth_pregnant"})
			h.kit.Redirect(w, r, factPath(id, l.Variable, l.Subject))
			return nil
		}
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "home.birth_saved", Rest: "web.file.rights_recomputed"})
	h.kit.Redirect(w, r, path(id)+"/foyer")
	return nil
}
