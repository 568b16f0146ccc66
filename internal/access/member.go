package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

const listWorkers = `SELECT w.id, w.login, w.name, w.function, w.works, w.administers, w.welcomes, w.active, w.version, t.team,
(SELECT COUNT(*) FROM credential c WHERE c.org_id = w.org_id AND c.owner_kind = 'worker' AND c.owner = w.id AND c.kind = 'totp')
+ (SELECT COUNT(*) FROM federated f WHERE f.org_id = w.org_id AND f.owner_kind = 'worker' AND f.owner = w.id)
FROM worker w
LEFT JOIN worker_team t ON t.org_id = w.org_id AND t.worker = w.id
WHERE w.org_id = $1%s ORDER BY w.name, w.id, t.team`

// maxWorkersAsked is how many ids one call of Workers may name.
const maxWorkersAsked = 200

// Workers reads members of an organisation by id (at most 200; repeated and empty
// ids count once and not at all), for the names that pages show, inside the
// caller's snapshot. The caller asked its own permission. Inactive members are
// there too: they wrote. An id of nobody is left out. Without ids it reads nobody.
func Workers(q db.Querier, org core.ID, ids ...core.ID) (map[core.ID]Worker, error) {
	wanted := slices.Clone(ids)
	slices.Sort(wanted)
	wanted = slices.DeleteFunc(slices.Compact(wanted), func(id core.ID) bool { return id == "" })
	out := make(map[core.ID]Worker, len(wanted))
	switch {
	case len(wanted) == 0:
		return out, nil
	case len(wanted) > maxWorkersAsked:
		return nil, fmt.Errorf("read members: %d ids, at most %d", len(wanted), maxWorkersAsked)
	}
	for n := len(wanted); n&(n-1) != 0; n++ {
		wanted = append(wanted, wanted[n-1]) // few different texts to prepare
	}
	args := []any{org}
	var marks strings.Builder
	for i, id := range wanted {
		marks.WriteString(", $" + strconv.Itoa(i+2))
		args = append(args, id)
	}
	all, err := readWorkers(q, fmt.Sprintf(listWorkers, " AND w.id IN ("+marks.String()[2:]+")"), args...)
	for _, w := range all {
		out[w.ID] = w
	}
	return out, err
}

// Names gives the names of members of an organisation by id, as Workers does, for
// pages that show nothing else of them.
func Names(q db.Querier, org core.ID, ids ...core.ID) (map[core.ID]string, error) {
	out := make(map[core.ID]string, len(ids))
	var wanted []core.ID
	for _, id := range ids {
		if id != "" && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
	}
	if len(wanted) > maxWorkersAsked {
		return nil, fmt.Errorf("read names of members: %d ids, at most %d", len(wanted), maxWorkersAsked)
	}
	for part := range slices.Chunk(wanted, namesAtOnce) {
		args := []any{org}
		for i := range namesAtOnce { // one text to prepare
			args = append(args, part[min(i, len(part)-1)])
		}
		rows, err := q.Query(listNames, args...)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var id core.ID
			var name string
			err := r.Scan(&id, &name)
			out[id] = name
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read names of members: %w", err)
		}
	}
	return out, nil
}

const (
	namesAtOnce = 8
	listNames   = `SELECT id, name FROM worker WHERE org_id = $1 AND id IN ($2, $3, $4, $5, $6, $7, $8, $9)`
)

// TeamWorkers reads the active members who accompany people in one of the teams,
// by name, inside the caller's snapshot. The caller asked its own permission.
// Without teams it reads nobody.
func TeamWorkers(q db.Querier, org core.ID, teams ...core.ID) ([]Worker, error) {
	if len(teams) == 0 {
		return nil, nil
	}
	args := []any{org}
	var marks strings.Builder
	for i, t := range teams {
		marks.WriteString(", $" + strconv.Itoa(i+2))
		args = append(args, t)
	}
	out, err := readWorkers(q, fmt.Sprintf(listWorkers, ` AND w.active = 1 AND w.works = 1
AND EXISTS (SELECT 1 FROM worker_team x WHERE x.org_id = w.org_id AND x.worker = w.id AND x.team IN (`+marks.String()[2:]+`))`), args...)
	slices.SortStableFunc(out, func(a, b Worker) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return out, err
}

func readWorkers(q db.Querier, sql string, args ...any) ([]Worker, error) {
	var out []Worker
	rows, err := q.Query(sql, args...)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var w Worker
		var team *core.ID
		var codes int64
		if err := r.Scan(&w.ID, &w.Login, &w.Name, &w.Function, &w.Works, &w.Administers, &w.Welcomes, &w.Active, &w.Version, &team, &codes); err != nil {
			return err
		}
		w.Invited = w.Active && codes == 0
		if n := len(out); n == 0 || out[n-1].ID != w.ID {
			out = append(out, w)
		}
		if team != nil {
			last := &out[len(out)-1]
			last.Teams = append(last.Teams, *team)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read members: %w", err)
	}
	return out, nil
}

const listTeams = `SELECT id, name, version FROM team WHERE org_id = $1 ORDER BY name, id LIMIT 1000`

// Teams reads the teams of an organisation, inside the caller's snapshot.
// The caller asked its own permission.
func Teams(q db.Querier, org core.ID) ([]Team, error) {
	var out []Team
	rows, err := q.Query(listTeams, org)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var t Team
		err := r.Scan(&t.ID, &t.Name, &t.Version)
		out = append(out, t)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read teams: %w", err)
	}
	return out, nil
}

// Members lists the colleagues of the actor's organisation by name, those who
// left too.
func (s *Service) Members(ctx context.Context) ([]Worker, error) {
	if err := s.Can(ctx, MembersList, Here(ctx)); err != nil {
		return nil, err
	}
	var out []Worker
	err := s.db.Read(ctx, func(q db.Querier) error {
		var err error
		out, err = readWorkers(q, fmt.Sprintf(listWorkers, ""), core.ActorFrom(ctx).Org)
		return err
	})
	slices.SortStableFunc(out, func(a, b Worker) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return out, err
}

// ListTeams lists the teams of the actor's organisation by name.
func (s *Service) ListTeams(ctx context.Context) ([]Team, error) {
	if err := s.Can(ctx, OrgRead, Here(ctx)); err != nil {
		return nil, err
	}
	var out []Team
	err := s.db.Read(ctx, func(q db.Querier) error {
		var err error
		out, err = Teams(q, core.ActorFrom(ctx).Org)
		return err
	})
	slices.SortStableFunc(out, func(a, b Team) int { return strings.Compare(fold(a.Name), fold(b.Name)) })
	return out, err
}

// Invite makes an account for a colleague and the link by which they will choose
// their password and second factor. Invalid on the fields of Worker; a login
// already taken is told, here only: whoever invites needs it.
func (s *Service) Invite(ctx context.Context, w Worker) (Invitation, error) {
	if err := s.Can(ctx, MembersEdit, Here(ctx)); err != nil {
		return Invitation{}, err
	}
	if err := s.Recent(ctx); err != nil {
		return Invitation{}, err
	}
	a := core.ActorFrom(ctx)
	w.Trim()
	w.ID = "" // an id is the system's to choose
	if err := w.validatePlaced(); err != nil {
		return Invitation{}, err
	}
	var out Invitation
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		id, err := s.insertWorker(tx, a.Org, w)
		if err != nil {
			return err
		}
		if out, err = s.newInvite(tx, a.Org, id, inviteJoin, a.ID, s.opt.Invite); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, "member.invite", id)
	})
	return out, err
}

// AddWorker makes an account without a link: for the demonstration and for
// imports, by the program itself. w.ID is kept when it is set.
func (s *Service) AddWorker(ctx context.Context, w Worker) (core.ID, error) {
	if err := s.Can(ctx, MemberAdd, Here(ctx)); err != nil {
		return "", err
	}
	w.Trim()
	if err := w.Validate(); err != nil {
		return "", err
	}
	var id core.ID
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var err error
		if id, err = s.insertWorker(tx, core.ActorFrom(ctx).Org, w); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, "member.add", id)
	})
	return id, err
}

const insertWorkerRow = `INSERT INTO worker (org_id, id, login, name, function, works, administers, welcomes, active, created_at, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 1) ON CONFLICT DO NOTHING`

func (s *Service) insertWorker(tx *db.Tx, org core.ID, w Worker) (core.ID, error) {
	id := w.ID
	if id == "" {
		var err error
		if id, err = s.newID(); err != nil {
			return "", err
		}
	}
	n, err := tx.Exec(insertWorkerRow, org, id, w.Login, w.Name, w.Function, w.Works, w.Administers, w.Welcomes, tx.Now())
	if err != nil {
		return "", fmt.Errorf("insert a member: %w", err)
	}
	if n == 0 {
		return "", errs.New(errs.Invalid, "access.error.login_taken").On("login")
	}
	return id, setTeams(tx, org, id, w.Teams)
}

const (
	dropTeams  = `DELETE FROM worker_team WHERE org_id = $1 AND worker = $2`
	insertTeam = `INSERT INTO team (org_id, id, name, created_at, version) VALUES ($1, $2, $3, $4, 1)`
	joinTeam   = `INSERT INTO worker_team (org_id, worker, team) SELECT org_id, $2, id FROM team WHERE org_id = $1 AND id = $3 ON CONFLICT DO NOTHING`
)

// setTeams puts a worker in exactly these teams. Invalid when one of them is not
// the organisation's.
func setTeams(tx *db.Tx, org, worker core.ID, teams []core.ID) error {
	if _, err := tx.Exec(dropTeams, org, worker); err != nil {
		return fmt.Errorf("leave teams: %w", err)
	}
	distinct := slices.Clone(teams)
	slices.Sort(distinct)
	for _, t := range slices.Compact(distinct) {
		n, err := tx.Exec(joinTeam, org, worker, t)
		if err != nil {
			return fmt.Errorf("join a team: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Invalid, "access.error.team_unknown").On("teams")
		}
	}
	return nil
}

const updateWorker = `UPDATE worker SET name = $3, function = $4, works = $5, administers = $6, welcomes = $8, version = version + 1
WHERE org_id = $1 AND id = $2 AND version = $7`

// EditMember changes the name, function, roles and teams of a colleague (the
// login stays). w.Version is the one the form showed: Conflict when somebody
// changed it meanwhile, or when nobody would be left to administer; NotFound when
// it is nobody of the organisation.
func (s *Service) EditMember(ctx context.Context, w Worker) error {
	if err := s.Can(ctx, MembersEdit, Here(ctx)); err != nil {
		return err
	}
	if err := s.Recent(ctx); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		before, err := s.member(tx, a.Org, w.ID)
		if err != nil {
			return err
		}
		w.Login = before.Login
		w.Trim()
		if err := w.validatePlaced(); err != nil {
			return err
		}
		n, err := tx.Exec(updateWorker, a.Org, w.ID, w.Name, w.Function, w.Works, w.Administers, w.Version, w.Welcomes)
		if err != nil {
			return fmt.Errorf("change a member: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		if err := setTeams(tx, a.Org, w.ID, w.Teams); err != nil {
			return err
		}
		if err := someoneAdministers(tx, a.Org); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, "member.edit", w.ID)
	})
}

const lockOrg = `SELECT version FROM org WHERE org_id = $1 FOR UPDATE`

const memberByID = `SELECT login, name, active FROM worker WHERE org_id = $1 AND id = $2`

// member locks the organisation's members until the commit and reads one of them:
// two administrators may not remove each other at the same instant.
func (s *Service) member(tx *db.Tx, org, id core.ID) (Worker, error) {
	var version int64
	if err := tx.QueryRow(lockOrg, org).Scan(&version); err != nil {
		return Worker{}, fmt.Errorf("lock the members: %w", err)
	}
	w := Worker{ID: id}
	err := tx.QueryRow(memberByID, org, id).Scan(&w.Login, &w.Name, &w.Active)
	if errors.Is(err, db.ErrNoRows) {
		return Worker{}, errs.New(errs.NotFound, "access.error.not_found")
	}
	if err != nil {
		return Worker{}, fmt.Errorf("read a member: %w", err)
	}
	return w, nil
}

const countAdmins = `SELECT COUNT(*) FROM worker WHERE org_id = $1 AND active = 1 AND administers = 1`

func someoneAdministers(tx *db.Tx, org core.ID) error {
	var n int64
	if err := tx.QueryRow(countAdmins, org).Scan(&n); err != nil {
		return fmt.Errorf("count administrators: %w", err)
	}
	if n == 0 {
		return errs.New(errs.Conflict, "access.error.last_admin")
	}
	return nil
}

const setActive = `UPDATE worker SET active = $3, version = version + 1 WHERE org_id = $1 AND id = $2`

// DeactivateMember ends a colleague's access: sessions closed, links dropped, at
// once. What they wrote stays under their name. Conflict when nobody would be left
// to administer.
func (s *Service) DeactivateMember(ctx context.Context, id core.ID) error {
	if err := s.Can(ctx, MembersEdit, Here(ctx)); err != nil {
		return err
	}
	if err := s.Recent(ctx); err != nil {
		return err
	}
	a := core.ActorFrom(ctx)
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		if _, err := s.member(tx, a.Org, id); err != nil {
			return err
		}
		if _, err := tx.Exec(setActive, a.Org, id, false); err != nil {
			return fmt.Errorf("deactivate a member: %w", err)
		}
		if err := someoneAdministers(tx, a.Org); err != nil {
			return err
		}
		if err := forget(tx, a.Org, id); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, "member.deactivate", id)
	})
}

const deleteFederated = `DELETE FROM federated WHERE org_id = $1 AND owner_kind = $2 AND owner = $3`

const deletePasskeys = `DELETE FROM passkey WHERE org_id = $1 AND owner_kind = $2 AND owner = $3`

// forget ends everything by which a worker could come in.
func forget(tx *db.Tx, org, worker core.ID) error {
	if _, err := closeSessions(tx, org, worker, ""); err != nil {
		return err
	}
	if err := revokeTokens(tx, org, worker); err != nil {
		return err
	}
	if _, err := tx.Exec(dropInvites, org, worker); err != nil {
		return fmt.Errorf("drop links: %w", err)
	}
	if _, err := tx.Exec(deleteFederated, org, ownerWorker, worker); err != nil {
		return fmt.Errorf("drop linked accounts: %w", err)
	}
	if _, err := tx.Exec(deletePasskeys, org, ownerWorker, worker); err != nil {
		return fmt.Errorf("drop keys: %w", err)
	}
	for _, kind := range []string{kindPassword, kindTOTP} {
		if _, err := tx.Exec(deleteCredentials, org, ownerWorker, worker, kind); err != nil {
			return fmt.Errorf("drop credentials: %w", err)
		}
	}
	return nil
}

// ReactivateMember lets a colleague back in, through a new link.
func (s *Service) ReactivateMember(ctx context.Context, id core.ID) (Invitation, error) {
	return s.relink(ctx, id, true, "member.reactivate")
}

// ResetMember takes the password and the second factor of a colleague (a lost
// phone) and makes the link by which they choose new ones. Nobody resets
// themselves: Conflict.
func (s *Service) ResetMember(ctx context.Context, id core.ID) (Invitation, error) {
	return s.relink(ctx, id, false, "member.reset")
}

func (s *Service) relink(ctx context.Context, id core.ID, reactivate bool, kind string) (Invitation, error) {
	if err := s.Can(ctx, MembersEdit, Here(ctx)); err != nil {
		return Invitation{}, err
	}
	if err := s.Recent(ctx); err != nil {
		return Invitation{}, err
	}
	a := core.ActorFrom(ctx)
	if id == a.ID {
		return Invitation{}, errs.New(errs.Conflict, "access.error.reset_self")
	}
	var out Invitation
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		w, err := s.member(tx, a.Org, id)
		if err != nil {
			return err
		}
		if w.Active == reactivate {
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		if reactivate {
			if _, err := tx.Exec(setActive, a.Org, id, true); err != nil {
				return fmt.Errorf("reactivate a member: %w", err)
			}
		}
		if err := forget(tx, a.Org, id); err != nil {
			return err
		}
		if out, err = s.newInvite(tx, a.Org, id, inviteReset, a.ID, s.opt.Invite); err != nil {
			return err
		}
		return s.recordMember(ctx, tx, kind, id)
	})
	return out, err
}

// RescueMember is ResetMember from the machine's command line, for an organisation
// whose only administrator lost their phone. The actor is an operator; the line is
// in the organisation's journal.
func (s *Service) RescueMember(ctx context.Context, login string) (Invitation, error) {
	if err := s.Can(ctx, MemberRescue, Resource{}); err != nil {
		return Invitation{}, err
	}
	var out Invitation
	err := s.db.Tx(ctx, func(tx *db.Tx) error {
		var who account
		err := tx.QueryRow(workerByLogin, canonicalLogin(login)).Scan(&who.org, &who.id, &who.name, &who.works, &who.welcome, &who.active)
		if errors.Is(err, db.ErrNoRows) || (err == nil && !who.active) {
			return errs.New(errs.NotFound, "access.error.not_found")
		}
		if err != nil {
			return fmt.Errorf("find a member: %w", err)
		}
		if err := forget(tx, who.org, who.id); err != nil {
			return err
		}
		a := core.ActorFrom(ctx)
		if out, err = s.newInvite(tx, who.org, who.id, inviteReset, a.ID, s.opt.SetUp); err != nil {
			return err
		}
		a.Org = who.org
		return s.recordMember(core.WithActor(ctx, a), tx, "member.rescue", who.id)
	})
	return out, err
}

func (s *Service) recordMember(ctx context.Context, tx *db.Tx, kind string, worker core.ID) error {
	return s.journal.Record(ctx, tx, journal.Event{Kind: kind, Object: "worker", ObjectID: worker})
}

// CreateTeam makes a team of the actor's organisation. Invalid on the field name.
func (s *Service) CreateTeam(ctx context.Context, name string) (core.ID, error) {
	if err := s.Can(ctx, TeamEdit, Here(ctx)); err != nil {
		return "", err
	}
	name = strings.TrimSpace(name)
	var f errs.Fields
	required(&f, "name", name, maxName)
	if err := f.Err(); err != nil {
		return "", err
	}
	id, err := s.newID()
	if err != nil {
		return "", err
	}
	err = s.db.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(insertTeam, core.ActorFrom(ctx).Org, id, name, tx.Now()); err != nil {
			return fmt.Errorf("create a team: %w", err)
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "team.create", Object: "team", ObjectID: id})
	})
	if err != nil {
		return "", err
	}
	return id, nil
}

const renameTeam = `UPDATE team SET name = $3, version = version + 1 WHERE org_id = $1 AND id = $2 AND version = $4`

// RenameTeam changes a team's name. Conflict when it changed meanwhile or is not
// the organisation's.
func (s *Service) RenameTeam(ctx context.Context, t Team) error {
	if err := s.Can(ctx, TeamEdit, Here(ctx)); err != nil {
		return err
	}
	t.Name = strings.TrimSpace(t.Name)
	var f errs.Fields
	required(&f, "name", t.Name, maxName)
	if err := f.Err(); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(renameTeam, core.ActorFrom(ctx).Org, t.ID, t.Name, t.Version)
		if err != nil {
			return fmt.Errorf("rename a team: %w", err)
		}
		if n == 0 {
			return errs.New(errs.Conflict, "access.error.conflict")
		}
		return s.journal.Record(ctx, tx, journal.Event{Kind: "team.edit", Object: "team", ObjectID: t.ID})
	})
}

// ActiveWorkers reads the members of an organisation who may sign in, inside the
// caller's snapshot. The caller asked its own permission.
func ActiveWorkers(q db.Querier, org core.ID) ([]Worker, error) {
	all, err := readWorkers(q, fmt.Sprintf(listWorkers, ""), org)
	return slices.DeleteFunc(all, func(w Worker) bool { return !w.Active }), err
}
