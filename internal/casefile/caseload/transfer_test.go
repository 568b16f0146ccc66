package caseload_test

import (
	"context"
	"sync"
	"testing"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/casefile/caseload"
	"codeberg.org/parvis/parvis/internal/casefile/plan"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
)

// personB makes a file in Karim's team.
func (w *world) personB(given, usual string) core.ID {
	w.t.Helper()
	id, err := w.cases.CreatePerson(w.karim, casefile.NewPerson{
		Identity: casefile.Identity{UsualName: usual, GivenNames: given}, Team: w.teamB, SeenDuplicates: true})
	must(w.t, err)
	return id
}

// both is Claire, working in the two teams.
func (w *world) both(...core.ID) context.Context {
	a := core.ActorFrom(w.claire)
	a.Teams = []core.ID{w.teamA, w.teamB}
	return core.WithActor(context.Background(), a)
}

func (w *world) propose(id core.ID, in caseload.TransferInput) core.ID {
	w.t.Helper()
	in.Case = w.follow(w.claire, id).Cases[0].ID
	if in.Choice == "" {
		in.Choice = caseload.AllSteps
	}
	in.Reason, in.Words = "Elle déménage dans le secteur.", "« D'accord, si je garde mes rendez-vous. »"
	t, err := w.Propose(w.claire, id, in)
	must(w.t, err)
	return t
}

func TestATransferChangesNothingBeforeItIsAccepted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad")
		w.step(w.claire, id, "Appeler le bailleur", 3)
		w.step(w.hugo, id, "Écrire à la CAF", 5)
		tr := w.propose(id, caseload.TransferInput{ToTeam: w.teamB})
		if again := w.propose(id, caseload.TransferInput{ToTeam: w.teamB}); again != tr {
			t.Error("the same proposal is made twice")
		}
		in := caseload.TransferInput{Case: w.follow(w.claire, id).Cases[0].ID, ToTeam: w.teamA, ToWorker: w.hugoID, Reason: "x", Words: "y", Choice: caseload.AllSteps}
		_, err := w.Propose(w.claire, id, in)
		wantKind(t, err, errs.Conflict)

		if w.reads(w.karim, id) || !w.reads(w.claire, id) {
			t.Error("a proposal opens or shuts the file")
		}
		seen, err := w.Waiting(w.karim)
		must(t, err)
		if len(seen.Received) != 1 || len(seen.Sent) != 0 || seen.Received[0].Name != "Samira Haddad" || seen.Received[0].Words == "" || seen.Names[w.claireID] != "Claire Maurel" {
			t.Fatalf("the team that receives sees %+v", seen)
		}
		sent, err := w.Waiting(w.claire)
		must(t, err)
		if len(sent.Sent) != 1 || len(sent.Received) != 0 {
			t.Errorf("who proposed sees %+v", sent)
		}
		own, err := w.ReadOwn(w.herself(id))
		must(t, err)
		if len(own.Transfers) != 1 || own.Transfers[0].State != caseload.Proposed || own.TeamNames[own.Transfers[0].ToTeam] != "Insertion" {
			t.Errorf("the person reads %+v", own)
		}
		_, err = w.Accept(w.hugo, tr)
		wantKind(t, err, errs.NotFound)
		wantKind(t, w.Decline(w.hugo, tr, ""), errs.NotFound)

		var group sync.WaitGroup // two clicks at once
		for range 2 {
			group.Go(func() {
				if _, err := w.Accept(w.karim, tr); err != nil {
					t.Errorf("accept: %v", err)
				}
			})
		}
		group.Wait()
		if _, err := w.Accept(w.karim, tr); err != nil {
			t.Errorf("accept again: %v", err)
		}
		if w.reads(w.claire, id) || !w.reads(w.karim, id) {
			t.Error("the file is in the wrong hands")
		}
		if got := w.answers(w.karim, id); got["Appeler le bailleur"] != w.karimID || got["Écrire à la CAF"] != w.karimID {
			t.Errorf("steps stay with who can no longer open them: %v", got)
		}
		due, err := plan.New(w.cases).Mine(w.karim, "", 10)
		must(t, err)
		if len(due.Items) != 2 {
			t.Errorf("%d due dates", len(due.Items))
		}
		wantKind(t, w.Decline(w.karim, tr, "non"), errs.Conflict)
		if talk := w.made.ToTalk(w.teamB); len(talk) != 1 {
			t.Errorf("the rights to talk about did not follow: %v", talk)
		}
		if own, err = w.ReadOwn(w.herself(id)); err != nil || len(own.Transfers) != 1 || own.Transfers[0].State != caseload.Accepted || own.Cases[0].Referent != w.karimID {
			t.Errorf("the person reads %+v, %v", own, err)
		}
	})
}

func TestATransferIsDeclinedOrWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad")
		tr := w.propose(id, caseload.TransferInput{ToTeam: w.teamB, ToWorker: w.karimID})
		must(t, w.Decline(w.karim, tr, "Je suis absent tout juillet."))
		must(t, w.Decline(w.karim, tr, "Je suis absent tout juillet."))
		_, err := w.Accept(w.karim, tr)
		wantKind(t, err, errs.Conflict)
		f := w.follow(w.claire, id)
		if f.Cases[0].Team != w.teamA || f.Cases[0].Referent != w.claireID || f.Transfers[0].State != caseload.Declined || f.Transfers[0].Answer == "" {
			t.Errorf("%+v", f)
		}
		tr = w.propose(id, caseload.TransferInput{ToTeam: w.teamB})
		wantKind(t, w.Withdraw(w.claire, w.person("Autre", "Dossier"), tr), errs.NotFound)
		must(t, w.Withdraw(w.hugo, id, tr))
		_, err = w.Accept(w.karim, tr)
		wantKind(t, err, errs.Conflict)
		// An end withdraws what waits.
		tr = w.propose(id, caseload.TransferInput{ToTeam: w.teamB})
		must(t, w.Close(w.claire, id, anEnd(w.follow(w.claire, id))))
		_, err = w.Accept(w.karim, tr)
		wantKind(t, err, errs.Conflict)
		if w.reads(w.karim, id) {
			t.Error("a withdrawn transfer opened the file")
		}
	})
}

func TestWithinATeamStepsGoAsChosen(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		id := w.person("Samira", "Haddad")
		goes := w.step(w.claire, id, "Appeler le bailleur", 3)
		w.step(w.claire, id, "Écrire à la CAF", 5)
		tr := w.propose(id, caseload.TransferInput{ToTeam: w.teamA, ToWorker: w.hugoID, Choice: caseload.SomeSteps, Steps: []core.ID{goes, "0190aaaa-0000-7000-8000-000000000000"}})
		_, err := w.Accept(w.claire, tr)
		wantKind(t, err, errs.NotFound)
		_, err = w.Accept(w.hugo, tr)
		must(t, err)
		if got := w.answers(w.claire, id); got["Appeler le bailleur"] != w.hugoID || got["Écrire à la CAF"] != w.claireID {
			t.Errorf("%v", got)
		}
		in := caseload.TransferInput{Case: w.follow(w.claire, id).Cases[0].ID, Reason: "x", Words: "y", Choice: caseload.AllSteps}
		for name, to := range map[string][2]core.ID{
			"errs.caseload.to_missing": {"", ""}, "errs.caseload.to_same": {w.teamA, w.hugoID}, "errs.caseload.to_unknown": {w.teamB, w.hugoID},
		} {
			in.ToTeam, in.ToWorker = to[0], to[1]
			_, err := w.Propose(w.claire, id, in)
			wantField(t, err, "to", name)
		}
		in.ToTeam, in.ToWorker, in.Choice = w.teamB, "", "most"
		_, err = w.Propose(w.claire, id, in)
		wantField(t, err, "steps", "errs.casefile.choice_unknown")
		in.Choice, in.Words, in.Reason = caseload.NoSteps, "", "\x00"
		_, err = w.Propose(w.claire, id, in)
		wantField(t, err, "words", "errs.caseload.said_missing")
		wantField(t, err, "reason", "errs.casefile.text_control")
	})
}
