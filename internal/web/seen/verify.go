package seen

import (
	"net/http"
	"strconv"

	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// verifyView is what came out of the proofs of a month.
type verifyView struct {
	Back   string
	Good   bool
	Said   string
	Erased string // "" when none was
	More   bool
	Days   []proofDay
	House  kit.House
}

type proofDay struct {
	Date  string
	Lines []proofLine
}

// proofLine is one of those who did something, with the proof of each line.
type proofLine struct {
	Who    string
	Bad    bool
	Proofs []proofLink
}

type proofLink struct{ Href, Name string }

func (h *Handler) verify(w http.ResponseWriter, r *http.Request) error {
	month, err := askedMonth(r)
	if err != nil {
		return err
	}
	m, err := h.journal.Verify(r.Context(), month)
	if err != nil {
		return err
	}
	v := kit.From(r.Context())
	p := v.P
	bad := map[journal.Place]bool{}
	for _, at := range m.Bad {
		bad[at] = true
	}
	out := verifyView{Back: "/moi/vu/" + m.Month.Month.String(), Good: len(m.Bad) == 0, Said: p.N("seen.verified", m.Held), More: m.More, House: h.kit.HouseOf(r)}
	if len(m.Bad) > 0 {
		out.Said = p.N("seen.changed", len(m.Bad))
	}
	if m.Erased > 0 {
		out.Erased = p.N("seen.erased_lines", m.Erased)
	}
	for _, d := range m.Month.Days {
		day := proofDay{Date: kit.Capital(p.WeekDay(d.Date))}
		for _, lines := range [][]journal.Line{d.Lines, d.Glimpses} {
			for _, l := range lines {
				if l.Who == journal.Erased {
					continue
				}
				who, _ := nameOf(p, out.House, l)
				one := proofLine{Who: who}
				for _, at := range l.At {
					one.Bad = one.Bad || bad[at]
					one.Proofs = append(one.Proofs, proofLink{
						Href: "/moi/preuve/" + string(at.Tree) + "/" + strconv.FormatInt(at.Seq, 10),
						Name: p.T("seen.proof_of", "n", at.Seq),
					})
				}
				day.Lines = append(day.Lines, one)
			}
		}
		out.Days = append(out.Days, day)
	}
	return h.kit.Render(w, r, kit.Page{Template: "seen/verify", Title: p.T("seen.verify_title"), Sheet: "mine.css", Public: true, View: out})
}

// proof answers with the proof of one line, a text that verifies anywhere.
func (h *Handler) proof(w http.ResponseWriter, r *http.Request) error {
	line, err := strconv.ParseInt(r.PathValue("line"), 10, 64)
	if err != nil {
		return errs.Wrap(errs.NotFound, "journal.error.no_line", err)
	}
	text, err := h.journal.Proof(r.Context(), journal.Place{Tree: core.ID(r.PathValue("tree")), Seq: line})
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", "text/plain; charset=utf-8")
	head.Set("Content-Disposition", `attachment; filename="`+kit.From(r.Context()).T("seen.proof_file")+`-`+strconv.FormatInt(line, 10)+`.txt"`)
	head.Set("Cache-Control", "no-store")
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(text)
	return nil
}
