package casefile

import (
	"context"
	"fmt"
	"slices"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const (
	selectTeamsOf     = `SELECT person_id, team_id, id FROM casefile WHERE org_id = $1 AND phase = '%[1]s' AND person_id IN (`
	selectTeamsMerged = `SELECT al.person_id, c.team_id, c.id FROM person_alias al JOIN casefile c ON c.org_id = al.org_id AND c.person_id = al.alias_id
WHERE al.org_id = $1 AND al.ended_at = 0 AND c.phase = '%[1]s' AND al.person_id IN (`
	selectMergedHits = `SELECT al.alias_id, o.protected, ` + hitColumns + `
FROM person_alias al JOIN person p ON p.org_id = al.org_id AND p.id = al.person_id JOIN person o ON o.org_id = al.org_id AND o.id = al.alias_id
WHERE al.org_id = $1 AND al.ended_at = 0 AND al.`
)

// teamsFound are the teams of the accompaniments of found people in a phase, of those
// merged into them too, the first begun first.
func teamsFound(q db.Querier, org core.ID, phase string, people []core.ID) (map[core.ID][]core.ID, error) {
	teams := map[core.ID][]core.ID{}
	if len(people) == 0 {
		return teams, nil
	}
	in := marks(2, len(people))
	sql := fmt.Sprintf(selectTeamsOf+in+") UNION ALL "+selectTeamsMerged+in+") ORDER BY 1, 3", phase)
	rows, err := q.Query(sql, append([]any{org}, anys(people)...)...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var person, team, file core.ID
		err := r.Scan(&person, &team, &file)
		teams[person] = append(teams[person], team)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("teams of found people: %w", err)
	}
	return teams, nil
}

// ownTeam is the actor's team among those of a person, else other.
func ownTeam(ctx context.Context, teams []core.ID, other core.ID) core.ID {
	for _, t := range teams {
		if core.ActorFrom(ctx).InTeam(t) {
			other = t
		}
	}
	return other
}

// sameHits puts the person who stands in the place of those merged into them, once.
func (s *Service) sameHits(q db.Querier, org core.ID, hits []hit) ([]hit, error) {
	ids := []any{org}
	for _, h := range hits {
		ids = append(ids, h.id)
	}
	in := marks(2, len(hits))
	kept := map[core.ID]hit{}       // by the one merged into them
	protected := map[core.ID]bool{} // by the one who stands
	rows, err := q.Query(selectMergedHits+"alias_id IN ("+in+") UNION ALL "+selectMergedHits+"person_id IN ("+in+")", ids...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var merged core.ID
		var shut bool
		h, err := scanHit(r, "", &merged, &shut)
		kept[merged] = h
		protected[h.id] = protected[h.id] || shut
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("who found people are: %w", err)
	}
	if len(kept) == 0 {
		return hits, nil
	}
	var list []hit
	for _, h := range hits {
		if k, merged := kept[h.id]; merged {
			k.key, k.why = h.key, h.why
			h = k
		}
		h.protected = h.protected || protected[h.id]
		if !slices.ContainsFunc(list, func(o hit) bool { return o.id == h.id }) {
			list = append(list, h)
		}
	}
	return list, nil
}

// show turns hits into what the actor may see of them.
func (s *Service) show(ctx context.Context, q db.Querier, hits []hit) ([]Found, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	org := core.ActorFrom(ctx).Org
	hits, err := s.sameHits(q, org, hits)
	if err != nil {
		return nil, err
	}
	var people, alone []core.ID
	for _, h := range hits {
		people = append(people, h.id)
	}
	teams, err := teamsFound(q, org, "active", people)
	if err != nil {
		return nil, err
	}
	for _, id := range people {
		if len(teams[id]) == 0 {
			alone = append(alone, id)
		}
	}
	ended, err := teamsFound(q, org, "archive", alone)
	if err != nil {
		return nil, err
	}
	names, err := teamNames(q, org)
	if err != nil {
		return nil, err
	}
	list := make([]Found, 0, len(hits))
	for _, h := range hits {
		f := Found{Person: h.id, Name: h.identity.DisplayName(), Why: h.why, Birth: h.identity.Birth}
		f.Openable = len(teams[h.id]) > 0 &&
			s.Access.Can(ctx, access.PersonOpen, access.Resource{Org: org, Person: h.id, Teams: teams[h.id]}) == nil
		if t := teams[h.id]; len(t) > 0 {
			f.Team = ownTeam(ctx, t, t[0])
			f.TeamName = names[f.Team]
		} else if t := ended[h.id]; len(t) > 0 {
			f.Ended, f.Team = true, ownTeam(ctx, t, t[len(t)-1])
			f.TeamName = names[f.Team]
			f.Reopenable = s.Access.Can(ctx, access.CaseReopen, access.Resource{Org: org, Person: h.id, Teams: t}) == nil
		}
		if f.Openable && !h.protected {
			f.City = h.city
		}
		if f.Openable || f.Reopenable {
			f.Died = h.died
		}
		if !f.Openable {
			f.Birth = core.PartialDate{Year: h.identity.Birth.Year}
		}
		list = append(list, f)
	}
	return list, sayFormer(q, org, list)
}

const selectFormer = `SELECT n.person_id, b.usual_name, b.given_names, b.use_name FROM former_name n
JOIN person_before b ON b.org_id = n.org_id AND b.person_id = n.person_id AND b.id = n.before_id
WHERE n.org_id = $1 AND n.discreet = 0 AND n.person_id IN (`

// sayFormer says the name that people were found by when they bore it before, of
// files that the actor may open.
func sayFormer(q db.Querier, org core.ID, list []Found) error {
	args := []any{org}
	for _, f := range list {
		if f.Why == MatchFormer && f.Openable {
			args = append(args, f.Person)
		}
	}
	if len(args) == 1 {
		return nil
	}
	rows, err := q.Query(selectFormer+marks(2, len(args)-1)+") ORDER BY n.id", args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var id core.ID
		var i Identity
		if err := r.Scan(&id, &i.UsualName, &i.GivenNames, &i.FirstNameOfUse); err != nil {
			return err
		}
		for n := range list {
			if list[n].Person == id && list[n].Why == MatchFormer && list[n].Openable {
				list[n].Former = i.DisplayName()
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("former names of found people: %w", err)
	}
	return nil
}

// FoundByID reads people as a search shows them to the actor. It asks no
// permission and leaves no line: the use case does.
func (s *Service) FoundByID(ctx context.Context, q db.Querier, ids []core.ID) (map[core.ID]Found, error) {
	out := map[core.ID]Found{}
	if len(ids) == 0 {
		return out, nil
	}
	hits, err := readHits(q, MatchName, selectByID+marks(2, len(ids))+")", append([]any{core.ActorFrom(ctx).Org}, anys(ids)...)...)
	if err != nil {
		return nil, err
	}
	shown, err := s.show(ctx, q, hits)
	for _, f := range shown {
		out[f.Person] = f
	}
	return out, err
}

func teamNames(q db.Querier, org core.ID) (map[core.ID]string, error) {
	teams, err := access.Teams(q, org)
	if err != nil {
		return nil, fmt.Errorf("names of teams: %w", err)
	}
	names := make(map[core.ID]string, len(teams))
	for _, t := range teams {
		names[t.ID] = t.Name
	}
	return names, nil
}
