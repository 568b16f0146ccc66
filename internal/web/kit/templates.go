package kit

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

//go:embed html
var ownTemplates embed.FS

// templates are compiled once per language, with the texts already in them: a
// text without argument costs nothing at run time.
type templates struct {
	sources map[string]string // "person/file" → text
	assets  *Assets
	icons   icons
	both    bool
	byTag   map[string]func() (*programs, error)
}

// compileTemplates reads every area's *.html; "person/file" is file.html of the
// area person. French is compiled now, so that a mistake stops the start; the
// others at their first page (tests compile them all).
func compileTemplates(pages map[string]fs.FS, assets *Assets, icons icons, both bool) (*templates, error) {
	t := &templates{sources: map[string]string{}, assets: assets, icons: icons, both: both, byTag: map[string]func() (*programs, error){}}
	own, err := fs.Sub(ownTemplates, "html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	if err := t.read("kit", own); err != nil {
		return nil, err
	}
	for area, files := range pages {
		if err := t.read(area, files); err != nil {
			return nil, err
		}
	}
	for _, tag := range i18n.Tags() {
		t.byTag[tag] = sync.OnceValues(func() (*programs, error) { return t.compile(i18n.For(tag)) })
	}
	if _, err := t.byTag[i18n.French](); err != nil {
		return nil, err
	}
	return t, nil
}

func (t *templates) read(area string, files fs.FS) error {
	names, err := fs.Glob(files, "*.html")
	if err != nil {
		return fmt.Errorf("templates of %s: %w", area, err)
	}
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("template %s/%s: %w", area, name, err)
		}
		t.sources[area+"/"+strings.TrimSuffix(path.Base(name), ".html")] = string(data)
	}
	return nil
}

var (
	plainText = regexp.MustCompile(`\{\{(t|h) "([^"]+)"\}\}`)
	plainIcon = regexp.MustCompile(`\{\{icon "([a-z]+)"( "flip")?\}\}`)
	indent    = regexp.MustCompile(`\n\s+`)
)

func (t *templates) compile(p *i18n.Printer) (*programs, error) {
	funcs := t.funcs(p)
	root := template.New("").Funcs(funcs)
	for name, source := range t.sources {
		var bad error
		source = plainText.ReplaceAllStringFunc(source, func(m string) string {
			sub := plainText.FindStringSubmatch(m)
			if !p.Has(sub[2]) {
				bad = fmt.Errorf("template %s: no text %s in %s", name, sub[2], p.Tag())
			}
			if sub[1] == "h" {
				return string(p.HTML(sub[2]))
			}
			return html.EscapeString(p.T(sub[2]))
		})
		source = plainIcon.ReplaceAllStringFunc(source, func(m string) string {
			sub := plainIcon.FindStringSubmatch(m)
			if t.icons[sub[1]] == "" {
				bad = fmt.Errorf("template %s: no icon %s", name, sub[1])
			}
			return iconUse(sub[1], sub[2] != "")
		})
		if bad != nil {
			return nil, bad
		}
		if _, err := root.New(name).Parse(indent.ReplaceAllString(source, "\n")); err != nil {
			return nil, fmt.Errorf("template %s: %w", name, err)
		}
	}
	return newPrograms(root, funcs, t.both)
}

func iconUse(name string, flip bool) string {
	class := "i"
	if flip {
		class = "i flip"
	}
	return `<svg class="` + class + `" aria-hidden="true"><use href="#i-` + name + `"/></svg>`
}

// funcs are the words of the templates, in one language.
func (t *templates) funcs(p *i18n.Printer) template.FuncMap {
	uses := make(map[string]template.HTML, len(t.icons))
	for name := range t.icons {
		uses[name] = template.HTML(iconUse(name, false)) // #nosec G203 -- the program's own drawing, looked up by name
	}
	return template.FuncMap{
		"t":    p.T,
		"n":    p.N,
		"h":    p.HTML,
		"lang": p.Lang, "dir": p.Dir, "tag": p.Tag,
		"money": p.Money, "moneyCents": p.MoneyCents, "moneyRound": p.MoneyRound,
		"moneyRange": p.MoneyRange, "moneySigned": p.MoneySigned,
		"date": p.Date, "day": p.Day, "weekday": p.WeekDay, "dayMonth": p.DayMonth,
		"month": p.Month, "partial": p.PartialDate, "hour": p.Hour, "list": p.List,
		"icon": func(name string, flip ...string) (template.HTML, error) {
			if len(flip) == 0 {
				if use := uses[name]; use != "" {
					return use, nil
				}
			}
			if t.icons[name] == "" {
				return "", fmt.Errorf("no icon %q", name)
			}
			return template.HTML(iconUse(name, len(flip) > 0)), nil // #nosec G203 -- the program's own drawing, looked up by name
		},
		"flashes": func() template.HTML { return flashMark },
		"asset":   t.assets.Path,
		"field": func(f *Form, kind, name, label, hint string, more ...string) (Field, error) {
			field := Field{Form: f, Type: kind, Name: name, Label: label, Hint: hint, Rows: 4}
			f.shown(name, label)
			for i := 0; i+1 < len(more); i += 2 {
				switch more[i] {
				case "autocomplete":
					field.Autocomplete = more[i+1]
				case "mode":
					field.Mode = more[i+1]
				case "enhance":
					field.Enhance = more[i+1]
				case "lang":
					field.Lang = more[i+1]
				case "rows":
					rows, err := strconv.Atoi(more[i+1])
					if err != nil {
						return Field{}, fmt.Errorf("field %s: rows: %w", name, err)
					}
					field.Rows = rows
				default:
					return Field{}, fmt.Errorf("field %s: no option %q", name, more[i])
				}
			}
			return field, nil
		},
		"choice": func(f *Form, name, value, label string) Choice {
			return Choice{Form: f, Name: name, Value: value, Label: label}
		},
		"pair": func(a, b any) [2]any { return [2]any{a, b} },
	}
}
