package person

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

const pageSize = 30

// searchView is the list of people: the worker's files, or what a search found.
type searchView struct {
	Query string
	Items []foundView
	Next  string // address of the next page, "" on the last
	First string // address of the first page, "" when this is it
	Named bool   // searched, not listed
}

// foundView is one line.
type foundView struct {
	casefile.Found
	Born  string
	Why   string
	Gone  string // « décédée en mai 2026 »
	Paper string // address of what was printed under the code searched, "" when not found by one
}

func (h *Handler) search(w http.ResponseWriter, r *http.Request) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	after := r.URL.Query().Get("apres")
	var found casefile.FoundPage
	var err error
	if q == "" {
		found, err = h.cases.ListFiles(r.Context(), after, pageSize)
	} else {
		found, err = h.cases.Search(r.Context(), q, after, pageSize)
	}
	if err != nil {
		return err
	}
	p := printer(r)
	view := searchView{Query: q, Named: q != ""}
	for _, f := range found.Items {
		line := foundView{Found: f}
		if !f.Birth.IsZero() {
			line.Born = p.T("web.search.born", "date", f.Birth)
		}
		if f.Why != "" && f.Why != casefile.MatchName && f.Why != casefile.MatchFormer {
			line.Why = p.T("web.search.why_" + string(f.Why))
		}
		switch {
		case f.Former != "":
			line.Why = p.T("life.formerly", "name", f.Former)
		case f.Why == casefile.MatchFormer:
			line.Why = p.T("life.formerly_hidden")
		}
		if !f.Died.IsZero() {
			line.Gone = kit.Capital(DiedWord(p, casefile.TitleNone, f.Died))
		}
		if f.Why == casefile.MatchSheet && f.Openable {
			line.Paper = "/imprimes/" + url.PathEscape(q)
		}
		view.Items = append(view.Items, line)
	}
	order := collate.New(language.French)
	// Among those who match alike on this page, people come by the alphabet.
	slices.SortStableFunc(view.Items, func(a, b foundView) int {
		if q == "" || a.Found.Why != b.Found.Why {
			return 0
		}
		return order.CompareString(a.Name, b.Name)
	})
	if found.Next != "" {
		view.Next = pageAddress(q, found.Next)
	}
	if after != "" {
		view.First = pageAddress(q, "")
	}
	return h.kit.Render(w, r, kit.Page{Template: "person/search", Title: p.T("web.search.title"), Nav: "people", View: view, Script: true})
}

func pageAddress(q, after string) string {
	v := url.Values{}
	if q != "" {
		v.Set("q", q)
	}
	if after != "" {
		v.Set("apres", after)
	}
	if len(v) == 0 {
		return "/personnes"
	}
	return "/personnes?" + v.Encode()
}
