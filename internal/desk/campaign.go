package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Campaign is a round of calls to the register, while the counter is closed or a plan
// of alert holds. Once closed it keeps three numbers, and no call.
type Campaign struct {
	ID                          core.ID
	Kind                        string // a code of CampaignKinds
	Opened, Closed              core.Date
	Reached, Unreached, Visited int // once closed
}

// CampaignKinds lists why people are called.
func CampaignKinds() []string { return []string{"heat", "cold", "epidemic", "breakdown", "another"} }

// CallState is what became of a call.
type CallState string

// The states. Needs means that somebody must go there; Visited that somebody did.
const (
	NotCalled  CallState = ""
	WasReached CallState = "reached"
	NotReached CallState = "not_reached"
	Needs      CallState = "needs"
	Visited    CallState = "visited"
)

// Call is one person to call, and what became of it.
type Call struct {
	Entry Entry
	State CallState
	Words string
	At    int64 // µs UTC, 0 before
}

const (
	campaignColumns = `id, kind, opened_on, closed_on, reached, unreached, visited`
	insertCampaign  = `INSERT INTO call_campaign (org_id, id, kind, opened_on, closed_on, reached, unreached, visited) VALUES ($1, $2, $3, $4, '', 0, 0, 0)`
	selectCampaigns = `/* every row: the last of a short table */ SELECT ` + campaignColumns + ` FROM call_campaign WHERE org_id = $1 ORDER BY id DESC LIMIT 40`
	selectCampaign  = `SELECT ` + campaignColumns + ` FROM call_campaign WHERE org_id = $1 AND id = $2`
	closeCampaign   = `UPDATE call_campaign SET closed_on = $3, reached = $4, unreached = $5, visited = $6 WHERE org_id = $1 AND id = $2`
	forgetCalls     = `DELETE FROM call_made WHERE org_id = $1 AND campaign_id = $2`
	selectMade      = `SELECT entry_id, state, words, made_at FROM call_made WHERE org_id = $1 AND campaign_id = $2`
	deleteMade      = `DELETE FROM call_made WHERE org_id = $1 AND campaign_id = $2 AND entry_id = $3`
	upsertMade      = `INSERT INTO call_made (org_id, campaign_id, entry_id, state, words, made_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (org_id, campaign_id, entry_id) DO UPDATE SET state = excluded.state, words = excluded.words, made_at = excluded.made_at`
)

func scanCampaign(r interface{ Scan(...any) error }) (Campaign, error) {
	var c Campaign
	var opened, closed string
	if err := r.Scan(&c.ID, &c.Kind, &opened, &closed, &c.Reached, &c.Unreached, &c.Visited); err != nil {
		return c, err
	}
	var err error
	if c.Opened, err = core.ParseDate(opened); err == nil && closed != "" {
		c.Closed, err = core.ParseDate(closed)
	}
	return c, err
}

// Campaigns lists the last forty, the last first.
func (s *Service) Campaigns(ctx context.Context) ([]Campaign, error) {
	if err := s.can(ctx, access.RegisterRead); err != nil {
		return nil, err
	}
	var list []Campaign
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		var err error
		list, err = campaigns(q, core.ActorFrom(ctx).Org)
		return err
	})
	return list, err
}

func campaigns(q db.Querier, org core.ID) ([]Campaign, error) {
	var list []Campaign
	rows, err := q.Query(selectCampaigns, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		c, err := scanCampaign(r)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	return list, nil
}

// OpenCampaign begins one, today. One of the same kind that is open is given back: two
// colleagues who open it at once share it.
func (s *Service) OpenCampaign(ctx context.Context, kind string) (core.ID, error) {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return "", err
	}
	if !slices.Contains(CampaignKinds(), kind) {
		return "", errs.Fields{errs.New(errs.Invalid, "errs.desk.choice").On("kind")}
	}
	id, err := s.cases.NewID()
	if err != nil {
		return "", err
	}
	made := id
	err = s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		made = id
		list, err := campaigns(tx, org)
		if err != nil {
			return err
		}
		for _, c := range list {
			if c.Kind == kind && c.Closed.IsZero() {
				made = c.ID
				return nil
			}
		}
		if _, err := tx.Exec(insertCampaign, org, id, kind, s.Today(ctx).String()); err != nil {
			return fmt.Errorf("insert a campaign: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.campaign", Object: "campaign", ObjectID: id})
	})
	return made, err
}

// Round is a campaign with everybody to call, in the order of names.
type Round struct {
	Campaign
	Calls []Call
}

func (s *Service) round(q db.Querier, org, id core.ID, lock string) (Round, error) {
	c, err := scanCampaign(q.QueryRow(selectCampaign+lock, org, id))
	if errors.Is(err, db.ErrNoRows) {
		return Round{}, errs.New(errs.NotFound, "errs.desk.campaign_not_found")
	}
	if err != nil {
		return Round{}, fmt.Errorf("read a campaign: %w", err)
	}
	out := Round{Campaign: c}
	if !c.Closed.IsZero() {
		return out, nil
	}
	made := map[core.ID]Call{}
	rows, err := q.Query(selectMade, org, id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var entry core.ID
		var call Call
		var sealed []byte
		if err := r.Scan(&entry, &call.State, &sealed, &call.At); err != nil {
			return err
		}
		plain, err := s.cases.Fields.Open("call_made", "words", string(id)+"/"+string(entry), sealed)
		if err != nil {
			return fmt.Errorf("open the words of a call: %w", err)
		}
		call.Words = string(plain)
		made[entry] = call
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("read calls: %w", err)
	}
	all, err := s.register(q, org)
	for _, e := range all {
		call := made[e.ID]
		call.Entry = e
		out.Calls = append(out.Calls, call)
	}
	return out, err
}

// Round reads a campaign, with one line in the journal. A closed one has no calls.
func (s *Service) Round(ctx context.Context, id core.ID) (Round, error) {
	var out Round
	if err := s.can(ctx, access.RegisterRead); err != nil {
		return out, err
	}
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		var err error
		out, err = s.round(q, core.ActorFrom(ctx).Org, id, "")
		return journal.Event{Kind: "register.read", Object: "campaign", ObjectID: id}, err
	})
	return out, err
}

// NoteCall writes what became of a call, with a few words. NotCalled takes back what was
// noted by mistake. Conflict when the campaign is closed.
func (s *Service) NoteCall(ctx context.Context, campaign, entry core.ID, state CallState, words string) error {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return err
	}
	var f errs.Fields
	words = line(&f, "words", words, MaxWords)
	if !slices.Contains([]CallState{NotCalled, WasReached, NotReached, Needs, Visited}, state) {
		f.Add("state", "errs.desk.choice")
	}
	if state == Needs && words == "" {
		f.Add("words", "errs.desk.needs_words")
	}
	if err := f.Err(); err != nil {
		return err
	}
	sealed, err := s.cases.Fields.Seal("call_made", "words", string(campaign)+"/"+string(entry), []byte(words))
	if err != nil {
		return fmt.Errorf("seal the words of a call: %w", err)
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		c, err := scanCampaign(tx.QueryRow(selectCampaign+" FOR UPDATE", org, campaign))
		switch {
		case errors.Is(err, db.ErrNoRows):
			return errs.New(errs.NotFound, "errs.desk.campaign_not_found")
		case err != nil:
			return fmt.Errorf("read a campaign: %w", err)
		case !c.Closed.IsZero():
			return errs.New(errs.Conflict, "errs.desk.campaign_closed")
		}
		if _, err := s.entry(tx, org, entry); err != nil {
			return err
		}
		if state == NotCalled {
			_, err = tx.Exec(deleteMade, org, campaign, entry)
		} else {
			_, err = tx.Exec(upsertMade, org, campaign, entry, string(state), sealed, tx.Now())
		}
		if err != nil {
			return fmt.Errorf("note a call: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.call", Object: "register", ObjectID: entry})
	})
}

// CloseCampaign ends one: how many were reached, not reached and visited is kept, and
// the calls are forgotten. Conflict while somebody needs a visit that nobody made.
func (s *Service) CloseCampaign(ctx context.Context, id core.ID) error {
	if err := s.can(ctx, access.RegisterEdit); err != nil {
		return err
	}
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		org := core.ActorFrom(ctx).Org
		round, err := s.round(tx, org, id, " FOR UPDATE")
		if err != nil || !round.Closed.IsZero() {
			return err
		}
		var n Campaign
		for _, c := range round.Calls {
			switch c.State {
			case WasReached:
				n.Reached++
			case Visited:
				n.Reached++
				n.Visited++
			case Needs:
				return errs.New(errs.Conflict, "errs.desk.needs_open")
			default:
				n.Unreached++
			}
		}
		if _, err := tx.Exec(closeCampaign, org, id, s.Today(ctx).String(), n.Reached, n.Unreached, n.Visited); err != nil {
			return fmt.Errorf("close a campaign: %w", err)
		}
		if _, err := tx.Exec(forgetCalls, org, id); err != nil {
			return fmt.Errorf("forget calls: %w", err)
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "register.campaign", Object: "campaign", ObjectID: id})
	})
}
