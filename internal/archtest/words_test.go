package archtest_test

import (
	"go/ast"
	"go/token"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	templateAction = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	htmlComment    = regexp.MustCompile(`(?s)<!--.*?-->`)
	spokenValue    = regexp.MustCompile(`(?i)\s(?:alt|title|placeholder|aria-label|aria-description|summary)="([^"]*)"`)
	htmlTag        = regexp.MustCompile(`(?s)<[^>]*>`)
	htmlEntity     = regexp.MustCompile(`&[a-zA-Z]+;|&#x?[0-9a-fA-F]+;`)
	twoLetters     = regexp.MustCompile(`\p{L}{2,}`)
)

// names are the words that are the same in every language: the house's own, and
// each language's name in itself.
var names = map[string]bool{"Parvis": true, "Français": true, "Facile": true, "lire": true, "English": true, "العربية": true}

// Every word that people read stands in a catalogue: none in a template.
func TestNoWordsInTemplates(t *testing.T) {
	found := 0
	walk(t, func(name, file string) {
		if path.Ext(name) != ".html" || !below(path.Dir(name), "internal/web") {
			return
		}
		found++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words(string(text)) {
			t.Errorf("%s: %q: put it in a catalogue", name, word)
		}
	})
	if found == 0 {
		t.Fatal("no template was read")
	}
}

// words are those a reader would see or hear that stand in the template itself.
func words(template string) []string {
	text := templateAction.ReplaceAllString(htmlComment.ReplaceAllString(template, " "), " ")
	var spoken []string
	for _, v := range spokenValue.FindAllStringSubmatch(text, -1) {
		spoken = append(spoken, v[1])
	}
	text = htmlTag.ReplaceAllString(text, " ") + " " + strings.Join(spoken, " ")
	var all []string
	for _, w := range twoLetters.FindAllString(htmlEntity.ReplaceAllString(text, " "), -1) {
		if !names[w] {
			all = append(all, w)
		}
	}
	return all
}

func TestWordsFindsThem(t *testing.T) {
	for _, c := range []struct {
		template string
		want     int
	}{
		{`<h1>{{.T "web.entry.title"}}</h1><p class="lead">{{if .Name}}{{.Name}}{{end}}&nbsp;· 24</p>`, 0},
		{`<!-- for maintainers --><span>Parvis</span><img alt="{{.T "x"}}">`, 0},
		{`<h1>Bonjour</h1>`, 1},
		{`<img alt="Une porte">`, 2},
		{"{{range .List}}\n  <li>voir</li>\n{{end}}", 1},
	} {
		if got := words(c.template); len(got) != c.want {
			t.Errorf("words(%q) = %q, want %d", c.template, got, c.want)
		}
	}
}

// French betrays itself by its accents: none in the Go code of pages and commands.
func TestNoFrenchInPagesAndCommands(t *testing.T) {
	accents := regexp.MustCompile(`[éèêëàâçîïôûùœÉÈÀÇ]`)
	for _, s := range sources(t) {
		if s.test || (!below(s.folder(), "internal/web") && !below(s.folder(), "cmd") && !below(s.folder(), "internal/access")) {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(literal.Value)
			if err == nil && accents.MatchString(text) {
				t.Errorf("%s: %q: put it in a catalogue", s.at(literal.Pos()), text)
			}
			return true
		})
	}
}
