// Package papers holds the pages of « Mes papiers »: the person's own, and what a worker
// sees of them when the person gave it.
package papers

import (
	"context"
	"embed"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// Pages are the templates of this area.
//
//go:embed *.html
var Pages embed.FS

// Handler answers the pages of papers.
type Handler struct {
	kit   *kit.Kit
	plans *plan.Service
	vault *vault.Service
}

// maxFiles is how many files one form takes: the pages of a paper, photographed.
const maxFiles = 20

// Register adds the routes of this area.
func Register(k *kit.Kit, cases *casefile.Service, v *vault.Service) {
	h := &Handler{kit: k, plans: plan.New(cases), vault: v}
	k.Handle("GET /moi/papiers", kit.PersonIn, h.own)
	k.HandleFiles("POST /moi/papiers", kit.PersonIn, maxFiles, h.bring)
	k.Handle("GET /moi/papiers/partager", kit.PersonIn, h.showShare)
	k.Handle("POST /moi/papiers/partager", kit.PersonIn, h.share)
	k.Handle("GET /moi/papiers/{paper}", kit.PersonIn, h.show)
	k.Handle("POST /moi/papiers/{paper}", kit.PersonIn, h.change)
	k.Handle("GET /moi/papiers/{paper}/montrer", kit.PersonIn, h.display)
	k.Handle("GET /moi/papiers/{paper}/fichier", kit.PersonIn, h.file)
	k.Handle("POST /moi/papiers/{paper}/enlever", kit.PersonIn, h.remove)
	k.Handle("POST /moi/papiers/{paper}/remettre", kit.PersonIn, h.restore)
	k.Handle("POST /moi/papiers/{paper}/arreter", kit.PersonIn, h.unshare)

	k.Handle("GET /personnes/{id}/papiers", kit.Worker, h.list)
	k.HandleFiles("POST /personnes/{id}/papiers", kit.Worker, maxFiles, h.bringFor)
	k.Handle("GET /personnes/{id}/papiers/manquants", kit.Worker, h.missing)
	k.Handle("GET /personnes/{id}/papiers/manquants/pdf", kit.Worker, h.missingPDF)
	k.Handle("GET /personnes/{id}/papiers/{paper}", kit.Worker, h.showGiven)
	k.Handle("POST /personnes/{id}/papiers/{paper}", kit.Worker, h.changeGiven)
	k.Handle("GET /personnes/{id}/papiers/{paper}/fichier", kit.Worker, h.fileGiven)
}

func printer(r *http.Request) *i18n.Printer { return kit.From(r.Context()).P }

func me(r *http.Request) core.ID { return kit.From(r.Context()).Actor.ID }

// fileOf is the address of a person's papers, for a worker.
func fileOf(id core.ID) string { return "/personnes/" + string(id) + "/papiers" }

// option is one choice of a list.
type option struct{ Value, Label string }

// group is the choices of one category.
type group struct {
	Label   string
	Options []option
}

// sorts are the sorts of papers by category; those of health only where they are taken.
func (h *Handler) sorts(p *i18n.Printer) []group {
	var out []group
	for _, c := range vault.Categories() {
		if c == vault.Health && !h.vault.TakesHealth() {
			continue
		}
		g := group{Label: p.T("papers.category." + string(c))}
		for _, s := range vault.Sorts() {
			if s.Category() == c {
				g.Options = append(g.Options, option{string(s), p.T("papers.sort." + string(s))})
			}
		}
		out = append(out, g)
	}
	return out
}

// tile is a paper of a list.
type tile struct {
	ID      core.ID
	Href    string
	Name    string
	Says    string // what it is, and until when
	Drawing string
	Tag     string // what is to be thought of, "" when nothing
	Open    bool   // as a question
	Shared  string
	Guessed bool
}

// drawing is the thumbnail of a sort: a picture of its kind, never of the paper itself.
func drawing(s vault.Sort) string {
	switch s {
	case vault.IDCard, vault.Permit, vault.Passport, vault.PermitAsk, vault.Licence, vault.HealthRights, vault.C2S:
		return "card"
	case vault.Lease, vault.RentReceipt, vault.Hosting, vault.HomeBill:
		return "home"
	case vault.Payslip, vault.Pension, vault.JobSeeker, vault.CAFNotice:
		return "table"
	case vault.TaxNotice, vault.BankDetails:
		return "notice"
	case vault.FamilyBook, vault.Birth:
		return "book"
	}
	return "page"
}

// name is what a paper is called: its own name, or its sort when the file had none.
func name(p *i18n.Printer, paper vault.Paper) string {
	if paper.Name == "" {
		return p.T("papers.sort." + string(paper.Sort))
	}
	return paper.Name
}

// says is what a paper is and until when it is good.
func says(p *i18n.Printer, paper vault.Paper) string {
	out := p.T("papers.sort." + string(paper.Sort))
	if paper.Sort == vault.Unsorted {
		out = p.T("papers.category." + string(paper.Category))
	}
	if last := paper.LastDay(); !last.IsZero() {
		out = p.T("papers.until", "what", out, "date", p.Date(last))
	}
	return out
}

// stage says what is to be thought of, "" when nothing is.
func stage(p *i18n.Printer, paper vault.Paper, today core.Date) string {
	if s := paper.Stage(today); s != vault.Good {
		return p.T("papers.stage." + string(s))
	}
	return ""
}

func tiles(p *i18n.Printer, list []vault.Paper, today core.Date, base string) []tile {
	var out []tile
	for _, one := range list {
		t := tile{ID: one.ID, Href: base + "/" + string(one.ID), Name: name(p, one), Says: says(p, one), Drawing: drawing(one.Sort), Tag: stage(p, one, today), Guessed: !one.Confirmed}
		t.Open = t.Tag != ""
		for _, g := range one.Grants {
			if g.Live(today) {
				t.Shared = p.T("papers.shared_tag")
			}
		}
		out = append(out, t)
	}
	return out
}

// search keeps the papers of a category and a word.
func search(p *i18n.Printer, list []vault.Paper, q url.Values) []vault.Paper {
	word, category := casefile.Fold(q.Get("q")), vault.Category(q.Get("dans"))
	var out []vault.Paper
	for _, one := range list {
		text := casefile.Fold(name(p, one) + " " + says(p, one) + " " + p.T("papers.category."+string(one.Category)))
		if (word == "" || strings.Contains(text, word)) && (!category.Known() || one.Category == category) {
			out = append(out, one)
		}
	}
	return out
}

// need is a step of the plan with the papers that its texts require.
type need struct {
	Title string
	Href  string
	By    string // who requires them
	Has   []tile
	Lacks []lack
	All   bool // every one is here
}

// lack is a paper that a text requires and that is not here.
type lack struct{ Name, By string }

// needs compares the open steps of a plan with papers. A paper that nobody requires is
// never asked: each comes with the text that does.
func needs(p *i18n.Printer, all casefile.Plan, papers []vault.Paper, today core.Date, base, stepBase string) []need {
	var out []need
	add := func(s casefile.Step) {
		if !s.State.Open() || len(s.Papers) == 0 {
			return
		}
		n := need{Title: s.Title, All: true}
		if stepBase != "" {
			n.Href = stepBase + "/" + string(s.ID)
		}
		for _, want := range s.Papers {
			if n.By == "" {
				n.By = want.RequiredBy
			} else if n.By != want.RequiredBy {
				n.By = "\x00"
			}
			found, ok := match(papers, want.Name, today)
			if !ok {
				n.Lacks, n.All = append(n.Lacks, lack{want.Name, want.RequiredBy}), false
				continue
			}
			t := tiles(p, []vault.Paper{found}, today, base)[0]
			t.Name, t.Says = want.Name, name(p, found)
			if t.Open = t.Tag != ""; t.Open {
				n.All = false
			} else {
				t.Tag = p.T("papers.ready")
			}
			n.Has = append(n.Has, t)
		}
		if n.By == "\x00" {
			n.By = ""
		}
		out = append(out, n)
	}
	for _, g := range all.Goals {
		for _, s := range g.Steps {
			add(s)
		}
	}
	for _, s := range all.Loose {
		add(s)
	}
	return out
}

// match finds the paper that a step names: of the same sort, or whose name holds its
// words; one that is still good first.
func match(papers []vault.Paper, want string, today core.Date) (vault.Paper, bool) {
	sort, words := vault.Guess(want), casefile.Fold(want)
	var best vault.Paper
	found := false
	for _, one := range papers {
		same := sort != vault.Unsorted && one.Sort == sort || words != "" && strings.Contains(casefile.Fold(one.Name), words)
		if same && (!found || best.Stage(today) == vault.Expired && one.Stage(today) != vault.Expired) {
			best, found = one, true
		}
	}
	return best, found
}

// take reads the files of a form and deposits each. The first refusal stops: what was
// kept before it stays kept, and the page says how many.
func (h *Handler) take(ctx context.Context, who core.ID, files *kit.Files, in vault.Input) (kept, already int, last vault.Deposited, err error) {
	for {
		name, file, err := files.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return kept, already, last, err
		}
		in.Name = name
		d, err := h.vault.Deposit(ctx, who, in, file)
		if err != nil {
			return kept, already, last, errors.Join(err, files.Drain())
		}
		if d.Already {
			already++
		} else {
			kept++
		}
		last = d
	}
	if kept+already == 0 {
		return 0, 0, last, errs.Fields{errs.New(errs.Invalid, "errs.papers.empty").On("file")}
	}
	return kept, already, last, nil
}

// flashOf says what became of the files.
func flashOf(kept, already int, last vault.Deposited) kit.Flash {
	switch {
	case kept == 0 && already > 0:
		return kit.Flash{Kind: kit.FlashCalm, Bold: "papers.flash_already", Rest: "papers.flash_already_rest"}
	case last.Tells:
		return kit.Flash{Bold: "papers.flash_kept", Rest: "papers.flash_tells"}
	}
	return kit.Flash{Bold: "papers.flash_kept", Rest: "papers.flash_kept_rest"}
}

// send answers with a paper's bytes: shown where a browser shows them by itself and
// nobody asked for a copy, else as a file. What they hold can run nothing: the policy of
// every page goes with them.
func (h *Handler) send(w http.ResponseWriter, r *http.Request, who core.ID) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	gesture := vault.See
	if r.URL.Query().Has("copie") {
		gesture = vault.Take
	}
	open, err := h.vault.Open(r.Context(), who, id, gesture)
	if vault.Locked(err) {
		return h.unlock(w, r, r.URL.RequestURI())
	}
	if err != nil {
		return err
	}
	defer kit.Patiently(w)()
	return h.kit.SendFile(w, r, kit.File{
		Name: name(printer(r), open.Paper) + open.Paper.Content.Extension(), Type: open.Paper.Content.MIME(), Bytes: open.Paper.Bytes,
		Inline: gesture == vault.See && open.Paper.Content.Shown(), Content: open,
	})
}

// unlock asks for the card, then comes back.
func (h *Handler) unlock(w http.ResponseWriter, r *http.Request, next string) error {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, "/confirmer?suite="+url.QueryEscape(next), http.StatusSeeOther)
	return nil
}

// detailsView is the form of what a paper is.
type detailsView struct {
	Form  *kit.Form
	Sorts []group
}

// fill puts what is known of a paper in its form.
func fill(form *kit.Form, p vault.Paper, p2 *i18n.Printer) {
	form.Default("name", name(p2, p))
	form.Default("sort", string(p.Sort))
	form.Default("issued_on", person.TypedDay(p.IssuedOn))
	form.Default("expires_on", person.TypedDay(p.ExpiresOn))
	form.Default("version", formatInt(p.Version))
}

// readDetails is what the form sends.
func readDetails(r *http.Request) (vault.Details, error) {
	v := r.PostForm
	d := vault.Details{Name: v.Get("name"), Sort: vault.Sort(v.Get("sort")), Version: parseInt(v.Get("version"))}
	var f errs.Fields
	var err error
	for _, day := range []struct {
		field string
		to    *core.Date
	}{{"issued_on", &d.IssuedOn}, {"expires_on", &d.ExpiresOn}} {
		if *day.to, err = person.ReadDay(v.Get(day.field)); err != nil {
			f.Add(day.field, "web.form.day_shape")
		}
	}
	return d, f.Err()
}
