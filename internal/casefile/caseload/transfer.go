package caseload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	transferColumns = `t.id, t.person_id, t.case_id, t.from_team, t.from_worker, t.to_team, t.to_worker, t.reason, t.words, t.steps, t.state, t.answer,
	t.proposed_at, t.proposed_by, t.answered_at, t.answered_by`
	insertTransfer = `INSERT INTO case_transfer (org_id, id, person_id, case_id, from_team, from_worker, to_team, to_worker, reason, words, steps, state, answer,
	proposed_at, proposed_by, answered_at, answered_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'proposed', '', $12, $13, 0, '')`
	selectTransfer = `SELECT ` + transferColumns + ` FROM case_transfer t WHERE t.org_id = $1 AND t.id = $2 FOR UPDATE`
	openTransfer   = `SELECT ` + transferColumns + ` FROM case_transfer t WHERE t.org_id = $1 AND t.case_id = $2 AND t.state = 'proposed'`
	answerTransfer = `UPDATE case_transfer SET state = $3, answer = $4, answered_at = $5, answered_by = $6 WHERE org_id = $1 AND id = $2 AND state = 'proposed'`
	moveCase       = `UPDATE casefile SET team_id = $4, worker_id = $5, version = version + 1
WHERE org_id = $1 AND person_id = $2 AND id = $3 AND phase = 'active' AND team_id = $6`
	personTransfers = `SELECT ` + transferColumns + ` FROM case_transfer t WHERE t.org_id = $1 AND t.person_id IN ` + casefile.SameHuman + ` ORDER BY t.id DESC LIMIT 50`
	namedTransfers  = `SELECT ` + transferColumns + `, p.usual_name, p.given_names, p.use_name, p.birth
FROM case_transfer t JOIN person p ON p.org_id = t.org_id AND p.id = t.person_id WHERE t.org_id = $1 AND t.state = 'proposed' AND `
	// waitingTransfers are those that the worker sent, then those that the worker or
	// one of their teams received: {teams} is their teams.
	waitingTransfers = namedTransfers + `t.proposed_by = $2 UNION ALL ` + namedTransfers + `t.proposed_by <> $2 AND t.to_worker IN ('', $2) AND t.to_team IN ({teams}) ORDER BY 1 LIMIT 50`
)

func scanTransfer(r interface{ Scan(...any) error }, more ...any) (Transfer, error) {
	var t Transfer
	var steps string
	err := r.Scan(append([]any{&t.ID, &t.Person, &t.Case, &t.FromTeam, &t.FromWorker, &t.ToTeam, &t.ToWorker, &t.Reason, &t.Words, &steps, &t.State, &t.Answer,
		&t.ProposedAt, &t.ProposedBy, &t.AnsweredAt, &t.AnsweredBy}, more...)...)
	switch steps {
	case string(AllSteps):
		t.AllSteps = true
	case string(NoSteps), "":
	default:
		for id := range strings.FieldsSeq(steps) {
			t.Steps = append(t.Steps, core.ID(id))
		}
	}
	return t, err
}

// Propose offers an accompaniment of the worker's team to a colleague or to a team.
// Nothing else changes: whoever receives it says yes or no. The same proposal made
// twice is made once; another one that waits is a Conflict.
func (s *Service) Propose(ctx context.Context, person core.ID, in TransferInput) (core.ID, error) {
	var made core.ID
	actor := core.ActorFrom(ctx)
	err := s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.CaseHand, &person)
		if err != nil {
			return err
		}
		if err := in.Validate(); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		c, err := s.ownCase(ctx, tx, o.Org, person, in.Case)
		if err != nil {
			return err
		}
		waiting, err := scanTransfer(tx.QueryRow(openTransfer, o.Org, c.ID))
		switch {
		case errors.Is(err, db.ErrNoRows):
		case err != nil:
			return fmt.Errorf("look for a transfer: %w", err)
		case waiting.ProposedBy == actor.ID && waiting.ToTeam == in.ToTeam && waiting.ToWorker == in.ToWorker && waiting.Reason == in.Reason && waiting.Words == in.Words:
			made = waiting.ID
			return nil
		default:
			return errs.New(errs.Conflict, "errs.caseload.transfer_waits")
		}
		if err := s.checkReceiver(tx, o, c, in); err != nil {
			return err
		}
		steps := string(in.Choice)
		if in.ToTeam != c.Team {
			steps = string(AllSteps) // who stays behind could no longer open them
		} else if in.Choice == SomeSteps {
			if steps, err = knownSteps(tx, o.Org, person, in.Steps); err != nil {
				return err
			}
		}
		if made, err = s.cases.NewID(); err != nil {
			return err
		}
		if _, err := tx.Exec(insertTransfer, o.Org, made, c.Row, c.ID, c.Team, c.Referent, in.ToTeam, in.ToWorker, in.Reason, in.Words, steps, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("insert transfer: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "case.propose", Subjects: o.Humans, Object: "transfer", ObjectID: made})
	})
	return made, err
}

// checkReceiver refuses a team that accompanies already, a colleague who does not
// work there, and the hands in which it is.
func (s *Service) checkReceiver(q db.Querier, o casefile.Opened, c Case, in TransferInput) error {
	to := func(key string) error { return errs.Fields{errs.New(errs.Invalid, key).On("to")} }
	if in.ToTeam == c.Team && (in.ToWorker == "" || in.ToWorker == c.Referent) {
		return to("errs.caseload.to_same")
	}
	for _, other := range o.Cases {
		if other.Team == in.ToTeam && other.ID != c.ID {
			return to("errs.caseload.to_there")
		}
	}
	teams, err := access.Teams(q, o.Org)
	if err != nil {
		return fmt.Errorf("teams: %w", err)
	}
	if !slices.ContainsFunc(teams, func(t access.Team) bool { return t.ID == in.ToTeam }) {
		return to("errs.caseload.to_unknown")
	}
	if in.ToWorker == "" {
		return nil
	}
	there, err := access.TeamWorkers(q, o.Org, in.ToTeam)
	if err != nil {
		return fmt.Errorf("colleagues: %w", err)
	}
	if !slices.ContainsFunc(there, func(w access.Worker) bool { return w.ID == in.ToWorker }) {
		return to("errs.caseload.to_unknown")
	}
	return nil
}

const openSteps = `SELECT id, file_id, worker_id, title, due_on FROM step WHERE org_id = $1 AND file_id IN ` + casefile.SameHuman + `
AND state IN ('todo', 'waiting') ORDER BY id LIMIT 500`

// openStep is a step that is still to be done.
type openStep struct {
	ID, File, Worker core.ID
	Title            string
	DueOn            core.Date
}

func loadOpenSteps(q db.Querier, org, person core.ID) ([]openStep, error) {
	var list []openStep
	rows, err := q.Query(openSteps, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var st openStep
		var due string
		if err := r.Scan(&st.ID, &st.File, &st.Worker, &st.Title, &due); err != nil {
			return err
		}
		var err error
		st.DueOn, err = day(due)
		list = append(list, st)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read open steps: %w", err)
	}
	return list, nil
}

// knownSteps keeps of the chosen steps those of the file that are open, as stored.
func knownSteps(q db.Querier, org, person core.ID, chosen []core.ID) (string, error) {
	open, err := loadOpenSteps(q, org, person)
	if err != nil {
		return "", err
	}
	var ids []string
	for _, st := range open {
		if slices.Contains(chosen, st.ID) {
			ids = append(ids, string(st.ID))
		}
	}
	if len(ids) == 0 {
		return string(NoSteps), nil
	}
	return strings.Join(ids, " "), nil
}

// Accept takes an accompaniment over: the team changes, the worker answers for it,
// and the steps that go along are theirs. To accept twice is to accept once; what
// was declined or withdrawn meanwhile is a Conflict. It returns the person's file.
func (s *Service) Accept(ctx context.Context, transfer core.ID) (person core.ID, err error) {
	today := s.Today(ctx)
	actor := core.ActorFrom(ctx)
	done := false
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		done = false
		t, err := s.received(ctx, tx, transfer)
		if err != nil {
			return err
		}
		if person, err = kept(tx, actor.Org, t.Person); err != nil {
			return err
		}
		switch {
		case t.State == Accepted:
			return nil
		case t.State != Proposed:
			return errs.New(errs.Conflict, "errs.caseload.transfer_"+string(t.State))
		}
		if err := casefile.LockFile(tx, actor.Org, person); err != nil {
			return err
		}
		all, err := loadCases(tx, actor.Org, person)
		if err != nil {
			return err
		}
		c, err := caseOf(all, t.Case)
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.ID != c.ID && other.Phase == casefile.PhaseActive && other.Team == t.ToTeam {
				return errs.New(errs.Conflict, "errs.caseload.to_there")
			}
		}
		n, err := tx.Exec(moveCase, actor.Org, c.Row, c.ID, t.ToTeam, actor.ID, t.FromTeam)
		if err != nil {
			return fmt.Errorf("move accompaniment: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "errs.caseload.case_changed")
		}
		if _, err := tx.Exec(answerTransfer, actor.Org, t.ID, Accepted, "", tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("answer transfer: %w", err)
		}
		if err := s.handSteps(ctx, tx, person, t, all); err != nil {
			return err
		}
		if err := casefile.TalkAgain(tx, actor.Org, person, today.CalendarMonth()); err != nil {
			return err
		}
		done = true
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "case.accept", Subjects: humans(person, all), Object: "transfer", ObjectID: t.ID})
	})
	if err == nil && done {
		s.recompute(ctx, person)
	}
	return person, err
}

const (
	takeStep = `UPDATE step SET worker_id = $4, version = version + 1, changed_at = $5, changed_by = $4 WHERE org_id = $1 AND file_id = $2 AND id = $3`
	tellStep = `INSERT INTO step_event (org_id, file_id, step_id, id, kind, says, worker_id, at, by_worker) VALUES ($1, $2, $3, $4, 'handed', '', $5, $6, $5)`
)

// handSteps gives the worker who accepts the steps that go along: those chosen; all
// of the former worker's; and, when the team changes, those of whoever can no
// longer open the file.
func (s *Service) handSteps(ctx context.Context, tx *db.Tx, person core.ID, t Transfer, all []Case) error {
	actor := core.ActorFrom(ctx)
	steps, err := loadOpenSteps(tx, actor.Org, person)
	if err != nil {
		return err
	}
	teams := []core.ID{t.ToTeam}
	for _, c := range all {
		if c.Phase == casefile.PhaseActive && c.ID != t.Case {
			teams = append(teams, c.Team)
		}
	}
	stay, err := access.TeamWorkers(tx, actor.Org, teams...)
	if err != nil {
		return fmt.Errorf("colleagues: %w", err)
	}
	for _, st := range steps {
		goes := slices.Contains(t.Steps, st.ID) || t.AllSteps && (st.Worker == t.FromWorker || st.Worker == t.ProposedBy) ||
			!slices.ContainsFunc(stay, func(w access.Worker) bool { return w.ID == st.Worker })
		if !goes || st.Worker == actor.ID {
			continue
		}
		if _, err := tx.Exec(takeStep, actor.Org, st.File, st.ID, actor.ID, tx.Now()); err != nil {
			return fmt.Errorf("hand over step: %w", err)
		}
		id, err := s.cases.NewID()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(tellStep, actor.Org, st.File, st.ID, id, actor.ID, tx.Now()); err != nil {
			return fmt.Errorf("insert what happened to step %s: %w", st.ID, err)
		}
	}
	return nil
}

// received reads a transfer that the actor may answer: proposed to them, or to one
// of their teams. Anything else is NotFound.
func (s *Service) received(ctx context.Context, tx *db.Tx, id core.ID) (Transfer, error) {
	actor := core.ActorFrom(ctx)
	if err := s.cases.Access.Can(ctx, access.CaseAnswer, access.Here(ctx)); err != nil {
		return Transfer{}, err
	}
	t, err := scanTransfer(tx.QueryRow(selectTransfer, actor.Org, id))
	switch {
	case errors.Is(err, db.ErrNoRows):
		return t, errs.New(errs.NotFound, "errs.caseload.transfer_unknown")
	case err != nil:
		return t, fmt.Errorf("read transfer %s: %w", id, err)
	case !actor.InTeam(t.ToTeam), t.ToWorker != "" && t.ToWorker != actor.ID:
		return t, errs.New(errs.NotFound, "errs.caseload.transfer_unknown")
	}
	return t, nil
}

// Decline says no to a transfer, with a few words for whoever proposed it ("" =
// none). The accompaniment stays where it is.
func (s *Service) Decline(ctx context.Context, transfer core.ID, answer string) error {
	answer = prose(answer)
	var f errs.Fields
	checkProse(&f, "answer", answer, maxReason)
	if err := f.Err(); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		t, err := s.received(ctx, tx, transfer)
		if err != nil {
			return err
		}
		return s.end(ctx, tx, t, Declined, answer, "case.decline")
	})
}

// Withdraw takes a proposal back before it is answered: a worker of the team that
// made it.
func (s *Service) Withdraw(ctx context.Context, person, transfer core.ID) error {
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.CaseHand, &person)
		if err != nil {
			return err
		}
		t, err := scanTransfer(tx.QueryRow(selectTransfer, o.Org, transfer))
		switch {
		case err != nil && !errors.Is(err, db.ErrNoRows):
			return fmt.Errorf("read transfer %s: %w", transfer, err)
		case err != nil, !slices.Contains(o.Humans, t.Person), !core.ActorFrom(ctx).InTeam(t.FromTeam):
			return errs.New(errs.NotFound, "errs.caseload.transfer_unknown")
		}
		return s.end(ctx, tx, t, Withdrawn, "", "case.withdraw")
	})
}

// end writes the answer to a transfer that waits; the same answer given twice is
// given once.
func (s *Service) end(ctx context.Context, tx *db.Tx, t Transfer, state TransferState, answer, kind string) error {
	if t.State == state {
		return nil
	}
	if t.State != Proposed {
		return errs.New(errs.Conflict, "errs.caseload.transfer_"+string(t.State))
	}
	actor := core.ActorFrom(ctx)
	if _, err := tx.Exec(answerTransfer, actor.Org, t.ID, state, answer, tx.Now(), actor.ID); err != nil {
		return fmt.Errorf("answer transfer: %w", err)
	}
	return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: kind, Subjects: []core.ID{t.Person}, Object: "transfer", ObjectID: t.ID})
}

// Waiting is what waits for an answer around a worker.
type Waiting struct {
	Received  []Transfer // the worker, or one of their teams, may answer
	Sent      []Transfer // the worker waits for the answer
	Names     map[core.ID]string
	TeamNames map[core.ID]string
}

// Waiting lists the transfers that wait for the worker's answer, and those that the
// worker proposed, the first proposed first. Whoever receives one reads the name,
// the reason and what the person said of it: not the file.
func (s *Service) Waiting(ctx context.Context) (Waiting, error) {
	var w Waiting
	if err := s.cases.Access.Can(ctx, access.CaseAnswer, access.Here(ctx)); err != nil {
		return w, err
	}
	actor := core.ActorFrom(ctx)
	if len(actor.Teams) == 0 {
		return w, nil
	}
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		w = Waiting{}
		args := []any{actor.Org, actor.ID}
		var marks []string
		for _, t := range actor.Teams {
			args = append(args, t)
			marks = append(marks, fmt.Sprintf("$%d", len(args)))
		}
		var people, who []core.ID
		rows, err := q.Query(strings.ReplaceAll(waitingTransfers, "{teams}", strings.Join(marks, ", ")), args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var i casefile.Identity
			var birth string
			t, err := scanTransfer(r, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse, &birth)
			if err != nil {
				return err
			}
			born, err := core.ParsePartialDate(birth)
			if err != nil {
				return err
			}
			t.Name, t.Birth = i.DisplayName(), core.PartialDate{Year: born.Year}
			people = append(people, t.Person)
			who = append(who, t.ProposedBy, t.FromWorker, t.ToWorker)
			if t.ProposedBy == actor.ID {
				w.Sent = append(w.Sent, t)
				return nil
			}
			w.Received = append(w.Received, t)
			return nil
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("list transfers: %w", err)
		}
		if w.Names, err = workerNames(q, actor.Org, who...); err != nil {
			return journal.Event{}, err
		}
		w.TeamNames, err = teamNames(q, actor.Org)
		return journal.Event{Kind: "list", Subjects: people}, err
	})
	return w, err
}

func loadTransfers(q db.Querier, org, person core.ID) ([]Transfer, error) {
	var list []Transfer
	rows, err := q.Query(personTransfers, org, person)
	err = db.Each(rows, err, func(r *db.Rows) error {
		t, err := scanTransfer(r)
		list = append(list, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read transfers: %w", err)
	}
	return list, nil
}
