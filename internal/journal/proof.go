package journal

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"codeberg.org/parvis/parvis/internal/core"
)

// Proof is one line with all it takes to verify it without the installation: the
// event and its salt, its way to the root of a tree, and the checkpoint that the
// installation signed of that tree. Its text is what `parvis verify` reads.
type Proof struct {
	Key        string  // the public key, as the installation says it
	Person     core.ID // whom the line was shown to; "" on a receipt
	PersonSalt []byte  // what finds the person in the event; nil on a receipt
	Event      []byte
	Salt       []byte
	Index      int64 // of the line in its tree
	Path       tlog.RecordProof
	Checkpoint string // a signed note
}

// Proven is what a proof that holds says. Nothing else in it is proved.
type Proven struct {
	Install  string
	Org      core.ID
	Tree     core.ID
	Seq      int64
	Size     int64     // lines of the tree that was signed
	Signed   core.Date // the day of the signature, UTC
	Day      core.Date
	Kind     string
	Actor    core.ActorKind
	Function string
	Object   string
	Reason   string
	Code     string // of the printed paper, in its bare form; "" when the line is of none
	Person   bool   // the line is about the person that the proof names
	Key      string // the public key that verified it
	Believed bool   // that key was read in the proof itself
}

// The heading of each sort of proof.
const (
	ProofHeading   = "parvis journal line 1"
	ReceiptHeading = "parvis journal receipt 1"
	tlogHeading    = "c2sp.org/tlog-proof@v1"
)

// Limits of a proof's text.
const (
	maxProof = 64 << 10 // bytes
	maxPath  = 63       // hashes
)

// Text writes the proof: a heading, named values, an empty line, and the C2SP
// tlog-proof of the line.
func (p Proof) Text() []byte {
	var b bytes.Buffer
	heading := ReceiptHeading
	if p.Person != "" {
		heading = ProofHeading
	}
	fmt.Fprintf(&b, "%s\nkey: %s\n", heading, p.Key)
	if p.Person != "" {
		fmt.Fprintf(&b, "person: %s\nperson-salt: %s\n", p.Person, base64.StdEncoding.EncodeToString(p.PersonSalt))
	}
	fmt.Fprintf(&b, "event: %s\nsalt: %s\n\n%s\nindex %d\n", p.Event, base64.StdEncoding.EncodeToString(p.Salt), tlogHeading, p.Index)
	for _, h := range p.Path {
		fmt.Fprintf(&b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	fmt.Fprintf(&b, "\n%s", p.Checkpoint)
	return b.Bytes()
}

// ErrNotProof says that a text is no proof of a line of the journal.
var ErrNotProof = errors.New("not a proof of the journal")

// ParseProof reads what Text wrote, also when a mailer changed the ends of lines
// or put spaces around it. It verifies nothing.
func ParseProof(text []byte) (Proof, error) {
	if len(text) > maxProof {
		return Proof{}, fmt.Errorf("%w: %d bytes, at most %d", ErrNotProof, len(text), maxProof)
	}
	r := proofReader{lines: strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), "\n")}
	var p Proof
	heading := r.next()
	if heading != ProofHeading && heading != ReceiptHeading {
		return Proof{}, ErrNotProof
	}
	p.Key = r.value("key")
	if heading == ProofHeading {
		p.Person, p.PersonSalt = core.ID(r.value("person")), r.bytes("person-salt")
	}
	p.Event, p.Salt = []byte(r.value("event")), r.bytes("salt")
	r.expect("")
	r.expect(tlogHeading)
	index, found := strings.CutPrefix(r.next(), "index ")
	var err error
	if p.Index, err = strconv.ParseInt(index, 10, 64); err != nil || !found || p.Index < 0 {
		r.fail("index")
	}
	for line := r.next(); line != "" && r.err == nil; line = r.next() {
		h, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(h) != tlog.HashSize || len(p.Path) == maxPath {
			r.fail("a hash of the path")
			break
		}
		p.Path = append(p.Path, tlog.Hash(h))
	}
	if r.err != nil {
		return Proof{}, r.err
	}
	p.Checkpoint = strings.Join(r.lines[r.at:], "\n") + "\n"
	return p, nil
}

// proofReader reads lines and remembers the first thing that is not as it should.
type proofReader struct {
	lines []string
	at    int
	err   error
}

func (r *proofReader) fail(what string) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: line %d: %s", ErrNotProof, r.at, what)
	}
}

func (r *proofReader) next() string {
	if r.at >= len(r.lines) {
		r.fail("it ends too soon")
		return ""
	}
	r.at++
	return r.lines[r.at-1]
}

func (r *proofReader) expect(line string) {
	if r.next() != line {
		r.fail(strconv.Quote(line) + " is missing")
	}
}

func (r *proofReader) value(name string) string {
	v, ok := strings.CutPrefix(r.next(), name+": ")
	if !ok {
		r.fail(name + " is missing")
	}
	return v
}

func (r *proofReader) bytes(name string) []byte {
	b, err := base64.StdEncoding.DecodeString(r.value(name))
	if err != nil {
		r.fail(name)
	}
	return b
}

// Verify tells whether the line is one that an installation wrote, and what it
// says. public is the installation's key as the reader knows it; "" believes the
// one in the proof. Errors: ErrSignature when another key signed it or the
// checkpoint was changed, ErrNotProof when the line, its salt or its path is not
// the one that was signed.
func (p Proof) Verify(public string) (Proven, error) {
	known := public != ""
	if !known {
		public = p.Key
	}
	c, err := ParseCheckpoint(p.Checkpoint, public)
	if err != nil {
		return Proven{}, err
	}
	leaf := commit(p.Salt, p.Event)
	if len(p.Salt) != saltBytes {
		return Proven{}, fmt.Errorf("%w: salt of %d bytes", ErrNotProof, len(p.Salt))
	}
	if err := tlog.CheckRecord(p.Path, c.Size, c.Root, p.Index, tlog.RecordHash(leaf)); err != nil {
		return Proven{}, fmt.Errorf("%w: the line is not in what was signed", ErrNotProof)
	}
	o, err := decodeOpen(p.Event)
	if err != nil {
		return Proven{}, fmt.Errorf("%w: %w", ErrNotProof, err)
	}
	if o.Tree != c.Tree || o.Seq != p.Index {
		return Proven{}, fmt.Errorf("%w: the line is of another tree", ErrNotProof)
	}
	out := Proven{
		Install: c.Install, Org: o.Org, Tree: o.Tree, Seq: o.Seq, Size: c.Size, Signed: core.DateOf(c.At), Day: o.Day, Kind: o.Kind,
		Actor: o.ActorKind, Function: o.Function, Object: o.Object, Reason: o.Reason, Code: o.Code, Key: public, Believed: !known,
	}
	if p.Person == "" {
		return out, nil
	}
	for _, s := range o.Subjects {
		out.Person = out.Person || (len(p.PersonSalt) == saltBytes && bytes.Equal(s, subject{p.Person, p.PersonSalt}.commitment()))
	}
	if !out.Person {
		return Proven{}, fmt.Errorf("%w: the line is not about this person", ErrNotProof)
	}
	return out, nil
}
