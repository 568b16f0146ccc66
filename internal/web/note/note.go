// Package note holds the pages of the notes of a file and of the person's own
// words: the lists, a note with its versions, the forms, and the section that the
// page of the file shows. The person's own side is in internal/web/me.
package note

import (
	"embed"
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of notes.
type Handler struct {
	kit   *kit.Kit
	notes *note.Service
}

// Register adds the routes.
func Register(k *kit.Kit, notes *note.Service) *Handler {
	h := &Handler{kit: k, notes: notes}
	k.Handle("GET /personnes/{id}/notes", kit.Worker, h.list)
	k.Handle("GET /personnes/{id}/notes/nouvelle", kit.Worker, h.showNew)
	k.Handle("POST /personnes/{id}/notes/nouvelle", kit.Worker, h.saveNew)
	k.Handle("GET /personnes/{id}/notes/mots", kit.Worker, h.showWords)
	k.Handle("POST /personnes/{id}/notes/mots", kit.Worker, h.saveWords)
	k.Handle("POST /personnes/{id}/notes/mots/lu", kit.Worker, h.heard)
	k.Handle("GET /personnes/{id}/notes/{note}", kit.Worker, h.show)
	k.Handle("GET /personnes/{id}/notes/{note}/corriger", kit.Worker, h.showEdit)
	k.Handle("POST /personnes/{id}/notes/{note}/corriger", kit.Worker, h.saveEdit)
	k.Handle("POST /personnes/{id}/notes/{note}/choisir", kit.Worker, h.choose)
	k.Handle("GET /personnes/{id}/notes/{note}/retirer", kit.Worker, h.showWithdraw)
	k.Handle("POST /personnes/{id}/notes/{note}/retirer", kit.Worker, h.withdraw)
	k.Handle("POST /personnes/{id}/notes/{note}/remettre", kit.Worker, h.restore)
	k.Handle("GET /personnes/{id}/notes/{note}/cercle", kit.Worker, h.showCircle)
	k.Handle("POST /personnes/{id}/notes/{note}/cercle", kit.Worker, h.saveCircle)
	return h
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

func path(file core.ID) string { return "/personnes/" + string(file) + "/notes" }

func notePath(file, id core.ID) string { return path(file) + "/" + string(id) }

// ids reads the file and the note of an address.
func ids(r *http.Request) (file, id core.ID, err error) {
	if file, err = kit.PathID(r, "id"); err != nil {
		return "", "", err
	}
	id, err = kit.PathID(r, "note")
	return file, id, err
}
