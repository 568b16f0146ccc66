// Package proof holds the pages where anybody, without an account, verifies what
// the journal of this installation signed: a printed paper by its code and mark, a
// receipt or a line by its text; and the public key.
//
// They change nothing, keep nothing of what is sent, give the browser no cookie,
// and never tell whom a paper is about.
package proof

import (
	"context"
	"embed"
	"errors"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Journal proves that a paper was printed; *journal.Journal is one.
type Journal interface {
	Receipt(ctx context.Context, code, mark string) (journal.Proof, error)
	PublicKey() string
}

// Handler answers the pages.
type Handler struct {
	kit     *kit.Kit
	journal Journal
}

const (
	path    = "/verifier"
	keyPath = "/.well-known/parvis-journal-key"
	maxForm = 80 << 10 // bytes: a proof is a few kilobytes
)

// Register adds the routes.
func Register(k *kit.Kit, j Journal) {
	h := &Handler{kit: k, journal: j}
	k.HandleOpen("GET "+path, maxForm, h.show)
	k.HandleOpen("POST "+path, maxForm, h.check)
	k.HandleOpen("POST "+path+"/recu", maxForm, h.receipt)
	k.HandleOpen("GET /journal/cle", maxForm, h.key)
	k.HandleOpen("GET "+keyPath, maxForm, h.plainKey)
}

// view is the page: what was typed, and what came out of it.
type view struct {
	Form *kit.Form
	Said *said
	No   string // why nothing was verified
}

// said is what was verified.
type said struct {
	What   string // what was done, that day
	Code   string
	Mark   string
	Reason string
	Place  string // where in the journal
	Taken  bool   // the text of a receipt, rather than a code: there is nothing to take
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, view{Form: &kit.Form{Action: path, Values: r.URL.Query()}}, http.StatusOK)
}

func (h *Handler) render(w http.ResponseWriter, r *http.Request, out view, status int) error {
	v := kit.From(r.Context())
	return h.kit.Render(w, r, kit.Page{
		Template: "proof/verify", Title: v.T("proof.page.title"), Sheet: "gate.css",
		Public: v.Actor.IsZero() || v.Actor.Kind == core.ActorPerson, View: out, Status: status,
	})
}

// check verifies a code and its mark, or the text of a receipt or of a line.
func (h *Handler) check(w http.ResponseWriter, r *http.Request) error {
	out := view{Form: &kit.Form{Action: path, Values: r.PostForm}}
	v := kit.From(r.Context())
	text := r.PostForm.Get("texte")
	p, err := journal.ParseProof([]byte(text))
	if text == "" {
		p, err = h.paper(r)
	}
	var proven journal.Proven
	if err == nil {
		proven, err = p.Verify(h.journal.PublicKey())
	}
	switch {
	case errs.Is(err, errs.NotFound):
		out.No = v.T("proof.page.no_paper")
	case errors.Is(err, journal.ErrSignature):
		out.No = v.T("proof.page.not_ours")
	case errors.Is(err, journal.ErrNotProof):
		out.No = v.T("proof.page.not_true")
	case err != nil:
		return err
	}
	if out.No != "" {
		return h.render(w, r, out, http.StatusUnprocessableEntity)
	}
	who := proven.Function
	if who == "" {
		who = v.T("proof.actor." + string(proven.Actor))
	}
	out.Said = &said{
		What:   v.T("proof.page.says", "date", v.P.Date(proven.Day), "who", who, "did", v.T("journal."+proven.Kind)),
		Reason: proven.Reason, Taken: text != "", Place: v.T("proof.page.place", "line", proven.Seq, "size", proven.Size),
	}
	if proven.Code != "" {
		out.Said.Code = casefile.ShowCode(proven.Code)
		out.Said.Mark = r.PostForm.Get("marque")
	}
	return h.render(w, r, out, http.StatusOK)
}

// paper finds the receipt of what was typed.
func (h *Handler) paper(r *http.Request) (journal.Proof, error) {
	code, ok := casefile.NormalCode(r.PostForm.Get("code"))
	if !ok {
		return journal.Proof{}, errs.New(errs.NotFound, "journal.error.no_paper")
	}
	return h.journal.Receipt(r.Context(), code, r.PostForm.Get("marque"))
}

// receipt answers with the text that verifies anywhere.
func (h *Handler) receipt(w http.ResponseWriter, r *http.Request) error {
	p, err := h.paper(r)
	if err != nil {
		return err
	}
	code, _ := casefile.NormalCode(r.PostForm.Get("code"))
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="recu-`+code+`.txt"`)
	head.Set("Cache-Control", "no-store")
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(p.Text()) // #nosec G705 -- not HTML: sent as a file of its own type, never shown inline
	return nil
}

// keyView is the page of the public key.
type keyView struct{ Key, Command, Address string }

func (h *Handler) key(w http.ResponseWriter, r *http.Request) error {
	v := kit.From(r.Context())
	return h.kit.Render(w, r, kit.Page{
		Template: "proof/key", Title: v.T("proof.key.title"), Sheet: "gate.css",
		Public: v.Actor.IsZero() || v.Actor.Kind == core.ActorPerson, View: keyView{h.journal.PublicKey(), "parvis verify recu.txt --public-key cle.txt", keyPath},
	})
}

// plainKey is the public key for programs.
func (h *Handler) plainKey(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(h.journal.PublicKey() + "\n"))
	return nil
}
