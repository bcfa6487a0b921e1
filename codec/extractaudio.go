package codec

import "cmp"

// ExtractAudio makes a sound file of the sound of a video, or of another sound
// file.
//
// The sound is copied without a new encode where the format takes it as it is and
// BitrateKbps and Channels are 0.
type ExtractAudio struct {
	// Format is the target's name: a format of the kind [Audio]; "" means mp3.
	Format string `json:"format,omitempty"`
	// BitrateKbps is in thousands of bits a second for all channels, from 32 to
	// 512. 0 keeps the sound as it is where it can be copied, and means 192 where
	// it cannot. It has no quality: where one is to decide, and the bit rate to vary,
	// that is [Convert]. Formats without loss have no choice: a note says so.
	BitrateKbps int `json:"bitrateKbps,omitempty"`
	// Track is the sound to extract: the number of a stream as inspect tells it, such
	// as "2", or a language, such as "en". "" means the one that players play.
	Track string `json:"track,omitempty"`
	// Channels are as in [Convert].
	Channels int `json:"channels,omitempty"`
}

// Name returns "extract-audio".
func (ExtractAudio) Name() string { return "extract-audio" }

// Target returns the canonical name of the format.
func (e ExtractAudio) Target() string { return canonicalFormat(cmp.Or(e.Format, "mp3")) }

// Validate implements [Operation].
func (e ExtractAudio) Validate() error {
	f := faults{op: e.Name()}
	f.format(e.Target(), Audio)
	f.between("bitrateKbps", e.BitrateKbps, 32, 512)
	f.channels(e.Channels)
	if e.Track != "" {
		f.tracks("track", e.Track)
	}
	return f.err()
}
