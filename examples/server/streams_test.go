package main

import (
	"context"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/codec/libav"
	"github.com/spoolmedia/spool/engine/enginetest"
)

// streamer makes the files of a stream out of a text.
type streamer struct{ enginetest.Codec }

func (*streamer) Offers() []codec.Offer {
	return []codec.Offer{
		{Op: "stream", From: []string{"text/plain"}, Lane: codec.LaneAV},
		{Op: "convert", From: []string{"text/plain"}, To: []string{"webp"}, Lane: codec.LaneImage},
	}
}

const master = "#EXTM3U\n#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=700000,BANDWIDTH=800000," +
	"RESOLUTION=640x360,CODECS=\"avc1.64001e,mp4a.40.2\"\n360p.m3u8\n"

func newStreamer() *streamer {
	c := new(streamer)
	c.Do = func(ctx context.Context, w *codec.Work) error {
		if w.Op.Name() == "convert" {
			return enginetest.Write(ctx, w, "film.txt", []byte("a film\n"))
		}
		for name, content := range map[string]string{
			"master.m3u8": master, "manifest.mpd": "<MPD/>", "360p.m3u8": "#EXTM3U\n",
			"360p-1.m4s": "segment", "360p-2.m4s": "segment", "poster.jpg": "poster",
		} {
			if err := enginetest.Write(ctx, w, name, []byte(content)); err != nil {
				return err
			}
		}
		return nil
	}
	return c
}

// postJSON makes a request with a JSON body.
func (f *fixture) postJSON(path, body string, status int, v any) {
	f.t.Helper()
	f.call(f.request("POST", path, strings.NewReader(body), "Content-Type", "application/json"),
		status, v)
}

func TestAStreamOfAStoredFilePlays(t *testing.T) {
	now := time.Now().Truncate(time.Second)
	f := start(t, setup{codecs: []codec.Codec{newStreamer()}, now: func() time.Time { return now }})
	source := f.ended(f.submit(textFile("files", "a.txt"), part{"format", "", "webp"}))
	id := *source.Results.Files[0].StoredFileID
	var a streamAnswer
	f.postJSON("/api/video/streams", `{"sourceFileId":"`+id+`","profile":"basic",`+
		`"tokenTtlSeconds":600,"allowedDomains":["films.example"]}`, 200, &a)
	if a.Stream.AssetID != id || a.Stream.Access != "signed" || a.Stream.Profile != "basic" ||
		a.Stream.ManifestURL != nil {
		t.Errorf("%+v", a.Stream)
	}
	enginetest.Wait(t, f.engine, a.Stream.ID)
	f.get("/api/video/streams/"+a.Stream.ID, 200, &a)
	v := a.Stream
	if v.Status != "ready" || v.ReadyAt == nil || len(v.PackageFormats) != 2 ||
		len(v.Renditions) != 1 || v.Renditions[0] != (streamRendition{"360p", 640, 360, 800000, 700000, "h264", "aac", 2}) {
		t.Errorf("%+v", v)
	}
	nobody := f.as("")
	answer, b := nobody.do(nobody.request("GET", *v.HLSManifestURL, nil))
	if answer.StatusCode != 200 || string(b) != master ||
		answer.Header.Get("Cache-Control") != "public, max-age=600, immutable" {
		t.Errorf("status %d, %q, %v", answer.StatusCode, b, answer.Header)
	}
	// What the playlists name is beside them.
	segment := strings.Replace(*v.HLSManifestURL, "master.m3u8", "360p-1.m4s", 1)
	answer, b = nobody.do(nobody.request("GET", segment, nil, "Range", "bytes=0-2",
		"Origin", "https://films.example"))
	if answer.StatusCode != 206 || string(b) != "seg" ||
		answer.Header.Get("Access-Control-Allow-Origin") != "https://films.example" {
		t.Errorf("status %d, %q, %v", answer.StatusCode, b, answer.Header)
	}
	refused := func(address string, status int, header ...string) {
		t.Helper()
		nobody.call(nobody.request("GET", address, nil, header...), status, nil)
	}
	refused(segment, 403, "Origin", "https://evil.example")
	refused(strings.Replace(segment, "360p-1.m4s", "secret", 1), 404)
	refused(strings.Replace(segment, "/pb_", "/pb_0", 1), 404)
	refused(strings.Replace(segment, v.PlaybackID+"/", v.PlaybackID+"/9", 1), 403)
	refused(f.url+"/video/v1/"+v.PlaybackID+"/public/master.m3u8", 403)
	refused(f.url+"/video/v1/pb_"+source.JobID+"/public/a.webp", 404)
	now = now.Add(601 * time.Second)
	refused(segment, 403)
	// It is no job, and nobody else's.
	f.get("/api/jobs/"+v.ID, 404, nil)
	f.as(bob).get("/api/video/streams/"+v.ID, 404, nil)
	f.as(bob).call(f.as(bob).request("DELETE", "/api/video/streams/"+v.ID, nil), 404, nil)
	var list streamList
	if f.get("/api/video/streams?status=ready", 200, &list); len(list.Streams) != 1 ||
		list.Pagination.Total != 1 {
		t.Errorf("%+v", list)
	}
	f.call(f.request("DELETE", "/api/video/streams/"+v.ID, nil), http.StatusNoContent, nil)
	f.get("/api/video/streams/"+v.ID, 404, nil)
	refused(*v.HLSManifestURL, 404)
}

func TestAPublicStreamNeedsNoToken(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newStreamer()}})
	source := f.ended(f.submit(textFile("files", "a.txt"), part{"format", "", "webp"}))
	var a streamAnswer
	f.postJSON("/api/video/streams", `{"sourceFileId":"`+
		*source.Results.Files[0].StoredFileID+`","access":"public"}`, 200, &a)
	enginetest.Wait(t, f.engine, a.Stream.ID)
	f.get("/api/video/streams/"+a.Stream.ID, 200, &a)
	if !strings.HasSuffix(*a.Stream.PosterURL, "/public/poster.jpg") {
		t.Errorf("the poster is at %s", *a.Stream.PosterURL)
	}
	answer, b := f.as("").do(f.as("").request("GET", *a.Stream.PosterURL, nil))
	if answer.StatusCode != 200 || string(b) != "poster" ||
		answer.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Errorf("status %d, %q, %v", answer.StatusCode, b, answer.Header)
	}
}

func TestStreamsThatCanNeverBe(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newStreamer()}})
	other := f.as(bob)
	theirs := other.ended(other.submit(textFile("files", "a.txt"), part{"format", "", "webp"}))
	id := *theirs.Results.Files[0].StoredFileID
	for body, status := range map[string]int{
		`{}`: 400, `[]`: 400, `{"sourceFileId":"x","sourceUrl":"https://x/"}`: 400,
		`{"sourceFileId":"` + id + `"}`: 404, `{"sourceFileId":"x"}`: 404,
		`{"sourceFileId":"x.0.0"}`: 404,
		`{"sourceFileId":7}`:       400, `{"sourceUrl":"http://127.0.0.1/"}`: 400,
		`{"sourceUrl":"https://x/","profile":"huge"}`:       400,
		`{"sourceUrl":"https://x/","access":"some"}`:        400,
		`{"sourceUrl":"https://x/","tokenTtlSeconds":-1}`:   400,
		`{"sourceUrl":"https://x/","clip":{"start":-1}}`:    400,
		`{"sourceUrl":"https://x/","clip":{"from":1}}`:      400,
		`{"sourceUrl":"https://x/","clip":7}`:               400,
		`{"sourceUrl":"https://x/","segmentDuration":1}`:    400,
		`{"sourceUrl":"https://x/","profile":"custom"}`:     400,
		`{"sourceUrl":"https://x/","allowedDomains":"x.y"}`: 400,
	} {
		f.postJSON("/api/video/streams", body, status, nil)
	}
}

func TestAClipOfAFilmIsStreamed(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{libav.New()}})
	film, err := os.ReadFile("../media/harbour.mp4")
	if err != nil {
		t.Fatal(err)
	}
	source := f.ended(f.submit(part{"files", "harbour.mp4", string(film)}, part{"format", "", "mp4"}))
	var a streamAnswer
	f.postJSON("/api/video/streams", `{"sourceFileId":"`+*source.Results.Files[0].StoredFileID+
		`","profile":"custom","renditions":[{"height":144,"bitrate":100000}],"segmentDuration":2,`+
		`"clip":{"start":1.5,"end":2.1,"mode":"accurate"}}`, 200, &a)
	enginetest.Wait(t, f.engine, a.Stream.ID)
	f.get("/api/video/streams/"+a.Stream.ID, 200, &a)
	v := a.Stream
	if v.Status != "ready" || math.Abs(v.Duration-0.6) > 0.05 || len(v.Renditions) != 1 ||
		v.Renditions[0].SegmentCount != 1 || v.Renditions[0].Codec != "h264" {
		t.Errorf("%+v", v)
	}
}
