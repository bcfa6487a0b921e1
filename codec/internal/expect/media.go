package expect

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Media is what an output must be. A zero field is not looked at, except where it says
// otherwise.
type Media struct {
	// Pictures are when each picture must be shown after the first; none means that
	// there must be no video. Tick is how much each may be off.
	Pictures []time.Duration
	Tick     time.Duration
	// Duration is how long its pictures and its sound must last, Picture or Block the frame
	// by which it may be off, whichever is longer: of the pictures, and of the sound. It
	// may also be longer by two frames of its own sound, three of MP3.
	Duration       time.Duration
	Picture, Block time.Duration
	// Says is what its container may say instead, because of other streams.
	Says time.Duration
	// Width and Height are those of the picture as it is shown.
	Width, Height int
	// Colour are the tags that it must have, "" for none.
	Colour Colour
	// Sound is whether there must be sound.
	Sound bool
	// SSIM is the least similarity to the source, Apart the most that colours may lie
	// apart from those of the source.
	SSIM, Apart float64
	// Louder is by how many LU it must be louder than the source, give or take
	// Loudness.
	Louder, Loudness float64
	// Late is how much earlier or later than in the source the sound may come after the
	// pictures.
	Late time.Duration
}

// Same is what a file must be that is as its source, but for its format and what the
// caller changes: the same pictures at the same times, size and tags, as loud a sound
// within 1 LU, in sync within 20 ms. The caller states SSIM and Apart.
func Same(source *Reading) Media {
	m := Media{
		Tick: 3 * time.Millisecond, Duration: source.Duration, Picture: source.Picture,
		Block: source.Block, Says: source.Says, Width: source.Width, Height: source.Height,
		Colour: source.Colour, Sound: source.HasSound(), Loudness: 1, Late: 20 * time.Millisecond,
	}
	for _, at := range source.Pictures {
		m.Pictures = append(m.Pictures, at-source.Pictures[0])
	}
	return m
}

// Check measures the file at path and compares it with what it must be. The error
// begins each fault that it names with one of the words pictures, times, duration,
// size, colour tags, likeness, colours, sound, sync and loudness.
func (m Media) Check(path string, source *Reading) (Likeness, error) {
	got, err := Read(path)
	if err != nil {
		return Likeness{}, err
	}
	l, err := Compare(got, source)
	if err != nil {
		return l, err
	}
	return l, errors.Join(slices.Concat(m.pictures(got), m.lasts(got), m.looks(got, l),
		m.sounds(got, l))...)
}

func (m Media) pictures(got *Reading) []error {
	if len(got.Pictures) != len(m.Pictures) {
		return []error{fmt.Errorf("pictures: there are %d, want %d", len(got.Pictures),
			len(m.Pictures))}
	}
	for i, at := range got.Pictures {
		if is := at - got.Pictures[0]; (is - m.Pictures[i]).Abs() > m.Tick {
			return []error{fmt.Errorf("times: picture %d is shown after %v, want %v", i, is,
				m.Pictures[i])}
		}
	}
	return nil
}

// lasts compares what the container says and what is in it. An encoder of sound fills its
// last frame, and empties itself into another one; the containers of MP3 count what LAME
// puts before the sound, too: 1,105 samples, which are two frames at low rates.
func (m Media) lasts(got *Reading) (faults []error) {
	frame, filled := max(m.Picture, m.Block), 2*got.Block
	if got.audio.Codec == "mp3" {
		filled = 3 * got.Block
	}
	less, more := frame+m.Tick, max(frame, filled)+m.Tick
	fits := func(d, want time.Duration) bool { return d >= want-less && d <= want+more }
	if d := got.Duration; !fits(d, m.Duration) {
		faults = append(faults, fmt.Errorf("duration: its frames last %v, want %v, %v less or %v more",
			d, m.Duration, less, more))
	}
	if d := got.Says; !fits(d, m.Duration) && !fits(d, m.Says) {
		faults = append(faults, fmt.Errorf("duration: it says %v, want %v, %v less or %v more",
			d, m.Duration, less, more))
	}
	return faults
}

func (m Media) looks(got *Reading, l Likeness) (faults []error) {
	if len(m.Pictures) == 0 || !got.HasVideo() {
		return nil // pictures has told
	}
	if got.Width != m.Width || got.Height != m.Height {
		faults = append(faults, fmt.Errorf("size: it is shown as %d × %d, want %d × %d",
			got.Width, got.Height, m.Width, m.Height))
	}
	if got.Colour != m.Colour {
		faults = append(faults, fmt.Errorf("colour tags: %+v, want %+v", got.Colour, m.Colour))
	}
	if !(l.SSIM >= m.SSIM) {
		faults = append(faults, fmt.Errorf("likeness: the SSIM is %.4f, want %.4f", l.SSIM, m.SSIM))
	}
	if l.Apart > m.Apart {
		faults = append(faults, fmt.Errorf("colours: they lie %.2f apart, allowed are %.2f",
			l.Apart, m.Apart))
	}
	return faults
}

func (m Media) sounds(got *Reading, l Likeness) (faults []error) {
	if got.HasSound() != m.Sound {
		return []error{fmt.Errorf("sound: there is some: %t, want %t", got.HasSound(), m.Sound)}
	}
	if !m.Sound {
		return nil
	}
	if l.Late.Abs() > m.Late {
		faults = append(faults, fmt.Errorf("sync: the sound is %v late, allowed are %v", l.Late,
			m.Late))
	}
	if d := l.Loudness - l.SourceLoudness; !(math.Abs(d-m.Louder) <= m.Loudness) {
		faults = append(faults, fmt.Errorf("loudness: it is %.1f LU louder, want %.1f within %.1f",
			d, m.Louder, m.Loudness))
	}
	return faults
}
