package eval_test

import (
	"testing"

	"codeberg.org/parvis/parvis/rights/eval"
	"codeberg.org/parvis/parvis/rights/ir"
	"pgregory.net/rapid"
)

// TestMemo compares the memo with a map, forgetting from time to time.
func TestMemo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m eval.Memo
		want := map[eval.Cell]int32{}
		for range rapid.IntRange(1, 3).Draw(t, "turns") {
			for n := range int32(rapid.IntRange(0, 3000).Draw(t, "cells")) {
				// Crowded on purpose: runs of months of some subjects.
				c := eval.Cell{Var: n % 37, Subject: n / 37 % 5, Period: ir.Month(24_000 + n/11)}
				got, ok := m.Get(c)
				if node, known := want[c]; ok != known || got != node {
					t.Fatalf("%v: %d %v, want %d %v", c, got, ok, node, known)
				}
				if !ok {
					m.Put(c, n)
					want[c] = n
				}
			}
			for c, node := range want {
				if got, ok := m.Get(c); !ok || got != node {
					t.Fatalf("%v: %d %v, want %d", c, got, ok, node)
				}
			}
			m.Forget()
			for c := range want {
				if _, ok := m.Get(c); ok {
					t.Fatalf("%v is not forgotten", c)
				}
			}
			clear(want)
		}
	})
}
