package person

import (
	"net/http"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/printout"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/interop/dossier"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/pdf"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/printed"
)

// registerPrint adds the routes of printed documents.
func (h *Handler) registerPrint() {
	h.kit.Handle("POST /personnes/{id}/imprimer", kit.Worker, h.print)
	h.kit.Handle("GET /personnes/{id}/imprime/{code}", kit.Worker, h.showPrint)
	h.kit.Handle("GET /personnes/{id}/imprime/{code}/pdf", kit.Worker, h.printPDF)
	h.kit.Handle("GET /personnes/{id}/fiche/{code}/pdf", kit.Worker, h.sheetPDF)
	h.kit.Handle("GET /imprimes/{code}", kit.Worker, h.findPrint)
}

// print keeps the plan or the whole file as it is now under a code.
func (h *Handler) print(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return err
	}
	made, err := h.prints.Make(r.Context(), id, casefile.SheetKind(r.PostForm.Get("quoi")))
	if err != nil {
		return err
	}
	h.kit.Redirect(w, r, printPath(made))
	return nil
}

func printPath(p printout.Printout) string { return path(p.Person) + "/imprime/" + p.Code }

// findPrint leads from a code to what was printed under it.
func (h *Handler) findPrint(w http.ResponseWriter, r *http.Request) error {
	found, err := h.prints.Find(r.Context(), r.PathValue("code"))
	if err != nil {
		return err
	}
	if found.Kind == casefile.SheetOfRights {
		h.kit.Redirect(w, r, path(found.Person)+"/fiche/"+found.Code)
		return nil
	}
	h.kit.Redirect(w, r, printPath(found))
	return nil
}

func (h *Handler) showPrint(w http.ResponseWriter, r *http.Request) error {
	doc, moved, err := h.openPrint(r)
	if err != nil {
		return err
	}
	if moved != "" {
		h.kit.Redirect(w, r, moved)
		return nil
	}
	return printed.Page(h.kit, w, r, doc)
}

func (h *Handler) printPDF(w http.ResponseWriter, r *http.Request) error {
	doc, moved, err := h.openPrint(r)
	if err != nil {
		return err
	}
	if moved != "" {
		h.kit.Redirect(w, r, moved+"/pdf")
		return nil
	}
	return printed.PDF(w, doc, printed.FileName("document", doc.Code))
}

// openPrint reads a printed document; moved is its address since a merge.
func (h *Handler) openPrint(r *http.Request) (doc printed.Doc, moved string, err error) {
	id, err := kit.PathID(r, "id")
	if err != nil {
		return doc, "", err
	}
	p, err := h.prints.Open(r.Context(), r.PathValue("code"))
	if err != nil {
		return doc, "", err
	}
	if p.Person != id {
		if p.PrintedAs == id {
			return doc, printPath(p), nil
		}
		return doc, "", errs.New(errs.NotFound, "")
	}
	tag, large := printed.Asked(r)
	say := i18n.For(tag)
	doc = printed.Doc{Tag: tag, Large: large, At: kit.Instant(kit.From(r.Context()), p.At), House: h.kit.HouseOf(r), Code: p.Code,
		Back: path(id), Here: printPath(p)}
	if p.Mark != "" {
		doc.Mark = say.T("proof.page.paper_line", "mark", printed.Foreign(say, p.Mark), "address", printed.Foreign(say, h.kit.Address(r, "/verifier")))
	}
	bare, _ := casefile.NormalCode(p.Code)
	if doc.Receipt, err = printed.ReceiptOf(r.Context(), h.receipts, bare, p.Mark); err != nil {
		return doc, "", err
	}
	day := say.Date(instant(r, p.At))
	if p.Older {
		doc.Notice = say.T("print.older", "date", day)
	}
	if p.Plan != nil {
		doc.Title, doc.Who, doc.BackName = say.T("print.plan_title"), p.Plan.Name, p.Plan.Name
		doc.Lead = say.T("print.made", "name", p.Plan.Name, "date", day)
		if p.ByName != "" {
			doc.Lead = say.T("print.made_with", "name", p.Plan.Name, "date", day, "who", p.ByName)
		}
		doc.Blocks = h.planBlocks(r, say, p.Plan)
	} else {
		name := p.File.Person.DisplayName()
		doc.Title, doc.Who, doc.BackName = say.T("print.file_title"), name, name
		doc.Lead = say.T("print.file_made", "name", name, "date", day)
		doc.Blocks = h.fileBlocks(r, say, p.File)
	}
	doc.Blocks = append(doc.Blocks, printed.Where(say, doc.House)...)
	return doc, "", nil
}

// fileBlocks is the whole file, third persons masked.
func (h *Handler) fileBlocks(r *http.Request, p *i18n.Printer, d *casefile.Dossier) []printed.Block {
	words := dossier.Words{
		Right: func(right string) string { return h.words.Name(p, right) }, Org: h.kit.HouseOf(r).Org, Place: kit.From(r.Context()).Place(), Printer: p,
	}
	out := []printed.Block{printed.Text(dossier.Masked(d, words))}
	for _, s := range dossier.Sections(d, words) {
		level := 1
		if s.Sub {
			level = 2
		}
		out = append(out, printed.Heading(level, s.Title))
		if s.Note != "" {
			out = append(out, printed.Soft(s.Note))
		}
		var rows []pdf.Row
		for _, row := range s.Rows {
			// Names, numbers and French words keep their direction in an Arabic document.
			rows = append(rows, pdf.Row{Label: printed.Foreign(p, row.Label), Text: printed.Foreign(p, row.Text), Note: printed.Foreign(p, row.Note)})
		}
		if len(rows) > 0 {
			out = append(out, printed.Rows(rows))
		}
	}
	return out
}

func (h *Handler) sheetPDF(w http.ResponseWriter, r *http.Request) error {
	view, moved, err := h.readSheet(r)
	if err != nil {
		return err
	}
	if moved != "" {
		h.kit.Redirect(w, r, moved+"/pdf")
		return nil
	}
	return SheetPDF(w, r, view)
}
