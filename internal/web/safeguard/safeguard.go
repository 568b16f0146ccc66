// Package safeguard holds the page of what concerns a child in danger or at risk, kept
// apart from the file: read by those who are named for it, one by one.
package safeguard

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	children "codeberg.org/parvis/parvis/internal/duty/safeguard"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of this area.
type Handler struct {
	kit      *kit.Kit
	children *children.Service
}

// Register adds the routes of this area.
func Register(k *kit.Kit, c *children.Service) {
	h := &Handler{kit: k, children: c}
	k.Handle("GET /personnes/{id}/enfance", kit.Worker, h.show)
	k.Handle("POST /personnes/{id}/enfance", kit.Worker, h.write)
	k.Handle("POST /personnes/{id}/enfance/suite", kit.Worker, h.add)
	k.Handle("POST /personnes/{id}/enfance/cercle", kit.Worker, h.name)
	k.Handle("POST /personnes/{id}/enfance/reprise", kit.Worker, h.takeUp)
}

// view is the page beside a file.
type view struct {
	ID         core.ID
	Name       string
	Form       *kit.Form
	Records    []record
	Colleagues []children.Member
	Alone      bool
}

type record struct {
	ID                             core.ID
	Kind, Child, Words, To, Family string
	Says                           string
	Circle                         string
	Follow                         []follow
	Others                         []children.Member // colleagues who are not named yet
}

type follow struct{ Words, Says string }

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
	page, err := h.children.List(r.Context(), id)
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	p := v.P
	form.Action = "/personnes/" + string(page.File) + "/enfance"
	out := view{ID: page.File, Name: page.Name, Form: form, Colleagues: page.Colleagues, Alone: page.Alone > 0}
	day := func(at int64) string { return p.Date(core.DateOf(kit.Instant(v, at))) }
	for _, c := range page.Records {
		one := record{ID: c.ID, Kind: p.T("safeguard.kind_" + string(c.Kind)), Child: c.Child, Words: c.Words, To: c.To,
			Says: p.T("safeguard.says", "date", p.Date(c.On), "worker", c.By, "written", day(c.At))}
		one.Family = p.T("safeguard.not_told", "why", c.WhyNot)
		if c.Told {
			one.Family = p.T("safeguard.was_told", "who", c.ToldTo)
		}
		named := map[core.ID]bool{}
		var names []string
		for _, m := range c.Circle {
			named[m.ID] = true
			names = append(names, m.Name)
		}
		one.Circle = p.List(names)
		for _, m := range page.Colleagues {
			if !named[m.ID] {
				one.Others = append(one.Others, m)
			}
		}
		for _, f := range c.Follow {
			one.Follow = append(one.Follow, follow{Words: f.Words, Says: p.T("safeguard.follow_says", "worker", f.By, "date", day(f.At))})
		}
		out.Records = append(out.Records, one)
	}
	return h.kit.Render(w, r, kit.Page{Template: "safeguard/safeguard", Title: p.T("safeguard.title"), Sheet: "file.css", Nav: "people", View: out, Status: status, Script: true})
}

func (h *Handler) write(w http.ResponseWriter, r *http.Request) error {
	f := r.PostForm
	in := children.Input{Kind: children.Kind(f.Get("kind")), Child: f.Get("child"), Words: f.Get("words"), To: f.Get("to"), Told: f.Get("told") == "yes", ToldTo: f.Get("told_to"), WhyNot: f.Get("why_not")}
	for _, s := range f["circle"] {
		id, err := core.ParseID(s)
		if err != nil {
			return errs.New(errs.Invalid, "web.error.form_broken")
		}
		in.Circle = append(in.Circle, id)
	}
	var err error
	if in.On, err = person.ReadDay(f.Get("on")); err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("on")}
	} else {
		var id core.ID
		if id, err = kit.PathID(r, "id"); err == nil {
			_, err = h.children.Write(r.Context(), id, in)
		}
	}
	return h.after(w, r, err, "safeguard.written")
}

func (h *Handler) add(w http.ResponseWriter, r *http.Request) error {
	return h.on(w, r, "safeguard.added", func(file, record core.ID) error {
		return h.children.Add(r.Context(), file, record, r.PostForm.Get("more"))
	})
}

func (h *Handler) name(w http.ResponseWriter, r *http.Request) error {
	return h.on(w, r, "safeguard.named", func(file, record core.ID) error {
		worker, err := core.ParseID(r.PostForm.Get("collegue"))
		if err != nil {
			return errs.New(errs.Invalid, "errs.safeguard.circle")
		}
		return h.children.Name(r.Context(), file, record, worker)
	})
}

func (h *Handler) takeUp(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	return h.after(w, r, h.children.TakeUp(r.Context(), id, r.PostForm.Get("why")), "safeguard.taken_up")
}

// on does a gesture on one record.
func (h *Handler) on(w http.ResponseWriter, r *http.Request, said string, do func(file, record core.ID) error) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	one, err := core.ParseID(r.PostForm.Get("ecrit"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "", err)
	}
	return h.after(w, r, do(id, one), said)
}

func (h *Handler) after(w http.ResponseWriter, r *http.Request, err error, said string) error {
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: said})
	h.kit.Redirect(w, r, "/personnes/"+r.PathValue("id")+"/enfance")
	return nil
}
