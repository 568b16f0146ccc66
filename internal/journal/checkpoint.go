package journal

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
	"codeberg.org/parvis/parvis/internal/platform/db"
)

// Checkpoint is what the installation signed of one tree: that its first Size
// lines have this root. Whoever keeps one can tell later that none of them was
// changed or removed since.
type Checkpoint struct {
	Install string // 32 hexadecimal digits
	Tree    core.ID
	Size    int64
	Root    tlog.Hash
	At      time.Time // UTC, to the second
	Note    string    // the signed note: C2SP tlog-checkpoint, its time as an extension line
}

// maxNote bounds a signed note that is read, in bytes.
const maxNote = 4 << 10

// text is what is signed. The first three lines are C2SP's checkpoint.
func (c Checkpoint) text() string {
	return origin(c.Install) + "/" + string(c.Tree) + "\n" + strconv.FormatInt(c.Size, 10) + "\n" +
		base64.StdEncoding.EncodeToString(c.Root[:]) + "\n" + c.At.UTC().Format(time.RFC3339) + "\n"
}

// ErrSignature says that a note is not signed by the key that was expected.
var ErrSignature = errors.New("not signed by this key")

// openNote checks a note's signature and gives its text.
func openNote(signed, public string) (string, error) {
	if len(signed) > maxNote {
		return "", fmt.Errorf("note of %d bytes, at most %d", len(signed), maxNote)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return "", fmt.Errorf("the public key: %w", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return n.Text, nil
}

// ParseCheckpoint reads a signed checkpoint and checks its signature against a
// public key. The error wraps ErrSignature when another key signed it, or its text
// was changed since.
func ParseCheckpoint(signed, public string) (Checkpoint, error) {
	text, err := openNote(signed, public)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c, err := parseCheckpointText(text)
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	c.Note = signed
	return c, nil
}

// ParseCheckpoints reads signed checkpoints that follow each other, as
// `parvis journal checkpoints` prints them: kept in one file, the newest last or in
// any order. One that this key did not sign is an error.
func ParseCheckpoints(text, public string) ([]Checkpoint, error) {
	var out []Checkpoint
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for at := 0; at < len(lines); {
		if strings.TrimSpace(lines[at]) == "" {
			at++
			continue
		}
		// A text, an empty line, then lines of signatures.
		end := at
		for end < len(lines) && lines[end] != "" {
			end++
		}
		end++
		for end < len(lines) && strings.HasPrefix(lines[end], "— ") {
			end++
		}
		c, err := ParseCheckpoint(strings.Join(lines[at:min(end, len(lines))], "\n")+"\n", public)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", at+1, err)
		}
		out = append(out, c)
		at = end
	}
	return out, nil
}

func parseCheckpointText(text string) (Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 5 || lines[4] != "" {
		return Checkpoint{}, errors.New("want four lines")
	}
	var c Checkpoint
	parts := strings.Split(lines[0], "/")
	if len(parts) != 3 || parts[0] != "parvis" || len(parts[1]) != installHex || parts[2] == "" {
		return Checkpoint{}, errors.New("not the name of a tree")
	}
	c.Install, c.Tree = parts[1], core.ID(parts[2])
	var err error
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 0 {
		return Checkpoint{}, errors.New("not a number of lines")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return Checkpoint{}, errors.New("not a hash")
	}
	c.Root = tlog.Hash(root)
	if c.At, err = time.Parse(time.RFC3339, lines[3]); err != nil {
		return Checkpoint{}, errors.New("not an instant")
	}
	if c.text() != text {
		return Checkpoint{}, errors.New("not in canonical form")
	}
	return c, nil
}

const (
	insertCheckpoint = `INSERT INTO journal_checkpoint (org_id, tree, size, at, note) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	lastCheckpoint   = `SELECT size, note FROM journal_checkpoint WHERE org_id = $1 AND tree = $2 ORDER BY size DESC LIMIT 1`
	openTree         = `SELECT tree FROM journal_head WHERE org_id = $1 AND closed_at IS NULL`
)

// Checkpoint signs the organisation's open tree as it is now ("" is the
// installation's) and keeps it. A tree that did not grow since its last checkpoint
// gives that one again. The zero Checkpoint, when there is no line yet.
func (j *Journal) Checkpoint(ctx context.Context, org core.ID) (Checkpoint, error) {
	var tree core.ID
	err := j.db.Read(ctx, func(q db.Querier) error {
		err := q.QueryRow(openTree, org).Scan(&tree)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	if tree == "" {
		return Checkpoint{}, nil
	}
	return j.checkpoint(ctx, org, tree)
}

func (j *Journal) checkpoint(ctx context.Context, org, tree core.ID) (Checkpoint, error) {
	if j.key == nil {
		return Checkpoint{}, fmt.Errorf("checkpoint: %w", errNoKey)
	}
	c := Checkpoint{Install: j.key.install, Tree: tree, At: j.db.Clock().Now().UTC().Truncate(time.Second)}
	err := j.db.Read(ctx, func(q db.Querier) error {
		err := q.QueryRow(lastSeq, org, tree).Scan(&c.Size)
		if errors.Is(err, db.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		c.Size++
		var size int64
		var signed string
		err = q.QueryRow(lastCheckpoint, org, tree).Scan(&size, &signed)
		if err == nil && size == c.Size {
			c, err = ParseCheckpoint(signed, j.key.public)
			return err
		}
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		c.Root, err = tlog.TreeHash(c.Size, &treeReader{q: q, org: org, tree: tree, size: c.Size})
		return err
	})
	if err != nil || c.Size == 0 || c.Note != "" {
		if err != nil {
			err = fmt.Errorf("checkpoint of tree %s: %w", tree, err)
		}
		return c, err
	}
	if c.Note, err = j.key.sign(c.text()); err != nil {
		return Checkpoint{}, err
	}
	err = j.db.Tx(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(insertCheckpoint, org, tree, c.Size, tx.Now(), c.Note)
		return err
	})
	if err != nil {
		return Checkpoint{}, fmt.Errorf("keep a checkpoint of tree %s: %w", tree, err)
	}
	return c, nil
}

// CheckpointAll signs every tree that grew since its last checkpoint.
func (j *Journal) CheckpointAll(ctx context.Context) error {
	all, err := j.grown(ctx)
	if err != nil {
		return fmt.Errorf("checkpoints: %w", err)
	}
	var failed error
	for _, t := range all {
		if _, err := j.checkpoint(ctx, t.org, t.tree); err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

const listGrown = `/* every row: every tree of the installation, one row each */ SELECT org_id, tree, size FROM (
SELECT h.org_id, h.tree,
COALESCE((SELECT j.seq + 1 FROM journal j WHERE j.org_id = h.org_id AND j.tree = h.tree ORDER BY j.seq DESC LIMIT 1), 0) AS size,
COALESCE((SELECT c.size FROM journal_checkpoint c WHERE c.org_id = h.org_id AND c.tree = h.tree ORDER BY c.size DESC LIMIT 1), 0) AS signed
FROM journal_head h) t WHERE size > signed ORDER BY org_id, tree`

func (j *Journal) grown(ctx context.Context) ([]treeSize, error) {
	var out []treeSize
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(listGrown)
		return db.Each(rows, err, func(r *db.Rows) error {
			var t treeSize
			err := r.Scan(&t.org, &t.tree, &t.size)
			out = append(out, t)
			return err
		})
	})
	return out, err
}

// KeepSigning signs what grew every so often until ctx ends, and once more then.
// What fails is told and tried again the next time.
func (j *Journal) KeepSigning(ctx context.Context, every time.Duration, failed func(error)) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), every)
			defer cancel()
			if err := j.CheckpointAll(last); err != nil {
				failed(err)
			}
			return
		case <-tick.C:
			if err := j.CheckpointAll(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
		}
	}
}

const newestCheckpoints = `/* every row: the last checkpoint of each tree */ SELECT h.org_id, h.tree, c.size, c.note FROM journal_head h
JOIN journal_checkpoint c ON c.org_id = h.org_id AND c.tree = h.tree
WHERE c.size = (SELECT MAX(d.size) FROM journal_checkpoint d WHERE d.org_id = h.org_id AND d.tree = h.tree)
ORDER BY h.org_id, h.tree`

// Newest gives the last checkpoint of each tree, to be kept elsewhere: published,
// printed, sent to oneself. They are never thinned out.
func (j *Journal) Newest(ctx context.Context) ([]string, error) {
	var out []string
	var all []treeSize
	err := j.db.Read(ctx, func(q db.Querier) error {
		rows, err := q.Query(newestCheckpoints)
		return db.Each(rows, err, func(r *db.Rows) error {
			var signed string
			var t treeSize
			err := r.Scan(&t.org, &t.tree, &t.size, &signed)
			out, all = append(out, signed), append(all, t)
			return err
		})
	})
	for _, t := range all {
		if err == nil {
			err = j.give(ctx, t.org, t.tree, t.size)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("newest checkpoints: %w", err)
	}
	return out, nil
}
