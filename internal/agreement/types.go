package agreement

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Limits.
const (
	maxPurpose  = 300      // characters
	minPurpose  = 3        //
	maxMark     = 8 << 10  // bytes of a drawn signature
	maxName     = 100      // characters of a typed one
	maxDays     = 366      // a year, and the day of its end
	maxConsents = 100      // of one file, ever
	textVersion = int64(1) // of the text that is read; catalogues keep the older ones
)

// Categories lists what of a file may be shared, in the order of a page.
func Categories() []access.Category {
	return []access.Category{access.Identity, access.Household, access.Situation, access.Rights, access.Plan}
}

// ReadHow is how the text came to the person.
type ReadHow string

// The ways.
const (
	ReadAlone       ReadHow = "alone"
	ReadAloud       ReadHow = "aloud"
	ReadInterpreter ReadHow = "interpreter"
)

// ReadHows lists them.
func ReadHows() []ReadHow { return []ReadHow{ReadAlone, ReadAloud, ReadInterpreter} }

// Consent is what a person agreed to share.
type Consent struct {
	ID         core.ID
	Person     core.ID // whose file
	Team       core.ID // to a team, or
	Relative   core.ID // to somebody close: their own person
	Purpose    string
	Categories []access.Category
	Gestures   []access.Gesture
	From       core.Date
	Until      core.Date // last day
	Version    int64     // of the text
	Lang       string
	Read       ReadHow
	Signed     SignHow
	GivenAt    int64 // µs UTC
	GivenBy    core.ID
	EndedAt    int64 // taken back; 0 = not
	EndedBy    core.ActorKind
	EndedID    core.ID
	Proven     bool // its facts were signed
}

// State is where an agreement stands on a day.
type State string

// The states.
const (
	Coming  State = "coming"
	Live    State = "live"
	Over    State = "over"
	Revoked State = "revoked"
)

// State tells where the agreement stands.
func (c Consent) State(today core.Date) State {
	switch {
	case c.EndedAt != 0:
		return Revoked
	case today.Before(c.From):
		return Coming
	case c.Until.Before(today):
		return Over
	}
	return Live
}

// Has tells whether the category is shared.
func (c Consent) Has(category access.Category) bool { return slices.Contains(c.Categories, category) }

// Input is what the page sends.
type Input struct {
	Team       core.ID
	Relative   core.ID
	Purpose    string
	Categories []access.Category
	Copy       bool // they may take a copy
	Insists    bool // with somebody close although an address is protected: the person wants it so
	From       core.Date
	Until      core.Date
	Lang       string
	Read       ReadHow
	Signed     SignHow
	Mark       string
	Card       string        // its code, to sign with it
	PIN        secret.String // and its PIN
	Code       string        // that was sent to the person
	Client     access.Client // from where the card or the code was typed
}

// Trim removes outer spaces, in place.
func (in *Input) Trim() {
	in.Purpose, in.Mark = strings.TrimSpace(in.Purpose), strings.TrimSpace(in.Mark)
}

// ValidateTerms checks what is agreed to on a day, before anybody signs: fields to,
// purpose, what, from, until, lang, read.
func (in Input) ValidateTerms(today core.Date) error {
	var f errs.Fields
	in.terms(today, &f)
	return f.Err()
}

// Validate checks all that is written, the mark too: fields signed, mark, carte, pin, code.
func (in Input) Validate(today core.Date) error {
	var f errs.Fields
	in.terms(today, &f)
	in.signature().validate(&f)
	return f.Err()
}

func (in Input) signature() signature {
	return signature{how: in.Signed, mark: in.Mark, card: in.Card, pin: in.PIN, code: in.Code, client: in.Client}
}

func (in Input) terms(today core.Date, f *errs.Fields) {
	if (in.Team == "") == (in.Relative == "") {
		f.Add("to", "errs.agreements.to_missing")
	}
	if utf8.RuneCountInString(in.Purpose) < minPurpose {
		f.Add("purpose", "errs.agreements.purpose_missing")
	} else {
		line(f, "purpose", in.Purpose, maxPurpose)
	}
	switch {
	case len(in.Categories) == 0:
		f.Add("what", "errs.agreements.what_missing")
	case slices.ContainsFunc(in.Categories, func(c access.Category) bool { return !slices.Contains(Categories(), c) }):
		f.Add("what", "errs.agreements.what_missing")
	}
	switch {
	case in.From.IsZero():
		f.Add("from", "errs.agreements.from_missing")
	case in.From.Before(today):
		f.Add("from", "errs.agreements.from_past")
	case today.AddDays(maxDays).Before(in.From):
		f.Add("from", "errs.agreements.from_far")
	}
	switch {
	case in.Until.IsZero():
		f.Add("until", "errs.agreements.until_missing")
	case in.Until.Before(in.From):
		f.Add("until", "errs.agreements.until_before")
	case in.Until.Before(today):
		f.Add("until", "errs.agreements.until_past")
	case !in.From.IsZero() && in.From.AddDays(maxDays).Before(in.Until):
		f.Add("until", "errs.agreements.until_far")
	}
	if !i18n.Known(in.Lang) {
		f.Add("lang", "errs.agreements.lang_missing")
	}
	if !slices.Contains(ReadHows(), in.Read) {
		f.Add("read", "errs.agreements.read_missing")
	}
}

// drawn tells whether a mark is a path of a signature pad: M and L with figures, and
// at least a few points.
func drawn(mark string) bool {
	if len(mark) > maxMark || strings.Count(mark, "L") < 3 || mark[0] != 'M' {
		return false
	}
	return !strings.ContainsFunc(mark, func(r rune) bool { return !strings.ContainsRune("ML0123456789 ", r) })
}

// line refuses what is not one line of text: bytes that are not UTF-8, controls,
// separators of lines, more than most characters.
func line(f *errs.Fields, field, value string, most int) {
	switch {
	case !utf8.ValidString(value), strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) }):
		f.Add(field, "access.error.text_characters")
	case utf8.RuneCountInString(value) > most:
		f.Add(field, "access.error.text_long", "max", most)
	}
}
