package access_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/db"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

func TestSetUpRefusals(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		first, _, err := r.FirstStart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		token, _, err := r.FirstStart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		browser := r.browser()
		for name, bad := range map[string]string{"replaced": first, "forged": flip(token), "empty": "", "long": strings.Repeat("A", 1<<16)} {
			_, err := r.OpenSetUp(t.Context(), bad, browser)
			want(t, name, err, errs.NotFound, "access.error.link")
		}
		_, err = r.OpenSetUp(t.Context(), token, "forged browser")
		want(t, "forged browser", err, errs.Forbidden, "access.error.csrf")
		_, err = r.OpenInvite(t.Context(), token, browser)
		want(t, "a set-up link on the page of invitations", err, errs.NotFound, "access.error.link")

		_, err = r.SetUp(t.Context(), token, browser, access.SetUpForm{
			Organisation: access.Organisation{Place: "Europe/Atlantis", Phone: "01\x0002"},
			Worker:       access.Worker{Login: "a b"}, AcceptForm: access.AcceptForm{Password: "court", Code: "123456"}}, office)
		wantFields := map[string]string{
			"org_name": "access.error.required", "org_place": "access.error.place", "org_phone": "access.error.text_characters",
			"team_name": "access.error.required", "login": "access.error.login_shape", "name": "access.error.required",
			"password": "access.error.password_short", "code": "access.error.wrong_code",
		}
		if diff := cmp.Diff(wantFields, fieldErrors(err)); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}

		e, err := r.OpenSetUp(t.Context(), token, browser)
		if err != nil {
			t.Fatal(err)
		}
		k := key(t, e)
		r.clock.advance(5 * time.Minute)
		late := r.code(k)
		r.clock.advance(-5 * time.Minute)
		_, err = r.SetUp(t.Context(), token, browser, setUpForm(late), office)
		if got := fieldErrors(err)["code"]; got != "access.error.clock" {
			t.Errorf("a phone five minutes ahead: %q", got)
		}
		_, err = r.SetUp(t.Context(), token, r.browser(), setUpForm(r.code(k)), office)
		if got := fieldErrors(err)["code"]; got != "access.error.wrong_code" {
			t.Errorf("the code of a page opened in another browser: %q", got)
		}
		if _, err := r.SetUp(t.Context(), token, browser, setUpForm(r.code(k)), office); err != nil {
			t.Fatal(err)
		}
		_, err = r.SetUp(t.Context(), token, browser, setUpForm(r.code(k)), office)
		want(t, "twice", err, errs.NotFound, "access.error.link")
	})
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		token, _, err := r.FirstStart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r.clock.advance(24 * time.Hour)
		_, err = r.OpenSetUp(t.Context(), token, r.browser())
		want(t, "a day later", err, errs.NotFound, "access.error.link")
	})
}

// TestOneSetUpOutOfMany: whoever holds the link at the same time, one organisation
// is made.
func TestOneSetUpOutOfMany(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		token, _, err := r.FirstStart(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		browser := r.browser()
		e, err := r.OpenSetUp(t.Context(), token, browser)
		if err != nil {
			t.Fatal(err)
		}
		code := r.code(key(t, e))
		var wg sync.WaitGroup
		made := make(chan string, 4)
		for n := range 4 {
			wg.Go(func() {
				form := setUpForm(code)
				form.Worker.Login = fmt.Sprint("claire", n)
				if s, err := r.SetUp(t.Context(), token, browser, form, office); err == nil {
					made <- s
				}
			})
		}
		wg.Wait()
		close(made)
		var orgs, workers int64
		if err := r.db.Read(t.Context(), func(q db.Querier) error {
			if err := q.QueryRow(`SELECT COUNT(*) FROM org`).Scan(&orgs); err != nil {
				return err
			}
			return q.QueryRow(`SELECT COUNT(*) FROM worker`).Scan(&workers)
		}); err != nil {
			t.Fatal(err)
		}
		if len(made) != 1 || orgs != 1 || workers != 1 {
			t.Errorf("%d set-ups, %d organisations, %d workers; want one of each", len(made), orgs, workers)
		}
	})
}

func TestInvitations(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		_, err := r.Invite(h.claire, access.Worker{Login: "x", Name: "", Teams: []core.ID{"elsewhere"}})
		if diff := cmp.Diff(map[string]string{"login": "access.error.login_shape", "name": "access.error.required", "roles": "access.error.no_role"}, fieldErrors(err)); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		_, err = r.Invite(h.claire, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{"elsewhere"}})
		want(t, "a team of nobody", err, errs.Invalid, "access.error.team_unknown")
		_, err = r.Invite(h.claire, access.Worker{Login: "CLAIRE.MAUREL@valsevre.example", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		want(t, "a login in use", err, errs.Invalid, "access.error.login_taken")
		_, err = r.Invite(h.claire, access.Worker{Login: "zoe", Name: "Zoé", Works: true})
		if diff := cmp.Diff(map[string]string{"teams": "access.error.no_team"}, fieldErrors(err)); diff != "" {
			t.Errorf("somebody who accompanies people, in no team: fields (-want +got):\n%s", diff)
		}
		err = r.EditMember(h.claire, access.Worker{ID: h.id, Name: "Claire Maurel", Works: true, Administers: true, Version: 1})
		if diff := cmp.Diff(map[string]string{"teams": "access.error.no_team"}, fieldErrors(err)); diff != "" {
			t.Errorf("taken out of every team: fields (-want +got):\n%s", diff)
		}

		i, err := r.Invite(h.claire, access.Worker{Login: "zoe", Name: "Zoé Petit", Function: "CESF", Works: true, Teams: []core.ID{h.team, h.team}})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprintf("%v %+v %s", i, i, i.Token); strings.Contains(got, i.Token.Reveal()) {
			t.Error("a printed invitation shows its token")
		}
		browser := r.browser()
		v, err := r.OpenInvite(t.Context(), i.Token.Reveal(), browser)
		if err != nil {
			t.Fatal(err)
		}
		if v.OrgName != "CCAS de Valsèvre" || v.Name != "Zoé Petit" || v.Login != "zoe" || v.Reset || v.QR.Size < 30 {
			t.Errorf("page %+v", v)
		}
		same, err := r.OpenInvite(t.Context(), i.Token.Reveal(), browser)
		if err != nil || same.Secret != v.Secret {
			t.Errorf("opened again in the same browser: another secret (%v)", err)
		}
		elsewhere, err := r.OpenInvite(t.Context(), i.Token.Reveal(), r.browser())
		if err != nil || elsewhere.Secret == v.Secret {
			t.Errorf("opened in another browser: the same secret (%v)", err)
		}
		k := key(t, v.Enrolment)
		_, err = r.AcceptInvite(t.Context(), i.Token.Reveal(), browser, access.AcceptForm{Password: "Zoé Petit 2026", Code: "12"}, office)
		if diff := cmp.Diff(map[string]string{"password": "access.error.password_name", "code": "access.error.wrong_code"}, fieldErrors(err)); diff != "" {
			t.Errorf("fields (-want +got):\n%s", diff)
		}
		form := access.AcceptForm{Password: goodPassword, Code: r.code(k)}
		session, err := r.AcceptInvite(t.Context(), i.Token.Reveal(), browser, form, office)
		if err != nil {
			t.Fatal(err)
		}
		if a, info := r.resume(session); a.Kind != core.ActorWorker || !cmp.Equal(a.Teams, []core.ID{h.team}) || info.Administers || info.Function != "CESF" {
			t.Errorf("Zoé is %+v %+v", a, info)
		}
		_, err = r.AcceptInvite(t.Context(), i.Token.Reveal(), browser, form, office)
		want(t, "the link twice", err, errs.NotFound, "access.error.link")
		if _, err = r.signIn("zoe", goodPassword, k); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the code of the invitation served again: %v", err)
		}
		r.clock.advance(30 * time.Second)
		if _, err = r.signIn("zoe", goodPassword, k); err != nil {
			t.Errorf("signing in later: %v", err)
		}

		if i, err = r.Invite(h.claire, access.Worker{Login: "paul", Name: "Paul", Administers: true}); err != nil {
			t.Fatal(err)
		}
		r.clock.advance(7 * 24 * time.Hour)
		_, err = r.OpenInvite(t.Context(), i.Token.Reveal(), browser)
		want(t, "after seven days", err, errs.NotFound, "access.error.link")
	})
}

func TestWhoMayAdminister(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		zoe, _ := r.join(h, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		a, info := r.resume(zoe)
		ctx := info.Context(t.Context(), a)
		for name, try := range map[string]func() error{
			"invite": func() error {
				_, err := r.Invite(ctx, access.Worker{Login: "eve", Name: "Eve", Works: true})
				return err
			},
			"edit": func() error {
				return r.EditMember(ctx, access.Worker{ID: a.ID, Name: "Zoé", Works: true, Administers: true, Version: 1})
			},
			"deactivate": func() error { return r.DeactivateMember(ctx, h.id) },
			"reset":      func() error { _, err := r.ResetMember(ctx, h.id); return err },
			"reactivate": func() error { _, err := r.ReactivateMember(ctx, h.id); return err },
			"team":       func() error { _, err := r.CreateTeam(ctx, "Équipe"); return err },
			"rename":     func() error { return r.RenameTeam(ctx, access.Team{ID: h.team, Name: "X", Version: 1}) },
			"org":        func() error { return r.EditOrganisation(ctx, access.Organisation{}) },
		} {
			want(t, name, try(), errs.Forbidden, "access.error.forbidden")
		}
		for name, try := range map[string]func() error{
			"rescue":     func() error { _, err := r.RescueMember(ctx, "zoe"); return err },
			"create org": func() error { _, err := r.CreateOrganisation(ctx, access.Organisation{}); return err },
			"add":        func() error { _, err := r.AddWorker(ctx, access.Worker{}); return err },
		} {
			if err := try(); !errs.Is(err, errs.Forbidden) && !errs.Is(err, errs.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if members, err := r.Members(ctx); err != nil || len(members) != 2 {
			t.Errorf("a colleague reads the list of colleagues: %d, %v", len(members), err)
		}
		// The right to administer is read afresh: taken away, it ends with the next gesture.
		members, err := r.Members(h.claire)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range members {
			m.Administers = m.Login == "zoe"
			if m.Login == "zoe" {
				if err := r.EditMember(h.claire, m); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, m := range members {
			if m.Login != "zoe" {
				m.Administers = false
				if err := r.EditMember(ctx, m); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err = r.Invite(h.claire, access.Worker{Login: "eve", Name: "Eve", Works: true})
		want(t, "Claire, who no longer administers", err, errs.Forbidden, "access.error.forbidden")
	})
}

func TestAMemberLeaves(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		zoe, k := r.join(h, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		a, _ := r.resume(zoe)
		want(t, "the last one who administers", r.DeactivateMember(h.claire, h.id), errs.Conflict, "access.error.last_admin")
		r.resume(h.session)
		if err := r.DeactivateMember(h.claire, a.ID); err != nil {
			t.Fatal(err)
		}
		_, info, err := r.Resume(t.Context(), zoe)
		want(t, "her open session", err, errs.Unauthenticated, "access.error.sign_in")
		if info.Name != "" {
			t.Errorf("it still tells %+v", info)
		}
		_, err = r.signIn("zoe", goodPassword, k)
		want(t, "signing in", err, errs.Unauthenticated, "access.error.wrong_password")
		if err := r.db.Read(t.Context(), func(q db.Querier) error {
			names, err := access.Workers(q, h.org, a.ID)
			if names[a.ID].Name != "Zoé" || names[a.ID].Active || len(names) != 1 {
				t.Errorf("what she wrote has lost its author: %+v", names)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		_, err = r.ResetMember(h.claire, a.ID)
		want(t, "resetting somebody who left", err, errs.Conflict, "access.error.conflict")
		i, err := r.ReactivateMember(h.claire, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if back, _ := r.accept(i); back == "" {
			t.Error("she cannot come back")
		}
	})
}

func TestALostPhone(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		zoe, k := r.join(h, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		a, _ := r.resume(zoe)
		_, err := r.ResetMember(h.claire, h.id)
		want(t, "oneself", err, errs.Conflict, "access.error.reset_self")
		_, err = r.ResetMember(h.claire, "somebody of another organisation")
		want(t, "somebody else's member", err, errs.NotFound, "access.error.not_found")
		old, err := r.ResetMember(h.claire, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), zoe); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the session of the lost phone: %v", err)
		}
		if _, err := r.signIn("zoe", goodPassword, k); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("the lost phone signs in: %v", err)
		}
		i, err := r.ResetMember(h.claire, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.OpenInvite(t.Context(), old.Token.Reveal(), r.browser())
		want(t, "a link that was replaced", err, errs.NotFound, "access.error.link")
		v, err := r.OpenInvite(t.Context(), i.Token.Reveal(), r.browser())
		if err != nil || !v.Reset {
			t.Errorf("the new link: %+v, %v", v, err)
		}
		_, newKey := r.accept(i)
		if newKey == k {
			t.Error("the same second factor again")
		}
		if _, err := r.signIn("zoe", goodPassword, newKey); err != nil {
			t.Errorf("with the new phone: %v", err)
		}

		operator := core.WithActor(t.Context(), core.Actor{Kind: core.ActorOperator, ID: "root"})
		i, err = r.RescueMember(operator, claireLogin)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Resume(t.Context(), h.session); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("Claire's session after the rescue: %v", err)
		}
		r.accept(i)
		_, err = r.RescueMember(operator, "nobody")
		want(t, "rescue of nobody", err, errs.NotFound, "access.error.not_found")
		if got := r.lines(h.org); !strings.Contains(strings.Join(got, " "), "member.rescue") {
			t.Errorf("the organisation's journal does not tell of the rescue: %v", got)
		}
	})
}

// TestTwoAdministratorsCannotRemoveEachOther: at the same instant, one stays.
func TestTwoAdministratorsCannotRemoveEachOther(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		zoe, _ := r.join(h, access.Worker{Login: "zoe", Name: "Zoé", Administers: true})
		a, info := r.resume(zoe)
		if a.Kind != core.ActorOrgAdmin {
			t.Errorf("somebody who only administers is a %s", a.Kind)
		}
		ctx := info.Context(t.Context(), a)
		var wg sync.WaitGroup
		results := make(chan error, 2)
		wg.Go(func() { results <- r.DeactivateMember(h.claire, a.ID) })
		wg.Go(func() { results <- r.DeactivateMember(ctx, h.id) })
		wg.Wait()
		close(results)
		done := 0
		for err := range results {
			if err == nil {
				done++
			}
		}
		var left int64
		if err := r.db.Read(t.Context(), func(q db.Querier) error {
			return q.QueryRow(`SELECT COUNT(*) FROM worker WHERE active = 1 AND administers = 1`).Scan(&left)
		}); err != nil {
			t.Fatal(err)
		}
		if done != 1 || left != 1 {
			t.Errorf("%d removals went through, %d administrators are left; want 1 and 1", done, left)
		}
	})
}

func TestEditing(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		second, err := r.CreateTeam(h.claire, "  Logement ")
		if err != nil {
			t.Fatal(err)
		}
		zoe, _ := r.join(h, access.Worker{Login: "zoe", Name: "Zoé", Works: true, Teams: []core.ID{h.team}})
		a, _ := r.resume(zoe)
		w := access.Worker{ID: a.ID, Login: "ignored", Name: "Zoé Petit", Function: "éducatrice", Works: true, Teams: []core.ID{second}, Version: 1}
		if err := r.EditMember(h.claire, w); err != nil {
			t.Fatal(err)
		}
		want(t, "the form of before", r.EditMember(h.claire, w), errs.Conflict, "access.error.conflict")
		a, info := r.resume(zoe)
		if !cmp.Equal(a.Teams, []core.ID{second}) || info.Name != "Zoé Petit" || info.Function != "éducatrice" {
			t.Errorf("her open session does not know: %+v %+v", a, info)
		}
		if err := r.RenameTeam(h.claire, access.Team{ID: second, Name: "Habitat", Version: 1}); err != nil {
			t.Fatal(err)
		}
		want(t, "renaming from an old page", r.RenameTeam(h.claire, access.Team{ID: second, Name: "X", Version: 1}), errs.Conflict, "access.error.conflict")
		teams, err := r.ListTeams(h.claire)
		if diff := cmp.Diff([]access.Team{{ID: second, Name: "Habitat", Version: 2}, {ID: h.team, Name: "Polyvalence", Version: 1}}, teams); diff != "" || err != nil {
			t.Errorf("teams %v (-want +got):\n%s", err, diff)
		}
		o, err := r.Organisation(h.claire)
		if err != nil {
			t.Fatal(err)
		}
		o.Phone, o.Place = "01 23 45 67 89", "Indian/Reunion"
		if err := r.EditOrganisation(h.claire, o); err != nil {
			t.Fatal(err)
		}
		want(t, "the organisation from an old page", r.EditOrganisation(h.claire, o), errs.Conflict, "access.error.conflict")
		if _, err := r.CreateTeam(h.claire, "Écoute"); err != nil {
			t.Fatal(err)
		}
		if teams, err = r.ListTeams(h.claire); err != nil || len(teams) != 3 || teams[0].Name != "Écoute" {
			t.Errorf("teams %+v, %v; É comes before H", teams, err)
		}
		public, err := r.House(t.Context())
		if err != nil || public.Phone != "01 23 45 67 89" || public.Version != 2 {
			t.Errorf("what the sign-in page shows: %+v, %v", public, err)
		}
	})
}

// TestOrganisationsAreWalled: an administrator of one does nothing to another.
func TestOrganisationsAreWalled(t *testing.T) {
	each(t, access.Options{}, func(t *testing.T, r *rig) {
		h := r.setUp()
		system := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "seed"})
		other, err := r.CreateOrganisation(system, access.Organisation{Name: "Association du Lac", Place: "Europe/Paris"})
		if err != nil {
			t.Fatal(err)
		}
		inOther := core.WithActor(t.Context(), core.Actor{Kind: core.ActorSystem, ID: "seed", Org: other})
		team, err := r.CreateTeam(inOther, "Rue")
		if err != nil {
			t.Fatal(err)
		}
		stranger, err := r.AddWorker(inOther, access.Worker{ID: "019ea000-0000-7000-8000-0000000000ff", Login: "paul", Name: "Paul", Works: true, Teams: []core.ID{team}})
		if err != nil || stranger != "019ea000-0000-7000-8000-0000000000ff" {
			t.Fatalf("%s, %v", stranger, err)
		}
		want(t, "deactivate", r.DeactivateMember(h.claire, stranger), errs.NotFound, "access.error.not_found")
		want(t, "edit", r.EditMember(h.claire, access.Worker{ID: stranger, Name: "X", Works: true, Version: 1}), errs.NotFound, "access.error.not_found")
		_, err = r.Invite(h.claire, access.Worker{Login: "eve", Name: "Eve", Works: true, Teams: []core.ID{team}})
		want(t, "another organisation's team", err, errs.Invalid, "access.error.team_unknown")
		want(t, "rename", r.RenameTeam(h.claire, access.Team{ID: team, Name: "X", Version: 1}), errs.Conflict, "access.error.conflict")
		members, err := r.Members(h.claire)
		if err != nil || len(members) != 1 {
			t.Errorf("%d members, %v", len(members), err)
		}
		want(t, "a person of theirs", r.Can(h.claire, access.PersonFind, access.Resource{Org: other, Person: "p", Teams: []core.ID{h.team}}), errs.NotFound, "access.error.not_found")
		if _, err := r.SignIn(t.Context(), access.Credentials{Login: "paul", Password: secret.String("")}, office); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("an account without password: %v", err)
		}
	})
}
