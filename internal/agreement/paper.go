package agreement

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Limits of the picture of a paper.
const (
	MaxPaper  = 10 << 20 // bytes
	maxPapers = 5        // of one consent or mandate
	pieceSize = 512 << 10
)

// Format is what the picture of a paper is, as its own bytes say.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	JPEG Format = "jpeg"
	PNG  Format = "png"
)

// Formats of a picture by their first bytes.
func formatOf(data []byte) (Format, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("%PDF-1.")), bytes.HasPrefix(data, []byte("%PDF-2.")):
		return PDF, true
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return JPEG, true
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return PNG, true
	}
	return "", false
}

// Media is the Internet media type of a format.
func (f Format) Media() string {
	if f == PDF {
		return "application/pdf"
	}
	return "image/" + string(f)
}

// Paper is the picture of a signed paper, without its bytes.
type Paper struct {
	ID      core.ID
	Format  Format
	Bytes   int64
	AddedAt int64 // µs UTC
	AddedBy core.ID
}

const (
	selectPapers = `SELECT id, format, bytes, added_at, added_by FROM agreement_paper WHERE org_id = $1 AND about = $2 ORDER BY id LIMIT 20`
	insertPaper  = `INSERT INTO agreement_paper (org_id, id, about, person_id, format, bytes, document, added_at, added_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`
	insertPiece  = `INSERT INTO agreement_paper_piece (org_id, paper_id, place, content) VALUES ($1, $2, $3, $4)`
	selectPiece  = `SELECT content FROM agreement_paper_piece WHERE org_id = $1 AND paper_id = $2 ORDER BY place`
	onPaper      = `SELECT person_id FROM consent WHERE org_id = $1 AND id = $2 UNION ALL SELECT person_id FROM mandate WHERE org_id = $1 AND id = $2`
)

func (s *Service) papersOf(q db.Querier, org, about core.ID) ([]Paper, error) {
	var list []Paper
	rows, err := q.Query(selectPapers, org, about)
	err = db.Each(rows, err, func(r *db.Rows) error {
		var p Paper
		err := r.Scan(&p.ID, &p.Format, &p.Bytes, &p.AddedAt, &p.AddedBy)
		list = append(list, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("papers of %s: %w", about, err)
	}
	return list, nil
}

// theirs is NotFound when a consent or a mandate is not of the opened file.
func (s *Service) theirs(q db.Querier, o casefile.Opened, about core.ID) error {
	var person core.ID
	err := q.QueryRow(onPaper, o.Org, about).Scan(&person)
	if errors.Is(err, db.ErrNoRows) || err == nil && !slices.Contains(o.Humans, person) {
		return errs.New(errs.NotFound, "errs.agreements.not_found")
	}
	if err != nil {
		return fmt.Errorf("whose agreement %s is: %w", about, err)
	}
	return nil
}

// AddPaper keeps, sealed, the picture of the paper that was signed for a consent or a
// mandate of a file. Invalid on the field "file" when it is empty, above MaxPaper or
// neither PDF, JPEG nor PNG by its own bytes; at most five for one agreement.
func (s *Service) AddPaper(ctx context.Context, person, about core.ID, data []byte) error {
	id, err := s.cases.NewID()
	if err != nil {
		return err
	}
	actor := core.ActorFrom(ctx)
	return s.cases.DB.Tx(ctx, func(tx *db.Tx) error {
		o, err := s.cases.Allow(ctx, tx, access.AgreementGive, &person)
		if err != nil {
			return err
		}
		if err := s.theirs(tx, o, about); err != nil {
			return err
		}
		var f errs.Fields
		format, known := formatOf(data)
		switch {
		case len(data) == 0:
			f.Add("file", "errs.agreements.paper_missing")
		case len(data) > MaxPaper:
			f.Add("file", "errs.agreements.paper_large", "max", MaxPaper>>20)
		case !known:
			f.Add("file", "errs.agreements.paper_format")
		}
		if err := f.Err(); err != nil {
			return err
		}
		if err := casefile.LockFile(tx, o.Org, person); err != nil {
			return err
		}
		before, err := s.papersOf(tx, o.Org, about)
		if err != nil {
			return err
		}
		if len(before) >= maxPapers {
			return errs.New(errs.Invalid, "errs.casefile.too_many", "max", maxPapers).On("file")
		}
		sum := sha256.Sum256(data)
		document, err := s.cases.Fields.Seal("agreement_paper", "document", string(id), []byte(s.sign(map[string]string{
			"kind": "paper", "id": string(id), "agreement": string(about), "added": s.cases.Today(ctx).String(), "format": string(format),
			"bytes": strconv.Itoa(len(data)), "file_sha256": hex.EncodeToString(sum[:]),
		})))
		if err != nil {
			return fmt.Errorf("seal the proof of a paper: %w", err)
		}
		if _, err := tx.Exec(insertPaper, o.Org, id, about, person, string(format), len(data), document, tx.Now(), actor.ID); err != nil {
			return fmt.Errorf("insert a paper: %w", err)
		}
		place := 0
		for piece := range slices.Chunk(data, pieceSize) {
			sealed, err := s.cases.Fields.Seal("agreement_paper_piece", strconv.Itoa(place), string(id), piece)
			if err != nil {
				return fmt.Errorf("seal a paper: %w", err)
			}
			if _, err := tx.Exec(insertPiece, o.Org, id, place, sealed); err != nil {
				return fmt.Errorf("insert a paper: %w", err)
			}
			place++
		}
		return s.cases.Journal.Record(ctx, tx, journal.Event{Kind: "agreement.paper", Subjects: o.Humans, Object: "agreement_paper", ObjectID: id})
	})
}

// ReadPaper gives the bytes of a paper back, for a team that accompanies the person or for
// the person.
func (s *Service) ReadPaper(ctx context.Context, person, about, id core.ID) (Paper, []byte, error) {
	var out Paper
	var data []byte
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		data = nil
		o, err := s.cases.Allow(ctx, q, access.AgreementRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		if err := s.theirs(q, o, about); err != nil {
			return journal.Event{}, err
		}
		all, err := s.papersOf(q, o.Org, about)
		if err != nil {
			return journal.Event{}, err
		}
		i := slices.IndexFunc(all, func(p Paper) bool { return p.ID == id })
		if i < 0 {
			return journal.Event{}, errs.New(errs.NotFound, "errs.agreements.not_found")
		}
		out = all[i]
		place := 0
		rows, err := q.Query(selectPiece, o.Org, id)
		err = db.Each(rows, err, func(r *db.Rows) error {
			var sealed []byte
			if err := r.Scan(&sealed); err != nil {
				return err
			}
			piece, err := s.cases.Fields.Open("agreement_paper_piece", strconv.Itoa(place), string(id), sealed)
			data, place = append(data, piece...), place+1
			return err
		})
		if err != nil {
			return journal.Event{}, fmt.Errorf("read paper %s: %w", id, err)
		}
		return journal.Event{Kind: "agreement.read", Subjects: o.Humans, Object: "agreement_paper", ObjectID: id}, nil
	})
	return out, data, err
}

// Papers is what the page of the papers of an agreement shows.
type Papers struct {
	Person   core.ID
	Identity casefile.Identity
	List     []Paper // the oldest first
	People
}

// Papers lists the pictures of the paper that was signed for a consent or a mandate of a
// file, for a team that accompanies the person.
func (s *Service) Papers(ctx context.Context, person, about core.ID) (Papers, error) {
	var out Papers
	err := s.cases.Journal.Read(ctx, func(q db.Querier) (journal.Event, error) {
		out = Papers{}
		o, err := s.cases.Allow(ctx, q, access.AgreementRead, &person)
		if err != nil {
			return journal.Event{}, err
		}
		if err := s.theirs(q, o, about); err != nil {
			return journal.Event{}, err
		}
		out.Person = person
		if out.Identity, err = identity(q, o.Org, person); err != nil {
			return journal.Event{}, err
		}
		if out.List, err = s.papersOf(q, o.Org, about); err != nil {
			return journal.Event{}, err
		}
		var who []core.ID
		for _, p := range out.List {
			who = append(who, p.AddedBy)
		}
		out.People, err = names(q, o.Org, nil, who...)
		return journal.Event{Kind: "agreement.read", Subjects: o.Humans, Object: "consent", ObjectID: about}, err
	})
	return out, err
}
