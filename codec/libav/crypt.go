package libav

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"io"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav/internal/manifest"
)

// streamKey is the key of an encrypted stream; without bytes it is not encrypted.
type streamKey struct {
	bytes     []byte
	uri       string
	delivered bool // as an output
}

// newStreamKey takes the key that is asked for, or makes one.
func newStreamKey(e *codec.StreamEncryption) streamKey {
	if e == nil {
		return streamKey{}
	}
	k := streamKey{uri: e.KeyURI, delivered: e.Key == "" || e.KeyURI == ""}
	if k.uri == "" {
		k.uri = codec.StreamKeyName
	}
	if e.Key != "" {
		k.bytes, _ = hex.DecodeString(e.Key) // checked by Validate
		return k
	}
	k.bytes = make([]byte, aes.BlockSize)
	_, _ = rand.Read(k.bytes) // never fails
	return k
}

// forTrack is what encrypts the segments of one track, and what its playlist says of
// it. Each track has a vector of its own.
func (k streamKey) forTrack() (*segmentCipher, *manifest.Key) {
	if k.bytes == nil {
		return nil, nil
	}
	block, err := aes.NewCipher(k.bytes)
	if err != nil { // the length was checked
		return nil, nil
	}
	about := &manifest.Key{URI: k.uri}
	_, _ = rand.Read(about.IV[:])
	c := &segmentCipher{block: block, iv: about.IV}
	c.begin()
	return c, about
}

// segmentCipher encrypts segments as a whole by AES-128 in CBC mode with the padding of
// PKCS #7 (RFC 8216, section 4.3.2.4). Each begins anew.
type segmentCipher struct {
	block cipher.Block
	iv    [aes.BlockSize]byte
	mode  cipher.BlockMode
	rest  []byte // less than a block
}

func (c *segmentCipher) begin() {
	c.mode, c.rest = cipher.NewCBCEncrypter(c.block, c.iv[:]), c.rest[:0]
}

// write encrypts all whole blocks. It leaves b as it is, and returns its length.
func (c *segmentCipher) write(w io.Writer, b []byte) (int, error) {
	whole := append(c.rest, b...)
	n := len(whole) &^ (aes.BlockSize - 1)
	c.mode.CryptBlocks(whole[:n], whole[:n])
	if _, err := w.Write(whole[:n]); err != nil {
		return 0, err
	}
	c.rest = append(c.rest[:0], whole[n:]...)
	return len(b), nil
}

// end writes the last block, and begins the next segment.
func (c *segmentCipher) end(w io.Writer) error {
	n := aes.BlockSize - len(c.rest)
	for range n {
		c.rest = append(c.rest, byte(n))
	}
	c.mode.CryptBlocks(c.rest, c.rest)
	_, err := w.Write(c.rest)
	c.begin()
	return err
}

// size is that of a segment of so many bytes.
func (c *segmentCipher) size(plain int64) int64 {
	if c == nil {
		return plain
	}
	return plain/aes.BlockSize*aes.BlockSize + aes.BlockSize
}
