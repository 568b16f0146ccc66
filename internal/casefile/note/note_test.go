package note_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/merge"
	"codeberg.org/parvis/parvis/internal/casefile/note"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Whom a note was kept for decides who reads it, everywhere it may show.
func TestOnlyThoseItWasKeptForReadANote(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		own := w.write(w.claire, file, note.ForAuthor, "pour moi zèbre")
		circle, err := w.Write(w.claire, file, note.Input{Kind: note.Visit, Visibility: note.ForCircle, Text: "pour le cercle zèbre",
			NewCircle: &note.NewCircle{Name: " Suivi  logement ", Members: []core.ID{id(w.hugo)}}})
		must(t, err)
		team := w.write(w.claire, file, note.ForTeam, "pour l'équipe zèbre")
		shared := w.write(w.claire, file, note.ForPerson, "pour la personne zèbre")

		readers := []struct {
			name string
			ctx  context.Context
			want []core.ID
		}{
			{"author", w.claire, []core.ID{shared, team, circle, own}},
			{"in the circle", w.hugo, []core.ID{shared, team, circle}},
			{"in the team", w.ines, []core.ID{shared, team}},
			{"the person", w.as(file), []core.ID{shared}},
		}
		for _, r := range readers {
			for _, f := range []note.Filter{{}, {Query: "ZEBRE"}} {
				p, err := w.List(r.ctx, file, f, "", 0)
				must(t, err)
				var got []core.ID
				for _, n := range p.Notes {
					got = append(got, n.ID)
				}
				if diff := cmp.Diff(r.want, got); diff != "" {
					t.Errorf("%s, %+v (-want +got):\n%s", r.name, f, diff)
				}
			}
			for _, n := range []core.ID{own, circle, team, shared} {
				_, err := w.Read(r.ctx, file, n)
				switch {
				case r.ctx == w.as(file) || core.ActorFrom(r.ctx).Kind == core.ActorPerson:
					if err == nil {
						t.Errorf("the person opens the workers' page")
					}
				case slices.Contains(r.want, n) && err != nil:
					t.Errorf("%s reads %s: %v", r.name, n, err)
				case !slices.Contains(r.want, n):
					wantKind(t, err, errs.NotFound)
					wantKind(t, w.Edit(r.ctx, file, n, note.Input{Kind: note.Other, Visibility: note.ForTeam, Text: "x"}, ""), errs.NotFound)
					wantKind(t, w.Withdraw(r.ctx, file, n, "x"), errs.NotFound)
					_, err := w.AddStatement(r.ctx, file, note.StatementInput{Note: n, Words: "x"})
					wantKind(t, err, errs.NotFound)
				}
			}
		}
		_, err = w.List(w.karim, file, note.Filter{}, "", 0)
		wantKind(t, err, errs.Forbidden)
		for _, f := range []struct {
			filter note.Filter
			n      int
		}{{note.Filter{Visibility: note.ForAuthor}, 0}, {note.Filter{Visibility: note.ForCircle}, 1}, {note.Filter{Kind: note.Visit}, 1}, {note.Filter{Kind: note.Letter}, 0}} {
			p, err := w.List(w.hugo, file, f.filter, "", 0)
			must(t, err)
			if len(p.Notes) != f.n {
				t.Errorf("%+v: %d notes, want %d", f.filter, len(p.Notes), f.n)
			}
		}

		p, err := w.List(w.ines, file, note.Filter{}, "", 0)
		must(t, err)
		if len(p.Circles) != 0 {
			t.Errorf("somebody outside sees the circle %+v", p.Circles)
		}
		sh, err := w.Read(w.hugo, file, circle)
		must(t, err)
		if sh.In == nil || sh.In.Name != "Suivi logement" || len(sh.In.Members) != 2 || sh.Mine {
			t.Errorf("circle %+v", sh.In)
		}
		wantKind(t, w.EditCircle(w.hugo, file, sh.In.ID, note.NewCircle{Name: "x", Members: []core.ID{id(w.ines)}}), errs.Forbidden)
		wantKind(t, w.EditCircle(w.ines, file, sh.In.ID, note.NewCircle{Name: "x", Members: []core.ID{id(w.ines)}}), errs.NotFound)
		wantField(t, w.EditCircle(w.claire, file, sh.In.ID, note.NewCircle{Name: "x", Members: []core.ID{id(w.karim)}}), "members", "errs.notes.member_unknown")
		must(t, w.EditCircle(w.claire, file, sh.In.ID, note.NewCircle{Name: "Suivi", Members: []core.ID{id(w.ines)}}))
		if got := w.texts(w.hugo, file); len(got) != 2 {
			t.Errorf("who left the circle reads %q", got)
		}
		if got := w.texts(w.ines, file); len(got) != 3 {
			t.Errorf("who came reads %q", got)
		}
		var latest note.Page
		before := w.lines(file)
		_, err = w.cases.OpenFile(w.hugo, file, 0, w.Latest(&latest))
		must(t, err)
		if n := w.lines(file) - before; n != 1 {
			t.Errorf("a file and its notes left %d lines in the journal, want one", n)
		}
		if len(latest.Notes) != 2 || latest.Next != "" {
			t.Errorf("latest: %d notes, next %q", len(latest.Notes), latest.Next)
		}
	})
}

func TestWhatIsTypedWrong(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		good := func(change func(*note.Input)) note.Input {
			in := note.Input{Kind: note.Phone, Visibility: note.ForTeam, Text: "Appel."}
			change(&in)
			return in
		}
		for name, c := range map[string]struct {
			in         note.Input
			field, key string
		}{
			"nothing":        {good(func(i *note.Input) { i.Text = " \n " }), "text", "errs.notes.text_missing"},
			"too long":       {good(func(i *note.Input) { i.Text = strings.Repeat("é", note.MaxText+1) }), "text", "errs.casefile.text_too_long"},
			"a zero byte":    {good(func(i *note.Input) { i.Text = "a\x00" }), "text", "errs.casefile.text_control"},
			"not UTF-8":      {good(func(i *note.Input) { i.Text = "a\xff" }), "text", "errs.casefile.text_encoding"},
			"tomorrow":       {good(func(i *note.Input) { i.On = today().AddDays(1) }), "on", "errs.casefile.date_future"},
			"long ago":       {good(func(i *note.Input) { i.On = core.Date{Year: 1960, Month: 1, Day: 1} }), "on", "errs.notes.day_old"},
			"no kind":        {good(func(i *note.Input) { i.Kind = "" }), "kind", "errs.notes.kind_missing"},
			"no such kind":   {good(func(i *note.Input) { i.Kind = "dance" }), "kind", "errs.notes.kind_missing"},
			"for nobody":     {good(func(i *note.Input) { i.Visibility = "" }), "visibility", "errs.notes.visibility_missing"},
			"no circle":      {good(func(i *note.Input) { i.Visibility = note.ForCircle }), "circle", "errs.notes.circle_missing"},
			"an unknown one": {good(func(i *note.Input) { i.Visibility, i.Circle = note.ForCircle, file }), "circle", "errs.notes.circle_missing"},
			"a nameless one": {good(func(i *note.Input) {
				i.Visibility, i.NewCircle = note.ForCircle, &note.NewCircle{Members: []core.ID{id(w.hugo)}}
			}), "circle_name", "errs.notes.circle_nameless"},
			"an empty one": {good(func(i *note.Input) { i.Visibility, i.NewCircle = note.ForCircle, &note.NewCircle{Name: "c"} }), "members", "errs.notes.members_missing"},
			"another's team": {good(func(i *note.Input) {
				i.Visibility, i.NewCircle = note.ForCircle, &note.NewCircle{Name: "c", Members: []core.ID{id(w.karim)}}
			}), "members", "errs.notes.member_unknown"},
			"an unknown step":  {good(func(i *note.Input) { i.Step = file }), "step", "errs.notes.about_unknown"},
			"an unknown call":  {good(func(i *note.Input) { i.Exchange = "x" }), "exchange", "errs.notes.about_unknown"},
			"many third names": {good(func(i *note.Input) { i.Third = strings.Split("abcdefghijklmnop", "") }), "third", "errs.casefile.too_many"},
		} {
			_, err := w.Write(w.claire, file, c.in)
			t.Run(name, func(t *testing.T) { wantField(t, err, c.field, c.key) })
		}
		if got := w.texts(w.claire, file); len(got) != 0 {
			t.Errorf("something was written: %q", got)
		}
		for _, after := range []string{"x", "2026-06-11", "2026-06-11.x", "'."} {
			_, err := w.List(w.claire, file, note.Filter{}, after, 0)
			wantKind(t, err, errs.Invalid)
		}
		whole := strings.Repeat("é", note.MaxText)
		w.write(w.claire, file, note.ForTeam, "Un.\r\n\r\nDeux.  ")
		w.write(w.claire, file, note.ForTeam, whole)
		if got := w.texts(w.claire, file); got[1] != "Un.\n\nDeux." || got[0] != whole {
			t.Errorf("texts %.60q", got)
		}
	})
}

// A correction is another version; a version that was narrower stays so.
func TestEditsKeepHistory(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		n := w.write(w.claire, file, note.ForAuthor, "brouillon dur")
		first, err := w.Read(w.claire, file, n)
		must(t, err)
		in := note.Input{Kind: note.Counter, Visibility: note.ForTeam, Text: "Mme Haddad est venue avec sa fille."}
		must(t, w.Edit(w.claire, file, n, in, first.Current))
		must(t, w.Edit(w.claire, file, n, in, first.Current)) // sent twice
		second, err := w.Read(w.hugo, file, n)
		must(t, err)
		if len(second.History) != 1 || len(second.Waiting) != 0 {
			t.Fatalf("a colleague reads what was the author's alone: %+v", second.History)
		}
		in.Text = "Mme Haddad est venue seule, avec son avis d'impôt."
		in.Visibility = note.ForAuthor // a colleague cannot take it away
		must(t, w.Edit(w.hugo, file, n, in, second.Current))
		third, err := w.Read(w.claire, file, n)
		must(t, err)
		if third.Visibility != note.ForTeam || third.Author != id(w.claire) || third.ChangedBy != id(w.hugo) || len(third.History) != 3 || !third.Edited {
			t.Fatalf("%+v", third.Note)
		}
		want := []note.Change{{Op: note.Same, Text: "Mme Haddad est venue "}, {Op: note.Removed, Text: "avec sa fille."}, {Op: note.Added, Text: "seule, avec son avis d'impôt."}}
		joined := func(ops ...note.Op) string {
			s := ""
			for _, c := range third.History[0].Changes {
				if slices.Contains(ops, c.Op) {
					s += c.Text
				}
			}
			return s
		}
		if joined(note.Same, note.Removed) != want[0].Text+want[1].Text || joined(note.Same, note.Added) != want[0].Text+want[2].Text {
			t.Errorf("changes %+v", third.History[0].Changes)
		}
	})
}

func TestTwoAuthorsAtOnceKeepBoth(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		n := w.write(w.claire, file, note.ForTeam, "un")
		base, err := w.Read(w.claire, file, n)
		must(t, err)
		in := func(text string) note.Input {
			return note.Input{Kind: note.Counter, Visibility: note.ForTeam, Text: text}
		}
		must(t, w.Edit(w.hugo, file, n, in("un, par Hugo"), base.Current))
		err = w.Edit(w.claire, file, n, in("un, par Claire"), base.Current)
		conflict, ok := errors.AsType[*note.Conflict](err)
		if !ok || !errs.Is(err, errs.Conflict) {
			t.Fatalf("the second is told %v", err)
		}
		sh, err := w.Read(w.ines, file, n)
		must(t, err)
		if sh.Text != "un, par Hugo" || len(sh.Waiting) != 1 || sh.Waiting[0].Text != "un, par Claire" || sh.Waiting[0].ID != conflict.Yours || !sh.Waits {
			t.Fatalf("%+v", sh)
		}
		must(t, w.Choose(w.ines, file, n, conflict.Yours, true))
		must(t, w.Choose(w.ines, file, n, conflict.Yours, false)) // settled already
		sh, err = w.Read(w.hugo, file, n)
		must(t, err)
		if sh.Text != "un, par Claire" || len(sh.Waiting) != 0 || len(sh.History) != 3 || sh.Waits {
			t.Fatalf("%+v", sh)
		}
		err = w.Edit(w.hugo, file, n, in("encore"), base.Current)
		conflict, _ = errors.AsType[*note.Conflict](err)
		must(t, w.Choose(w.hugo, file, n, conflict.Yours, false))
		sh, err = w.Read(w.hugo, file, n)
		must(t, err)
		if sh.Text != "un, par Claire" || len(sh.Waiting) != 0 || len(sh.History) != 4 || !sh.History[0].Aside() {
			t.Fatalf("%+v", sh.History)
		}
		for i := range 6 {
			err = w.Edit(w.hugo, file, n, in(fmt.Sprint("texte ", i)), base.Current)
		}
		wantKind(t, err, errs.Invalid)
	})
}

func TestWithdrawnIsKeptHiddenAndSaid(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		n := w.write(w.claire, file, note.ForPerson, "mauvais dossier")
		wantKind(t, w.Withdraw(w.hugo, file, n, "pas d'accord"), errs.Forbidden)
		wantField(t, w.Withdraw(w.claire, file, n, " "), "why", "errs.notes.why_missing")
		must(t, w.Withdraw(w.claire, file, n, "Erreur de dossier."))
		sh, err := w.Read(w.hugo, file, n)
		must(t, err)
		if !sh.Withdrawn() || sh.Why != "Erreur de dossier." || sh.Text != "mauvais dossier" || len(sh.History) != 1 {
			t.Fatalf("%+v", sh)
		}
		if got := w.texts(w.as(file), file); len(got) != 0 {
			t.Errorf("the person still reads %q", got)
		}
		wantKind(t, w.Edit(w.claire, file, n, note.Input{Kind: note.Other, Visibility: note.ForTeam, Text: "x"}, sh.Current), errs.Conflict)
		must(t, w.Restore(w.claire, file, n))
		if got := w.texts(w.as(file), file); len(got) != 1 {
			t.Errorf("after it came back the person reads %q", got)
		}
		must(t, w.access.DeactivateMember(w.system, id(w.claire)))
		must(t, w.Withdraw(w.hugo, file, n, "Son auteur est parti."))
	})
}

// What the person says stands beside notes, changes none, and is changed by nobody.
func TestThePersonsOwnWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		shared := w.write(w.claire, file, note.ForPerson, "partagée, vue avec [[Karim]]")
		own := w.write(w.claire, file, note.ForAuthor, "à moi")
		me := w.as(file)
		say := func(ctx context.Context, in note.StatementInput) {
			t.Helper()
			_, err := w.AddStatement(ctx, file, in)
			must(t, err)
		}
		say(me, note.StatementInput{Note: shared, Words: "Ce n'est pas ce que j'ai dit."})
		say(me, note.StatementInput{Words: "Je veux qu'on m'appelle après 17 h."})
		say(w.hugo, note.StatementInput{Words: "Je n'ai pas reçu la lettre.", Reread: casefile.RereadAloud})
		say(w.claire, note.StatementInput{Note: own, Words: "Dit à Claire seule."})
		_, err := w.AddStatement(me, file, note.StatementInput{Note: own, Words: "x"})
		wantKind(t, err, errs.NotFound)
		_, err = w.AddStatement(me, file, note.StatementInput{Words: "  "})
		wantField(t, err, "words", "errs.steps.words_missing")

		count := func(ctx context.Context, want int) note.Words {
			t.Helper()
			p, err := w.ListWords(ctx, file, "", "", 0)
			must(t, err)
			if len(p.List) != want {
				t.Errorf("%d words, want %d: %+v", len(p.List), want, p.List)
			}
			return p
		}
		count(w.claire, 4)
		count(w.hugo, 3)
		count(me, 3)
		p, err := w.List(me, file, note.Filter{}, "", 0)
		must(t, err)
		if len(p.Notes) != 1 || p.Notes[0].Text != "partagée, vue avec [un tiers]" || len(p.Beside[shared]) != 1 || len(p.Words) != 2 || p.Words[0].ByPerson {
			t.Errorf("the person reads %+v", p)
		}
		// Narrowing the note takes back neither the answer nor the right to read it.
		sh, err := w.Read(w.claire, file, shared)
		must(t, err)
		must(t, w.Edit(w.claire, file, shared, note.Input{Kind: note.Counter, Visibility: note.ForAuthor, Text: sh.Text}, sh.Current))
		count(w.hugo, 3)
		count(me, 3)
		p, err = w.List(w.hugo, file, note.Filter{}, "", 0)
		must(t, err)
		if len(p.Notes) != 0 || len(p.Words) != 3 {
			t.Errorf("Hugo reads %d notes and %d words", len(p.Notes), len(p.Words))
		}
	})
}

// A note about a couple stays in the file it was written in.
func TestACouplesNotesNeverReachTheOthersFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		her := w.file(w.claire, w.teamA, "Samira", "Haddad")
		him := w.file(w.claire, w.teamA, "Karim", "Belkacem")
		_, err := w.cases.AddToHousehold(w.claire, her, casefile.HouseholdInput{Person: him, LivesIn: true, Relation: casefile.RelationPartner, Couple: casefile.Married, Since: core.Date{Year: 2020, Month: 1, Day: 1}})
		must(t, err)
		n := w.write(w.claire, her, note.ForPerson, "Le couple se sépare. Karim ne doit pas savoir où elle va.")
		_, err = w.AddStatement(w.claire, her, note.StatementInput{Words: "Il ne doit pas savoir."})
		must(t, err)
		before := w.lines(him)
		for _, ctx := range []context.Context{w.claire, w.as(him)} {
			p, err := w.List(ctx, him, note.Filter{}, "", 0)
			must(t, err)
			if !p.Empty() {
				t.Errorf("his file shows %+v", p)
			}
			words, err := w.ListWords(ctx, him, "", "", 0)
			must(t, err)
			if len(words.List) != 0 {
				t.Errorf("his file shows her words")
			}
		}
		_, err = w.Read(w.claire, him, n)
		wantKind(t, err, errs.NotFound)
		_, err = w.List(w.as(him), her, note.Filter{}, "", 0)
		if err == nil {
			t.Error("he opens her notes")
		}
		wantKind(t, w.Edit(w.claire, him, n, note.Input{Kind: note.Other, Visibility: note.ForTeam, Text: "x"}, ""), errs.NotFound)
		d, err := w.cases.Export(w.claire, him, w.Exporters()...)
		must(t, err)
		for _, part := range d.Parts {
			if len(part.Rows) > 0 {
				t.Errorf("his copy holds %+v", part.Rows)
			}
		}
		reads := w.lines(him) - before
		if reads != 5 { // four lists and a copy; what was refused left none
			t.Errorf("%d lines in his journal, want 5", reads)
		}
	})
}

func TestPagesFollowEachOther(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		for i := range 130 {
			text := fmt.Sprint("note ", i)
			if i%40 == 0 {
				text += " loyer"
			}
			_, err := w.Write(w.claire, file, note.Input{Kind: note.Counter, Visibility: note.ForTeam, On: today().AddDays(-i / 3), Text: text})
			must(t, err)
		}
		seen := map[core.ID]bool{}
		pages := 0
		for after := ""; ; pages++ {
			p, err := w.List(w.claire, file, note.Filter{}, after, 50)
			must(t, err)
			for _, n := range p.Notes {
				if seen[n.ID] {
					t.Fatalf("note %s twice", n.ID)
				}
				seen[n.ID] = true
			}
			if after = p.Next; after == "" {
				break
			}
		}
		if len(seen) != 130 || pages != 2 {
			t.Errorf("%d notes on %d pages", len(seen), pages+1)
		}
		p, err := w.List(w.claire, file, note.Filter{Query: "LOYER note"}, "", 3)
		must(t, err)
		rest, err := w.List(w.claire, file, note.Filter{Query: "LOYER note"}, p.Next, 3)
		must(t, err)
		if len(p.Notes) != 3 || p.Next == "" || len(rest.Notes) != 1 || rest.Next != "" {
			t.Errorf("search: %d then %d, %q %q", len(p.Notes), len(rest.Notes), p.Next, rest.Next)
		}
	})
}

// Where two files are found to be one person, each keeps its notes after the undo.
func TestNotesFollowAMergeAndItsUndo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		one := w.file(w.claire, w.teamA, "Fatou", "Diallo")
		two := w.file(w.karim, w.teamB, "Fatoumata", "Dialo")
		w.write(w.claire, one, note.ForTeam, "chez un")
		theirs := w.write(w.karim, two, note.ForPerson, "chez deux")
		w.write(w.karim, two, note.ForAuthor, "à Karim")
		_, err := w.AddStatement(w.as(two), two, note.StatementInput{Note: theirs, Words: "mots de deux"})
		must(t, err)
		must(t, merge.New(w.cases, w.Service).Merge(w.both, merge.Input{Keep: one, Other: two}))

		if diff := cmp.Diff([]string{"chez deux", "chez un"}, w.texts(w.claire, two)); diff != "" { // the address of before
			t.Error(diff)
		}
		if got := w.texts(w.karim, one); len(got) != 3 {
			t.Errorf("Karim reads %q", got)
		}
		if got := w.texts(w.as(one), one); len(got) != 0 {
			t.Errorf("the person of one reads the other's notes: %q", got)
		}
		if got := w.texts(w.as(two), two); len(got) != 1 {
			t.Errorf("the person of two reads %q", got)
		}
		sh, err := w.Read(w.claire, one, theirs)
		must(t, err)
		must(t, w.Edit(w.claire, one, theirs, note.Input{Kind: note.Counter, Visibility: note.ForPerson, Text: "chez deux, corrigé"}, sh.Current))
		w.write(w.claire, one, note.ForTeam, "depuis")
		theirsSince := w.write(w.claire, one, note.ForTeam, "depuis, sur deux")
		w.write(w.hugo, one, note.ForAuthor, "à Hugo depuis")
		_, err = w.AddStatement(w.claire, one, note.StatementInput{Note: theirsSince, Words: "mots à côté"})
		must(t, err)
		_, err = w.AddStatement(w.claire, one, note.StatementInput{Words: "mots seuls"})
		must(t, err)
		undo, err := merge.New(w.cases, w.Service).PreviewUndo(w.both, one, two)
		must(t, err)
		whose := map[core.ID]core.ID{}
		for _, row := range undo.Since {
			whose[row.ID] = one
			if row.ID == theirsSince || row.Kind == merge.WroteWords {
				whose[row.ID] = two
			}
		}
		if len(whose) != 3 { // not the colleague's own, not the words beside a note
			t.Errorf("asked about %+v", undo.Since)
		}
		wantField(t, merge.New(w.cases, w.Service).Undo(w.both, one, two, map[core.ID]core.ID{}), "row-"+string(theirsSince), "errs.casefile.unmerge_whose")
		must(t, merge.New(w.cases, w.Service).Undo(w.both, one, two, whose))
		if diff := cmp.Diff([]string{"depuis", "chez un"}, w.texts(w.claire, one)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"depuis, sur deux", "à Karim", "chez deux, corrigé"}, w.texts(w.karim, two)); diff != "" {
			t.Error(diff)
		}
		if got := w.texts(w.hugo, one); len(got) != 3 {
			t.Errorf("Hugo reads %q", got)
		}
		words, err := w.ListWords(w.karim, two, "", "", 0)
		must(t, err)
		if len(words.List) != 3 || words.List[0].Words != "mots seuls" || words.List[1].Words != "mots à côté" || words.List[2].Words != "mots de deux" {
			t.Errorf("words %+v", words.List)
		}
	})
}

// No clear text of a note, of words or of a circle stands in the database.
func TestTextsAreSealed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		_, err := w.Write(w.claire, file, note.Input{Kind: note.Visit, Visibility: note.ForCircle, Text: "canari du texte", Third: []string{"canari du tiers"},
			NewCircle: &note.NewCircle{Name: "canari du nom", Members: []core.ID{id(w.hugo)}}})
		must(t, err)
		_, err = w.AddStatement(w.as(file), file, note.StatementInput{Words: "canari des mots"})
		must(t, err)
		must(t, w.db.Read(t.Context(), func(q db.Querier) error {
			for _, sql := range []string{`SELECT body FROM note_text`, `SELECT name FROM note_circle`, `SELECT body FROM statement`} {
				rows, err := q.Query(sql)
				n := 0
				err = db.Each(rows, err, func(r *db.Rows) error {
					var sealed []byte
					n++
					err := r.Scan(&sealed)
					if strings.Contains(string(sealed), "canari") {
						t.Errorf("%s: clear text", sql)
					}
					return err
				})
				if err != nil || n == 0 {
					t.Errorf("%s: %d rows, %v", sql, n, err)
				}
			}
			return nil
		}))
	})
}

// A copy holds what its taker may read, masked, and nothing of a circle.
func TestNotesInTheCopyOfAFile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		file := w.file(w.claire, w.teamA, "Samira", "Haddad")
		n := w.write(w.claire, file, note.ForTeam, "Vue avec [[Mme Bernard]]. Mme Bernard rappelle.")
		sh, err := w.Read(w.claire, file, n)
		must(t, err)
		must(t, w.Edit(w.claire, file, n, note.Input{Kind: note.Counter, Visibility: note.ForTeam, Text: "Vue avec [[Mme Bernard]]."}, sh.Current))
		w.write(w.claire, file, note.ForAuthor, "à Claire")
		gone := w.write(w.claire, file, note.ForTeam, "retirée")
		must(t, w.Withdraw(w.claire, file, gone, "Erreur."))
		circle, err := w.Write(w.claire, file, note.Input{Kind: note.Visit, Visibility: note.ForCircle, Text: "secret", NewCircle: &note.NewCircle{Name: "c", Members: []core.ID{id(w.hugo)}}})
		must(t, err)
		for _, in := range []note.StatementInput{{Words: "Mes mots."}, {Note: circle, Words: "dit au cercle"}} {
			_, err := w.AddStatement(w.claire, file, in)
			must(t, err)
		}
		rows := func(ctx context.Context) (notes, words []casefile.ExportRow) {
			t.Helper()
			d, err := w.cases.Export(ctx, file, w.Exporters()...)
			must(t, err)
			return d.Parts[0].Rows, d.Parts[1].Rows
		}
		notes, words := rows(w.claire)
		all := fmt.Sprint(notes, words)
		if len(notes) != 3 || len(words) != 1 || strings.Contains(all, "secret") || strings.Contains(all, "cercle") || strings.Contains(all, "Bernard") || !strings.Contains(all, "Vue avec [un tiers].") {
			t.Errorf("Claire's copy: %s", all)
		}
		notes, _ = rows(w.hugo)
		if all := fmt.Sprint(notes); len(notes) != 2 || strings.Contains(all, "à Claire") {
			t.Errorf("Hugo's copy: %s", all)
		}
	})
}
