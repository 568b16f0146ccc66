// Package offline gives the page that verifies a signed mandate or agreement without a
// network: one HTML file to keep on a stick, in each language. Served here it works too,
// and sends nothing.
//
// It knows the installation's public key at the moment it is taken, shows what was signed
// and by whom, and says what a signature does not prove: that it still holds. Without
// script it says the command that does the same.
package offline

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/agreement"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// The script is written in TypeScript with two small libraries and committed as what
// esbuild makes of them; a test compares where npm's tools are installed.
//
//go:generate ../../../node_modules/.bin/esbuild check.ts --bundle --minify --target=es2021 --charset=ascii --legal-comments=inline --outfile=check.js

//go:embed check.js
var script string

//go:embed page.css
var style string

//go:embed page.html
var page string

const path = "/verifier/accord"

// Handler answers with the page.
type Handler struct {
	kit    *kit.Kit
	key    string
	shape  *template.Template
	policy string
}

// Register adds the route. key is the public key of the installation's agreements.
func Register(k *kit.Kit, key string) error {
	h := &Handler{kit: k, key: key}
	none := func(string, ...any) string { return "" } // each answer has its language's
	var err error
	if h.shape, err = template.New("offline").Funcs(template.FuncMap{"t": none}).Parse(page); err != nil {
		return fmt.Errorf("page that verifies offline: %w", err)
	}
	// Nothing but these bytes runs, and nothing is asked of anybody.
	h.policy = "default-src 'none'; script-src " + hashOf(script) + "; style-src " + hashOf(style) + "; base-uri 'none'; form-action 'none'"
	k.HandleOpen("GET "+path, 1<<10, h.show)
	return nil
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// view is what the page says.
type view struct {
	Lang, Dir string
	Policy    string
	Style     template.CSS
	Script    template.JS
	Online    bool   // served, rather than taken away
	Download  string // address of the file
	Key       string
	House     string
	Command   string // that does the same
	Words     []word
}

// word is how a fact, or what it may be, reads: the script finds it by name.
type word struct{ Name, Says string }

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	p := kit.From(r.Context()).P
	if asked := r.URL.Query().Get("langue"); i18n.Known(asked) {
		p = i18n.For(asked)
	}
	take := r.URL.Query().Get("fichier") != ""
	say := p.T
	shape, err := h.shape.Clone()
	if err != nil {
		return fmt.Errorf("page that verifies offline: %w", err)
	}
	var out bytes.Buffer
	err = shape.Funcs(template.FuncMap{"t": say}).Execute(&out, view{
		Lang: p.Lang(), Dir: p.Dir(), Policy: h.policy, Style: template.CSS(style), Script: template.JS(script), Online: !take, // #nosec G203 -- the program's own embedded style and script
		Download: path + "?fichier=1&langue=" + p.Tag(), Key: h.key, House: h.kit.HouseOf(r).Org, Command: "parvis verify mandat.txt", Words: words(p),
	})
	if err != nil {
		return fmt.Errorf("page that verifies offline: %w", err)
	}
	head := w.Header()
	head.Set("Content-Type", "text/html; charset=utf-8")
	head.Set("Content-Security-Policy", h.policy+"; frame-ancestors 'none'")
	if take {
		head.Set("Content-Disposition", `attachment; filename="verifier-un-accord.html"`)
	}
	// Headers are gone: a client that left is no error of ours.
	_, _ = w.Write(out.Bytes())
	return nil
}

// words are those of the facts of agreement's proofs.
func words(p *i18n.Printer) []word {
	var all []word
	for _, name := range []string{"kind", "person", "birth", "mandatary", "house", "to", "purpose", "categories", "gestures", "procedure", "from", "until", "days", "measure", "guardian",
		"guardian_mark", "given", "lang", "read", "signed", "mark", "mark_sha256", "id", "text_version", "text_sha256", "key", "agreement", "added", "format", "bytes", "file_sha256"} {
		all = append(all, word{"fact." + name, p.T("offline.fact_" + name)})
	}
	for _, c := range agreement.Categories() {
		all = append(all, word{"categories." + string(c), p.T("agreements.category_" + string(c))})
	}
	for _, m := range agreement.Measures() {
		all = append(all, word{"measure." + string(m), p.T("agreements.measure_" + string(m))})
	}
	for _, how := range agreement.ReadHows() {
		all = append(all, word{"read." + string(how), p.T("agreements.read_" + string(how))})
	}
	for _, g := range []access.Gesture{access.See, access.Take} {
		all = append(all, word{"gestures." + string(g), p.T("offline.gesture_" + string(g))})
	}
	for _, how := range []agreement.SignHow{agreement.SignDrawn, agreement.SignTyped, agreement.SignCard, agreement.SignCode, agreement.SignPaper} {
		all = append(all, word{"signed." + string(how), p.T("offline.signed_" + string(how))})
	}
	for _, kind := range []string{"consent", "mandate", "paper"} {
		all = append(all, word{"kind." + kind, p.T("offline.kind_" + kind)})
	}
	return all
}
