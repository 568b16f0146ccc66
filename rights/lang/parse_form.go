package lang

// parseForms reads a block of questions.
func parseForms(f *File, src string, line int) Problems {
	tokens, problems := lex(f.Name, src, line)
	p := &parser{file: f, tokens: tokens, problems: problems}
	for p.tok().Kind != TokEOF {
		start := p.at
		if !p.is("question") {
			p.fail(msgFormHead, "")
		} else if q := p.form(); !p.failed {
			f.Forms = append(f.Forms, q)
		}
		if p.failed {
			p.resyncTo(start, "question")
			p.failed = false
		}
	}
	return p.problems
}

func (p *parser) form() *Form {
	q := &Form{Pos: p.take().Pos, Name: p.name(), Sentence: p.phrase()}
	for !p.failed && p.tok().Kind != TokEOF && !p.is("question") {
		pos := p.tok().Pos
		switch {
		case p.accept("demande"):
			q.Asks = append(q.Asks, FormAsk{pos, p.name()})
		case p.accept("ensemble"):
			q.Together = true
		case p.accept("en", "dernier"):
			q.Last = true
		case p.accept("plusieurs"):
			q.Several = true
		case p.accept("facile"):
			q.Easy = p.phrase()
		case p.accept("réponse"):
			a := FormAnswer{Pos: pos, Name: p.name(), Label: p.phrase()}
			if p.accept(":") {
				a.Values = p.values()
			}
			for _, v := range a.Values {
				if v.From != nil {
					p.fail(msgFormAnswer, "")
				}
			}
			q.Answers = append(q.Answers, a)
		default:
			p.fail(sprintf(msgFormLine, p.tok().Text), nearestAdvice(p.tok().Text, []string{"demande", "ensemble", "plusieurs", "en dernier", "facile", "réponse"}))
		}
	}
	return q
}
