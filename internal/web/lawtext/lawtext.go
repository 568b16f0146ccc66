// Package lawtext says the sentences of the law files in the reader's language.
//
// Law files are French and are the source: no catalogue repeats them. A
// translation lives in internal/platform/i18n/catalogue/<tag>/law.toml under a
// key made from the law's own names, with the hash of the French sentence it
// translates. A sentence without a translation of its very words (another law,
// an old result, a sentence changed since) is said in French and marked as such,
// so that a screen reader changes its voice and Arabic keeps its direction.
//
// The tests of this package fail when a sentence that people can read has no
// translation, or an outdated one; docs/translations.md says how to write one.
//
//	lawtext.Say(p, line.Key, line.Sentence)
package lawtext

import (
	"strconv"

	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/rights"
	"codeberg.org/parvis/parvis/rights/ir"
)

// Text is one sentence as it is shown, and its language when it is not the
// page's: "fr" when it stayed French elsewhere, to be marked with the lang
// attribute and isolated from the text around it (bdi).
type Text struct {
	Text string
	Lang string
}

// Say returns the sentence of a law file in the language of p: its translation
// under key when there is one of this very sentence, else the French.
func Say(p *i18n.Printer, key, french string) Text {
	if text, ok := p.Translated(key, french); ok {
		return Text{Text: text}
	}
	return French(p, french)
}

// French is a sentence that has no translation and wants none: an article, the
// name of a text, its publication.
func French(p *i18n.Printer, french string) Text {
	t := Text{Text: i18n.Typeset(french)}
	if p.Lang() != i18n.French {
		t.Lang = i18n.French
	}
	return t
}

// String is the bare sentence, to be put inside another one.
func (t Text) String() string { return t.Text }

// Part is a kind of sentence of a right's sheet.
type Part string

// The parts of a right's sheet. Title and Decides are one sentence, the others a
// list.
const (
	Title      Part = "title"
	Decides    Part = "decides"
	Easy       Part = "easy"
	Entails    Part = "entails"
	Contest    Part = "contest"
	Paper      Part = "paper"
	Procedure  Part = "procedure"
	Counter    Part = "counter"
	Phone      Part = "phone"
	Online     Part = "online"
	Delay      Part = "delay"
	NotCovered Part = "not_covered"
)

// Right is the key of a right's title, or of who decides.
func Right(right string, part Part) string { return "law.right." + right + "." + string(part) }

// RightLine is the key of the i-th sentence of a list, from 0: its key counts
// from 1, as people do.
func RightLine(right string, part Part, i int) string {
	return Right(right, part) + "." + strconv.Itoa(i+1)
}

// Sentence is the key of a rule's or an input's sentence, the one that
// rights.Line carries.
func Sentence(variable string) string { return "law." + variable + ".sentence" }

// Param is the key of a parameter's, a grid's or a scale's sentence.
func Param(name string) string { return "law.param." + name }

// Choice is the key of one value of an enumeration of the law files.
func Choice(enumeration, value string) string { return "law.choice." + enumeration + "." + value }

// Reason is the key of the sentence of a rule that cannot conclude. Results
// carry the sentence alone, so that its own hash is its name.
func Reason(french string) string { return "law.reason." + i18n.SourceHash(french) }

// Lines says the sentences of one list of a right.
func Lines(p *i18n.Printer, right string, part Part, french []string) []Text {
	out := make([]Text, len(french))
	for i, s := range french {
		out[i] = Say(p, RightLine(right, part, i), s)
	}
	return out
}

// Parameter says the sentence of a parameter, its name when it has none.
func Parameter(p *i18n.Printer, law *rights.Law, name string) Text {
	program := law.Program().IR
	for i := range program.Params {
		if x := &program.Params[i]; x.Name == name && x.Label != "" {
			return Say(p, Param(name), x.Label)
		}
	}
	for i := range program.Scales {
		if x := &program.Scales[i]; x.Name == name && x.Label != "" {
			return Say(p, Param(name), x.Label)
		}
	}
	return Text{Text: name}
}

// Value says one value of an enumeration that a variable holds, in the words of
// the law files; the bare value when they have none.
func Value(p *i18n.Printer, law *rights.Law, variable, value string) Text {
	program := law.Program()
	i := program.Var(variable)
	if i < 0 || program.IR.Vars[i].Type.Kind != ir.Enum {
		return Text{Text: value}
	}
	enum := &program.IR.Enums[program.IR.Vars[i].Type.Enum]
	for j, name := range enum.Values {
		if name == value && enum.Labels[j] != "" {
			return Say(p, Choice(enum.Name, value), enum.Labels[j])
		}
	}
	return Text{Text: value}
}
