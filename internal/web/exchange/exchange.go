// Package exchange holds the pages where files come in and go out: a copy of one
// person's file with what is masked in it, and the import of a table of persons
// and facts, from the file sent to its undoing.
package exchange

import (
	"embed"
	"net/http"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/table"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Words says a right in the reader's language.
type Words interface {
	Name(p *i18n.Printer, right string) string
}

// Handler answers the pages of exports and imports.
type Handler struct {
	kit     *kit.Kit
	cases   *casefile.Service
	imports *intake.Service
	access  *access.Service
	words   Words
	rooms   []casefile.Exporter // whose parts a copy holds too
	turns   chan struct{}       // files being read: each holds its bytes in memory
}

const filesAtOnce = 2

// Register adds the routes. rooms have parts of a person's file that a copy holds.
func Register(k *kit.Kit, cases *casefile.Service, imports *intake.Service, a *access.Service, words Words, rooms ...casefile.Exporter) {
	h := &Handler{kit: k, cases: cases, imports: imports, access: a, words: words, rooms: rooms, turns: make(chan struct{}, filesAtOnce)}
	k.Handle("GET /personnes/{id}/export", kit.Worker, h.showExport)
	k.Handle("POST /personnes/{id}/export", kit.Worker, h.export)
	k.Handle("GET /moi/copie", kit.PersonIn, h.showOwn)
	k.Handle("POST /moi/copie", kit.PersonIn, h.own)
	k.Handle("GET /importer", kit.Worker, h.list)
	k.HandleUpload("POST /importer", kit.Worker, table.MaxBytes, h.upload)
	k.Handle("GET /importer/{import}", kit.Worker, h.show)
	k.Handle("POST /importer/{import}/colonnes", kit.Worker, h.mapColumns)
	k.Handle("POST /importer/{import}/choix", kit.Worker, h.choose)
	k.Handle("POST /importer/{import}/confirmer", kit.Worker, h.confirm)
	k.Handle("POST /importer/{import}/defaire", kit.Worker, h.undo)
	k.Handle("POST /importer/{import}/oublier", kit.Worker, h.drop)
	k.Handle("GET /importer/{import}/erreurs.csv", kit.Worker, h.faults)
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

func version(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PostForm.Get("version"), 10, 64)
	if err != nil {
		return 0, errs.Wrap(errs.Invalid, "web.error.form_broken", err)
	}
	return n, nil
}
