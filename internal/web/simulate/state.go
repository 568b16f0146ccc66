package simulate

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ask"
)

// Limits of what a form may bring back.
const (
	maxPages  = 60 // answers
	maxPage   = 8 << 10
	maxFacts  = 1500
	maxAnswer = 200 // characters
	maxOpen   = 200 // rights
)

// state is all that is known: the pages answered, in order. It lives in the form
// alone, in hidden fields, and whoever changes them changes their own results only.
type state struct {
	Pages []page
	// Precise tells that the person goes on although every verdict is known, or very
	// probably, for surer amounts.
	Precise bool
	// Open are the rights that the page looked at may still change; nil for all.
	Open []string
}

// page is one answered page.
type page struct {
	Name string `json:"q"`
	// Said are the answers of a page about the household; Silence replaces them.
	Said    []string    `json:"x,omitempty"`
	Silence ask.Silence `json:"u,omitempty"`
	// Facts are those of a page about facts.
	Facts []fact `json:"f,omitempty"`
}

// fact is one value over some periods; State is "" for a known value.
type fact struct {
	Variable string        `json:"v"`
	Subject  string        `json:"s"`
	From     string        `json:"a,omitempty"`
	To       string        `json:"b,omitempty"`
	State    ask.Silence   `json:"t,omitempty"`
	Value    *rights.Value `json:"x,omitempty"`
}

// back forgets the last page.
func (s state) back() state {
	if n := len(s.Pages); n > 0 {
		s.Pages = s.Pages[:n-1]
	}
	s.Open = nil
	return s
}

// find returns an answered page.
func (s state) find(name string) (page, bool) {
	for _, p := range s.Pages {
		if p.Name == name {
			return p, true
		}
	}
	return page{}, false
}

// encode writes the hidden fields.
func (s state) encode() ([]string, error) {
	list := make([]string, len(s.Pages))
	for i, p := range s.Pages {
		b, err := json.Marshal(p)
		if err != nil {
			return nil, fmt.Errorf("write the answers: %w", err)
		}
		list[i] = string(b)
	}
	return list, nil
}

// errBroken is a form that this program did not write.
func errBroken() error { return errs.New(errs.Invalid, "simulate.error.broken") }

// readState reads the hidden fields back.
func (h *Handler) readState(form url.Values) (state, error) {
	s := state{Precise: form.Get("precis") != ""}
	s.Open = strings.Fields(form.Get("ouverts"))
	for _, name := range s.Open {
		if _, known := h.words.Law.Right(name); !known {
			return s, errBroken()
		}
	}
	facts := 0
	if len(s.Open) > maxOpen || len(form["page"]) > maxPages {
		return s, errBroken()
	}
	for _, text := range form["page"] {
		var p page
		if err := readJSON(text, &p); err != nil {
			return s, errBroken()
		}
		for _, said := range p.Said {
			if len(said) > maxAnswer {
				return s, errBroken()
			}
		}
		facts += len(p.Facts)
		if facts > maxFacts || !silence(p.Silence) {
			return s, errBroken()
		}
		for _, f := range p.Facts {
			if !silence(f.State) || (f.State == "") != (f.Value != nil) {
				return s, errBroken()
			}
		}
		s.Pages = append(s.Pages, p)
	}
	// Whatever was changed on the way shows now, not in the middle of an answer.
	if _, _, err := h.situation(s); err != nil {
		return s, err
	}
	return s, nil
}

func readJSON(text string, into any) error {
	if len(text) > maxPage {
		return errors.New("too long")
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if d.More() {
		return errors.New("more than one value")
	}
	return nil
}

func silence(s ask.Silence) bool { return s == "" || s == ask.Unknown || s == ask.Refused }
