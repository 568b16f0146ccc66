package vault

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/vault/blob"
	"codeberg.org/parvis/parvis/internal/vault/content"
)

// Limits.
const (
	maxName    = 120  // characters of a paper's name
	maxPapers  = 1000 // of one person, the bin included
	maxGrants  = 200  // rows read of one paper
	maxDays    = 366  // of a grant
	binDays    = 30   // in the bin before a paper is gone for good
	maxShelf   = 500  // papers shown at once
	notePart   = 90   // percent of the quota from which it is said
	orphanDays = 2    // after which a file that no row names is deleted
)

// Category is where people look for a paper.
type Category string

// The categories, those of the field.
const (
	Identity  Category = "identity"
	Residence Category = "residence"
	Family    Category = "family"
	Resources Category = "resources"
	Housing   Category = "housing"
	Health    Category = "health"
	Work      Category = "work"
	Justice   Category = "justice"
	Studies   Category = "studies"
	Bank      Category = "bank"
	Other     Category = "else"
)

// Categories lists them in the order of a page.
func Categories() []Category {
	return []Category{Identity, Residence, Family, Resources, Housing, Health, Work, Justice, Studies, Bank, Other}
}

// Known tells whether c is one of them.
func (c Category) Known() bool {
	for _, k := range Categories() {
		if k == c {
			return true
		}
	}
	return false
}

// Gesture is what a grant lets a team do.
type Gesture = access.Gesture

// The gestures on a paper.
const (
	See  = access.See
	Take = access.Take
)

// Paper is a paper as a list shows it.
type Paper struct {
	ID        core.ID
	Person    core.ID // whose file it was put in
	Name      string
	Sort      Sort
	Category  Category
	Confirmed bool // a human said what it is
	Content   content.Kind
	Bytes     int64
	IssuedOn  core.Date // zero = not known
	ExpiresOn core.Date // zero = never, or not known
	At        int64     // µs UTC
	ByKind    core.ActorKind
	By        core.ID
	Version   int64
	GoneAt    int64 // in the bin since; 0 = not
	Grants    []Grant

	key    core.ID
	blob   blob.Name
	digest string
}

// FileName is how a copy of it is named on somebody's machine.
func (p Paper) FileName() string { return p.Name + p.Content.Extension() }

// Grant is what a team may do with one paper, and until when.
type Grant struct {
	ID       core.ID
	Team     core.ID
	Gestures []Gesture
	From     core.Date
	Until    core.Date // last day
	GivenAt  int64
	ByKind   core.ActorKind
	By       core.ID
	EndedAt  int64 // 0 = not

	wrapped []byte
}

// Live tells whether the grant opens on a day.
func (g Grant) Live(today core.Date) bool {
	return g.EndedAt == 0 && !today.Before(g.From) && !g.Until.Before(today) && len(g.wrapped) > 0
}

// May tells whether it holds a gesture.
func (g Grant) May(gesture Gesture) bool {
	for _, have := range g.Gestures {
		if have == gesture {
			return true
		}
	}
	return false
}

// Input is what somebody says of a paper that they bring.
type Input struct {
	Name  string // of the file, as their machine says it
	Sort  Sort   // "" = to be guessed
	Until core.Date
	Team  core.ID // that may see it until that day; "" = nobody
	Take  bool    // and take a copy
}

// Details are what may be changed of a paper.
type Details struct {
	Name      string
	Sort      Sort
	IssuedOn  core.Date
	ExpiresOn core.Date
	Version   int64
}

// Trim removes outer spaces, in place.
func (d *Details) Trim() { d.Name = strings.TrimSpace(d.Name) }

// Validate checks: fields name, sort, issued_on, expires_on.
func (d Details) Validate(today core.Date) error {
	var f errs.Fields
	switch {
	case d.Name == "":
		f.Add("name", "errs.papers.name_missing")
	case !utf8.ValidString(d.Name), strings.ContainsFunc(d.Name, odd):
		f.Add("name", "access.error.text_characters")
	case utf8.RuneCountInString(d.Name) > maxName:
		f.Add("name", "access.error.text_long", "max", maxName)
	}
	if !d.Sort.Known() {
		f.Add("sort", "errs.papers.sort_missing")
	}
	if today.Before(d.IssuedOn) {
		f.Add("issued_on", "errs.papers.issued_future")
	}
	if !d.ExpiresOn.IsZero() && !d.IssuedOn.IsZero() && d.ExpiresOn.Before(d.IssuedOn) {
		f.Add("expires_on", "errs.papers.expires_before")
	}
	return f.Err()
}

// odd are the characters that a name never holds: controls, line ends, and those that
// turn the reading round, by which « exe.pdf » is made of « fdp.exe ».
func odd(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Cf, r) && r != '\u200c' && r != '\u200d'
}

// CleanName makes the name of a paper out of a file's: its last part, without its
// extension, without what no name holds. "" when nothing is left.
func CleanName(file string) string {
	file = strings.ToValidUTF8(file, "")
	if i := strings.LastIndexAny(file, `/\`); i >= 0 {
		file = file[i+1:]
	}
	if i := strings.LastIndexByte(file, '.'); i > 0 && len(file)-i <= 6 {
		file = file[:i]
	}
	file = strings.Map(func(r rune) rune {
		switch {
		case odd(r):
			return -1
		case strings.ContainsRune(`_<>:"|?*`, r):
			return ' '
		}
		return r
	}, file)
	file = strings.Trim(strings.Join(strings.Fields(file), " "), " .")
	if r := []rune(file); len(r) > maxName {
		file = strings.TrimSpace(string(r[:maxName]))
	}
	return file
}
