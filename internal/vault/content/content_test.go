package content_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/vault/content"
)

const place = "48.117266N 1.677793W"

func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 120, 80))
	for x := range 120 {
		for y := range 80 {
			m.Set(x, y, color.RGBA{uint8(x * 2), uint8(y * 3), uint8(x ^ y), 255})
		}
	}
	return m
}

func jpegOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// part is a JPEG's segment.
func part(marker byte, body string) []byte {
	out := []byte{0xff, marker}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

// exif is one that says a turn and a place.
func exif(turn byte) string {
	return "Exif\x00\x00II*\x00\x08\x00\x00\x00\x02\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string(turn) + "\x00\x00\x00\x25\x88\x04\x00\x01\x00\x00\x00\x26\x00\x00\x00\x00\x00\x00\x00" + place
}

func pngOf(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func chunk(kind, body string) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	out = append(out, kind+body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(kind+body)))
}

func riff(chunks ...string) []byte {
	body := "WEBP" + strings.Join(chunks, "")
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func riffChunk(kind, body string) string {
	out := string(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))) + body
	if len(body)%2 == 1 {
		out += "\x00"
	}
	return out
}

// lossless is the beginning of a WebP picture of a width and a height.
func lossless(w, h uint32) string {
	return "\x2f" + string(binary.LittleEndian.AppendUint32(nil, (w-1)|(h-1)<<14)) + "points points"
}

func docx(t testing.TB, change func(z *zip.Writer)) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	for _, name := range []string{"[Content_Types].xml", "word/document.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "<w:t>Bail</w:t>"); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(z)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func entry(name, body string) func(*zip.Writer) {
	return func(z *zip.Writer) {
		w, err := z.Create(name)
		if err == nil {
			_, _ = io.WriteString(w, body)
		}
	}
}

func read(doc []byte) ([]byte, content.Info, error) {
	r := content.Read(iotest.HalfReader(bytes.NewReader(doc)))
	out, err := io.ReadAll(r)
	return out, r.Info(), err
}

func TestWhatMustNotLeave(t *testing.T) {
	j := jpegOf(t)
	withParts := append(bytes.Clone(j[:2]), part(0xe1, exif(6))...)
	withParts = append(withParts, part(0xe1, "http://ns.adobe.com/xap/1.0/\x00"+place)...)
	withParts = append(withParts, part(0xfe, place)...)
	withParts = append(withParts, part(0xed, "Photoshop 3.0\x00"+place)...)
	withParts = append(withParts, part(0xe2, "MPF\x00"+place)...)
	withParts = append(withParts, j[2:]...)
	withParts = append(withParts, "PK\x03\x04 another file, with "+place...)
	out, info, err := read(withParts)
	if err != nil || info.Kind != content.JPEG || info.Tells || info.Bytes != int64(len(out)) {
		t.Fatalf("jpeg: %+v %v", info, err)
	}
	if bytes.Contains(out, []byte(place)) || bytes.Contains(out, []byte("PK\x03\x04")) {
		t.Error("jpeg: the place, or what lies behind, is still there")
	}
	if !bytes.Contains(out, []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06")) {
		t.Error("jpeg: it is no longer turned")
	}
	m, err := jpeg.Decode(bytes.NewReader(out))
	if err != nil || m.Bounds().Dx() != 120 {
		t.Errorf("jpeg: the picture is gone: %v", err)
	}
	if clean, _, err := read(j); err != nil || !bytes.Equal(clean, j) {
		t.Errorf("jpeg: a clean one is changed: %v", err)
	}

	p := pngOf(t)
	dirty := append(bytes.Clone(p[:33]), chunk("tEXt", "Comment\x00"+place)...)
	dirty = append(dirty, chunk("eXIf", place)...)
	dirty = append(append(dirty, p[33:]...), place...)
	out, info, err = read(dirty)
	if err != nil || info.Kind != content.PNG || !bytes.Equal(out, p) {
		t.Errorf("png: %+v %v", info, err)
	}

	w := riff(riffChunk("VP8X", "\x0c\x00\x00\x00\x77\x00\x00\x4f\x00\x00"), riffChunk("VP8L", lossless(120, 80)), riffChunk("EXIF", place), riffChunk("XMP ", place))
	out, info, err = read(append(bytes.Clone(w), place...))
	if err != nil || info.Kind != content.WebP || len(out) != len(w) || bytes.Contains(out, []byte(place)) || out[20] != 0 {
		t.Errorf("webp: %+v %v %q", info, err, out)
	}
}

func TestKinds(t *testing.T) {
	for name, c := range map[string]struct {
		doc  []byte
		kind content.Kind
	}{
		"pdf":  {[]byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"), content.PDF},
		"tiff": {[]byte("II*\x00\x08\x00\x00\x00 and so on"), content.TIFF},
		"heic": {[]byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic and so on"), content.HEIC},
		"docx": {docx(t, nil), content.DOCX},
	} {
		out, info, err := read(c.doc)
		if err != nil || info.Kind != c.kind || !bytes.Equal(out, c.doc) {
			t.Errorf("%s: %+v %v", name, info, err)
		}
		if !info.Tells && c.kind != content.DOCX {
			t.Errorf("%s: says that it tells nothing", name)
		}
	}
	for _, k := range content.Kinds() {
		if k.MIME() == "application/octet-stream" || k.Extension() == "." {
			t.Errorf("%s has no name", k)
		}
	}
}

func TestRefused(t *testing.T) {
	j, p := jpegOf(t), pngOf(t)
	big := bytes.Clone(p)
	binary.BigEndian.PutUint32(big[16:], 25_000)
	binary.BigEndian.PutUint32(big[20:], 25_000)
	binary.BigEndian.PutUint32(big[29:], crc32.ChecksumIEEE(big[12:29]))
	bigJPEG := bytes.Clone(j)
	at := bytes.Index(bigJPEG, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(bigJPEG[at+5:], 65_535)
	for name, c := range map[string]struct {
		doc []byte
		key string
	}{
		"nothing":                   {nil, "errs.papers.empty"},
		"a program":                 {[]byte("\x7fELF\x02\x01\x01 and so on"), "errs.papers.kind"},
		"a page":                    {[]byte("<!doctype html><script>"), "errs.papers.kind"},
		"a drawing that may run":    {[]byte("<svg xmlns='http://www.w3.org/2000/svg'>"), "errs.papers.kind"},
		"a pdf named by its middle": {[]byte("GIF89a %PDF-1.7 %%EOF"), "errs.papers.kind"},
		"a pdf cut short":           {[]byte("%PDF-1.7\n1 0 obj\n"), "errs.papers.broken"},
		"a jpeg cut short":          {j[:len(j)/2], "errs.papers.broken"},
		"a jpeg without picture":    {[]byte{0xff, 0xd8, 0xff, 0xd9}, "errs.papers.broken"},
		"a jpeg of too many":        {bigJPEG, "errs.papers.pixels"},
		"a png cut short":           {p[:len(p)-20], "errs.papers.broken"},
		"a png of too many":         {big, "errs.papers.pixels"},
		"a webp of too many":        {riff(riffChunk("VP8L", lossless(16384, 16384))), "errs.papers.pixels"},
		"a webp cut short":          {riff(riffChunk("VP8L", lossless(10, 10)))[:24], "errs.papers.broken"},
		"a plain archive":           {docxLess(t), "errs.papers.kind"},
		"macros":                    {docx(t, entry("word/vbaProject.bin", "x")), "errs.papers.macros"},
		"a path":                    {docx(t, entry("../../etc/passwd", "x")), "errs.papers.broken"},
		"an archive cut short":      {docx(t, nil)[:100], "errs.papers.broken"},
		"something behind it":       {append(docx(t, nil), "more"...), "errs.papers.broken"},
		"a bomb":                    {docx(t, entry("word/media/a", strings.Repeat("\x00", 40<<20))), "errs.papers.bomb"},
	} {
		_, _, err := read(c.doc)
		var e *errs.Error
		if !errors.As(err, &e) || e.Key != c.key || e.Kind != errs.Invalid {
			t.Errorf("%s: %v, want %s", name, err, c.key)
		}
	}
	_, err := io.Copy(io.Discard, content.Read(io.MultiReader(strings.NewReader("%PDF-1.7 "), io.LimitReader(zeros{}, content.MaxBytes))))
	if !errs.Is(err, errs.TooLarge) {
		t.Errorf("a document over the limit: %v", err)
	}
	left := errors.New("the line was cut")
	for _, doc := range [][]byte{j[:len(j)-30], p[:50], []byte("%PDF-1.7"), nil} {
		if _, err := io.Copy(io.Discard, content.Read(io.MultiReader(bytes.NewReader(doc), iotest.ErrReader(left)))); !errors.Is(err, left) {
			t.Errorf("a cut line is told as %v", err)
		}
	}
}

func docxLess(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entry("photos.txt", "x")(z)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }

// Whatever comes in, what goes out is no longer and ends.
func FuzzRead(f *testing.F) {
	f.Add(jpegOf(f))
	f.Add(pngOf(f))
	f.Add(riff(riffChunk("VP8X", "\x0c\x00\x00\x00\x77\x00\x00\x4f\x00\x00"), riffChunk("VP8L", lossless(120, 80)), riffChunk("EXIF", place)))
	f.Add(docx(f, nil))
	f.Add([]byte("%PDF-1.7 %%EOF"))
	f.Add(append([]byte{0xff, 0xd8}, part(0xe1, exif(3))...))
	f.Fuzz(func(t *testing.T, doc []byte) {
		out, info, err := read(doc)
		if err != nil {
			var e *errs.Error
			if !errors.As(err, &e) {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		if len(out) > len(doc)+64 || info.Bytes != int64(len(out)) || info.Kind == "" {
			t.Fatalf("%d bytes became %d: %+v", len(doc), len(out), info)
		}
		again, _, err := read(out)
		if err != nil || !bytes.Equal(again, out) {
			t.Fatalf("cleaned twice is not cleaned once: %v", err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	j := jpegOf(b)
	sos := bytes.LastIndex(j, []byte{0xff, 0xd9})
	doc := append(bytes.Clone(j[:sos]), bytes.Repeat([]byte("points of a photograph "), 400_000)...)
	doc = append(doc, 0xff, 0xd9)
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		if _, err := io.Copy(io.Discard, content.Read(bytes.NewReader(doc))); err != nil {
			b.Fatal(err)
		}
	}
}
