package lang

import "strings"

// parseExamples reads a block of worked examples.
func parseExamples(f *File, src string, line int) Problems {
	tokens, problems := lex(f.Name, src, line)
	p := &parser{file: f, tokens: tokens, problems: problems}
	for p.tok().Kind != TokEOF {
		start := p.at
		if !p.is("exemple") {
			p.fail(msgExampleHead, "")
		} else if e := p.example(); !p.failed {
			f.Examples = append(f.Examples, e)
		}
		if p.failed {
			p.resyncTo(start, "exemple")
			p.failed = false
		}
	}
	return p.problems
}

// resyncTo moves to the next line that begins with word.
func (p *parser) resyncTo(start int, word string) {
	for p.at = max(p.at, start+1); p.tokens[p.at].Kind != TokEOF; p.at++ {
		if t := p.tokens[p.at]; t.Kind == TokWord && t.Text == word && p.tokens[p.at-1].Pos.Line < t.Pos.Line {
			return
		}
	}
}

func (p *parser) example() *Example {
	e := &Example{Pos: p.take().Pos, Title: p.phrase()}
	p.expect("en")
	e.Month = *p.moment()
	if e.Month.Kind != MomentDated {
		p.fail(sprintf(msgMoment, "en"), "en juin 2025")
	}
	for !p.failed && p.tok().Kind != TokEOF && !p.is("exemple") {
		t := p.tok()
		switch t.Text {
		case "parent", "enfant", "occupant":
			e.Members = append(e.Members, p.member())
		case "famille", "foyer", "logement":
			p.take()
			facts := ExampleFacts{Pos: t.Pos, Of: t.Text}
			p.expect(":")
			facts.Values = p.values()
			e.Facts = append(e.Facts, facts)
		case "attendu":
			e.Expect = append(e.Expect, p.expectation())
		default:
			p.fail(sprintf(msgExampleLine, t.Text), "")
		}
	}
	return e
}

func (p *parser) member() ExampleMember {
	m := ExampleMember{Pos: p.tok().Pos, Role: p.take().Text, Name: p.name(), Age: -1}
	if p.accept(",") {
		switch {
		case p.acceptAny("né", "née"):
			p.expect("le")
			m.Born = p.date()
		default:
			m.Age = p.whole(wordWhole)
			switch {
			case p.acceptAny("ans", "an"):
				m.AgeIn = "ans"
			case p.accept("mois"):
				m.AgeIn = "mois"
			default:
				p.missing(quoted("ans"))
			}
		}
	}
	if p.accept(":") {
		m.Values = p.values()
	}
	return m
}

func (p *parser) values() []ExampleValue {
	var out []ExampleValue
	for !p.failed {
		v := ExampleValue{Pos: p.tok().Pos, Name: p.name()}
		p.expect("=")
		v.Value = p.literal()
		switch {
		case p.is("en") && p.momentAt(1):
			p.take()
			v.From = p.moment()
		case p.is("de") && p.momentAt(1):
			p.take()
			v.From = p.moment()
			p.expect("à")
			v.To = p.moment()
		}
		out = append(out, v)
		if !p.accept(";") {
			break
		}
	}
	return out
}

func (p *parser) expectation() Expectation {
	x := Expectation{Pos: p.take().Pos, Name: p.name()}
	if p.accept("de") {
		x.Of = p.name()
	}
	switch {
	case p.accept("non", "applicable"):
		x.NA = true
	default:
		p.expect("=")
		x.Value = p.literal()
		if p.accept("à") {
			x.Tolerance = p.literal()
			p.expect("près")
		}
	}
	x.Source = p.source()
	return x
}

// sheetHeads are the headings of a sheet; those with true name a rule or an
// input, the others hold a phrase.
func sheetHead(words string) (named, ok bool) {
	switch words {
	case "versé", "sous réserve", "territoire":
		return true, true
	case "décide", "facile", "entraîne", "contester", "démarche", "papier", "guichet", "téléphone", "en ligne", "délai", "ne couvre pas", "texte":
		return false, true
	}
	return false, false
}

// SheetHeads lists the headings a sheet may have.
func SheetHeads() []string {
	return []string{"versé", "sous réserve", "territoire", "décide", "facile", "entraîne", "contester", "démarche", "papier", "guichet", "téléphone", "en ligne", "délai", "ne couvre pas", "texte"}
}

// parseSheets reads a block of sheets of rights.
func parseSheets(f *File, src string, line int) Problems {
	tokens, problems := lex(f.Name, src, line)
	p := &parser{file: f, tokens: tokens, problems: problems}
	for p.tok().Kind != TokEOF {
		start := p.at
		if !p.is("droit") {
			p.fail(msgSheetHead, "")
		} else if s := p.sheet(); !p.failed {
			f.Sheets = append(f.Sheets, s)
		}
		if p.failed {
			p.resyncTo(start, "droit")
			p.failed = false
		}
	}
	return p.problems
}

func (p *parser) sheet() *Sheet {
	s := &Sheet{Pos: p.take().Pos, Name: p.name(), Title: p.phrase()}
	for !p.failed && p.tok().Kind == TokWord && !p.is("droit") {
		l := SheetLine{Pos: p.tok().Pos}
		var words []string
		for p.tok().Kind == TokWord && p.tok().Pos.Line == l.Pos.Line {
			if _, ok := sheetHead(strings.Join(words, " ")); ok {
				break
			}
			words = append(words, p.take().Text)
		}
		l.Head = strings.Join(words, " ")
		named, ok := sheetHead(l.Head)
		switch {
		case !ok:
			p.fail(sprintf(msgRubric, l.Head), nearestAdvice(l.Head, SheetHeads()))
		case named:
			l.Name = p.name()
		default:
			l.Text = p.phrase()
			l.Source = p.source()
		}
		s.Lines = append(s.Lines, l)
	}
	return s
}
