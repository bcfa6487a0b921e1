package libav_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/codectest"
	"github.com/spoolmedia/spool/codec/libav"
)

// playlists are texts that make FFmpeg open other things, if it is let.
func playlists(file, address string) map[string]string {
	return map[string]string{
		"concat.mp4": "ffconcat version 1.0\nfile " + file + "\n",
		"hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n" + file + "\n#EXTINF:1,\nhttp://" +
			address + "/a.ts\n#EXT-X-ENDLIST\n",
		"dash.mp4": `<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"
mediaPresentationDuration="PT1S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>
<AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>http://` + address +
			`/v.mp4</BaseURL><SegmentBase indexRange="0-1"/></Representation></AdaptationSet></Period></MPD>`,
	}
}

const canary = "spool-canary"

// TestOutsideIsNeverTouched runs itself again under strace and looks for the
// canary and for connections.
func TestOutsideIsNeverTouched(t *testing.T) {
	if dir := os.Getenv("SPOOL_TRACED"); dir != "" {
		readPlaylists(t, dir, os.Getenv("SPOOL_ADDRESS"))
		return
	}
	codectest.NeedCommands(t, "strace")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, canary), wave(0.1), 0o600); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	cmd := exec.CommandContext(t.Context(), "strace", "-f", "-o", log, "-e",
		"trace=open,openat,connect", os.Args[0], "-test.run=^TestOutsideIsNeverTouched$")
	cmd.Env = append(os.Environ(), "SPOOL_TRACED="+dir, "SPOOL_ADDRESS="+l.Addr().String())
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	calls, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(calls)) {
		if strings.Contains(line, canary) || strings.Contains(line, "AF_INET") {
			t.Errorf("touched: %s", line)
		}
	}
	if !strings.Contains(string(calls), "witness") {
		t.Error("strace did not see a file that was opened on purpose")
	}
}

func readPlaylists(t *testing.T, dir, address string) {
	if _, err := os.Open(filepath.Join(dir, "witness")); err == nil {
		t.Fatal("there is a witness")
	}
	c := libav.New()
	for name, text := range playlists(filepath.Join(dir, canary), address) {
		for _, mediaType := range c.Offers()[0].From {
			in := codectest.NewInput(name, mediaType, []byte(text))
			err := c.Process(t.Context(), &codec.Work{Op: codec.Convert{Format: "mkv"},
				In: []codec.Input{in}, Out: new(codectest.Sink)})
			if err == nil {
				t.Errorf("%s was converted as %s", name, mediaType)
			}
		}
	}
}

// sparse is a film with a hole of a gigabyte in it, which reads as zeros.
type sparse struct {
	codec.Input
	at, hole int64
}

func (s sparse) Size() int64 { return s.Input.Size() + s.hole }

// ReadAt reads from the part before, in or behind the hole, and on from there.
func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	switch {
	case off < s.at:
		n, err := s.Input.ReadAt(p[:min(int64(len(p)), s.at-off)], off)
		if err != nil || n == len(p) {
			return n, err
		}
		more, err := s.ReadAt(p[n:], off+int64(n))
		return n + more, err
	case off >= s.at+s.hole:
		return s.Input.ReadAt(p, off-s.hole)
	}
	n := int(min(int64(len(p)), s.at+s.hole-off))
	clear(p[:n])
	if n == len(p) {
		return n, nil
	}
	more, err := s.ReadAt(p[n:], off+int64(n))
	return n + more, err
}

// TestProbeOfAGigabyteReadsLittle opens a film whose index lies behind a gigabyte
// of media data.
func TestProbeOfAGigabyteReadsLittle(t *testing.T) {
	data, err := os.ReadFile(clapper(t, "film.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	const hole = 1 << 30
	mdat, moov := bytes.Index(data, []byte("mdat"))-4, bytes.LastIndex(data, []byte("moov"))-4
	if mdat < 0 || moov < mdat {
		t.Fatalf("the index is at %d, the data at %d", moov, mdat)
	}
	size := binary.BigEndian.Uint32(data[mdat:])
	binary.BigEndian.PutUint32(data[mdat:], size+hole)
	in := codectest.Count(sparse{codectest.NewInput("film.mp4", "video/mp4", data), int64(moov), hole})
	if mediaType, err := codec.Sniff(in, in.Size()); mediaType != "video/mp4" || err != nil {
		t.Fatalf("it is taken for %s, %v", mediaType, err)
	}
	m, _, err := libav.New().Probe(t.Context(), &codec.Work{In: []codec.Input{in}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Width != 160 || m.Duration.Round(time.Second) != 4*time.Second || in.Bytes() >= 2<<20 {
		t.Errorf("%d bytes were read for %+v", in.Bytes(), m)
	}
}
