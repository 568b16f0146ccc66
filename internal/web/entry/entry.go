// Package entry is the door: sign-in in two steps, signing out, the first start
// of an installation, invitations, and the demo's open doors.
package entry

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/access/card"
	"codeberg.org/parvis/parvis/internal/access/issuer"
	"codeberg.org/parvis/parvis/internal/access/passkey"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of the door.
type Handler struct {
	kit     *kit.Kit
	access  *access.Service
	keys    *passkey.Service
	cards   *card.Service
	issuers *issuer.Service
	codes   bool // are sent here
	demo    *Demo
}

// Demo names who the demo's open doors let in.
type Demo struct {
	Worker func(r *http.Request) (access.DemoVisitor, error)
	Person func(r *http.Request) (access.DemoVisitor, error)
}

// Register adds the door's routes. demo is nil outside the demo.
func Register(k *kit.Kit, a *access.Service, keys *passkey.Service, cards *card.Service, issuers *issuer.Service, codes bool, demo *Demo) {
	h := &Handler{kit: k, access: a, keys: keys, cards: cards, issuers: issuers, codes: codes, demo: demo}
	k.Handle("GET /entrer", kit.Anyone, h.showSignIn)
	k.Handle("POST /entrer", kit.Anyone, h.signIn)
	k.Handle("GET /entrer/code", kit.Anyone, h.showCode)
	k.Handle("POST /entrer/code", kit.Anyone, h.confirm)
	k.Handle("POST /entrer/cle/defi", kit.Anyone, h.askKey)
	k.Handle("POST /entrer/cle", kit.Anyone, h.signInKey)
	k.Handle("GET /entrer/avec/{fournisseur}", kit.Anyone, h.goElsewhere)
	k.Handle("GET /entrer/retour/{fournisseur}", kit.Anyone, h.comeBack)
	k.Handle("GET "+leavePath, kit.Anyone, h.leaveElsewhere)
	k.Handle("GET /carte", kit.Anyone, h.showCard)
	k.Handle("POST /carte", kit.Anyone, h.signInCard)
	k.Handle("POST /confirmer/carte", kit.PersonIn, h.proveCard)
	k.Handle("GET /entrer/perdu", kit.Anyone, h.showLost)
	k.Handle("POST /entrer/perdu", kit.Anyone, h.askReset)
	k.Handle("GET /entrer/perdu/attente", kit.Anyone, h.showReset)
	k.Handle("POST /entrer/perdu/attente", kit.Anyone, h.takeReset)
	k.Handle("GET /confirmer", kit.Signed, h.showConfirm)
	k.Handle("POST /confirmer", kit.Signed, h.prove)
	k.Handle("POST /confirmer/cle/defi", kit.Signed, h.askProof)
	k.Handle("POST /confirmer/cle", kit.Signed, h.proveKey)
	k.Handle("POST /sortir", kit.Signed, h.signOut)
	k.Handle("POST /sortir/vite", kit.Signed, h.leaveQuickly)
	k.Handle("GET /installation", kit.Anyone, h.showSetUp)
	k.Handle("POST /installation", kit.Anyone, h.setUp)
	k.Handle("GET /invitation", kit.Anyone, h.showInvitation)
	k.Handle("POST /invitation", kit.Anyone, h.acceptInvitation)
	if demo != nil {
		k.Handle("GET /demo/enter/worker", kit.Anyone, h.enterWorker)
		k.Handle("GET /demo/enter/person", kit.Anyone, h.enterPerson)
	}
}

// enter gives the browser its session, closes the one it had, and leads on to where
// it was going.
func (h *Handler) enter(w http.ResponseWriter, r *http.Request, token, next string) error {
	if err := h.leaveOld(r); err != nil {
		return err
	}
	h.kit.SignIn(w, r, token)
	h.kit.Redirect(w, r, kit.LocalPath(next))
	return nil
}
