package lock

import "strings"

// identityText writes 32 secret bytes as age writes a private key: Bech32 (BIP 173) in
// capitals. age draws keys and reads them, but makes none from bytes.
func identityText(seed []byte) string {
	const prefix, letters = "age-secret-key-", "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	var data []byte
	var acc, bits uint32
	for _, b := range seed {
		acc = acc<<8 | uint32(b)
		for bits += 8; bits >= 5; bits -= 5 {
			data = append(data, byte(acc>>(bits-5))&31)
		}
	}
	if bits > 0 {
		data = append(data, byte(acc<<(5-bits))&31)
	}
	sum := checksum(prefix, append(data[:len(data):len(data)], make([]byte, 6)...)) ^ 1
	for i := range 6 {
		data = append(data, byte(sum>>(5*(5-i)))&31)
	}
	var out strings.Builder
	out.WriteString(prefix + "1")
	for _, v := range data {
		out.WriteByte(letters[v])
	}
	return strings.ToUpper(out.String())
}

// checksum is BIP 173's over a prefix and its data.
func checksum(prefix string, data []byte) uint32 {
	sum := uint32(1)
	add := func(v byte) {
		top := sum >> 25
		sum = (sum&0x1ffffff)<<5 ^ uint32(v)
		for i, g := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				sum ^= g
			}
		}
	}
	for _, c := range []byte(prefix) {
		add(c >> 5)
	}
	add(0)
	for _, c := range []byte(prefix) {
		add(c & 31)
	}
	for _, v := range data {
		add(v)
	}
	return sum
}
