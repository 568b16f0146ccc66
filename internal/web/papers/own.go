package papers

import (
	"net/http"
	"slices"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/i18n"
	"codeberg.org/parvis/parvis/internal/vault"
	"codeberg.org/parvis/parvis/internal/web/kit"
	"codeberg.org/parvis/parvis/internal/web/person"
)

// ownView is the person's shelf.
type ownView struct {
	Form       *kit.Form
	House      kit.House
	Needs      []need
	Papers     []tile
	Count      int
	Find       bool // there are enough papers to look for one
	Query      string
	In         string // the category looked at
	Categories []option
	Bin        []tile
	Locked     bool
	NoKey      bool
	Almost     string // little room is left
	Max        int    // MB of one file
	Health     bool
	Sealed     bool
	More       bool
}

func (h *Handler) own(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderOwn(w, r, form, http.StatusOK)
}

func (h *Handler) renderOwn(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	shelf, err := h.vault.Read(r.Context(), me(r))
	if err != nil {
		return err
	}
	steps, err := h.plans.ReadOwn(r.Context())
	if err != nil {
		return err
	}
	p := printer(r)
	form.Action = "/moi/papiers"
	q := r.URL.Query()
	view := ownView{Form: form, House: h.kit.HouseOf(r), Count: len(shelf.Papers), Query: q.Get("q"), In: q.Get("dans"), Locked: shelf.Locked, NoKey: !shelf.HasKey,
		Max: maxMB(), Health: h.vault.TakesHealth(), Sealed: shelf.Sealed, More: shelf.More}
	shown := search(p, shelf.Papers, q)
	view.Papers = tiles(p, shown, shelf.Today, "/moi/papiers")
	view.Bin = tiles(p, shelf.Bin, shelf.Today, "/moi/papiers")
	view.Find = len(shelf.Papers) > 8 || view.Query != "" || view.In != ""
	if view.Query == "" && view.In == "" {
		view.Needs = needs(p, steps.Plan, shelf.Papers, shelf.Today, "/moi/papiers", "")
	}
	for _, c := range vault.Categories() {
		if slices.ContainsFunc(shelf.Papers, func(one vault.Paper) bool { return one.Category == c }) {
			view.Categories = append(view.Categories, option{string(c), p.T("papers.category." + string(c))})
		}
	}
	if shelf.AlmostFull() {
		view.Almost = p.T("papers.almost_full", "used", int(shelf.Bytes>>20), "of", int(shelf.Quota>>20))
	}
	return h.kit.Render(w, r, kit.Page{Template: "papers/own", Title: p.T("papers.title"), Sheet: "mine.css", Public: true, Status: status, View: view})
}

// bring takes the person's own files.
func (h *Handler) bring(w http.ResponseWriter, r *http.Request, files *kit.Files) error {
	kept, already, last, err := h.take(r.Context(), me(r), files, vault.Input{})
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderOwn(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, flashOf(kept, already, last))
	to := "/moi/papiers"
	if kept+already == 1 {
		to += "/" + string(last.Paper.ID)
	}
	h.kit.Redirect(w, r, to)
	return nil
}

// paperView is one paper.
type paperView struct {
	detailsView
	ID       core.ID // of the person, for a worker
	Tile     tile
	Kind     string
	Added    string
	Stage    string // what is to be thought of, in a sentence
	Renew    string
	Extended string
	Grants   []grantLine
	Teams    []option
	Base     string // this paper's address
	Back     string
	BackName string
	Image    bool // a browser shows it in a page
	Shown    bool // a browser shows it at all
	Take     bool // a copy may be taken
	Locked   bool
	Tells    bool
	House    kit.House
	Refused  bool // the form of the details was refused: it is open
}

// grantLine is whom a paper is shown to.
type grantLine struct {
	ID    core.ID
	Says  string
	Live  bool
	Until string
}

func maxMB() int { return 50 }

// view fills what both sides see of a paper.
func (h *Handler) view(r *http.Request, form *kit.Form, one vault.Paper, shelf vault.Shelf, base string) paperView {
	p := printer(r)
	fill(form, one, p)
	form.Action = base + "/" + string(one.ID)
	v := kit.From(r.Context())
	out := paperView{detailsView: detailsView{Form: form, Sorts: h.sorts(p)}, Tile: tiles(p, []vault.Paper{one}, shelf.Today, base)[0], Base: base + "/" + string(one.ID),
		Kind: p.T("papers.kind", "kind", p.T("papers.content."+string(one.Content)), "size", size(p, one.Bytes)), Image: one.Content.Shown() && one.Content != "pdf", Shown: one.Content.Shown(),
		Added: p.T("papers.added", "date", p.Date(core.DateOf(kit.Instant(v, one.At)))), Tells: tells(one), House: h.kit.HouseOf(r), Refused: form.Bad()}
	last := one.LastDay()
	switch one.Stage(shelf.Today) {
	case vault.Expired:
		out.Stage = p.T("papers.expired_on", "date", p.Date(last))
	case vault.Renew, vault.Late:
		out.Stage = p.T("papers.ends_on", "date", p.Date(last))
	}
	if from := one.RenewFrom(); !from.IsZero() {
		out.Renew = p.T("papers.renew_between", "from", p.Date(from), "until", p.Date(one.RenewUntil()))
	}
	if d := one.Extended(); !d.IsZero() {
		out.Extended = p.T("papers.extended", "date", p.Date(d))
	}
	return out
}

// tells says whether the file of a paper may still tell where it was made.
func tells(p vault.Paper) bool {
	switch p.Content {
	case "heic", "tiff":
		return true
	}
	return false
}

// size is a weight in words: kilobytes, then megabytes.
func size(p *i18n.Printer, bytes int64) string {
	if bytes < 1<<20 {
		return p.T("papers.size_kb", "n", p.Number(max(bytes>>10, 1)))
	}
	return p.T("papers.size_mb", "n", p.Number((bytes+1<<19)>>20))
}

func (h *Handler) show(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	return h.renderPaper(w, r, form, http.StatusOK)
}

func (h *Handler) renderPaper(w http.ResponseWriter, r *http.Request, form *kit.Form, status int) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	one, shelf, err := h.vault.See(r.Context(), me(r), id)
	if err != nil {
		return err
	}
	p := printer(r)
	view := h.view(r, form, one, shelf, "/moi/papiers")
	view.Back, view.BackName, view.Take, view.Locked = "/moi/papiers", p.T("papers.title"), true, shelf.Locked
	teams := map[core.ID]string{}
	for _, t := range shelf.Teams {
		teams[t.ID] = t.Name
	}
	for _, g := range one.Grants {
		if g.Live(shelf.Today) {
			key := "papers.shown_to"
			if g.May(vault.Take) {
				key = "papers.shown_to_copy"
			}
			view.Grants = append(view.Grants, grantLine{ID: g.ID, Live: true, Says: p.T(key, "team", teams[g.Team], "date", p.Date(g.Until))})
		}
	}
	return h.kit.Render(w, r, kit.Page{Template: "papers/paper", Title: view.Tile.Name, Sheet: "mine.css", Public: true, Status: status, View: view})
}

func (h *Handler) change(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	d, err := readDetails(r)
	if err == nil {
		err = h.vault.Change(r.Context(), me(r), id, d)
	}
	if err != nil {
		form, err := h.refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderPaper(w, r, form, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_changed"})
	h.kit.Redirect(w, r, "/moi/papiers/"+string(id))
	return nil
}

// refused keeps the form; a version that is old is said in it, with what is there now.
func (h *Handler) refused(w http.ResponseWriter, r *http.Request, err error) (*kit.Form, error) {
	if errs.Is(err, errs.Conflict) {
		err = errs.Fields{errs.New(errs.Invalid, "errs.papers.changed")}
		r.PostForm.Del("version") // the one that is read now
	}
	return h.kit.Refused(w, r, err)
}

// displayView is a paper alone on the screen, to be shown at a counter.
type displayView struct {
	Name, Says string
	File       string
	Back       string
	Image      bool
	Stage      string
}

// display shows a paper on the whole screen; one that no page can hold opens by itself.
func (h *Handler) display(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	one, shelf, err := h.vault.See(r.Context(), me(r), id)
	if err != nil {
		return err
	}
	if shelf.Locked {
		return h.unlock(w, r, r.URL.RequestURI())
	}
	p := printer(r)
	base := "/moi/papiers/" + string(id)
	if !one.Content.Shown() || one.Content == "pdf" {
		h.kit.Redirect(w, r, base+"/fichier")
		return nil
	}
	view := displayView{Name: name(p, one), Says: says(p, one), File: base + "/fichier", Back: base, Image: true, Stage: stage(p, one, shelf.Today)}
	return h.kit.Render(w, r, kit.Page{Template: "papers/display", Title: view.Name, Sheet: "mine.css", Layout: kit.Bare, Public: true, View: view})
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request) error { return h.send(w, r, me(r)) }

func (h *Handler) remove(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	if err := h.vault.Remove(r.Context(), id); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_removed", Rest: "papers.flash_removed_rest"})
	h.kit.Redirect(w, r, "/moi/papiers#corbeille")
	return nil
}

func (h *Handler) restore(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	if err := h.vault.Restore(r.Context(), id); err != nil {
		if errs.Is(err, errs.Conflict) {
			h.kit.SetFlash(w, r, kit.Flash{Kind: kit.FlashCalm, Bold: "papers.flash_already"})
			h.kit.Redirect(w, r, "/moi/papiers")
			return nil
		}
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_restored"})
	h.kit.Redirect(w, r, "/moi/papiers/"+string(id))
	return nil
}

func (h *Handler) unshare(w http.ResponseWriter, r *http.Request) error {
	id, err := kit.PathID(r, "paper")
	if err != nil {
		return err
	}
	grant, err := core.ParseID(r.PostForm.Get("accord"))
	if err != nil {
		return errs.Wrap(errs.NotFound, "errs.papers.not_found", err)
	}
	if err := h.vault.Unshare(r.Context(), id, grant); err != nil {
		return err
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_unshared", Rest: "papers.flash_unshared_rest"})
	h.kit.Redirect(w, r, "/moi/papiers/"+string(id))
	return nil
}

// shareView is the choice of papers and of a team, then exactly what leaves.
type shareView struct {
	Form   *kit.Form
	Papers []choice
	Teams  []option
	Sure   bool // the second page: what they will see
	What   []tile
	To     string
	Until  string
	Copy   bool
	Others int
	House  kit.House
}

type choice struct {
	ID   core.ID
	Name string
	Says string
	On   bool
}

func (h *Handler) showShare(w http.ResponseWriter, r *http.Request) error {
	form, err := h.kit.NewForm(w, r)
	if err != nil {
		return err
	}
	for _, id := range r.URL.Query()["papier"] {
		form.Values.Add("papers", id)
	}
	return h.renderShare(w, r, form, false, http.StatusOK)
}

func (h *Handler) renderShare(w http.ResponseWriter, r *http.Request, form *kit.Form, sure bool, status int) error {
	shelf, err := h.vault.Read(r.Context(), me(r))
	if err != nil {
		return err
	}
	if shelf.Locked && r.Method == http.MethodGet {
		return h.unlock(w, r, r.URL.RequestURI())
	}
	p := printer(r)
	form.Action = "/moi/papiers/partager"
	view := shareView{Form: form, Sure: sure, House: h.kit.HouseOf(r), Copy: form.Value("copy") != ""}
	for _, t := range shelf.Teams {
		view.Teams = append(view.Teams, option{string(t.ID), t.Name})
		if form.Value("team") == string(t.ID) {
			view.To = t.Name
		}
	}
	var chosen []vault.Paper
	for _, one := range shelf.Papers {
		c := choice{ID: one.ID, Name: name(p, one), Says: says(p, one), On: form.Has("papers", string(one.ID))}
		view.Papers = append(view.Papers, c)
		if c.On {
			chosen = append(chosen, one)
		}
	}
	view.What, view.Others = tiles(p, chosen, shelf.Today, "/moi/papiers"), len(shelf.Papers)-len(chosen)
	if until, err := person.ReadDay(form.Value("until")); err == nil && !until.IsZero() {
		view.Until = p.Date(until)
	}
	return h.kit.Render(w, r, kit.Page{Template: "papers/share", Title: p.T("papers.share_title"), Sheet: "mine.css", Public: true, Status: status, View: view})
}

// share shows exactly what leaves, then gives it once the person says yes.
func (h *Handler) share(w http.ResponseWriter, r *http.Request) error {
	v := r.PostForm
	var list []core.ID
	for _, text := range v["papers"] {
		id, err := core.ParseID(text)
		if err != nil {
			return errs.Wrap(errs.NotFound, "errs.papers.not_found", err)
		}
		list = append(list, id)
	}
	sh := vault.Sharing{Team: core.ID(v.Get("team")), Take: v.Get("copy") != ""}
	var err error
	if sh.Until, err = person.ReadDay(v.Get("until")); err != nil {
		err = errs.Fields{errs.New(errs.Invalid, "web.form.day_shape").On("until")}
	} else {
		err = h.vault.CheckShare(r.Context(), list, sh)
	}
	if err == nil && v.Get("etape") != "oui" {
		form, err := h.kit.Typed(w, r)
		if err != nil {
			return err
		}
		return h.renderShare(w, r, form, true, http.StatusOK)
	}
	if err == nil {
		err = h.vault.Share(r.Context(), list, sh)
	}
	if vault.Locked(err) {
		return h.unlock(w, r, "/moi/papiers/partager")
	}
	if err != nil {
		form, err := h.kit.Refused(w, r, err)
		if err != nil {
			return err
		}
		return h.renderShare(w, r, form, false, http.StatusUnprocessableEntity)
	}
	h.kit.SetFlash(w, r, kit.Flash{Bold: "papers.flash_shared", Rest: "papers.flash_shared_rest"})
	h.kit.Redirect(w, r, "/moi/papiers")
	return nil
}
