package libav_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/internal/command"
)

// played copies what a player sees of a playlist into one file.
func played(t testing.TB, playlist string) (path string, err error) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "played.mkv")
	out, err := command.Said("ffmpeg", "-v", "error", "-xerror", "-allowed_extensions", "ALL",
		"-i", playlist, "-map", "v:0", "-map", "a:0", "-c", "copy", path)
	if err == nil && len(out) > 0 {
		err = os.ErrInvalid
	}
	return path, err
}

func TestAnEncryptedStreamPlaysWithItsKeyOnly(t *testing.T) {
	t.Parallel()
	in := clapper(t, "in.mp4", "-vf", "scale=64:48", "-c:v", "libx264", "-preset", "ultrafast")
	given := strings.Repeat("5a", 15) + "01"
	for name, test := range map[string]struct {
		encryption codec.StreamEncryption
		uri        string
		delivered  bool
	}{
		"made":             {codec.StreamEncryption{}, "stream.key", true},
		"made for a place": {codec.StreamEncryption{KeyURI: "keys/7"}, "keys/7", true},
		"given":            {codec.StreamEncryption{Key: given}, "stream.key", true},
		"given with place": {codec.StreamEncryption{Key: given, KeyURI: "keys/7"}, "keys/7", false},
	} {
		dir, outputs := streamed(t, in, codec.AdaptiveStream{SegmentDuration: 2,
			Encryption: &test.encryption})
		key, err := os.ReadFile(filepath.Join(dir, codec.StreamKeyName))
		if (err == nil) != test.delivered {
			t.Errorf("%s: %v", name, err)
		}
		want, _ := hex.DecodeString(given)
		if test.encryption.Key == "" {
			want = key
		}
		if len(want) != 16 || test.delivered && !bytes.Equal(key, want) {
			t.Errorf("%s: the key is %x, want %x", name, key, want)
		}
		segments := 0
		for _, o := range outputs {
			if strings.HasSuffix(o.Name, ".m4s") {
				if segments++; bytes.Contains(o.Data, []byte("moof")) || len(o.Data)%16 != 0 {
					t.Errorf("%s: %s is not encrypted", name, o.Name)
				}
			}
			if strings.HasSuffix(o.Name, "p.m3u8") &&
				!strings.Contains(string(o.Data), `METHOD=AES-128,URI="`+test.uri+`",IV=0x`) {
				t.Errorf("%s: the playlist is %s", name, o.Data)
			}
			if o.Name == "manifest.mpd" {
				t.Errorf("%s: there is a DASH manifest", name)
			}
		}
		if segments != 4 { // two of the picture, two of the sound
			t.Errorf("%s: %d segments", name, segments)
		}
		place := filepath.Join(dir, test.uri)
		if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(place, want, 0o600); err != nil {
			t.Fatal(err)
		}
		master := filepath.Join(dir, "master.m3u8")
		path, err := played(t, master)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := codectest.InSync(path, 20*time.Millisecond); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := os.WriteFile(place, make([]byte, 16), 0o600); err != nil {
			t.Fatal(err)
		}
		path, err = played(t, master)
		if err == nil && codectest.InSync(path, time.Second) == nil {
			t.Errorf("%s: it plays with another key", name)
		}
	}
}
