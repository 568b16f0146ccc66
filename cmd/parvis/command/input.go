package command

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"codeberg.org/parvis/parvis/internal/core/errs"
)

// databaseURL reads the address of a database from a file: it often holds a
// password, which has no place in a list of processes. "" means none.
func (s *session) databaseURL(file string) (string, error) {
	if file == "" {
		return "", nil
	}
	if strings.Contains(file, "://") {
		return "", misuse("cli.input.database_by_file")
	}
	text, err := s.readFile(file, 4<<10)
	if err != nil {
		return "", err
	}
	url := strings.TrimSpace(string(text))
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return "", errs.New(errs.Invalid, "cli.input.database_url", "file", file)
	}
	return url, nil
}

// readFile reads a file of at most limit bytes; "-" is standard input.
func (s *session) readFile(file string, limit int64) ([]byte, error) {
	var in io.Reader = s.Stdin
	if file != "-" {
		f, err := os.Open(file)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, errs.Wrap(errs.NotFound, "cli.input.absent", err, "file", file)
		case err != nil:
			return nil, errs.Wrap(errs.Invalid, "cli.input.unreadable", err, "file", file)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, errs.New(errs.Invalid, "cli.input.directory", "file", file)
		}
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err != nil {
		return nil, errs.Wrap(errs.Invalid, "cli.input.unreadable", err, "file", file)
	}
	if int64(len(data)) > limit {
		return nil, errs.Wrap(errs.TooLarge, "cli.input.large", fmt.Errorf("more than %d bytes", limit), "file", file, "limit", max(limit>>20, 1))
	}
	return data, nil
}
