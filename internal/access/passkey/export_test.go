package passkey

// ReadHandle lets a test feed it anything.
func ReadHandle(b []byte) bool {
	_, err := readHandle(b)
	return err == nil
}
