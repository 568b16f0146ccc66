package talk

import (
	"strconv"

	"codeberg.org/parvis/parvis/internal/casefile/talk"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// bareNumber is the unit of the law files that nobody says aloud.
const bareNumber = "nombre"

// maxNamed is how many facts a cause names.
const maxNamed = 3

// why says what made a right change; the law's own words are French.
func why(p *i18n.Printer, news *talk.News, humans map[core.ID]string) []Sentence {
	var out []Sentence
	add := func(text string) { out = append(out, Sentence{Text: text}) }
	french := func(text string) {
		s := Sentence{Text: text}
		if p.Lang() != i18n.French {
			s.Lang = i18n.French
		}
		out = append(out, s)
	}
	for _, c := range news.Why {
		name := humans[c.Subject.ID]
		switch c.Kind {
		case talk.NewLaw:
			add(p.T("conversations.cause.law"))
			if c.Label != "" {
				french(c.Label)
			}
		case talk.NewValue, talk.NewRule:
			if day, err := core.ParseDate(c.From); err == nil {
				add(p.T("conversations.cause."+string(c.Kind)+"_from", "date", p.Date(day)))
			} else {
				add(p.T("conversations.cause." + string(c.Kind)))
			}
			if c.Label != "" {
				french(valueLine(c))
			}
		case talk.Birthday:
			add(p.N("conversations.cause.birthday", c.Age, "name", name))
		case talk.Quarter, talk.NewYear, talk.Facts:
			key := "conversations.cause." + string(c.Kind)
			if len(c.Variables) == 0 {
				add(p.T(key + "_bare"))
				continue
			}
			if name == "" {
				add(p.T(key, "what", factNames(p, c.Variables)))
			} else {
				add(p.T(key+"_of", "what", factNames(p, c.Variables), "name", name))
			}
		case talk.Household:
			add(p.T("conversations.cause.household"))
		default:
			add(p.T("conversations.cause.together"))
		}
	}
	if len(out) == 0 {
		add(p.T("conversations.cause.together"))
	}
	return out
}

// valueLine is a value of the law before and after, with its source: « Base mensuelle,
// 474,37 puis 478,16 €/mois (arrêté …) ». It is French, as the law files are.
func valueLine(c talk.Cause) string {
	line := c.Label
	if c.Unit != "" && (c.Old != 0 || c.New != 0) {
		line += " : " + number(c.Old) + ", puis " + number(c.New)
		if c.Unit != bareNumber {
			line += " " + c.Unit
		}
	}
	if c.Source != "" {
		line += " (" + c.Source + ")"
	}
	return line
}

// number writes a value of the law with a comma.
func number(f float64) string {
	b := []byte(strconv.FormatFloat(f, 'f', -1, 64))
	for i := range b {
		if b[i] == '.' {
			b[i] = ','
		}
	}
	return string(b)
}

func factNames(p *i18n.Printer, variables []string) string {
	var what []string
	for _, v := range variables {
		if key := "casefile.variable." + v; p.Has(key) {
			v = p.T(key)
		}
		what = append(what, v)
	}
	if len(what) > maxNamed {
		return p.T("outlook.cause.and_more", "list", p.List(what[:maxNamed]))
	}
	return p.List(what)
}
