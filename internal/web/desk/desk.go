// Package desk holds the pages of the counter: a passage written down in two gestures,
// the waiting list in the order of arrival, passages put in a file later, what groups
// did. Nothing is ranked and nothing says which colleague did it.
package desk

import (
	"embed"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/desk"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/web/kit"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of the desk.
type Handler struct {
	kit   *kit.Kit
	desks *desk.Service
}

// Register adds the routes.
func Register(k *kit.Kit, desks *desk.Service) {
	h := &Handler{kit: k, desks: desks}
	k.Handle("GET /accueil", kit.Worker, h.board)
	k.Handle("POST /accueil", kit.Worker, h.note)
	k.Handle("POST /accueil/arrivee", kit.Worker, h.arrive)
	k.Handle("GET /accueil/passages", kit.Worker, h.search)
	k.Handle("GET /accueil/passages/{id}", kit.Worker, h.show)
	k.Handle("POST /accueil/passages/{id}", kit.Worker, h.finish)
	k.Handle("POST /accueil/passages/{id}/geste", kit.Worker, h.move)
	k.Handle("GET /accueil/passages/{id}/orientation", kit.Worker, h.sheet)
	k.Handle("GET /accueil/passages/{id}/orientation/pdf", kit.Worker, h.sheetPDF)
	k.Handle("GET /accueil/passages/{id}/rattacher", kit.Worker, h.showAttach)
	k.Handle("POST /accueil/passages/{id}/rattacher", kit.Worker, h.attach)
	k.Handle("POST /accueil/passages/{id}/detacher", kit.Worker, h.detach)
	k.Handle("GET /accueil/groupes", kit.Worker, h.groups)
	k.Handle("POST /accueil/groupes", kit.Worker, h.noteGroup)
	k.Handle("POST /accueil/groupes/{id}", kit.Worker, h.voidGroup)
	k.Handle("GET /accueil/obstacles", kit.Worker, h.hurdles)
	k.Handle("POST /accueil/obstacles", kit.Worker, h.noteHurdle)
	k.Handle("POST /accueil/obstacles/{id}", kit.Worker, h.voidHurdle)
	k.Handle("GET /accueil/obstacles/{service}/{an}", kit.Worker, h.hurdleSheet)
	k.Handle("GET /accueil/obstacles/{service}/{an}/pdf", kit.Worker, h.hurdlePDF)
	k.Handle("GET /accueil/chiffres", kit.Worker, h.figures)
	k.Handle("GET /accueil/chiffres/{an}/csv", kit.Worker, h.figuresCSV)
	k.Handle("GET /accueil/chiffres/{an}/xlsx", kit.Worker, h.figuresXLSX)
	k.Handle("GET /accueil/registre", kit.Worker, h.register)
	k.Handle("POST /accueil/registre", kit.Worker, h.addEntry)
	k.Handle("GET /accueil/registre/{id}", kit.Worker, h.showEntry)
	k.Handle("POST /accueil/registre/{id}", kit.Worker, h.editEntry)
	k.Handle("POST /accueil/registre/{id}/retirer", kit.Worker, h.removeEntry)
	k.Handle("GET /accueil/appels", kit.Worker, h.campaigns)
	k.Handle("POST /accueil/appels", kit.Worker, h.openCampaign)
	k.Handle("GET /accueil/appels/{id}", kit.Worker, h.round)
	k.Handle("POST /accueil/appels/{id}", kit.Worker, h.noteCall)
	k.Handle("POST /accueil/appels/{id}/fin", kit.Worker, h.closeCampaign)
	k.Handle("GET /accueil/appels/{id}/liste", kit.Worker, h.roundSheet)
	k.Handle("GET /accueil/appels/{id}/liste/pdf", kit.Worker, h.roundPDF)
	k.Handle("GET /ce-qui-est-compte", kit.Anyone, h.counted)
	k.Handle("GET /personnes/{id}/passages", kit.Worker, h.ofFile)
	k.Handle("GET /moi/passages", kit.PersonIn, h.own)
}

// option is one choice of a form.
type option struct{ Value, Label string }

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

// options names codes by the catalogue.
func options[T ~string](p *i18n.Printer, prefix string, list []T) []option {
	out := make([]option, len(list))
	for i, c := range list {
		out[i] = option{string(c), p.T(prefix + string(c))}
	}
	return out
}

// Choices are what the form of a passage offers.
type Choices struct {
	Reasons, Channels, Languages, Did, Services, Delays []option
}

func offered(p *i18n.Printer) Choices {
	return Choices{
		Reasons: options(p, "desk.reason.", desk.Reasons()), Channels: options(p, "desk.channel.", desk.Channels()),
		Languages: options(p, "desk.language.", desk.Languages()), Did: options(p, "desk.done.", desk.Done()),
		Services: options(p, "desk.service.", desk.Services()), Delays: options(p, "desk.delay.", desk.Delays()),
	}
}

func codes[T ~string](list []string) []T {
	out := make([]T, len(list))
	for i, s := range list {
		out[i] = T(s)
	}
	return out
}

// readInput reads the form of a passage; fields of another form are named with prefix.
func readInput(v url.Values, prefix string) (desk.Input, error) {
	in := desk.Input{
		Channel: desk.Channel(v.Get(prefix + "channel")), Reasons: codes[desk.Reason](v[prefix+"reason"]), Language: v.Get(prefix + "language"),
		Done: codes[desk.Did](v[prefix+"done"]), SentTo: v.Get(prefix + "sent_to"), SentName: v.Get(prefix + "sent_name"), Answer: v.Get(prefix + "answer"),
		Token: v.Get(prefix + "token"), Words: v.Get(prefix + "words"), Urgent: v.Get(prefix + "urgent"),
	}
	var f errs.Fields
	in.People = readCount(&f, v.Get(prefix+"people"), prefix+"people")
	if s := v.Get("version"); s != "" {
		var err error
		if in.Version, err = strconv.ParseInt(s, 10, 64); err != nil {
			return in, errs.Wrap(errs.Invalid, "web.error.form_broken", err)
		}
	}
	return in, f.Err()
}

// readCount reads a number of people; "" is 0.
func readCount(f *errs.Fields, s, field string) int {
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 100_000 {
		f.Add(field, "errs.desk.number")
		return 0
	}
	return n
}

// prefixed gives the errors of a form to its fields, named with prefix.
func prefixed(err error, prefix string) error {
	var all errs.Fields
	if !errors.As(err, &all) {
		return err
	}
	var out errs.Fields
	for _, e := range all {
		one := *e
		if one.Field != "" && !strings.HasPrefix(one.Field, prefix) {
			one.Field = prefix + one.Field
		}
		out = append(out, &one)
	}
	return out.Err()
}

// line is a passage as lists show it.
type line struct {
	ID       core.ID
	When     string // « Matin », or the day
	Language string
	Title    string
	Words    string // as they were written
	Says     string
	Attached bool
	Left     bool
	Void     bool
	Waits    bool // or is being received
	Form     *kit.Form
}

// lineOf says a passage; day tells to name its day instead of the part of the day.
func lineOf(r *http.Request, p *i18n.Printer, one desk.Passage, day bool) line {
	l := line{ID: one.ID, Attached: one.Attached, Left: one.State == desk.Left, Void: one.State == desk.Void, Waits: one.State == desk.Waiting || one.State == desk.Received}
	switch at := kit.Instant(kit.From(r.Context()), one.Arrived); {
	case day:
		l.When = p.DayMonth(one.Day)
	case at.Hour() < 12:
		l.When = p.T("desk.morning")
	default:
		l.When = p.T("desk.afternoon")
	}
	if one.Language != "" {
		l.Language = p.T("desk.language." + one.Language)
	}
	l.Title = titleOf(p, one)
	var says []string
	l.Words = sentence(one.Words)
	if one.Channel != desk.Came {
		says = append(says, sentence(p.T("desk.channel_said."+string(one.Channel))))
	}
	for _, d := range one.Done {
		says = append(says, sentence(p.T("desk.done."+string(d))))
	}
	if one.SentTo != "" {
		says = append(says, p.T("desk.sent", "to", sentName(p, one)))
	}
	if one.Answer != "" {
		says = append(says, p.T("desk.answer_said", "when", p.T("desk.delay."+one.Answer)))
	}
	l.Says = strings.Join(says, " ")
	return l
}

func titleOf(p *i18n.Printer, one desk.Passage) string {
	if len(one.Reasons) == 0 {
		return p.T("desk.no_reason")
	}
	names := make([]string, len(one.Reasons))
	for i, c := range one.Reasons {
		names[i] = p.T("desk.reason." + string(c))
	}
	return strings.Join(names, " · ")
}

// sentName is where somebody was sent: the service, and who exactly when it was said.
func sentName(p *i18n.Printer, one desk.Passage) string {
	name := p.T("desk.service." + one.SentTo)
	if one.SentName != "" {
		name = p.T("desk.sent_name_said", "service", name, "name", one.SentName)
	}
	return name
}

// sentence ends a text by a full stop when it has no end.
func sentence(s string) string {
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "!") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

func passagePath(id core.ID) string { return "/accueil/passages/" + string(id) }
