package person

import (
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
)

// callName is how a page speaks of the person: « Mme Haddad », or their name as
// it is when they gave no title.
func callName(p *i18n.Printer, title casefile.Title, id casefile.Identity) string {
	switch title {
	case casefile.TitleMadame:
		return p.T("web.person.mme", "name", id.UsualName)
	case casefile.TitleMonsieur:
		return p.T("web.person.m", "name", id.UsualName)
	}
	return id.DisplayName()
}

// age says an age in completed years on a day: « 34 ans », « 33 ou 34 ans » when
// the birth is known in part, « 8 mois » before two years, "" when unknown.
func age(p *i18n.Printer, birth core.PartialDate, on core.Date) string {
	if birth.IsZero() {
		return ""
	}
	young, old := birth.AgeOn(on)
	switch {
	case old < 0:
		return p.T("web.person.to_be_born")
	case young < 0:
		young = 0
	}
	if young != old {
		return p.N("web.person.age_between", old, "low", young)
	}
	if old < 2 && birth.Month > 0 {
		first, _ := birth.Bounds()
		months := (on.Year-first.Year)*12 + int(on.Month) - int(first.Month)
		if birth.Day > 0 && on.Day < birth.Day {
			months--
		}
		return p.N("web.person.age_months", max(months, 0))
	}
	return p.N("web.person.age", old)
}

// born says when: « née le 3 février 1992 », « né en 1984 ».
func born(p *i18n.Printer, title casefile.Title, birth core.PartialDate) string {
	if birth.IsZero() {
		return ""
	}
	key := "web.person.born_"
	switch title {
	case casefile.TitleMadame:
		key += "f_"
	case casefile.TitleMonsieur:
		key += "m_"
	default:
		key += "x_"
	}
	if birth.Day > 0 {
		return p.T(key+"day", "date", birth)
	}
	return p.T(key+"in", "date", birth)
}

// phone writes a number as people read it aloud: "06 39 98 41 22".
func phone(s string) string {
	national, french := strings.CutPrefix(s, "+33")
	if !french || len(national) != 9 {
		return s
	}
	national = "0" + national
	var b strings.Builder
	for i := 0; i < len(national); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(national[i : i+2])
	}
	return b.String()
}

// languageNames lists languages in the reader's words.
func languageNames(p *i18n.Printer, tags []string) string {
	names := make([]string, 0, len(tags))
	for _, t := range tags {
		names = append(names, languageName(p, t))
	}
	return p.List(names)
}

func languageName(p *i18n.Printer, tag string) string {
	if key := "web.language." + strings.ReplaceAll(tag, "-", "_"); p.Has(key) {
		return p.T(key)
	}
	return tag
}

// languages are those a form offers, the most met first.
func languages() []string {
	return []string{"fr", "ar", "en", "ber", "kab", "pt", "es", "tr", "ro", "ru", "uk", "sq", "am", "ti", "so", "ff", "wo", "bm", "snk", "ln", "fa", "ps", "prs", "bn", "ta", "ur", "zh", "vi", "it", "pl", "rom", "ka", "hy", "fsl"}
}

// DiedWord says a death: « décédée le 20 mai 2026 ».
func DiedWord(p *i18n.Printer, title casefile.Title, died core.PartialDate) string {
	key := "life.died_x_"
	switch title {
	case casefile.TitleMadame:
		key = "life.died_f_"
	case casefile.TitleMonsieur:
		key = "life.died_m_"
	}
	if died.Day > 0 {
		return p.T(key+"day", "date", died)
	}
	return p.T(key+"month", "date", died)
}

// CallName is how the pages of other areas name somebody: « Mme Haddad », or the
// whole name without a title.
func CallName(p *i18n.Printer, who casefile.Identity) string { return callName(p, who.Title, who) }
