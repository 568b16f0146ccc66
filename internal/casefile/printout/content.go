package printout

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"codeberg.org/parvis/parvis/internal/casefile"
	"codeberg.org/parvis/parvis/internal/core"
)

// maxContent bounds one document before it is compressed: ten years of a file with
// thousands of facts are a tenth of it.
const maxContent = 32 << 20

var errTooLarge = errors.New("the document is too large")

// pack writes what the document says and names it: the same content gives the same
// digest whoever prints it and whenever.
func (p *Printout) pack() (content []byte, digest string, err error) {
	var all, said any
	if p.File != nil {
		same := *p.File
		// The day of the copy, the sheets printed since and the law in force change
		// without the file.
		same.Made, same.Today, same.Sheets, same.Law = 0, core.Date{}, nil, ""
		all, said = p.File, same
	} else {
		same := *p.Plan
		same.Today = core.Date{}
		all, said = p.Plan, same
	}
	b, err := json.Marshal(said)
	if err != nil {
		return nil, "", fmt.Errorf("write the document: %w", err)
	}
	sum := sha256.Sum256(b)
	if b, err = json.Marshal(all); err != nil {
		return nil, "", fmt.Errorf("write the document: %w", err)
	}
	if len(b) > maxContent {
		return nil, "", errTooLarge
	}
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return nil, "", fmt.Errorf("compress the document: %w", err)
	}
	if _, err := z.Write(b); err != nil {
		return nil, "", fmt.Errorf("compress the document: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, "", fmt.Errorf("compress the document: %w", err)
	}
	return packed.Bytes(), hex.EncodeToString(sum[:16]), nil
}

// unpack reads what pack wrote.
func (p *Printout) unpack(content []byte) error {
	r := flate.NewReader(bytes.NewReader(content))
	b, err := io.ReadAll(io.LimitReader(r, maxContent+1))
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	if len(b) > maxContent {
		return errTooLarge
	}
	if p.Kind == casefile.SheetOfFile {
		p.File = &casefile.Dossier{}
		err = json.Unmarshal(b, p.File)
	} else {
		p.Plan = &Plan{}
		err = json.Unmarshal(b, p.Plan)
	}
	if err != nil {
		return fmt.Errorf("read the document: %w", err)
	}
	return nil
}
