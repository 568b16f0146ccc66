// Package content looks at a document while it streams past: what it really is, by its
// first bytes and not by its name; whether it is whole; what must not leave with it.
//
// Guarantees. JPEG, PNG and WebP lose where and with what they were taken, and anything
// behind their end; an image turned by its camera stays turned. Archives that announce
// more than they should, images of too many points, macros and passwords are refused.
// Nothing is decoded, unpacked or written to a disk: memory stays under 2 MiB.
//
// HEIC, TIFF and PDF pass as they are: what they say of their making stays in them, and
// Info.Tells says so.
//
//	doc := content.Read(part)            // an io.Reader of what may be kept
//	_, err := io.Copy(dst, doc)          // errs.Invalid when it is refused
//	info := doc.Info()                   // after the end
package content

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Kind is what a document is.
type Kind string

// The kinds that are taken.
const (
	PDF  Kind = "pdf"
	JPEG Kind = "jpeg"
	PNG  Kind = "png"
	WebP Kind = "webp"
	HEIC Kind = "heic"
	TIFF Kind = "tiff"
	DOCX Kind = "docx"
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{PDF, JPEG, PNG, HEIC, WebP, TIFF, DOCX} }

// MIME is the type that browsers know it by.
func (k Kind) MIME() string {
	switch k {
	case PDF:
		return "application/pdf"
	case DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case JPEG, PNG, WebP, HEIC, TIFF:
		return "image/" + string(k)
	}
	return "application/octet-stream"
}

// Extension ends the name of a file of this kind.
func (k Kind) Extension() string {
	if k == JPEG {
		return ".jpg"
	}
	return "." + string(k)
}

// Shown tells whether browsers show it by themselves.
func (k Kind) Shown() bool { return k == PDF || k == JPEG || k == PNG || k == WebP }

// Limits.
const (
	MaxBytes   = 50 << 20    // of a document
	maxPixels  = 100_000_000 // of an image, width × height
	maxSide    = 30_000      // of an image
	maxUnpack  = 200 << 20   // bytes that an archive says it holds
	maxEntries = 4000        // of an archive
	maxTail    = 1 << 20     // bytes of an archive's directory
)

// Info is what was seen, once a document was read to its end.
type Info struct {
	Kind   Kind
	Bytes  int64    // of what may be kept
	Digest [32]byte // SHA-256 of it
	Tells  bool     // it may still say where and when it was made
}

// Reader gives what may be kept of a document. The first error that is not io.EOF is
// errs.Invalid, TooLarge or what the source said.
type Reader struct {
	src  *counting
	in   *bufio.Reader
	out  io.Reader // nil: nothing looked at yet
	end  func() error
	info Info
	sum  hash.Hash
	err  error
}

// Read prepares to look at a document.
func Read(r io.Reader) *Reader {
	src := &counting{r: r, most: MaxBytes}
	return &Reader{src: src, in: bufio.NewReaderSize(src, 64<<10), sum: sha256.New()}
}

// counting stops at the limit.
type counting struct {
	r    io.Reader
	n    int64
	most int64
	err  error // of the source
}

func (c *counting) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	if c.n > c.most {
		c.err = errs.New(errs.TooLarge, "errs.papers.too_large", "max", c.most>>20)
		return 0, c.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

func refuse(key, why string) error { return errs.Wrap(errs.Invalid, key, errors.New(why)) }

func broken(why string) error { return refuse("errs.papers.broken", why) }

// Info tells what was read, after io.EOF.
func (r *Reader) Info() Info { return r.info }

// Read gives the next bytes that may be kept.
func (r *Reader) Read(b []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	if r.out == nil {
		if r.err = r.begin(); r.err != nil {
			return 0, r.err
		}
	}
	n, err := r.out.Read(b)
	r.info.Bytes += int64(n)
	r.sum.Write(b[:n])
	if err == nil {
		return n, nil
	}
	switch {
	case r.src.err != nil: // whatever the format says of it, the source failed
		r.err = r.src.err
	case errors.Is(err, io.EOF):
		if r.err = r.end(); r.err == nil {
			r.info.Digest = [32]byte(r.sum.Sum(nil))
			r.err = io.EOF
		}
	default:
		r.err = err
	}
	return n, r.err
}

// Peek is the kind of the document, known from its first bytes.
func (r *Reader) Peek() (Kind, error) {
	if r.err == nil && r.out == nil {
		r.err = r.begin()
	}
	if r.err != nil {
		return "", r.err
	}
	return r.info.Kind, nil
}

// begin recognises the document and chooses how it is read.
func (r *Reader) begin() error {
	head, err := r.in.Peek(64)
	if r.src.err != nil {
		return r.src.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(head) == 0 {
		return refuse("errs.papers.empty", "no byte")
	}
	kind := Sniff(head)
	r.info.Kind = kind
	r.end = func() error { return nil }
	switch kind {
	case JPEG:
		r.out = pull(func(w *writer) error { return cleanJPEG(r.in, w) }, r.in)
	case PNG:
		r.out = pull(func(w *writer) error { return cleanPNG(r.in, w) }, r.in)
	case WebP:
		r.out = pull(func(w *writer) error { return cleanWebP(r.in, w) }, r.in)
	case PDF:
		last := &tail{keep: 4 << 10}
		r.info.Tells = true
		r.out, r.end = io.TeeReader(r.in, last), func() error {
			if !bytes.Contains(last.bytes(), []byte("%%EOF")) {
				return broken("a PDF without its end")
			}
			return nil
		}
	case HEIC, TIFF:
		r.info.Tells = true
		r.out = r.in
	case DOCX:
		last := &tail{keep: maxTail}
		r.out, r.end = io.TeeReader(r.in, last), func() error { return checkDOCX(last.bytes(), last.all) }
	default:
		return refuse("errs.papers.kind", "the first bytes are of no kind that is taken")
	}
	return nil
}

// Sniff recognises a kind by the first bytes of a document, at least 16 of them where it
// has them; "" is none that is taken.
func Sniff(head []byte) Kind {
	has := func(at int, mark string) bool {
		return len(head) >= at+len(mark) && string(head[at:at+len(mark)]) == mark
	}
	switch {
	case has(0, "%PDF-"):
		return PDF
	case has(0, "\xff\xd8\xff"):
		return JPEG
	case has(0, "\x89PNG\r\n\x1a\n"):
		return PNG
	case has(0, "RIFF") && has(8, "WEBP"):
		return WebP
	case has(0, "II*\x00"), has(0, "MM\x00*"):
		return TIFF
	case has(0, "PK\x03\x04"):
		return DOCX
	case has(4, "ftyp") && len(head) >= 16:
		size := binary.BigEndian.Uint32(head)
		for at := 8; at+4 <= len(head) && at+4 <= int(min(size, 64)); at += 4 {
			switch string(head[at : at+4]) {
			case "heic", "heix", "heim", "heis", "hevc", "hevx":
				return HEIC
			}
		}
	}
	return ""
}

// tail keeps the last bytes that were written to it.
type tail struct {
	keep int
	all  int64
	last []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.all += int64(len(b))
	n := len(b)
	if len(b) > t.keep {
		b = b[len(b)-t.keep:]
	}
	if over := len(t.last) + len(b) - 2*t.keep; over > 0 { // moved once in keep bytes
		t.last = append(t.last[:0], t.last[len(t.last)-min(t.keep, len(t.last)):]...)
	}
	t.last = append(t.last, b...)
	return n, nil
}

func (t *tail) bytes() []byte { return t.last[len(t.last)-min(t.keep, len(t.last)):] }

// checkDOCX reads the directory at the end of an archive, without unpacking anything:
// all of it is size bytes, last are its last ones.
func checkDOCX(last []byte, size int64) error {
	at := bytes.LastIndex(last, []byte("PK\x05\x06"))
	if at < 0 || len(last)-at < 22 {
		return broken("an archive without its end")
	}
	end := last[at:]
	entries := int(binary.LittleEndian.Uint16(end[10:]))
	length := int64(binary.LittleEndian.Uint32(end[12:]))
	start := int64(binary.LittleEndian.Uint32(end[16:]))
	comment := int(binary.LittleEndian.Uint16(end[20:]))
	switch {
	case len(end) != 22+comment:
		return broken("something behind the archive")
	case entries > maxEntries || length > maxTail-22-1<<16:
		return refuse("errs.papers.bomb", "too many entries")
	case start+length != size-int64(len(end)) || int64(at) < length:
		return broken("a directory that is not where it says")
	}
	directory := last[int64(at)-length : at]
	var unpacked, packed int64
	document, types := false, false
	for range entries {
		if len(directory) < 46 || string(directory[:4]) != "PK\x01\x02" {
			return broken("a directory cut short")
		}
		flags := binary.LittleEndian.Uint16(directory[8:])
		packed += int64(binary.LittleEndian.Uint32(directory[20:]))
		unpacked += int64(binary.LittleEndian.Uint32(directory[24:]))
		n, extra, note := int(binary.LittleEndian.Uint16(directory[28:])), int(binary.LittleEndian.Uint16(directory[30:])), int(binary.LittleEndian.Uint16(directory[32:]))
		if len(directory) < 46+n+extra+note {
			return broken("a directory cut short")
		}
		name := string(directory[46 : 46+n])
		directory = directory[46+n+extra+note:]
		switch {
		case flags&1 == 1:
			return refuse("errs.papers.password", "an archive with a password")
		case strings.Contains(name, "..") || strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\\\x00"):
			return broken("a name that leads elsewhere")
		case strings.HasSuffix(strings.ToLower(name), "vbaproject.bin"):
			return refuse("errs.papers.macros", "macros")
		case unpacked > maxUnpack:
			return refuse("errs.papers.bomb", "it would unpack to too much")
		}
		document = document || name == "word/document.xml"
		types = types || name == "[Content_Types].xml"
	}
	if unpacked > 1<<20 && unpacked > 150*max(packed, 1) {
		return refuse("errs.papers.bomb", "it would unpack to too much")
	}
	if !document || !types {
		return refuse("errs.papers.kind", "an archive that is no document of Word")
	}
	return nil
}

// checkPixels refuses images of no size, or of too many points to be shown safely.
func checkPixels(w, h uint64) error {
	if w == 0 || h == 0 {
		return broken("an image of no size")
	}
	if w > maxSide || h > maxSide || w*h > maxPixels {
		return refuse("errs.papers.pixels", "too many points")
	}
	return nil
}
