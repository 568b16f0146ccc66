package outlook

import (
	months "codeberg.org/parvis/parvis/internal/casefile/outlook"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// why says what makes a right change in a month.
func why(p *i18n.Printer, o *months.Outlook, c months.Change) []Sentence {
	var out []Sentence
	for _, cause := range c.Causes {
		s := Sentence{Text: say(p, o, cause)}
		if cause.Month > o.First && cause.Month < c.Month && (cause.Kind == months.FactStarts || cause.Kind == months.FactEnds) {
			s.Text += " " + p.T("outlook.lag")
		}
		out = append(out, s)
		for _, label := range cause.Labels { // the law's own words are French
			s := Sentence{Text: label}
			if p.Lang() != i18n.French {
				s.Lang = i18n.French
			}
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		out = []Sentence{{Text: p.T("outlook.cause.rule")}}
	}
	return out
}

func say(p *i18n.Printer, o *months.Outlook, c months.Cause) string {
	name := o.Humans[c.Subject.ID]
	switch c.Kind {
	case months.Birthday:
		return p.N("outlook.cause.birthday", c.Age, "name", name, "month", c.Month)
	case months.Home:
		return p.T("outlook.cause.household", "month", c.Month)
	case months.NewValue:
		return p.T("outlook.cause.value", "month", c.Month)
	case months.NewYear:
		return p.T("outlook.cause.year", "month", c.Month)
	}
	var what []string
	for _, v := range c.Variables {
		if key := "casefile.variable." + v; p.Has(key) {
			v = p.T(key)
		}
		what = append(what, v)
	}
	list := p.List(what)
	if len(what) > maxNamed {
		list = p.T("outlook.cause.and_more", "list", p.List(what[:maxNamed]))
	}
	month := c.Month
	key := "outlook.cause." + string(c.Kind)
	if c.Kind == months.FactEnds {
		month--                 // people say the last month
		if c.Month <= o.First { // not announced: nobody has said more since
			key = "outlook.cause.known"
		}
	}
	if name != "" {
		return p.T(key+"_of", "what", list, "name", name, "month", month)
	}
	return p.T(key, "what", list, "month", month)
}

// maxNamed is how many facts a cause names.
const maxNamed = 3
