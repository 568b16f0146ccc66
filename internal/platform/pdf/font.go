package pdf

import (
	"bytes"
	"compress/zlib"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The fonts as their packages publish them (WOFF 1.0):
// @fontsource/atkinson-hyperlegible-next and @fontsource/noto-naskh-arabic.
//
//go:embed font/*.woff
var fontFiles embed.FS

// face is one embedded font file: its bytes as TrueType and the runes it draws.
type face struct {
	family string
	data   [2][]byte // regular, bold
	covers map[rune]bool
	scale  float64 // of its letters beside the others' of the same size
}

// faces are tried in this order for each rune.
var faces = sync.OnceValues(func() ([]face, error) {
	var list []face
	for _, f := range []struct {
		family, file string
		scale        float64
	}{
		{"latin", "atkinson-hyperlegible-next-latin", 1},
		{"latinext", "atkinson-hyperlegible-next-latin-ext", 1},
		{"arabic", "noto-naskh-arabic-arabic", 1.16},
	} {
		one := face{family: f.family, scale: f.scale}
		for i, weight := range []string{"400", "700"} {
			packed, err := fontFiles.ReadFile("font/" + f.file + "-" + weight + "-normal.woff")
			if err != nil {
				return nil, fmt.Errorf("embedded font: %w", err)
			}
			if one.data[i], err = unpackWOFF(packed); err != nil {
				return nil, fmt.Errorf("font %s %s: %w", f.file, weight, err)
			}
		}
		var err error
		if one.covers, err = coverage(one.data[0]); err != nil {
			return nil, fmt.Errorf("font %s: %w", f.file, err)
		}
		list = append(list, one)
	}
	return list, nil
})

const maxFont = 1 << 20 // bytes of one font, unpacked

var errWOFF = errors.New("not a WOFF font")

// unpackWOFF turns a WOFF 1.0 file into the TrueType file it was made from
// (https://www.w3.org/TR/WOFF/).
func unpackWOFF(b []byte) ([]byte, error) {
	if len(b) < 44 || string(b[:4]) != "wOFF" {
		return nil, errWOFF
	}
	be := binary.BigEndian
	flavor, n, size := be.Uint32(b[4:]), int(be.Uint16(b[12:])), int(be.Uint32(b[16:]))
	if size > maxFont || n == 0 || n > 64 || len(b) < 44+20*n {
		return nil, errWOFF
	}
	out := make([]byte, 12+16*n, size)
	be.PutUint32(out, flavor)
	be.PutUint16(out[4:], uint16(n))
	reach, log := 1, 0
	for reach*2 <= n {
		reach, log = reach*2, log+1
	}
	be.PutUint16(out[6:], uint16(reach*16))
	be.PutUint16(out[8:], uint16(log))
	be.PutUint16(out[10:], uint16((n-reach)*16))
	for i := range n {
		e := b[44+20*i:]
		at, packed, plain := int(be.Uint32(e[4:])), int(be.Uint32(e[8:])), int(be.Uint32(e[12:]))
		if at > len(b) || packed > len(b)-at || packed > plain || plain > maxFont {
			return nil, errWOFF
		}
		table := b[at : at+packed]
		if packed < plain {
			z, err := zlib.NewReader(bytes.NewReader(table))
			if err != nil {
				return nil, fmt.Errorf("table %d: %w", i, err)
			}
			table = make([]byte, plain)
			if _, err := io.ReadFull(z, table); err != nil {
				return nil, fmt.Errorf("table %d: %w", i, err)
			}
		}
		d := out[12+16*i:]
		copy(d, e[:4])
		copy(d[4:], e[16:20])
		be.PutUint32(d[8:], uint32(len(out)))
		be.PutUint32(d[12:], uint32(plain))
		out = append(out, table...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out, nil
}

var errCmap = errors.New("no character map of format 4")

// coverage lists the runes that a TrueType font draws, from its character map of
// format 4: the one the PDF library reads.
func coverage(font []byte) (map[rune]bool, error) {
	be := binary.BigEndian
	if len(font) < 12 {
		return nil, errCmap
	}
	for i := range int(be.Uint16(font[4:])) {
		if len(font) < 12+16*(i+1) {
			break
		}
		d := font[12+16*i:]
		at, size := int(be.Uint32(d[8:])), int(be.Uint32(d[12:]))
		if string(d[:4]) != "cmap" || at > len(font) || size > len(font)-at || size < 4 {
			continue
		}
		cmap := font[at : at+size]
		for k := range int(be.Uint16(cmap[2:])) {
			if len(cmap) < 4+8*(k+1) {
				break
			}
			sub := int(be.Uint32(cmap[4+8*k+4:]))
			if sub < len(cmap)-16 && be.Uint16(cmap[sub:]) == 4 {
				return format4(cmap[sub:])
			}
		}
	}
	return nil, errCmap
}

func format4(b []byte) (map[rune]bool, error) {
	be := binary.BigEndian
	n := int(be.Uint16(b[6:])) // twice the number of segments
	if len(b) < 16+4*n {
		return nil, errCmap
	}
	covers := map[rune]bool{}
	for i := 0; i < n; i += 2 {
		last, first := int(be.Uint16(b[14+i:])), int(be.Uint16(b[16+n+i:]))
		delta, offset := int(be.Uint16(b[16+2*n+i:])), int(be.Uint16(b[16+3*n+i:]))
		for c := first; c <= last && c < 0xFFFF; c++ {
			glyph := c
			if offset != 0 {
				at := 16 + 3*n + i + offset + 2*(c-first)
				if at+2 > len(b) {
					return nil, errCmap
				}
				if glyph = int(be.Uint16(b[at:])); glyph == 0 {
					continue
				}
			}
			if (glyph+delta)&0xFFFF != 0 {
				covers[rune(c)] = true
			}
		}
	}
	return covers, nil
}
