package demo

// Ground names the communes of the land that have an invented town on them, by
// INSEE code: pages then say Valsèvre where the law reads the zone of that code.
func Ground() map[string]string { return map[string]string{commune: "Valsèvre"} }
