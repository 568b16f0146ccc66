package exchange

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile/intake"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// back leads to the page of the import.
func (h *Handler) back(w http.ResponseWriter, r *http.Request, id core.ID) error {
	h.kit.Redirect(w, r, "/importer/"+string(id))
	return nil
}

// moved tells that the import is no longer where the page showed it: the page as
// it is now says the rest.
func (h *Handler) moved(w http.ResponseWriter, r *http.Request, id core.ID, err error) error {
	if !errs.Is(err, errs.Conflict) {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "exchange.import.moved"})
	return h.back(w, r, id)
}

func (h *Handler) mapColumns(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	v, err := version(r)
	if err != nil {
		return err
	}
	err = h.imports.Map(r.Context(), id, v, r.PostForm["field"], strings.TrimSpace(r.PostForm.Get("month")))
	if err == nil {
		return h.back(w, r, id)
	}
	if errs.Is(err, errs.Invalid) {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.render(w, r, form, http.StatusUnprocessableEntity)
	}
	return h.moved(w, r, id, err)
}

// choose keeps what was chosen for the rows of the page, and for the others when
// one button says so.
func (h *Handler) choose(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	choices := map[int]intake.RowChoice{}
	for name, values := range r.PostForm {
		line, is := strings.CutPrefix(name, "ligne-")
		if !is || len(values) != 1 || values[0] == "" {
			continue
		}
		n, err := strconv.Atoi(line)
		if err != nil {
			return errs.Wrap(errs.Invalid, "web.error.form_broken", err)
		}
		choices[n] = intake.RowChoice(values[0])
	}
	err = h.imports.ChooseRows(r.Context(), id, choices)
	if rest := r.PostForm.Get("reste"); err == nil && rest != "" {
		err = h.imports.ChooseRest(r.Context(), id, intake.RowChoice(rest))
	}
	if err != nil {
		return h.moved(w, r, id, err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "web.form.saved"})
	return h.back(w, r, id)
}

func (h *Handler) confirm(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, func(id core.ID, v int64) error { return h.imports.Confirm(r.Context(), id, v) })
}

func (h *Handler) undo(w http.ResponseWriter, r *http.Request) error {
	return h.move(w, r, func(id core.ID, v int64) error { return h.imports.Undo(r.Context(), id, v) })
}

func (h *Handler) move(w http.ResponseWriter, r *http.Request, gesture func(core.ID, int64) error) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	v, err := version(r)
	if err != nil {
		return err
	}
	if err := gesture(id, v); err != nil {
		return h.moved(w, r, id, err)
	}
	return h.back(w, r, id)
}

func (h *Handler) drop(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	if err := h.imports.Drop(r.Context(), id); err != nil {
		return h.moved(w, r, id, err)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "exchange.import.dropped"})
	h.kit.Redirect(w, r, "/importer")
	return nil
}

// faults answers with the rows to correct as CSV: line, what to write instead,
// then the row as it was, so that it can be corrected and sent again.
func (h *Handler) faults(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "import")
	if err != nil {
		return err
	}
	i, lines, err := h.imports.Faults(r.Context(), id)
	if err != nil {
		return err
	}
	p := printer(r)
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets read UTF-8 by it
	c := csv.NewWriter(&out)
	c.Comma = ';'
	c.UseCRLF = true
	rows := [][]string{append([]string{p.T("exchange.check.line"), p.T("exchange.check.to_correct")}, i.Columns...)}
	for _, l := range lines {
		var says []string
		for _, f := range l.Faults {
			says = append(says, sayFault(p, f))
		}
		rows = append(rows, append([]string{strconv.Itoa(l.Line), strings.Join(says, " ")}, l.Cells...))
	}
	for _, row := range rows {
		for n := range row {
			row[n] = harmless(row[n])
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	return send(w, "text/csv; charset=utf-8", "lignes-a-corriger.csv", out.Bytes())
}

// harmless keeps a spreadsheet from running a cell as a formula: it puts an
// apostrophe before what would begin one. Numbers stay numbers.
func harmless(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return cell
	}
	if strings.Trim(cell[1:], "0123456789 .,") == "" && cell[0] != '=' && cell[0] != '@' {
		return cell
	}
	return "'" + cell
}
