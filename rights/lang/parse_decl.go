package lang

// declaration reads one declaration; the caller has seen its keyword.
func (p *parser) declaration() {
	pos := p.tok().Pos
	switch p.take().Text {
	case "paramètre":
		d := p.param(pos)
		if !p.failed {
			p.file.Params = append(p.file.Params, d)
		}
	case "barème":
		d := p.scale(pos)
		if !p.failed {
			p.file.Scales = append(p.file.Scales, d)
		}
	case "table":
		d := p.table(pos)
		if !p.failed {
			p.file.Tables = append(p.file.Tables, d)
		}
	case "énumération":
		d := p.enum(pos)
		if !p.failed {
			p.file.Enums = append(p.file.Enums, d)
		}
	case "entrée":
		d := p.input(pos)
		if !p.failed {
			p.file.Inputs = append(p.file.Inputs, d)
		}
	case "règle":
		d := p.rule(pos)
		if !p.failed {
			p.file.Rules = append(p.file.Rules, d)
		}
	}
}

func (p *parser) source() string {
	if p.accept("source") {
		return p.phrase()
	}
	return ""
}

func (p *parser) expected() string {
	if p.accept("prochaine") {
		p.expect("valeur", "attendue", "le")
		return p.date()
	}
	return ""
}

func (p *parser) param(pos Pos) *Param {
	d := &Param{Pos: pos, Name: p.name()}
	p.expect(":")
	d.Type = p.typeName()
	if p.accept(",") {
		p.expect("par")
		d.Keys = append(d.Keys, p.key())
		if p.accept("et") {
			d.Keys = append(d.Keys, p.key())
		}
	}
	d.Label = p.optionalPhrase()
	for p.is("à", "partir") {
		d.Versions = append(d.Versions, p.paramVersion(len(d.Keys) > 0))
	}
	if len(d.Versions) == 0 {
		p.missing(quoted("à partir du"))
	}
	d.Expected = p.expected()
	return d
}

func (p *parser) key() string {
	if p.accept("nombre") {
		return "nombre"
	}
	return p.name()
}

func (p *parser) paramVersion(keyed bool) ParamVersion {
	v := ParamVersion{Pos: p.tok().Pos}
	p.expect("à", "partir", "du")
	v.From = p.date()
	switch {
	case p.accept(":"):
		if p.accept("fin") {
			v.Ended = true
		} else {
			v.Value = p.literal()
		}
		v.Source = p.source()
	case keyed:
		v.Source = p.source()
		v.Grid = p.grid()
	default:
		p.missing(wordValueOrGrid)
	}
	return v
}

// grid reads the rows "| … | … |". With a first empty cell, the first row is the
// head.
func (p *parser) grid() *Grid {
	g := &Grid{}
	if !p.is("|") {
		p.missing(wordValueOrGrid)
	}
	for p.is("|") {
		line := p.tok().Pos.Line
		p.take()
		if p.is("|") {
			p.take()
			for !p.failed && p.tok().Pos.Line == line && p.tok().Kind != TokEOF {
				g.Head = append(g.Head, p.gridKey())
				p.rowBar(line)
			}
			continue
		}
		row := GridRow{Key: p.gridKey()}
		p.rowBar(line)
		for !p.failed && p.tok().Pos.Line == line && p.tok().Kind != TokEOF {
			row.Cells = append(row.Cells, p.literal())
			p.rowBar(line)
		}
		g.Rows = append(g.Rows, row)
	}
	return g
}

func (p *parser) rowBar(line int) {
	if p.tok().Pos.Line != line || !p.accept("|") {
		p.fail(msgGridRow, "")
	}
}

func (p *parser) gridKey() *GridKey {
	k := &GridKey{Pos: p.tok().Pos}
	switch {
	case p.accept("en", "plus"):
		k.More = true
	case p.tok().Kind == TokNumber:
		k.Text = p.take().Text
	default:
		k.Text = p.name()
	}
	return k
}

func (p *parser) scale(pos Pos) *Scale {
	d := &Scale{Pos: pos, Name: p.name()}
	switch {
	case p.accept("marginal"):
		d.Marginal = true
	case p.accept("par", "tranche"):
	default:
		p.missing(wordMarginalOrBy)
	}
	p.expect(":")
	d.Type = p.typeName()
	p.expect(",", "selon")
	d.Of = p.typeName()
	d.Label = p.optionalPhrase()
	for p.is("à", "partir") {
		v := ScaleVersion{Pos: p.tok().Pos}
		p.expect("à", "partir", "du")
		v.From = p.date()
		v.Source = p.source()
		for p.accept("de") {
			b := Bracket{From: p.literal()}
			p.expect(":")
			b.Value = p.literal()
			v.Brackets = append(v.Brackets, b)
		}
		if len(v.Brackets) == 0 {
			p.missing(quoted("de … : …"))
		}
		d.Versions = append(d.Versions, v)
	}
	if len(d.Versions) == 0 {
		p.missing(quoted("à partir du"))
	}
	d.Expected = p.expected()
	return d
}

func (p *parser) table(pos Pos) *Table {
	d := &Table{Pos: pos, Name: p.name()}
	p.expect(":")
	d.Type = p.typeName()
	p.expect(",", "par", "texte")
	d.Label = p.optionalPhrase()
	p.expect("fichier")
	d.Path = p.phrase()
	if p.accept("sinon") {
		d.Default = p.literal()
	}
	d.Source = p.source()
	return d
}

func (p *parser) enum(pos Pos) *Enum {
	d := &Enum{Pos: pos, Name: p.name()}
	p.expect(":")
	for !p.failed {
		v := EnumValue{Pos: p.tok().Pos, Name: p.name()}
		v.Label = p.optionalPhrase()
		d.Values = append(d.Values, v)
		if !p.accept(";") {
			break
		}
	}
	return d
}

// head reads "nom (entité, période) : type « phrase »".
func (p *parser) head() (name, entity, period string, typ TypeName, label string) {
	name = p.name()
	p.expect("(")
	if entity = p.tok().Text; entityWord(entity) {
		p.take()
	} else {
		p.fail(sprintf(msgEntity, entity), adviceEntity)
	}
	p.expect(",")
	if period = p.tok().Text; period == "mois" || period == "année" || period == "toujours" {
		p.take()
	} else {
		p.fail(sprintf(msgPeriod, period), advicePeriod)
	}
	p.expect(")")
	p.expect(":")
	return name, entity, period, p.typeName(), p.optionalPhrase()
}

func entityWord(w string) bool {
	return w == "personne" || w == "famille" || w == "foyer" || w == "ménage"
}

func (p *parser) input(pos Pos) *Input {
	d := &Input{Pos: pos}
	d.Name, d.Entity, d.Period, d.Type, d.Label = p.head()
	p.expect("défaut")
	d.Default = p.literal()
	if p.accept("présumé") {
		d.Presumed = p.literal()
		if p.accept("si") {
			d.When = p.expr(powerAny)
		}
	}
	if p.is("déduit") {
		d.Derived = &Derived{Pos: p.tok().Pos}
		p.expect("déduit", "de")
		d.Derived.From = p.name()
		p.expect("×")
		d.Derived.Times = p.name()
	}
	if p.accept("année") {
		switch w := p.tok().Text; w {
		case "répartie", "répétée", "interdite":
			d.Spread = p.take().Text
		default:
			p.missing(wordSpread)
		}
	}
	if p.accept("question") {
		d.Question = p.phrase()
	}
	return d
}

func (p *parser) rule(pos Pos) *Rule {
	d := &Rule{Pos: pos}
	d.Name, d.Entity, d.Period, d.Type, d.Label = p.head()
	for p.accept("article") {
		d.Articles = append(d.Articles, p.phrase())
	}
	if p.accept("remonte") {
		p.expect("au", "plus")
		d.MaxPast = p.whole(wordWhole)
		p.expect("mois", ",", "au", "départ")
		d.Start = p.literal()
	}
	if p.is("à", "partir") {
		for p.is("à", "partir") {
			b := RuleBody{Pos: p.tok().Pos}
			p.expect("à", "partir", "du")
			b.From = p.date()
			p.expect("=")
			b.Expr = p.expr(powerAny)
			d.Bodies = append(d.Bodies, b)
		}
		return d
	}
	p.accept("=")
	if t := p.tok(); t.Kind == TokEOF || t.Kind == TokWord && declares(t.Text) {
		p.fail(msgNoBody, adviceNoBody)
		return d
	}
	d.Bodies = []RuleBody{{Pos: p.tok().Pos, Expr: p.expr(powerAny)}}
	if p.tok().Kind == TokWord && !declares(p.tok().Text) || p.tok().Kind != TokWord && p.tok().Kind != TokEOF {
		p.fail(sprintf(msgDeclaration, p.tok().Text), "")
	}
	return d
}
