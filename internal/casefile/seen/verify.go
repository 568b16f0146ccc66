package seen

import (
	"context"
	"errors"

	"codeberg.org/parvis/parvis/internal/access"
	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/journal"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// MaxVerified is how many lines of a month are verified at once, the latest first.
const MaxVerified = 1000

// Verified is what came out of the proofs of a month.
type Verified struct {
	Month  Month
	Held   int     // lines whose proof holds
	Erased int     // lines whose content is gone: their place holds, what they said cannot be read
	Bad    []Place // lines that are not what was signed
	More   bool    // older lines of the month were left
}

// Verify proves each line of a month about the person who signed in, and checks each
// proof as anybody could, with the installation's public key alone.
func (s *Service) Verify(ctx context.Context, month core.Month) (Verified, error) {
	person := core.ActorFrom(ctx).ID
	m, err := s.Read(ctx, person, month)
	if err != nil {
		return Verified{}, err
	}
	v := Verified{Month: m}
	for _, d := range m.Days {
		for _, lines := range [][]Line{d.Lines, d.Glimpses} {
			for _, l := range lines {
				for _, at := range l.At {
					if l.Who == Erased {
						v.Erased++
						continue
					}
					if v.Held+len(v.Bad) == MaxVerified {
						v.More = true
						return v, nil
					}
					if err := s.verify(ctx, person, at, &v); err != nil {
						return v, err
					}
				}
			}
		}
	}
	return v, nil
}

func (s *Service) verify(ctx context.Context, person core.ID, at Place, v *Verified) error {
	p, err := s.prover.Prove(ctx, []core.ID{person}, at)
	if err != nil {
		return err
	}
	switch _, err := p.Verify(s.prover.PublicKey()); {
	case errors.Is(err, journal.ErrSignature), errors.Is(err, journal.ErrNotProof):
		v.Bad = append(v.Bad, at)
	case err != nil:
		return err
	default:
		v.Held++
	}
	return nil
}

// Proof writes the proof of one line about the person who signed in, for them to
// keep: `parvis verify` and /verifier check it without the installation. NotFound
// when there is no such line about them.
func (s *Service) Proof(ctx context.Context, at Place) ([]byte, error) {
	person := core.ActorFrom(ctx).ID
	err := s.cases.DB.Read(ctx, func(q db.Querier) error {
		_, err := s.cases.Allow(ctx, q, access.SeenRead, &person)
		return err
	})
	if err != nil {
		return nil, err
	}
	if at.Tree == "" || at.Seq < 0 {
		return nil, errs.New(errs.NotFound, "journal.error.no_line")
	}
	p, err := s.prover.Prove(ctx, []core.ID{person}, at)
	if err != nil {
		return nil, err
	}
	return p.Text(), nil
}
