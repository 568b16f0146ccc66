//go:build unix

package command

import (
	"runtime"
	"syscall"
	"time"
)

// usage is the processor time that this process has taken and the memory it held
// at the most, in bytes.
func usage() (cpu time.Duration, memory int64) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, 0
	}
	memory = int64(u.Maxrss)
	if runtime.GOOS != "darwin" { // elsewhere it is counted in kB
		memory <<= 10
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), memory
}
