package rekey

// At has the order tell what was just done: "made", "kept", "copied", "taken",
// "switched", "promoted".
func (o Order) At(fn func(stage string)) Order {
	o.at = fn
	return o
}

// IsOdd tells whether a table is known to bind its values otherwise.
func IsOdd(table string) bool {
	_, known := odd(table, "")
	return known
}
