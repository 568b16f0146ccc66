package talk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// noticeView is where a person stands towards the calculations.
type noticeView struct {
	ID       core.ID
	Name     string
	Call     string
	Form     *kit.Form
	House    kit.House
	Told     string // « Prévenue le 4 juin 2026, de vive voix, par Claire Maurel. »
	Objects  string
	Included bool
	Last     string
	Hows     []option
	Aside    []asideLine
}

// asideLine is a right set aside.
type asideLine struct {
	Pause core.ID
	Right string
	Say   string
}

func (h *Handler) showNotice(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderNotice(w, r, form, http.StatusOK)
}

func (h *Handler) renderNotice(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	n, err := h.talks.ReadNotice(r.Context(), id)
	if err != nil {
		return err
	}
	view := h.viewNotice(r, n, form)
	for _, pause := range n.Pauses {
		view.Aside = append(view.Aside, asideLine{pause.ID, h.words.Name(printer(r), pause.Right), h.aside(r, pause, n.Workers)})
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/notice", Title: printer(r).T("conversations.notice_title", "name", view.Name), Sheet: "file.css", Nav: "people", Status: status, View: view})
}

func (h *Handler) viewNotice(r *http.Request, n talk.Notice, form *kit.Form) noticeView {
	p := printer(r)
	v := noticeView{ID: n.ID, Name: n.Person.DisplayName(), Call: person.CallName(p, n.Person), Form: form, House: h.kit.HouseOf(r), Included: n.Included()}
	for _, how := range []talk.How{talk.Aloud, talk.Letter} {
		v.Hows = append(v.Hows, option{string(how), p.T("conversations.how." + string(how))})
	}
	if !n.InformedOn.IsZero() {
		v.Told = p.T("conversations.told", "date", p.Date(n.InformedOn), "how", p.T("conversations.how."+string(n.InformedHow)), "worker", n.Workers[n.InformedBy])
	}
	if !n.ObjectedOn.IsZero() {
		v.Objects = p.T("conversations.objects", "date", p.Date(n.ObjectedOn), "how", p.T("conversations.how."+string(n.ObjectedHow)))
	}
	if n.Last != 0 {
		v.Last = p.T("conversations.last_of", "date", p.Date(dayOf(r, n.Last)))
	}
	return v
}

// readTell reads what both forms of a notice send.
func readTell(v url.Values) (talk.TellInput, error) {
	in := talk.TellInput{How: talk.How(v.Get("how"))}
	day := strings.TrimSpace(v.Get("on"))
	if day == "" {
		return in, nil
	}
	on, err := person.ReadDay(day)
	if err != nil {
		return in, errs.Fields{errs.Wrap(errs.Invalid, "web.form.day_shape", err).On("on")}
	}
	in.On = on
	return in, nil
}

func (h *Handler) tell(w http.ResponseWriter, r *http.Request) error {
	return h.gesture(w, r, "conversations.tell_saved", func(id core.ID) error {
		in, err := readTell(r.PostForm)
		if err != nil {
			return err
		}
		return h.talks.Tell(r.Context(), id, in)
	})
}

func (h *Handler) object(w http.ResponseWriter, r *http.Request) error {
	return h.gesture(w, r, "conversations.object_saved", func(id core.ID) error {
		in, err := readTell(r.PostForm)
		if err != nil {
			return err
		}
		return h.talks.Object(r.Context(), id, in)
	})
}

func (h *Handler) lift(w http.ResponseWriter, r *http.Request) error {
	return h.gesture(w, r, "conversations.lift_saved", func(id core.ID) error { return h.talks.Lift(r.Context(), id) })
}

// gesture does one thing on the page of a person's calculations and comes back to it.
func (h *Handler) gesture(w http.ResponseWriter, r *http.Request, saved string, do func(core.ID) error) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := do(id); err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Action = "/personnes/" + string(id) + "/calculs"
		return h.renderNotice(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: saved})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/calculs")
	return nil
}

// untoldView is who was not told yet.
type untoldView struct {
	Form  *kit.Form
	List  []talk.Untold
	Hows  []option
	Team  string
	Teams []option
	Next  string
}

func (h *Handler) showUntold(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	form.Default("equipe", r.URL.Query().Get("equipe"))
	return h.renderUntold(w, r, form, http.StatusOK)
}

func (h *Handler) renderUntold(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	p := printer(r)
	v := kit.From(r.Context())
	over := talk.Over{Team: core.ID(form.Value("equipe"))}
	if over.Team != "" && !slices.Contains(v.Actor.Teams, over.Team) {
		h.kit.Redirect(w, r, "/conversations/prevenir")
		return nil
	}
	page, err := h.talks.ListUntold(r.Context(), over, r.URL.Query().Get("apres"))
	if errs.Is(err, errs.Invalid) {
		h.kit.Redirect(w, r, "/conversations/prevenir")
		return nil
	}
	if err != nil {
		return err
	}
	view := untoldView{Form: form, List: page.Items, Team: string(over.Team)}
	for _, how := range []talk.How{talk.Aloud, talk.Letter} {
		view.Hows = append(view.Hows, option{string(how), p.T("conversations.how." + string(how))})
	}
	for _, id := range v.Actor.Teams {
		if name := page.TeamNames[id]; name != "" {
			view.Teams = append(view.Teams, option{string(id), name})
		}
	}
	if page.Next != "" {
		view.Next = "/conversations/prevenir?" + url.Values{"equipe": {view.Team}, "apres": {page.Next}}.Encode()
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/untold", Title: p.T("conversations.untold_title"), Sheet: "file.css", Nav: "today", Status: status, View: view})
}

func (h *Handler) tellAll(w http.ResponseWriter, r *http.Request) error {
	in, err := readTell(r.PostForm)
	var people []core.ID
	for _, value := range r.PostForm["who"] {
		id, bad := core.ParseID(value)
		if bad != nil {
			return errs.Wrap(errs.NotFound, "", bad)
		}
		people = append(people, id)
	}
	if err == nil {
		err = h.talks.TellAll(r.Context(), people, in)
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderUntold(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.tell_all_saved", Rest: "conversations.tell_all_rest"})
	h.kit.Redirect(w, r, "/conversations/prevenir")
	return nil
}

// The person's own page.

func (h *Handler) showOwn(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	n, err := h.talks.ReadOwn(r.Context())
	if err != nil {
		return err
	}
	return h.kit.Render(w, r, kit.Page{Template: "talk/own", Title: printer(r).T("conversations.own_title"), Sheet: "file.css", Public: true, View: h.viewNotice(r, n, form)})
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request) error {
	me := kit.From(r.Context()).Actor.ID
	if err := h.talks.Object(r.Context(), me, talk.TellInput{}); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.own_refused"})
	h.kit.Redirect(w, r, "/moi/calculs")
	return nil
}

func (h *Handler) accept(w http.ResponseWriter, r *http.Request) error {
	me := kit.From(r.Context()).Actor.ID
	if err := h.talks.Lift(r.Context(), me); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "conversations.own_accepted"})
	h.kit.Redirect(w, r, "/moi/calculs")
	return nil
}
