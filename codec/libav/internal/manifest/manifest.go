// Package manifest writes the playlists and the manifest of an adaptive stream:
// HLS (RFC 8216, version 7) and DASH (ISO/IEC 23009-1, the live profile of ISO
// BMFF, as a static presentation) over the same CMAF segments.
//
//	p := manifest.Presentation{Tracks: tracks}
//	master := p.Master()              // master.m3u8
//	video := tracks[0].Playlist()     // 720p.m3u8
//	mpd, err := p.DASH()              // manifest.mpd
//
// It knows names, durations and sizes, and nothing of what is in the segments.
package manifest

import (
	"fmt"
	"time"
)

// Kinds of tracks.
const (
	Video = "video"
	Audio = "audio"
)

// Presentation is what plays together.
type Presentation struct {
	Tracks   []Track // video from low to high, sound
	Captions []Caption
}

// Track is one rendition of the picture or the sound.
type Track struct {
	ID     string // begins the names of its files: "720p", "audio"
	Kind   string // Video or Audio
	Codecs string // as in RFC 6381: "avc1.64001f", "mp4a.40.2"

	Width, Height int  // of Video
	FrameRate     Rate // of Video

	SampleRate, Channels int // of Audio

	Language  string // of Audio, as BCP 47; "" is unknown
	Timescale int    // ticks a second of Segment.Duration
	Segments  []Segment
	Key       *Key // nil: the segments are not encrypted
}

// Rate is a fraction.
type Rate struct{ Num, Den int }

// Segment is one media segment of a track.
type Segment struct {
	Duration int64 // ticks of the track's timescale
	Bytes    int64
}

// Key says how the segments are encrypted: as a whole, by AES-128 in CBC mode with
// the padding of PKCS #7.
type Key struct {
	URI string
	IV  [16]byte
}

// Caption is one WebVTT file for the whole presentation.
type Caption struct {
	ID       string // the name of its file without ".vtt"
	Label    string
	Language string
	Captions bool // for those who do not hear, and not only subtitles
}

// Init is the name of the track's init segment.
func (t Track) Init() string { return t.ID + "-init.mp4" }

// Segment is the name of the track's nth media segment, from 1.
func (t Track) Segment(n int) string { return fmt.Sprintf("%s-%05d.m4s", t.ID, n) }

// PlaylistName is the name of the track's playlist.
func (t Track) PlaylistName() string { return t.ID + ".m3u8" }

// File is the name of the caption's file.
func (c Caption) File() string { return c.ID + ".vtt" }

// PlaylistName is the name of the caption's playlist.
func (c Caption) PlaylistName() string { return c.ID + ".m3u8" }

// ticks is how long the track is.
func (t Track) ticks() (sum int64) {
	for _, s := range t.Segments {
		sum += s.Duration
	}
	return sum
}

func (t Track) seconds(ticks int64) float64 { return float64(ticks) / float64(t.Timescale) }

// Duration is how long the track is.
func (t Track) Duration() time.Duration {
	return time.Duration(t.seconds(t.ticks()) * float64(time.Second))
}

// peak is the bit rate of the segment that has the highest.
func (t Track) peak() (most int) {
	for _, s := range t.Segments {
		if s.Duration > 0 {
			most = max(most, int(float64(s.Bytes)*8/t.seconds(s.Duration)+0.999))
		}
	}
	return most
}

// average is the bit rate of all segments together.
func (t Track) average() int {
	var bytes int64
	for _, s := range t.Segments {
		bytes += s.Bytes
	}
	if t.ticks() == 0 {
		return 0
	}
	return int(float64(bytes)*8/t.seconds(t.ticks()) + 0.999)
}

// of returns the tracks of the kind.
func (p Presentation) of(kind string) (tracks []Track) {
	for _, t := range p.Tracks {
		if t.Kind == kind {
			tracks = append(tracks, t)
		}
	}
	return tracks
}

// Duration is that of the longest track.
func (p Presentation) Duration() (longest time.Duration) {
	for _, t := range p.Tracks {
		longest = max(longest, t.Duration())
	}
	return longest
}
