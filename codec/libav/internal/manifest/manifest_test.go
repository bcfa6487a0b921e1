package manifest_test

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec/libav/internal/manifest"
)

// film is a presentation of 13 s: two renditions of the picture, two sounds, and
// captions.
func film() manifest.Presentation {
	video := func(id string, height int, size int64) manifest.Track {
		return manifest.Track{
			ID: id, Kind: manifest.Video, Codecs: "avc1.64001f", Width: height * 16 / 9, Height: height,
			FrameRate: manifest.Rate{Num: 30000, Den: 1001}, Timescale: 30000,
			Segments: []manifest.Segment{
				{Duration: 180180, Bytes: size}, {Duration: 180180, Bytes: 2 * size}, {Duration: 30030, Bytes: size / 6},
			},
		}
	}
	sound := func(id, language string) manifest.Track {
		return manifest.Track{
			ID: id, Kind: manifest.Audio, Codecs: "mp4a.40.2", SampleRate: 48000, Channels: 2,
			Language: language, Timescale: 48000,
			Segments: []manifest.Segment{{Duration: 288000, Bytes: 96000}, {Duration: 336000, Bytes: 112000}},
		}
	}
	return manifest.Presentation{
		Tracks: []manifest.Track{
			video("360p", 360, 600_600), video("720p", 720, 2_102_100), sound("audio", "en"), sound("audio-de", "de"),
		},
		Captions: []manifest.Caption{
			{ID: "captions-1", Label: "English", Language: "en", Captions: true},
			{ID: "captions-2", Label: "<Deutsch> & mehr", Language: "de"},
		},
	}
}

func TestMasterNamesEveryRendition(t *testing.T) {
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="en",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="de",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="audio-de.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound",URI="captions-1.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="<Deutsch> & mehr",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="captions-2.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1728000,AVERAGE-BANDWIDTH=1297231,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio",SUBTITLES="text"
360p.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=5728000,AVERAGE-BANDWIDTH=4220308,CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio",SUBTITLES="text"
720p.m3u8
`
	if got := string(film().Master()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestSoundAloneIsItsOwnVariants(t *testing.T) {
	p := film()
	p.Tracks, p.Captions = p.Tracks[2:3], nil
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-STREAM-INF:BANDWIDTH=128000,AVERAGE-BANDWIDTH=128000,CODECS="mp4a.40.2"
audio.m3u8
`
	if got := string(p.Master()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlaylistsNameEverySegment(t *testing.T) {
	p := film()
	track := p.Tracks[1]
	track.Key = &manifest.Key{URI: "https://keys.example/1", IV: [16]byte{15: 10}}
	want := `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="720p-init.mp4"
#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1",IV=0x0000000000000000000000000000000a
#EXTINF:6.006000,
720p-00001.m4s
#EXTINF:6.006000,
720p-00002.m4s
#EXTINF:1.001000,
720p-00003.m4s
#EXT-X-ENDLIST
`
	if got := string(track.Playlist()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	want = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:13
#EXT-X-MEDIA-SEQUENCE:1
#EXT-X-PLAYLIST-TYPE:VOD
#EXTINF:13.013000,
captions-1.vtt
#EXT-X-ENDLIST
`
	if got := string(p.CaptionPlaylist(p.Captions[0])); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := p.Duration(), 13*time.Second+13*time.Millisecond; got.Round(time.Microsecond) != want {
		t.Errorf("duration %v, want %v", got, want)
	}
}

func TestDASHNamesTheSameSegments(t *testing.T) {
	p := film()
	b, err := p.DASH()
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Type     string `xml:"type,attr"`
		Duration string `xml:"mediaPresentationDuration,attr"`
		Sets     []struct {
			ContentType, MimeType, Lang string
			Attrs                       []xml.Attr `xml:",any,attr"`
			Label                       string
			Representations             []struct {
				ID        string `xml:"id,attr"`
				Bandwidth int    `xml:"bandwidth,attr"`
				Height    int    `xml:"height,attr"`
				BaseURL   string
				Template  struct {
					Media    string `xml:"media,attr"`
					Init     string `xml:"initialization,attr"`
					Timeline []struct {
						D int64 `xml:"d,attr"`
						R int   `xml:"r,attr"`
					} `xml:"SegmentTimeline>S"`
				} `xml:"SegmentTemplate"`
			} `xml:"Representation"`
		} `xml:"Period>AdaptationSet"`
	}
	if err := xml.Unmarshal(b, &m); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	// Video in one set, each language and each caption in its own.
	if m.Type != "static" || m.Duration != "PT13.013S" || len(m.Sets) != 5 {
		t.Fatalf("%s", b)
	}
	video := m.Sets[0].Representations
	if len(video) != 2 || video[1].ID != "720p" || video[1].Height != 720 || video[1].Bandwidth != 5_600_000 {
		t.Errorf("video: %+v", video)
	}
	template := video[1].Template
	if template.Init != p.Tracks[1].Init() ||
		strings.ReplaceAll(template.Media, "$Number%05d$", "00002") != p.Tracks[1].Segment(2) {
		t.Errorf("names: %+v", template)
	}
	line := template.Timeline
	if len(line) != 2 || line[0].D != 180180 || line[0].R != 1 || line[1].D != 30030 || line[1].R != 0 {
		t.Errorf("timeline: %+v", line)
	}
	if m.Sets[4].Label != "<Deutsch> & mehr" || m.Sets[4].Representations[0].BaseURL != "captions-2.vtt" {
		t.Errorf("captions: %+v", m.Sets[4])
	}
}
