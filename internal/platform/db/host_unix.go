//go:build unix

package db

import (
	"errors"
	"os"
	"syscall"
)

// hostsExist tells whether this system has the lock of tryHost.
const hostsExist = true

// tryHost takes the lock of the process that looks after a database file, the
// host: it alone writes the file itself (copies the log back, migrates). It
// returns nil, and no error, when another process or another DB has it. Closing
// the file gives the lock back, as does the end of the process.
func tryHost(path string) (*os.File, error) {
	f, err := os.OpenFile(path+"-host", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = nil
	}
	return nil, errors.Join(err, f.Close())
}
