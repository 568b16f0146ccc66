package seen

import (
	"slices"
	"strings"

	journal "codeberg.org/parvis/parvis/internal/casefile/seen"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// dayOf says a day in the reader's language.
func dayOf(p *i18n.Printer, house kit.House, d journal.Day) dayView {
	out := dayView{Date: kit.Capital(p.WeekDay(d.Date))}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, lineOf(p, house, l))
	}
	for _, l := range d.Glimpses {
		who, rest := nameOf(p, house, l)
		if rest != "" {
			who = p.T("seen.who_and", "who", who, "what", rest)
		}
		if !slices.Contains(out.Glimpses, who) {
			out.Glimpses = append(out.Glimpses, who)
		}
	}
	return out
}

// nameOf says who, and what they are when the name alone does not say it.
func nameOf(p *i18n.Printer, house kit.House, l journal.Line) (who, rest string) {
	switch l.Who {
	case journal.Self:
		return p.T("seen.you"), ""
	case journal.Law:
		return p.T("seen.law"), ""
	case journal.Program:
		return p.T("seen.program"), ""
	case journal.Erased:
		return p.T("seen.erased"), ""
	case journal.Named:
		return l.Name, l.Function
	}
	switch {
	case l.Function != "" && l.Team != "":
		return kit.Capital(l.Function), p.T("seen.of_team", "team", l.Team)
	case l.Function != "":
		return kit.Capital(l.Function), house.Org
	case l.Team != "":
		return p.T("seen.somebody_team", "team", l.Team), ""
	}
	return p.T("seen.somebody", "org", house.Org), ""
}

// maxInSentence is how many things somebody did are said in one sentence.
const maxInSentence = 3

// lineOf says one line: who, what they did, why.
func lineOf(p *i18n.Printer, house kit.House, l journal.Line) lineView {
	who, rest := nameOf(p, house, l)
	list := acts(p, l)
	out := lineView{Icon: "person", Who: who, Why: why(p, l), as: rest, did: kit.Capital(p.List(list)) + "."}
	out.Stop = slices.Contains(l.Kinds, "talk.run")
	switch many := len(list) > maxInSentence; {
	case many && rest != "":
		out.Did, out.Acts = p.T("seen.did_these_as", "who", rest), list
	case many:
		out.Did, out.Acts = p.T("seen.did_these"), list
	case rest != "":
		out.Did = p.T("seen.did_as", "who", rest, "what", p.List(list))
	default:
		out.Did = p.T("seen.did", "what", p.List(list))
	}
	switch l.Who {
	case journal.Self:
		out.Mine = true
	case journal.Law:
		out.Icon, out.Did, out.Acts = "calc", p.T("seen.law_did"), nil
		out.did = kit.Capital(strings.TrimSpace(out.Did))
	case journal.Program:
		out.Icon = "calc"
	case journal.Erased:
		out.Icon, out.Did = "cross", p.T("seen.erased_did")
		out.did = p.T("seen.erased_paper")
	case journal.Named, journal.Worker:
		if l.Reason != "" {
			out.Icon = "key"
		}
	}
	return out
}

// acts are the sentences of a line, each once.
func acts(p *i18n.Printer, l journal.Line) []string {
	var list []string
	for _, kind := range l.Kinds {
		key := "journal." + kind
		if own := "seen.own." + kind; l.Who == journal.Self {
			if key = own; !p.Has(own) {
				key = "seen.own_other"
			}
		} else if !p.Has(key) {
			key = "seen.something"
		}
		if said := p.T(key); !slices.Contains(list, said) {
			list = append(list, said)
		}
	}
	if l.Who == journal.Self && len(list) > 1 { // « other » says nothing beside the rest
		if other := p.T("seen.own_other"); slices.Contains(list, other) {
			list = slices.DeleteFunc(list, func(s string) bool { return s == other })
		}
	}
	return list
}

// why is the reason, in words; "" when the line needs none.
func why(p *i18n.Printer, l journal.Line) string {
	switch l.Who {
	case journal.Law:
		return p.T("seen.why.law")
	case journal.Self, journal.Program, journal.Erased:
		return ""
	}
	switch {
	case l.Reason != "":
		return p.T("seen.why.said", "reason", l.Reason)
	case l.Ours && l.Who == journal.Named:
		return p.T("seen.why.accompanies")
	case l.Ours:
		return p.T("seen.why.team")
	}
	return ""
}
