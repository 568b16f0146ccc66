package secret

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// Place says where the installation and its key are.
type Place struct {
	DataDir   string // holds the file install-id, made when absent
	KeyFile   string // from --key-file or PARVIS_KEY_FILE; "" for the usual place
	ConfigDir string // "" for the user's: $XDG_CONFIG_HOME, else ~/.config
	HasData   bool   // there is a database already: a missing key is an error, never a new key
}

const (
	idFile     = "install-id"
	idSize     = 16 // bytes, written as 32 hexadecimal digits
	keyHeading = "parvis-key-1"
	maxKeyFile = 16 << 10 // bytes
	// Rights that a key file must not give: reading by anybody, writing by the
	// group. A group that may read is somebody's choice: systemd's credentials and
	// the secrets of containers come so.
	keptFromOthers = 0o027
)

// InstallID returns the installation's id, 32 hexadecimal digits, or "" when the
// data directory has none yet.
func InstallID(dataDir string) (string, error) {
	b, err := readLimited(filepath.Join(dataDir, idFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", errs.Wrap(errs.Unavailable, "errs.key.read", err, "path", filepath.Join(dataDir, idFile))
	}
	id := strings.TrimSpace(string(b))
	if raw, err := hex.DecodeString(id); err != nil || len(raw) != idSize {
		return "", errs.Wrap(errs.Invalid, "errs.key.install_id", errors.New("install-id is not 32 hexadecimal digits"), "path", filepath.Join(dataDir, idFile))
	}
	return id, nil
}

// KeyPath returns where the key of an installation is looked for.
func (p Place) KeyPath(installID string) (string, error) {
	if p.KeyFile != "" {
		return p.KeyFile, nil
	}
	dir := p.ConfigDir
	if dir == "" {
		var err error
		if dir, err = os.UserConfigDir(); err != nil {
			return "", errs.Wrap(errs.Invalid, "errs.key.no_home", err)
		}
	}
	return filepath.Join(dir, "parvis", "keys", installID+".key"), nil
}

// Open finds the installation's key, or makes the installation's id and a new key
// at the first start; made tells that a key was made, so that its recovery sheet
// is printed once. Errors are errs.Error:
// errs.key.missing (argument path) when there is data but no key,
// errs.key.install_missing when there is data but no install-id,
// errs.key.inside when the key file would lie in the data directory,
// errs.key.mode when others may read it, errs.key.form when it is not a key,
// errs.key.other_install when it says that it belongs elsewhere.
// A key file may also hold the four lines of a recovery sheet.
func Open(p Place, random io.Reader) (ring *Keyring, made bool, err error) {
	id, err := InstallID(p.DataDir)
	if err != nil {
		return nil, false, err
	}
	if id == "" {
		if p.HasData {
			return nil, false, errs.Wrap(errs.Unavailable, "errs.key.install_missing", errors.New("a database without install-id"), "path", filepath.Join(p.DataDir, idFile))
		}
		if id, err = makeInstallID(p.DataDir, random); err != nil {
			return nil, false, err
		}
	}
	path, err := p.KeyPath(id)
	if err != nil {
		return nil, false, err
	}
	if inside(p.DataDir, path) {
		return nil, false, errs.Wrap(errs.Invalid, "errs.key.inside", errors.New("the key lies next to what it locks"), "path", path)
	}
	ring, err = readKey(path, id)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return ring, false, err
	}
	if p.HasData {
		return nil, false, errs.Wrap(errs.Unavailable, "errs.key.missing", err, "path", path)
	}
	return makeKey(path, id, random)
}

func readKey(path, installID string) (*Keyring, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.key.read", err, "path", path)
	}
	if info.Mode().Perm()&keptFromOthers != 0 && os.PathSeparator == '/' {
		return nil, errs.Wrap(errs.Invalid, "errs.key.mode", fmt.Errorf("mode %v", info.Mode().Perm()), "path", path)
	}
	b, err := readLimited(path)
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, "errs.key.read", err, "path", path)
	}
	text := string(b)
	if !strings.HasPrefix(text, keyHeading) {
		ring, err := ParseSheet(text)
		if err != nil && strings.Count(strings.TrimSpace(text), "\n") != sheetLines-1 {
			return nil, errs.Wrap(errs.Invalid, "errs.key.form", err, "path", path)
		}
		return ring, err
	}
	words := strings.Fields(text)
	if len(words) != 3 {
		return nil, errs.Wrap(errs.Invalid, "errs.key.form", errors.New("want three words"), "path", path)
	}
	if words[1] != installID {
		return nil, errs.Wrap(errs.Invalid, "errs.key.other_install", fmt.Errorf("key of %.32s, installation %s", words[1], installID), "path", path)
	}
	raw, err := hex.DecodeString(words[2])
	if err != nil || len(raw) != KeySize {
		return nil, errs.Wrap(errs.Invalid, "errs.key.form", errors.New("want 64 hexadecimal digits"), "path", path)
	}
	return NewKeyring(raw)
}

func makeInstallID(dataDir string, random io.Reader) (string, error) {
	raw := make([]byte, idSize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("install id: %w", err)
	}
	path := filepath.Join(dataDir, idFile)
	err := createOnce(path, []byte(hex.EncodeToString(raw)+"\n"))
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", errs.Wrap(errs.Unavailable, "errs.key.write", err, "path", path)
	}
	return InstallID(dataDir) // ours, or the one of whoever was first
}

func makeKey(path, installID string, random io.Reader) (*Keyring, bool, error) {
	raw := make([]byte, KeySize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, false, fmt.Errorf("make key: %w", err)
	}
	err := createOnce(path, fmt.Appendf(nil, "%s %s\n%x\n", keyHeading, installID, raw))
	switch {
	case errors.Is(err, fs.ErrExist): // another process was first
		ring, err := readKey(path, installID)
		return ring, false, err
	case err != nil:
		return nil, false, errs.Wrap(errs.Unavailable, "errs.key.write", err, "path", path)
	}
	ring, err := NewKeyring(raw)
	return ring, true, err
}

// createOnce writes a file that appears whole or not at all, survives a power cut
// once it returns nil, and never replaces one that is there (fs.ErrExist).
func createOnce(path string, content []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // fails when path exists
		return err
	}
	return syncFolder(dir)
}

func readLimited(path string) (b []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	b, err = io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err == nil && len(b) > maxKeyFile {
		err = fmt.Errorf("more than %d bytes", maxKeyFile)
	}
	return b, err
}

// inside tells whether path lies in dir, following links where they exist.
func inside(dir, path string) bool {
	real := func(p string) string {
		if abs, err := filepath.Abs(p); err == nil {
			p = abs
		}
		rest := ""
		for at := p; ; at = filepath.Dir(at) { // the deepest part that exists
			if link, err := filepath.EvalSymlinks(at); err == nil {
				return filepath.Join(link, rest)
			}
			if at == filepath.Dir(at) {
				return p
			}
			rest = filepath.Join(filepath.Base(at), rest)
		}
	}
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
