package lang

// The Pratt parser of expressions. Binding powers, from loose to tight:
// ou 1, et 2, comparisons 4, plafonné à / au moins 5, + − 6, × / 7.
const (
	powerAny     = 0
	powerCompare = 4
	powerBound   = 5
	powerTerm    = 6
	powerFactor  = 7
)

// expr reads an expression whose infix operators bind at least as tight as
// power + 1.
func (p *parser) expr(power int) *Expr {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.fail(msgDepth, adviceDepth)
		return &Expr{Pos: p.tok().Pos}
	}
	left := p.prefix()
	for !p.failed {
		op, words, bind := p.infix()
		if bind <= power {
			break
		}
		pos := p.tok().Pos
		p.at += words
		switch op {
		case "parmi":
			e := &Expr{Pos: pos, Kind: ExIn, Args: []*Expr{left}}
			p.expect("(")
			e.Args = append(e.Args, p.expr(powerCompare))
			for p.accept(";") {
				e.Args = append(e.Args, p.expr(powerCompare))
			}
			p.expect(")")
			left = e
		case "commence":
			left = &Expr{Pos: pos, Kind: ExPrefix, Args: []*Expr{left}, Text: p.phrase()}
		case "applicable":
			left = &Expr{Pos: pos, Kind: ExApplicable, Args: []*Expr{left}}
		default:
			left = &Expr{Pos: pos, Kind: ExBinary, Op: op, Args: []*Expr{left, p.expr(bind)}}
		}
	}
	return left
}

// infix tells which operator comes next, its number of tokens and how tight it
// binds; 0 when none does.
func (p *parser) infix() (op string, words, bind int) {
	t := p.tok()
	switch t.Kind {
	case TokSymbol:
		switch t.Text {
		case "+", "-":
			return t.Text, 1, powerTerm
		case "×", "/":
			return t.Text, 1, powerFactor
		case "=", "≠", "<", "≤", ">", "≥":
			return t.Text, 1, powerCompare
		}
	case TokWord:
		switch {
		case t.Text == "ou":
			return "ou", 1, 1
		case t.Text == "et":
			return "et", 1, 2
		case t.Text == "parmi":
			return "parmi", 1, powerCompare
		case p.is("commence", "par"):
			return "commence", 2, powerCompare
		case p.is("est", "applicable"):
			return "applicable", 2, powerCompare
		case p.is("plafonné", "à"):
			return "min", 2, powerBound
		case p.is("au", "moins"):
			return "max", 2, powerBound
		}
	}
	return "", 0, 0
}

// prefix reads what may begin an expression, with its suffixes.
func (p *parser) prefix() *Expr {
	pos := p.tok().Pos
	switch {
	case p.accept("soit"):
		e := &Expr{Pos: pos, Kind: ExLet, Name: p.name()}
		p.expect("=")
		bound := p.expr(powerAny)
		p.expect(";")
		e.Args = []*Expr{bound, p.expr(powerAny)}
		return e
	case p.accept("si"):
		cond := p.expr(powerAny)
		p.expect("alors")
		then := p.expr(powerAny)
		p.expect("sinon")
		return &Expr{Pos: pos, Kind: ExIf, Args: []*Expr{cond, then, p.expr(powerAny)}}
	case p.is("non") && !p.is("non", "applicable"):
		p.take()
		return &Expr{Pos: pos, Kind: ExNot, Args: []*Expr{p.expr(2)}}
	case p.accept("-"):
		return &Expr{Pos: pos, Kind: ExNeg, Args: []*Expr{p.expr(powerFactor)}}
	}
	return p.suffixed()
}

// suffixed reads a primary and what follows it: en M-1, du demandeur, à la date.
func (p *parser) suffixed() *Expr {
	e := p.primary()
	for !p.failed {
		pos := p.tok().Pos
		switch {
		case p.is("en") && p.momentAt(1):
			p.take()
			e = &Expr{Pos: pos, Kind: ExShift, Moment: p.moment(), Args: []*Expr{e}}
		case p.accept("à", "la", "date"):
			e = &Expr{Pos: pos, Kind: ExAtDate, Args: []*Expr{e, p.primary()}}
		default:
			link := p.linkAt(0)
			if link == 0 {
				return e
			}
			if _, n := p.groupNameAt(link); n == 0 {
				return e
			}
			p.at += link
			e = &Expr{Pos: pos, Kind: ExProject, Path: p.path(), Args: []*Expr{e}}
		}
	}
	return e
}

func (p *parser) primary() *Expr {
	t := p.tok()
	e := &Expr{Pos: t.Pos}
	switch t.Kind {
	case TokNumber:
		if n := p.ahead(1); n.Kind == TokWord && monthNumber(n.Text) > 0 {
			e.Kind, e.Lit = ExDay, &Literal{Pos: t.Pos, Text: p.take().Text}
			e.Moment = p.moment()
			return e
		}
		e.Kind, e.Lit = ExLiteral, p.literal()
		return e
	case TokDate, TokString:
		e.Kind, e.Lit = ExLiteral, p.literal()
		return e
	case TokSymbol:
		if p.accept("(") {
			inner := p.expr(powerAny)
			p.expect(")")
			return inner
		}
	case TokWord:
		return p.wordPrimary(e)
	}
	p.missing(wordExpr)
	return e
}

func (p *parser) wordPrimary(e *Expr) *Expr {
	t := p.tok()
	switch {
	case t.Text == "vrai" || t.Text == "faux":
		e.Kind, e.Lit = ExLiteral, p.literal()
	case p.accept("non", "applicable"):
		e.Kind = ExNA
	case p.accept("à", "vérifier"):
		e.Kind, e.Text = ExVerify, p.phrase()
	case p.accept("arrondi"):
		p.round(e)
	case (p.is("début", "de") || p.is("fin", "de")) && p.momentAt(2):
		e.Kind, e.Name = ExBound, p.take().Text
		p.take()
		e.Moment = p.moment()
	case p.is("années", "entre") || p.is("mois", "entre") || p.is("jours", "entre"):
		e.Kind, e.Name = ExBetween, p.take().Text
		p.take()
		a := p.expr(powerBound)
		p.expect("et")
		e.Args = []*Expr{a, p.expr(powerBound)}
	case (t.Text == "maximum" || t.Text == "minimum") && p.ahead(1).Kind == TokSymbol && p.ahead(1).Text == "(":
		e.Kind, e.Name = ExExtremum, p.take().Text
		e.Args = p.arguments()
	case folds(t.Text):
		p.fold(e)
	case !reserved(t.Text):
		e.Kind, e.Name = ExName, p.take().Text
		if p.is("(") {
			e.Kind, e.Args = ExCall, p.arguments()
		}
	default:
		p.missing(wordExpr)
	}
	return e
}

func (p *parser) arguments() []*Expr {
	p.expect("(")
	args := []*Expr{p.expr(powerAny)}
	for p.accept(";") {
		args = append(args, p.expr(powerAny))
	}
	p.expect(")")
	return args
}

// round reads the step and the direction of an arrondi, then what it rounds.
func (p *parser) round(e *Expr) {
	e.Kind = ExRound
	switch {
	case p.accept("au", "centime"):
		e.Lit = &Literal{Pos: e.Pos, Text: "0.01", Unit: "€"}
	case p.accept("à", "l'", "euro"):
		e.Lit = &Literal{Pos: e.Pos, Text: "1", Unit: "€"}
	case p.acceptAny("à", "aux"):
		e.Lit = p.literal()
	default:
		p.missing(wordStep)
	}
	switch {
	case p.acceptAny("supérieur", "supérieurs", "supérieure", "supérieures"):
		e.Mode = "supérieur"
	case p.acceptAny("inférieur", "inférieurs", "inférieure", "inférieures"):
		e.Mode = "inférieur"
	}
	e.Args = []*Expr{p.suffixed()}
}

func folds(word string) bool {
	switch word {
	case "somme", "moyenne", "nombre", "maximum", "minimum", "un", "tous", "rang":
		return true
	}
	return false
}

// fold reads "somme pour les enfants tels que C : E" and its relatives.
func (p *parser) fold(e *Expr) {
	e.Kind, e.Name = ExFold, p.take().Text
	switch {
	case p.accept("pour", "les"), p.accept("parmi", "les"), p.acceptAny("des", "les", "d'"):
		if p.accept("mois") {
			p.months(e)
			break
		}
		e.Path = p.path()
	default:
		p.months(e)
	}
	if p.is("tel") || p.is("tels") || p.is("telle") || p.is("telles") {
		p.take()
		if !p.acceptAny("que", "qu'") {
			p.missing(quoted("que"))
		}
		e.Filter = p.expr(powerAny)
	}
	if p.accept(":") {
		e.Args = []*Expr{p.expr(powerAny)}
	}
}

// months reads the domain "de M-13 à M-2" or "sur N-2".
func (p *parser) months(e *Expr) {
	switch {
	case p.accept("sur"):
		e.Moment = p.moment()
		if e.Moment.Kind != MomentYear {
			p.fail(sprintf(msgMoment, "sur"), "sur N, sur N-2…")
		}
	case p.is("de") && p.momentAt(1):
		p.take()
		e.Moment = p.moment()
		p.expect("à")
		e.To = p.moment()
		if e.Moment.Kind != MomentMonth || e.To.Kind != MomentMonth {
			p.fail(sprintf(msgMoment, "de … à …"), "de M-4 à M-2")
		}
	default:
		p.missing(wordGroup)
	}
}
