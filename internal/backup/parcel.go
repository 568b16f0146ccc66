package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// A parcel is one backup: an age file, for recipients whose keys are elsewhere, of
// a tar archive: a manifest, the small files of the data directory, and the
// database, either the encrypted SQLite file or the rows of PostgreSQL in parts, then
// the locked files of people's papers. The last entry says that it is whole.

// parcelForm is the version of the form.
const parcelForm = 1

// Manifest is what a parcel says of itself.
type Manifest struct {
	Form     int    `json:"parvis_backup"`
	Install  string `json:"install"`
	Made     string `json:"made"`     // RFC 3339, UTC
	Database string `json:"database"` // "sqlite" or "postgres"
}

const (
	manifestName = "manifest.json"
	databaseName = "parvis.db"
	endName      = "end"
	rowsFolder   = "rows/"
	partBytes    = 4 << 20 // of the rows in one entry
	maxManifest  = 64 << 10
	maxSmall     = 64 << 20 // one small file of the data directory, in bytes
)

var rowsName = regexp.MustCompile(`^rows/[0-9]{8}$`)

// parcel writes one.
type parcel struct {
	file *os.File
	sum  *sumWriter
	age  io.WriteCloser
	tar  *tar.Writer
	at   time.Time
}

type sumWriter struct {
	w     io.Writer
	hash  interface{ Sum([]byte) []byte }
	write func([]byte) (int, error)
	bytes int64
}

func newSum(w io.Writer) *sumWriter {
	h := sha256.New()
	return &sumWriter{w: w, hash: h, write: h.Write}
}

func (s *sumWriter) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	_, _ = s.write(p[:n]) // a hash never fails
	s.bytes += int64(n)
	return n, err
}

// newParcel begins a parcel in a file that is open for writing.
func newParcel(f *os.File, to []age.Recipient, m Manifest, at time.Time) (*parcel, error) {
	p := &parcel{file: f, sum: newSum(f), at: at}
	var err error
	if p.age, err = age.Encrypt(p.sum, to...); err != nil {
		return nil, fmt.Errorf("encrypt: %w", err)
	}
	p.tar = tar.NewWriter(p.age)
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return p, p.entry(manifestName, text)
}

func (p *parcel) head(name string, size int64) error {
	return p.tar.WriteHeader(&tar.Header{Name: name, Size: size, Mode: 0o600, ModTime: p.at, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
}

func (p *parcel) entry(name string, content []byte) error {
	if err := p.head(name, int64(len(content))); err != nil {
		return err
	}
	_, err := p.tar.Write(content)
	return err
}

// copy puts a file into the parcel.
func (p *parcel) copy(ctx context.Context, name, from string) (err error) {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := p.head(name, info.Size()); err != nil {
		return err
	}
	_, err = io.Copy(p.tar, untilDone{ctx, io.LimitReader(f, info.Size())})
	return err
}

// untilDone stops reading when its context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}

// rows is a writer whose bytes become parts of the rows; flush ends the last one.
type rows struct {
	p    *parcel
	part int
	wait bytes.Buffer
}

func (r *rows) Write(b []byte) (int, error) {
	r.wait.Write(b)
	if r.wait.Len() < partBytes {
		return len(b), nil
	}
	return len(b), r.flush()
}

func (r *rows) flush() error {
	if r.wait.Len() == 0 {
		return nil
	}
	r.part++
	err := r.p.entry(fmt.Sprintf("%s%08d", rowsFolder, r.part), r.wait.Bytes())
	r.wait.Reset()
	return err
}

// end closes the parcel and returns its digest, in hex, and its size in bytes.
func (p *parcel) end() (string, int64, error) {
	err := p.entry(endName, []byte("whole\n"))
	if err == nil {
		err = p.tar.Close()
	}
	if err == nil {
		err = p.age.Close()
	}
	if err == nil {
		err = p.file.Sync()
	}
	return hex.EncodeToString(p.sum.hash.Sum(nil)), p.sum.bytes, err
}

// ReadRecipients reads whom backups are for: lines "age1…", as age-keygen -y
// prints them. errs.Invalid with key errs.backup.recipients when there is none.
func ReadRecipients(text []byte) ([]age.Recipient, error) {
	to, err := age.ParseRecipients(bytes.NewReader(text))
	if err != nil || len(to) == 0 {
		return nil, errs.Wrap(errs.Invalid, "errs.backup.recipients", err)
	}
	return to, nil
}

// ReadIdentities reads the keys that open backups: lines "AGE-SECRET-KEY-1…", as
// age-keygen writes them. errs.Invalid with key errs.backup.identities when there
// is none; the cause never quotes the text.
func ReadIdentities(text []byte) ([]age.Identity, error) {
	found, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(found) == 0 {
		return nil, errs.New(errs.Invalid, "errs.backup.identities")
	}
	return found, nil
}

// NewIdentity makes a key for backups: the text of its file, secret, and whom to
// encrypt for, which is not.
func NewIdentity() (file, recipient string, err error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", "", fmt.Errorf("make an identity: %w", err)
	}
	return "# public key: " + id.Recipient().String() + "\n" + id.String() + "\n", id.Recipient().String(), nil
}

// Digest is the SHA-256 of a file, in hex.
func Digest(ctx context.Context, file string) (_ string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", errs.Wrap(errs.NotFound, "errs.backup.absent", err, "file", file)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	if _, err := io.Copy(h, untilDone{ctx, f}); err != nil {
		return "", errs.Wrap(errs.Unavailable, "errs.backup.unreadable", err, "file", file)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// unpacked is a parcel that is being read.
type unpacked struct {
	Manifest
	file string
	tar  *tar.Reader
	next *tar.Header // read ahead, nil when none
}

// openParcel decrypts a parcel and reads its manifest. Errors: errs.backup.identity
// when the key does not open it, errs.backup.damaged when it is cut or was changed,
// errs.backup.newer, errs.backup.form when it is something else.
func openParcel(ctx context.Context, name string, f io.Reader, with []age.Identity) (*unpacked, error) {
	clear, err := age.Decrypt(untilDone{ctx, f}, with...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return nil, errs.Wrap(errs.Invalid, "errs.backup.identity", err, "file", name)
	case err != nil:
		return nil, errs.Wrap(errs.Invalid, "errs.backup.form", err, "file", name)
	}
	u := &unpacked{file: name, tar: tar.NewReader(clear)}
	head, err := u.tar.Next()
	if err != nil {
		return nil, u.damaged(err)
	}
	if head.Name != manifestName || head.Size > maxManifest {
		return nil, errs.Wrap(errs.Invalid, "errs.backup.form", fmt.Errorf("it begins with %.40q", head.Name), "file", name)
	}
	text, err := io.ReadAll(u.tar)
	if err != nil {
		return nil, u.damaged(err)
	}
	if err := json.Unmarshal(text, &u.Manifest); err != nil || u.Form == 0 {
		return nil, errs.Wrap(errs.Invalid, "errs.backup.form", err, "file", name)
	}
	if u.Form > parcelForm {
		return nil, errs.Wrap(errs.Unavailable, "errs.backup.newer", fmt.Errorf("form %d", u.Form), "file", name)
	}
	return u, nil
}

func (u *unpacked) damaged(err error) error {
	return errs.Wrap(errs.Invalid, "errs.backup.damaged", err, "file", u.file)
}

// head is the next entry, without leaving the present one.
func (u *unpacked) head() (*tar.Header, error) {
	if u.next == nil {
		h, err := u.tar.Next()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // the end has an entry of its own
		}
		if err != nil {
			return nil, u.damaged(err)
		}
		if h.Typeflag != tar.TypeReg {
			return nil, u.damaged(fmt.Errorf("entry %.40q is no file", h.Name))
		}
		u.next = h
	}
	return u.next, nil
}

// small reads the small files of the data directory that come next.
func (u *unpacked) small(names []string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for {
		h, err := u.head()
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, h.Name) {
			return out, nil
		}
		if h.Size > maxSmall {
			return nil, u.damaged(fmt.Errorf("%s of %d bytes", h.Name, h.Size))
		}
		if out[h.Name], err = io.ReadAll(u.tar); err != nil {
			return nil, u.damaged(err)
		}
		u.next = nil
	}
}

// database copies the SQLite file that comes next.
func (u *unpacked) database(to string) (err error) {
	h, err := u.head()
	if err != nil {
		return err
	}
	if h.Name != databaseName {
		return u.damaged(fmt.Errorf("%.40q where the database should be", h.Name))
	}
	u.next = nil
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", to)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := &told{w: f}
	if _, err := io.Copy(out, u.tar); err != nil {
		if out.err != nil {
			return errs.Wrap(errs.Unavailable, "errs.backup.not_written", out.err, "file", to)
		}
		return u.damaged(err)
	}
	if err := f.Sync(); err != nil {
		return errs.Wrap(errs.Unavailable, "errs.backup.not_written", err, "file", to)
	}
	return nil
}

// told remembers that writing failed, which io.Copy mixes with reading.
type told struct {
	w   io.Writer
	err error
}

func (t *told) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	t.err = err
	return n, err
}

// Read gives the bytes of the rows that come next, part after part.
func (u *unpacked) Read(p []byte) (int, error) {
	for {
		h, err := u.head()
		if err != nil {
			return 0, err
		}
		if !rowsName.MatchString(h.Name) {
			return 0, io.EOF
		}
		n, err := u.tar.Read(p)
		if errors.Is(err, io.EOF) {
			u.next = nil
			if n > 0 {
				return n, nil
			}
			continue
		}
		if err != nil {
			return n, u.damaged(err)
		}
		return n, nil
	}
}

// end reads to the last byte: a parcel that is cut anywhere is not whole.
func (u *unpacked) end() error {
	h, err := u.head()
	if err != nil {
		return err
	}
	if h.Name != endName {
		return errs.Wrap(errs.Unavailable, "errs.backup.newer", fmt.Errorf("an entry %.40q that this program does not know", h.Name), "file", u.file)
	}
	u.next = nil
	if _, err := u.tar.Next(); !errors.Is(err, io.EOF) {
		return u.damaged(fmt.Errorf("something follows the end: %w", errors.Join(err, errors.New("one entry more"))))
	}
	return nil
}

// beside is the file next to a backup that holds its digest.
func beside(file string) string { return file + ".sha256" }

// readBeside reads the digest next to a backup, "" when there is none.
func readBeside(file string) (string, error) {
	text, err := os.ReadFile(beside(file))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, "errs.backup.unreadable", err, "file", beside(file))
	}
	digest, _, _ := strings.Cut(strings.TrimSpace(string(text)), " ")
	return digest, nil
}

// writeWhole writes a small file that is whole or absent; begun is how its name
// begins until then.
func writeWhole(file, begun string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), begun+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

func base(file string) string { return path.Base(filepath.ToSlash(file)) }
