package content

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
)

// cleanJPEG keeps what makes the picture: no place, no camera, no comment, no second
// picture, nothing behind its end. Of Exif only the turn stays.
func cleanJPEG(in *bufio.Reader, w *writer) error {
	if _, err := in.Discard(2); err != nil {
		return err
	}
	w.buf.Write([]byte{0xff, 0xd8})
	seen := false // a frame with its size
	turned := false
	var segment func() error
	segment = func() error {
		marker, err := jpegMarker(in)
		if err != nil {
			return err
		}
		switch {
		case marker == 0xd9: // the end
			if !seen {
				return broken("a JPEG without a picture")
			}
			w.buf.Write([]byte{0xff, 0xd9})
			return nil
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			w.next = segment
			return nil
		}
		var size [2]byte
		if _, err := io.ReadFull(in, size[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(size[:]))
		if n < 2 {
			return broken("a JPEG's part of no length")
		}
		body := make([]byte, n-2)
		if _, err := io.ReadFull(in, body); err != nil {
			return err
		}
		w.next = segment
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if len(body) < 5 {
				return broken("a JPEG's frame cut short")
			}
			if err := checkPixels(uint64(binary.BigEndian.Uint16(body[3:])), uint64(binary.BigEndian.Uint16(body[1:]))); err != nil {
				return err
			}
			seen = true
		case marker == 0xe1:
			if turn := exifTurn(body); turn > 1 && !turned {
				turned = true
				w.buf.Write(turnOnly(turn))
			}
			return nil
		case marker == 0xe2 && !hasPrefix(body, "ICC_PROFILE\x00"), marker == 0xfe,
			marker >= 0xe3 && marker <= 0xed, marker == 0xef:
			return nil
		}
		w.buf.Write([]byte{0xff, marker, size[0], size[1]})
		w.buf.Write(body)
		if marker == 0xda {
			w.next = func() error { return jpegScan(in, w, segment) }
		}
		return nil
	}
	w.next = segment
	return nil
}

func hasPrefix(b []byte, mark string) bool {
	return len(b) >= len(mark) && string(b[:len(mark)]) == mark
}

// jpegMarker reads up to the next marker, over fill bytes.
func jpegMarker(in *bufio.Reader) (byte, error) {
	b, err := in.ReadByte()
	if err != nil {
		return 0, err
	}
	if b != 0xff {
		return 0, broken("a JPEG whose parts do not follow")
	}
	for b == 0xff {
		if b, err = in.ReadByte(); err != nil {
			return 0, err
		}
	}
	if b == 0 {
		return 0, broken("a JPEG whose parts do not follow")
	}
	return b, nil
}

// jpegScan passes the points on, up to the next marker that is not of them.
func jpegScan(in *bufio.Reader, w *writer, then func() error) error {
	for w.buf.Len() < 32<<10 {
		if _, err := in.Peek(2); err != nil {
			return err
		}
		view, err := in.Peek(in.Buffered())
		if err != nil {
			return err
		}
		at := bytes.IndexByte(view[:len(view)-1], 0xff) // the last one may begin a marker
		points := at
		if at < 0 {
			points = len(view) - 1
		} else if next := view[at+1]; next == 0 || next >= 0xd0 && next <= 0xd7 {
			points = at + 2
		} else if at == 0 {
			w.next = then
			return nil
		}
		w.buf.Write(view[:points])
		if _, err := in.Discard(points); err != nil {
			return err
		}
	}
	w.next = func() error { return jpegScan(in, w, then) }
	return nil
}

// exifTurn reads how a camera was held: 1 to 8, 0 when it is not said.
func exifTurn(body []byte) uint16 {
	if !hasPrefix(body, "Exif\x00\x00") || len(body) < 14 {
		return 0
	}
	tiff := body[6:]
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 0
	}
	n := int64(order.Uint16(tiff[at:]))
	for i := range n {
		e := at + 2 + 12*i
		if e+12 > int64(len(tiff)) {
			return 0
		}
		if order.Uint16(tiff[e:]) == 0x0112 && order.Uint16(tiff[e+2:]) == 3 {
			if turn := order.Uint16(tiff[e+8:]); turn <= 8 {
				return turn
			}
		}
	}
	return 0
}

// turnOnly is an Exif part that says how the picture is turned and nothing else.
func turnOnly(turn uint16) []byte {
	body := []byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	body = binary.BigEndian.AppendUint16(body, turn)
	body = append(body, 0, 0, 0, 0, 0, 0)
	out := []byte{0xff, 0xe1}
	out = binary.BigEndian.AppendUint16(out, uint16(len(body)+2))
	return append(out, body...)
}

// keptChunks are those of a PNG that make the picture.
func keptChunk(kind string) bool {
	switch kind {
	case "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "cICP", "bKGD", "pHYs", "hIST":
		return true
	}
	return false
}

// cleanPNG keeps the chunks that make the picture.
func cleanPNG(in *bufio.Reader, w *writer) error {
	if _, err := in.Discard(8); err != nil {
		return err
	}
	w.buf.WriteString("\x89PNG\r\n\x1a\n")
	first, data := true, false
	var chunk func() error
	chunk = func() error {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		n, kind := int64(binary.BigEndian.Uint32(head[:])), string(head[4:])
		if n > MaxBytes {
			return broken("a PNG's part longer than it may be")
		}
		if first != (kind == "IHDR") {
			return broken("a PNG that does not begin as one")
		}
		w.next = chunk
		switch {
		case first:
			first = false
			if n != 13 {
				return broken("a PNG's head of another length")
			}
			body, err := in.Peek(17)
			if err != nil {
				return err
			}
			if err := checkPixels(uint64(binary.BigEndian.Uint32(body)), uint64(binary.BigEndian.Uint32(body[4:]))); err != nil {
				return err
			}
			if crc32.ChecksumIEEE(append([]byte("IHDR"), body[:13]...)) != binary.BigEndian.Uint32(body[13:]) {
				return broken("a PNG's head that was changed")
			}
		case kind == "IDAT":
			data = true
		case kind == "IEND":
			if !data || n != 0 {
				return broken("a PNG without a picture")
			}
			w.next = nil
		case !keptChunk(kind):
			_, err := io.CopyN(io.Discard, in, n+4)
			return err
		}
		w.buf.Write(head[:])
		w.copy = n + 4
		return nil
	}
	w.next = chunk
	return nil
}

// cleanWebP passes the picture's parts on. The length of the whole stands at the
// beginning, so what must not leave is blanked in its place.
func cleanWebP(in *bufio.Reader, w *writer) error {
	var head [12]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return err
	}
	left := int64(binary.LittleEndian.Uint32(head[4:])) - 4
	if left < 8 || left > MaxBytes {
		return broken("a WebP of an impossible length")
	}
	w.buf.Write(head[:])
	seen := false
	var chunk func() error
	chunk = func() error {
		if left < 8 {
			if !seen || left != 0 {
				return broken("a WebP without a picture")
			}
			return nil
		}
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return err
		}
		kind, n := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		size := n + n&1
		if left -= 8 + size; left < 0 {
			return broken("a WebP's part longer than the whole")
		}
		w.next = chunk
		switch kind {
		case "VP8X":
			body := make([]byte, size)
			if n < 10 || n > 64 {
				return broken("a WebP's head of another length")
			}
			if _, err := io.ReadFull(in, body); err != nil {
				return err
			}
			width, height := 1+u24(body[4:]), 1+u24(body[7:])
			if err := checkPixels(width, height); err != nil {
				return err
			}
			body[0] &^= 0x08 | 0x04 // says no more that Exif and XMP follow
			w.buf.Write(head[:])
			w.buf.Write(body)
			return nil
		case "VP8 ", "VP8L":
			seen = true
			if err := webpSize(in, kind, n); err != nil {
				return err
			}
		case "ANMF":
			seen = true
		case "ALPH", "ICCP", "ANIM":
		default:
			// Exif, XMP and whatever is unknown: as long as before, and empty.
			if _, err := io.CopyN(io.Discard, in, size); err != nil {
				return err
			}
			w.buf.WriteString("JUNK")
			w.buf.Write(head[4:])
			w.next = func() error { return blanks(w, size, chunk) }
			return nil
		}
		w.buf.Write(head[:])
		w.copy = size
		return nil
	}
	w.next = chunk
	return nil
}

func u24(b []byte) uint64 { return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 }

// webpSize checks the size that the picture itself says.
func webpSize(in *bufio.Reader, kind string, n int64) error {
	body, err := in.Peek(int(min(n, 10)))
	if err != nil {
		return err
	}
	switch {
	case kind == "VP8L" && len(body) >= 5 && body[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(body[1:])
		return checkPixels(uint64(bits&0x3fff)+1, uint64(bits>>14&0x3fff)+1)
	case kind == "VP8 " && len(body) >= 10 && body[3] == 0x9d && body[4] == 0x01 && body[5] == 0x2a:
		return checkPixels(uint64(binary.LittleEndian.Uint16(body[6:])&0x3fff), uint64(binary.LittleEndian.Uint16(body[8:])&0x3fff))
	}
	return broken("a WebP without a picture")
}

// blanks writes zeros a piece at a time.
func blanks(w *writer, n int64, then func() error) error {
	piece := min(n, 32<<10)
	w.buf.Write(make([]byte, piece))
	if n -= piece; n > 0 {
		w.next = func() error { return blanks(w, n, then) }
		return nil
	}
	w.next = then
	return nil
}
