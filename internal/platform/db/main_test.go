package db_test

import "runtime"

// exitGoroutine ends the goroutine as t.FailNow does.
func exitGoroutine() { runtime.Goexit() }

// yield lets the other goroutines work.
func yield() { runtime.Gosched() }
