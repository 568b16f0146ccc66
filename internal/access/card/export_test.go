package card

// Encode is what a test writes codes with.
var Encode = encode
