package passkey

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Key is one key as its owner reads it.
type Key struct {
	ID      core.ID
	Name    string
	Site    string    // the name of the site it is bound to
	MadeAt  time.Time // UTC
	UsedOn  core.Date // zero = never
	Copied  bool      // its counter went backwards: it opens nothing any more
	Carried bool      // the device may copy it to the owner's other devices
}

// row is one stored key.
type row struct {
	id      core.ID
	rp      string
	name    string
	warned  int64
	created int64
	used    string
	data    keyData
}

// keyData is what is sealed of a key. The names are those of stored rows: they do
// not change.
type keyData struct {
	ID        []byte   `json:"id"`
	PublicKey []byte   `json:"key"`
	Model     []byte   `json:"aaguid,omitempty"`
	Count     uint32   `json:"count"`
	Flags     byte     `json:"flags"`
	Format    string   `json:"format,omitempty"`
	Reach     []string `json:"transports,omitempty"`
}

func dataOf(c *webauthn.Credential) keyData {
	d := keyData{ID: c.ID, PublicKey: c.PublicKey, Model: c.Authenticator.AAGUID, Count: c.Authenticator.SignCount, Flags: c.Flags.MsgpByte(), Format: c.AttestationFormat}
	for _, t := range c.Transport {
		d.Reach = append(d.Reach, string(t))
	}
	return d
}

func (r row) credential() webauthn.Credential {
	c := webauthn.Credential{
		ID: r.data.ID, PublicKey: r.data.PublicKey, AttestationFormat: r.data.Format, Flags: webauthn.CredentialFlagsFromMsgpByte(r.data.Flags),
		Authenticator: webauthn.Authenticator{AAGUID: r.data.Model, SignCount: r.data.Count},
	}
	for _, t := range r.data.Reach {
		c.Transport = append(c.Transport, protocol.AuthenticatorTransport(t))
	}
	return c
}

func (r row) key() (Key, error) {
	k := Key{ID: r.id, Name: r.name, Site: r.rp, MadeAt: time.UnixMicro(r.created).UTC(), Copied: r.warned != 0, Carried: r.credential().Flags.BackupEligible}
	if r.used == "" {
		return k, nil
	}
	var err error
	k.UsedOn, err = core.ParseDate(r.used)
	return k, err
}

func hashOf(credential []byte) string {
	sum := sha256.Sum256(credential)
	return hex.EncodeToString(sum[:])
}

const (
	selectKeys = `SELECT id, rp, name, data, warned_at, created_at, used_on FROM passkey
WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 ORDER BY created_at, id LIMIT 100`
	insertKey = `INSERT INTO passkey (org_id, owner_kind, owner, id, key_hash, rp, name, data, warned_at, created_at, used_on)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, '') ON CONFLICT DO NOTHING`
	updateKey = `UPDATE passkey SET data = $5, used_on = $6 WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND id = $4`
	warnKey   = `UPDATE passkey SET warned_at = $5 WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND id = $4`
	renameKey = `UPDATE passkey SET name = $5 WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND id = $4`
	deleteKey = `DELETE FROM passkey WHERE org_id = $1 AND owner_kind = $2 AND owner = $3 AND id = $4`
	nameOf    = `SELECT w.login FROM worker w WHERE w.org_id = $1 AND w.id = $2`
)

func (s *Service) readKeys(q db.Querier, o owner) ([]row, error) {
	var out []row
	rows, err := q.Query(selectKeys, o.org, o.kind, o.id)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var one row
		var sealed []byte
		if err := r.Scan(&one.id, &one.rp, &one.name, &sealed, &one.warned, &one.created, &one.used); err != nil {
			return err
		}
		plain, err := s.Fields.Open("passkey", "data", string(one.id), sealed)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(plain, &one.data); err != nil {
			return fmt.Errorf("a stored key: %w", err)
		}
		out = append(out, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	return out, nil
}

func (s *Service) seal(id core.ID, d keyData) ([]byte, error) {
	plain, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("seal a key: %w", err)
	}
	return s.Fields.Seal("passkey", "data", string(id), plain)
}

// ownerOf is who the actor is as a holder of keys; "" as its id for a person for
// whom nothing was ever made. Its keys are read.
func (s *Service) ownerOf(q db.Querier, a core.Actor) (owner, error) {
	o := owner{org: a.Org, id: a.ID, kind: access.OwnerWorker}
	if a.Kind == core.ActorPerson {
		id, err := access.HolderOf(q, a.Org, a.ID)
		if err != nil || id == "" {
			return owner{org: a.Org, kind: access.OwnerHolder}, err
		}
		o.id, o.kind, o.name = id, access.OwnerHolder, "Parvis"
	} else if err := q.QueryRow(nameOf, a.Org, a.ID).Scan(&o.name); err != nil {
		return owner{}, fmt.Errorf("read who holds keys: %w", err)
	}
	var err error
	o.keys, err = s.readKeys(q, o)
	return o, err
}

// actorOf is whom the keys of an owner let in; ok is false when nobody, or no
// longer.
func (s *Service) actorOf(q db.Querier, o owner) (actor core.Actor, ok bool, err error) {
	if o.kind == access.OwnerWorker {
		return s.Access.WorkerActor(q, o.org, o.id, 2)
	}
	person, err := access.PersonOf(q, o.org, o.id)
	return core.Actor{Kind: core.ActorPerson, ID: person, Org: o.org, AAL: 2}, person != "", err
}

// errNoRow says that no key was touched.
var errNoRow = errors.New("no such key")
