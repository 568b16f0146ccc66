// Package entitled holds the pages of what a person may ask about their data (GDPR art. 15
// and 21): from their own space, and at the counter with their team, which answers.
package entitled

import (
	"context"
	"embed"
	"fmt"
	"net/http"

	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/duty/demand"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Stops stops what an objection is about, through the rooms that do it.
type Stops struct {
	Talks      *talk.Service
	Agreements *agreement.Service
}

var _ demand.Effects = Stops{}

// Stop ends the runs over somebody's rights, or everything shared of their file.
func (s Stops) Stop(ctx context.Context, file core.ID, what demand.What) error {
	switch what {
	case demand.Runs:
		return s.Talks.Object(ctx, file, talk.TellInput{How: talk.Aloud})
	case demand.Sharing:
		list, err := s.Agreements.List(ctx, file)
		if err != nil {
			return err
		}
		for _, c := range list.Consents {
			if st := c.State(list.Today); st == agreement.Live || st == agreement.Coming {
				if err := s.Agreements.Revoke(ctx, file, c.ID); err != nil {
					return err
				}
			}
		}
		return nil
	}
	return fmt.Errorf("nothing stops %q", what)
}

// Handler answers the pages of this area.
type Handler struct {
	kit     *kit.Kit
	cases   *casefile.Service
	demands *demand.Service
}

// Register adds the routes of this area.
func Register(k *kit.Kit, cases *casefile.Service, demands *demand.Service) {
	h := &Handler{kit: k, cases: cases, demands: demands}
	k.Handle("GET /moi/donnees", kit.PersonIn, h.showOwn)
	k.Handle("POST /moi/donnees", kit.PersonIn, h.ask)
	k.Handle("POST /moi/donnees/retirer", kit.PersonIn, h.takeBack)
	k.Handle("GET /moi/donnees/notice", kit.PersonIn, h.notice)
	k.Handle("GET /moi/donnees/notice/pdf", kit.PersonIn, h.noticePDF)
	k.Handle("GET /personnes/{id}/donnees", kit.Worker, h.show)
	k.Handle("POST /personnes/{id}/donnees", kit.Worker, h.note)
	k.Handle("POST /personnes/{id}/donnees/prolonger", kit.Worker, h.extend)
	k.Handle("POST /personnes/{id}/donnees/repondre", kit.Worker, h.answer)
	k.Handle("GET /personnes/{id}/donnees/notice", kit.Worker, h.notice)
	k.Handle("GET /personnes/{id}/donnees/notice/pdf", kit.Worker, h.noticePDF)
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// one is a demand as pages say it.
type one struct {
	ID                             core.ID
	Title, Says, Words, Later, Due string
	State, Answer                  string
	Open, Copy, Refused, MayExtend bool
}

func (h *Handler) say(r *http.Request, all []demand.Demand) []one {
	p := printer(r)
	today := h.kit.Today(kit.From(r.Context()))
	var out []one
	for _, d := range all {
		o := one{ID: d.ID, Title: titleOf(p, d), Says: p.T("entitled.came_"+string(d.Way), "date", p.Date(d.On)), Words: d.Words, Later: d.Later, Open: d.State == demand.Open,
			Copy: d.Kind == demand.Copy, Refused: d.State == demand.Refused, Answer: d.Answer, MayExtend: d.Later == "" && !d.Due.Before(today)}
		if o.Open {
			o.Due = p.T("entitled.due", "date", p.Date(d.Due))
		} else {
			o.State = p.T("entitled.state_"+string(d.State), "date", p.Date(d.AnsweredOn))
		}
		out = append(out, o)
	}
	return out
}

func titleOf(p *i18n.Printer, d demand.Demand) string {
	if d.Kind == demand.Copy {
		return p.T("entitled.copy")
	}
	return p.T("entitled.stop_" + string(d.What))
}

// ownView is the person's page.
type ownView struct {
	Form  *kit.Form
	All   []one
	House kit.House
}

func (h *Handler) showOwn(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderOwn(w, r, form, http.StatusOK)
}

func (h *Handler) renderOwn(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	list, err := h.demands.Own(r.Context())
	if err != nil {
		return err
	}
	form.Action = "/moi/donnees"
	return h.kit.Render(w, r, kit.Page{Template: "entitled/own", Title: printer(r).T("entitled.own_title"), Sheet: "file.css", Public: true, Status: status, Script: true,
		View: ownView{Form: form, All: h.say(r, list), House: h.kit.HouseOf(r)}})
}

// read takes what the two forms share: « copy », or what is to stop.
func read(r *http.Request) demand.Input {
	f := r.PostForm
	in := demand.Input{Kind: demand.Objection, What: demand.What(f.Get("what")), Way: demand.Way(f.Get("way")), Words: f.Get("words")}
	if f.Get("what") == "copy" {
		in.Kind, in.What = demand.Copy, ""
	}
	return in
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request) error {
	if _, err := h.demands.Ask(r.Context(), read(r)); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderOwn(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "entitled.asked", Rest: "entitled.asked_how"})
	h.kit.Redirect(w, r, "/moi/donnees")
	return nil
}

func (h *Handler) takeBack(w http.ResponseWriter, r *http.Request) error {
	id, err := core.ParseID(r.PostForm.Get("demande"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	if err := h.demands.TakeBack(r.Context(), id); err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "entitled.taken_back"})
	h.kit.Redirect(w, r, "/moi/donnees")
	return nil
}

// view is the page of the team.
type view struct {
	ID   core.ID
	Name string
	Form *kit.Form
	All  []one
	For  string // the demand whose gesture was refused
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.render(w, r, form, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	who, err := h.cases.Person(r.Context(), id)
	if err != nil {
		return err
	}
	list, err := h.demands.OfFile(r.Context(), id)
	if err != nil {
		return err
	}
	form.Action = "/personnes/" + string(who.ID) + "/donnees"
	return h.kit.Render(w, r, kit.Page{Template: "entitled/team", Title: printer(r).T("entitled.title"), Sheet: "file.css", Nav: "people", Status: status, Script: true,
		View: view{ID: who.ID, Name: who.DisplayName(), Form: form, All: h.say(r, list), For: form.Value("demande")}})
}

func (h *Handler) note(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	in := read(r)
	if in.On, err = person.ReadDay(r.PostForm.Get("on")); err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("on")}
	} else {
		_, err = h.demands.Note(r.Context(), id, in)
	}
	return h.after(w, r, err, "entitled.noted")
}

func (h *Handler) extend(w http.ResponseWriter, r *http.Request) error {
	return h.on(w, r, "entitled.extended", func(file, id core.ID) error {
		return h.demands.Extend(r.Context(), file, id, r.PostForm.Get("later"))
	})
}

func (h *Handler) answer(w http.ResponseWriter, r *http.Request) error {
	return h.on(w, r, "entitled.answered", func(file, id core.ID) error {
		switch r.PostForm.Get("state") {
		case "done":
			return h.demands.Answer(r.Context(), file, id, true, r.PostForm.Get("answer"))
		case "refused":
			return h.demands.Answer(r.Context(), file, id, false, r.PostForm.Get("answer"))
		}
		return errs.Fields{errs.New(errs.Invalid, "errs.casefile.choice_unknown").On("state")}
	})
}

func (h *Handler) on(w http.ResponseWriter, r *http.Request, said string, do func(file, id core.ID) error) error {
	file, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	id, err := core.ParseID(r.PostForm.Get("demande"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	return h.after(w, r, do(file, id), said)
}

func (h *Handler) after(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: said})
	h.kit.Redirect(w, r, "/personnes/"+r.PathValue("id")+"/donnees")
	return nil
}
