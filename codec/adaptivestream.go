package codec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// AdaptiveStream makes a ladder of renditions of a video for adaptive streaming: HLS
// (RFC 8216) and DASH (ISO/IEC 23009-1) from the same CMAF segments. The outputs
// are master.m3u8, manifest.mpd, a playlist, an init segment and media segments
// for each rendition and for the sound, captions, and poster.jpg. They name each
// other without folders: serve them side by side.
type AdaptiveStream struct {
	// Profile is one of the Profile constants; "" means [ProfileStandard], or
	// [ProfileCustom] if there are Renditions. No rendition is higher than the
	// video: those that would be are left out.
	Profile string `json:"profile,omitempty"`
	// Renditions of [ProfileCustom], at most 12, no height twice.
	Renditions []StreamRendition `json:"renditions,omitempty"`
	// SegmentDuration in seconds, from 2 to 12; 0 means 6.
	SegmentDuration int `json:"segmentDuration,omitempty"`
	// PackageFormats are "hls" and "dash"; none means both.
	//
	// With Encryption, none means "hls".
	PackageFormats []string `json:"packageFormats,omitempty"`
	// Captions to go with the video, at most 32. Their times count from the start of
	// the stream.
	Captions []Caption `json:"captions,omitempty"`
	// SubtitleTracks are those of the video's own subtitles that become captions, besides
	// Captions: the number of a stream as inspect tells it, such as "2", or a language,
	// such as "en", which takes all in it. None takes none, and those that are pictures
	// are an error. Players show them by the name of their language.
	SubtitleTracks []string `json:"subtitleTracks,omitempty"`
	// Clip is the part of the video to stream; the zero Clip is all of it.
	Clip Clip `json:"clip,omitzero"`
	// Encryption of the segments, for HLS: DASH knows none of this kind. nil leaves
	// them open.
	Encryption *StreamEncryption `json:"encryption,omitempty"`
}

// StreamEncryption encrypts the segments of picture and sound by AES-128 (RFC 8216,
// section 4.3.2.4). Whoever has the key sees the video: let only those have it who
// may. The poster and the captions stay open.
type StreamEncryption struct {
	// KeyURI is where players get the 16 bytes of the key, an address or a name beside
	// the playlists; "" means [StreamKeyName].
	KeyURI string `json:"keyUri,omitempty"`
	// Key is of 32 hexadecimal digits, and kept with the job; "" makes one. A key that
	// was made, or that has no KeyURI, is an output called [StreamKeyName].
	Key string `json:"key,omitempty"`
}

// StreamKeyName is the output that holds the key of an encrypted stream.
const StreamKeyName = "stream.key"

// Profiles of a [AdaptiveStream].
const (
	ProfileBasic     = "basic"      // 360p, 480p
	ProfileStandard  = "standard"   // 360p, 480p, 720p
	ProfileHD        = "hd"         // 360p, 480p, 720p, 1080p
	ProfileSourceMax = "source_max" // up to 2160p, as high as the video
	ProfileCustom    = "custom"     // Renditions
)

// StreamRendition is one step of the ladder of a [AdaptiveStream].
type StreamRendition struct {
	// Height in pixels, from 144 to 4320; it is made even.
	Height int `json:"height"`
	// Bitrate of the picture in bits a second, from 50,000 to 100,000,000; 0 goes
	// by the height: 800,000 at 360p, 2,800,000 at 720p, 5,000,000 at 1080p.
	Bitrate int `json:"bitrate,omitempty"`
	// AudioBitrate in bits a second, from 32,000 to 512,000; 0 means 128,000. The
	// sound is one rendition for all: the highest decides.
	AudioBitrate int `json:"audioBitrate,omitempty"`
}

// Caption is text that is shown with a video.
type Caption struct {
	Label    string `json:"label"`          // for the viewer: "English"
	Language string `json:"language"`       // BCP 47: "en"
	Kind     string `json:"kind,omitempty"` // "subtitles" (default) or "captions"
	Content  string `json:"content"`        // WebVTT, at most 4 MiB
}

// ladder is the bit rates that go well with heights, for H.264 at up to 30 frames a
// second.
var ladder = []StreamRendition{
	{Height: 360, Bitrate: 800_000}, {Height: 480, Bitrate: 1_400_000},
	{Height: 720, Bitrate: 2_800_000}, {Height: 1080, Bitrate: 5_000_000},
	{Height: 1440, Bitrate: 9_000_000}, {Height: 2160, Bitrate: 16_000_000},
}

// rungs is how much of the ladder a profile takes.
var rungs = map[string]int{
	ProfileBasic: 2, ProfileStandard: 3, ProfileHD: 4, ProfileSourceMax: len(ladder),
}

// Name returns "stream".
func (AdaptiveStream) Name() string { return "stream" }

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)

// Validate implements [Operation].
func (s AdaptiveStream) Validate() error {
	f := faults{op: s.Name()}
	f.oneOf("profile", s.Profile, ProfileBasic, ProfileStandard, ProfileHD, ProfileSourceMax,
		ProfileCustom)
	custom := s.Profile == ProfileCustom || s.Profile == ""
	switch {
	case s.Profile == ProfileCustom && len(s.Renditions) == 0:
		f.add("renditions", "are needed with profile %s", s.Profile)
	case !custom && len(s.Renditions) > 0:
		f.add("renditions", "do not go with profile %s", s.Profile)
	case len(s.Renditions) > 12:
		f.add("renditions", "%d are more than 12", len(s.Renditions))
	}
	f.between("segmentDuration", s.SegmentDuration, 2, 12)
	f.encryption(s)
	for _, p := range s.PackageFormats {
		f.oneOf("packageFormats", cmp.Or(p, "nothing"), "hls", "dash")
	}
	if len(s.Captions) > 32 {
		f.add("captions", "%d are more than 32", len(s.Captions))
	}
	f.tracks("subtitleTracks", s.SubtitleTracks...)
	for i, r := range s.Renditions {
		f.prefix = fmt.Sprintf("renditions[%d].", i)
		f.rendition(r)
		if slices.ContainsFunc(s.Renditions[:i], func(o StreamRendition) bool {
			return o.Height == r.Height
		}) {
			f.add("height", "%d is there twice", r.Height)
		}
	}
	for i, c := range s.Captions {
		f.prefix = fmt.Sprintf("captions[%d].", i)
		f.caption(c)
	}
	f.prefix = "clip."
	f.clip(s.Clip)
	return f.err()
}

var (
	keyDigits = regexp.MustCompile(`^[0-9a-fA-F]{32}$`)
	keyURI    = regexp.MustCompile(`^[!#-~]{1,1000}$`) // without quotes and blanks
)

func (f *faults) encryption(s AdaptiveStream) {
	if s.Encryption == nil {
		return
	}
	if slices.Contains(s.PackageFormats, "dash") {
		f.add("packageFormats", "dash does not go with encryption")
	}
	if k := s.Encryption.Key; k != "" && !keyDigits.MatchString(k) {
		f.add("encryption.key", "is not of 32 hexadecimal digits")
	}
	if u := s.Encryption.KeyURI; u != "" && !keyURI.MatchString(u) {
		f.add("encryption.keyUri", "%q is no address", u)
	}
}

func (f *faults) rendition(r StreamRendition) {
	if r.Height < 144 || r.Height > 4320 {
		f.add("height", "%d is not between 144 and 4320", r.Height)
	}
	f.between("bitrate", r.Bitrate, 50_000, 100_000_000)
	f.between("audioBitrate", r.AudioBitrate, 32_000, 512_000)
}

func (f *faults) caption(c Caption) {
	if c.Label == "" || len(c.Label) > 100 || strings.ContainsFunc(c.Label, func(r rune) bool {
		return r < ' ' || r == '"' || r == '\uFFFD'
	}) {
		f.add("label", "%q is not of 1 to 100 bytes without quotes and line breaks", c.Label)
	}
	if !languageTag.MatchString(c.Language) {
		f.add("language", "%q is no language like en or pt-BR", c.Language)
	}
	f.oneOf("kind", c.Kind, "subtitles", "captions")
	if len(c.Content) > 4<<20 || !strings.HasPrefix(strings.TrimPrefix(c.Content, "\uFEFF"), "WEBVTT") {
		f.add("content", "is not WebVTT of at most 4 MiB")
	}
}

// WithDefaults returns s with the documented defaults in place of zero fields, and
// as [ProfileCustom] with the renditions of its profile, from low to high.
func (s AdaptiveStream) WithDefaults() AdaptiveStream {
	if len(s.Renditions) == 0 {
		s.Renditions = ladder[:rungs[cmp.Or(s.Profile, ProfileStandard)]]
	}
	s.Profile = ProfileCustom
	s.Renditions = slices.Clone(s.Renditions)
	for i, r := range s.Renditions {
		s.Renditions[i] = StreamRendition{
			Height: r.Height, Bitrate: cmp.Or(r.Bitrate, bitrateOf(r.Height)),
			AudioBitrate: cmp.Or(r.AudioBitrate, 128_000),
		}
	}
	slices.SortFunc(s.Renditions, func(a, b StreamRendition) int { return cmp.Compare(a.Height, b.Height) })
	s.SegmentDuration = cmp.Or(s.SegmentDuration, 6)
	if len(s.PackageFormats) == 0 {
		s.PackageFormats = []string{"hls", "dash"}
		if s.Encryption != nil {
			s.PackageFormats = []string{"hls"}
		}
	}
	s.Captions = slices.Clone(s.Captions)
	for i := range s.Captions {
		s.Captions[i].Kind = cmp.Or(s.Captions[i].Kind, "subtitles")
	}
	return s
}

// bitrateOf goes between the steps of the ladder, by the number of pixels.
func bitrateOf(height int) int {
	nearest := ladder[0]
	for _, r := range ladder {
		if r.Height <= height {
			nearest = r
		}
	}
	share := float64(height) / float64(nearest.Height)
	return int(float64(nearest.Bitrate)*share*share/1000) * 1000
}
