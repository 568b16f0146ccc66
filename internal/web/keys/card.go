package keys

import (
	"net/http"
	"strings"

	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/platform/secret"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// waysView is the page where a worker, with the person, looks after their ways in.
type waysView struct {
	Form     *kit.Form
	ID       core.ID
	Name     string // « Mme Haddad »
	Card     *cardView
	Fresh    *freshCard
	Keys     int
	Accounts int
	Closed   bool // since a death that was taken back
	Codes    bool
}

// cardView is a card in words.
type cardView struct {
	card.Card
	Made core.Date
}

// freshCard is a card just made: it exists in this page and on paper only.
type freshCard struct {
	Code  string
	PIN   string // "" when the person chose it
	State string // sealed, for the prints
}

// paperState is what the prints of a new card are made of, sealed in the page.
type paperState struct{ Code, PIN string }

const (
	paperPurpose = "card paper v1"
)

func (h *Handler) showWays(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderWays(w, r, id, form, nil, http.StatusOK)
}

func (h *Handler) renderWays(w http.ResponseWriter, r *http.Request, id core.ID, form *kit.Form, fresh *freshCard, status int) error {
	form.Again()
	form.Action = "/personnes/" + string(id) + "/acces"
	view := waysView{Form: form, ID: id, Fresh: fresh, Codes: h.codes}
	now, err := h.cards.Read(r.Context(), id)
	if err != nil {
		return err
	}
	p := kit.From(r.Context()).P
	view.Name = person.CallName(p, casefile.Identity{Title: casefile.Title(now.Called.Title), UsualName: now.Called.UsualName, GivenNames: now.Called.GivenNames, FirstNameOfUse: now.Called.FirstNameOfUse})
	view.Card, view.Keys, view.Accounts, view.Closed = shown(r, now.Card), now.Keys, now.Accounts, now.Closed
	return h.kit.Render(w, r, kit.Page{Template: "keys/ways", Title: p.T("signin.ways.title", "name", view.Name), Sheet: "gate.css", Nav: "people", Status: status, View: view})
}

func shown(r *http.Request, c *card.Card) *cardView {
	if c == nil {
		return nil
	}
	return &cardView{*c, core.DateOf(c.MadeAt.In(kit.From(r.Context()).Place()))}
}

// makeCard answers with the page and the card in it: it exists nowhere else, so there
// is no redirect to lose it in.
func (h *Handler) makeCard(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	pin, again := secret.String(r.PostForm.Get("pin")), secret.String(r.PostForm.Get("pin2"))
	if r.PostForm.Get("choix") != "soi" {
		pin, again = "", ""
	} else if pin == "" && again == "" {
		pin = " " // asked for, and not given
	}
	made, err := h.cards.Make(r.Context(), id, pin, again)
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		form.Values.Del("pin")
		form.Values.Del("pin2")
		return h.renderWays(w, r, id, form, nil, http.StatusUnprocessableEntity)
	}
	fresh := &freshCard{Code: made.Code.Reveal(), PIN: made.PIN.Reveal()}
	session := string(core.ActorFrom(r.Context()).Session)
	if fresh.State, err = h.access.SealState(paperPurpose, session, paperState{fresh.Code, fresh.PIN}, h.paperLife); err != nil {
		return err
	}
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderWays(w, r, id, form, fresh, http.StatusOK)
}

// printCard makes the paper of a card that was made a moment ago, in a language and
// a size.
func (h *Handler) printCard(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	var st paperState
	if err := h.access.OpenState(paperPurpose, string(core.ActorFrom(r.Context()).Session), r.PostForm.Get("etat"), &st); err != nil {
		h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "signin.ways.paper_gone", Rest: "signin.ways.paper_gone_rest"})
		h.kit.Redirect(w, r, "/personnes/"+string(id)+"/acces")
		return nil
	}
	tag := r.PostForm.Get("langue")
	if !i18n.Known(tag) {
		tag = i18n.French
	}
	origin := h.keys.Configured()
	if origin == "" {
		origin = kit.Origin(r)
	}
	p := i18n.For(tag)
	large := tag == i18n.EasyFrench || r.PostForm.Get("grand") != ""
	out, err := pdf.Write(pdf.Options{
		Title: p.T("signin.paper.title"), Lang: p.Lang(), At: h.kit.Clock.Now(), RTL: p.Dir() == "rtl", Large: large,
		Page: func(n, of int) string { return p.T("print.page", "n", n, "of", of) },
	}, func(d *pdf.Document) {
		paper(d, p, st, origin, h.kit.HouseOf(r))
	})
	if err != nil {
		return err
	}
	return printed.Send(w, out, "carte")
}

// paper writes the card, how it serves, and under the fold the PIN when it was drawn.
// Neither the person's name nor what the place is stands on it.
func paper(d *pdf.Document, p *i18n.Printer, st paperState, origin string, house kit.House) {
	d.Title(p.T("signin.paper.title"))
	d.Text(p.T("signin.paper.lead"), pdf.Lead)
	first, second := split(st.Code)
	lost := p.T("signin.paper.lost")
	if house.Phone != "" {
		lost = p.T("signin.paper.lost_phone", "phone", printed.Foreign(p, house.Phone))
	}
	d.Pocket(origin+"/carte#"+strings.ReplaceAll(st.Code, "-", ""), "Parvis", printed.Foreign(p, first), printed.Foreign(p, second), lost)
	d.Heading(1, p.T("signin.paper.how"))
	d.Items([]string{
		p.T("signin.paper.scan"), p.T("signin.paper.type", "address", printed.Foreign(p, origin+"/carte")), p.T("signin.paper.pin"), p.T("signin.paper.tries", "n", card.MaxTries),
	})
	d.Text(p.T("signin.paper.keep"), pdf.Body)
	if st.PIN != "" {
		d.Fold(p.T("signin.paper.fold"))
		d.Code(p.T("signin.paper.pin_is"), st.PIN[:3]+" "+st.PIN[3:], p.T("signin.paper.pin_keep"))
	}
}

// split halves a code of seven groups.
func split(code string) (first, second string) {
	groups := strings.Split(code, "-")
	n := (len(groups) + 1) / 2
	return strings.Join(groups[:n], "-"), strings.Join(groups[n:], "-")
}

// stopCard ends a card, at the counter or by telephone, or all that lets its person in.
func (h *Handler) stopCard(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	if r.PostForm.Get("par") == "tout" {
		if err := h.cards.StopAll(r.Context(), id); err != nil {
			return err
		}
		h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.ways.all_done", Rest: "signin.ways.all_done_rest"})
		h.kit.Redirect(w, r, "/personnes/"+string(id)+"/acces")
		return nil
	}
	byPhone := r.PostForm.Get("par") == "telephone"
	if byPhone && r.PostForm.Get("reconnu") == "" {
		err := errs.Fields{errs.New(errs.Invalid, "errs.signin.phone_check").On("reconnu")}
		form, ferr := h.kit.Refused(w, r, err)
		if ferr != nil {
			return ferr
		}
		return h.renderWays(w, r, id, form, nil, http.StatusUnprocessableEntity)
	}
	if err := h.cards.Stop(r.Context(), id, byPhone); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "signin.ways.stopped", Rest: "signin.ways.stopped_rest"})
	h.kit.Redirect(w, r, "/personnes/"+string(id)+"/acces")
	return nil
}

// beside opens the person's space on this screen: the worker's session ends here.
func (h *Handler) beside(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	token, err := h.cards.Beside(r.Context(), id, kit.Client(r))
	if err != nil {
		return err
	}
	h.kit.SignIn(w, r, token)
	h.kit.Redirect(w, r, "/moi")
	return nil
}
