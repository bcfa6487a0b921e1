package main

import "math"

const rate = 48000 // samples of sound for each second

// sound returns the film's sound, in stereo: left, right, left, …, from -1 to 1.
func sound(seconds float64) []float64 {
	n := int(seconds * rate)
	out := make([]float64, 2*n)
	voice := speech(n)
	surf := newBand(420, 300)
	for i := range n {
		t := float64(i) / rate
		left, right := music(t)
		wash := surf.next(2*hash(i, 0, 201)-1) * (0.55 + 0.45*math.Sin(1.05*t))
		fade := step(0, 0.25, t) * step(seconds, seconds-0.6, t)
		out[2*i] = fade * (0.24*left + 0.50*voice[i] + 0.05*wash)
		out[2*i+1] = fade * (0.24*right + 0.46*voice[i] + 0.05*wash)
	}
	return out
}

// chords are frequencies; each sounds for a second and a half.
var chords = [][]float64{
	{146.83, 220.00, 293.66, 369.99}, {123.47, 185.00, 293.66, 369.99},
	{98.00, 196.00, 293.66, 392.00}, {110.00, 220.00, 277.18, 440.00},
}

// music is a soft pad, and a bell that walks through its chords.
func music(t float64) (left, right float64) {
	const bar = 1.5
	at := int(t/bar) % len(chords)
	for k := range 2 { // this chord, and the end of the one before
		in := math.Mod(t, bar) + float64(k)*bar
		gain := step(0, 0.35, in) * step(bar+0.5, bar-0.1, in)
		for j, f := range chords[(at-k+len(chords))%len(chords)] {
			phase := 2 * math.Pi * f * t
			tone := math.Sin(phase) + 0.35*math.Sin(2*phase+0.3) + 0.12*math.Sin(3*phase)
			wide := math.Sin(phase*1.003+1) * 0.5
			side := 0.35 + 0.1*float64(j)
			left += gain * (tone*(1-side) + wide) * 0.22
			right += gain * (tone*side + wide) * 0.22
		}
	}
	note := math.Mod(t, bar/4)
	f := 2 * chords[at][int(t/(bar/4))%4]
	ring := math.Exp(-5*note) * step(0, 0.006, note) * math.Sin(2*math.Pi*f*t)
	return left + 0.4*ring, right + 0.3*ring
}

// A syllable is one vowel, by its three formants, after a consonant.
type syllable struct {
	start, length float64 // seconds
	pitch         float64 // hertz, at its middle
	formants      [3]float64
	hiss          float64 // of the consonant, 0 for a soft one
}

// The vowels of phrase, in hertz, after Peterson and Barney's measurements.
var (
	ah = [3]float64{730, 1090, 2440}
	ih = [3]float64{390, 1990, 2550}
	aw = [3]float64{570, 840, 2410}
	eh = [3]float64{530, 1840, 2480}
	oo = [3]float64{300, 870, 2240}
	ae = [3]float64{660, 1720, 2410}
	ee = [3]float64{270, 2290, 3010}
	er = [3]float64{490, 1350, 1690}
	uh = [3]float64{640, 1190, 2390}
)

// phrase says nothing in particular, with a breath in between.
var phrase = []syllable{
	{0.40, 0.17, 118, ah, 0.5},
	{0.59, 0.15, 126, ih, 0},
	{0.78, 0.21, 132, aw, 0.8},
	{1.03, 0.14, 124, eh, 0},
	{1.20, 0.16, 119, oo, 0.3},
	{1.42, 0.30, 106, ae, 0.6},
	{2.35, 0.15, 122, ee, 0},
	{2.53, 0.18, 134, ah, 0.7},
	{2.76, 0.14, 138, er, 0.2},
	{2.93, 0.22, 128, aw, 0},
	{3.21, 0.15, 117, ih, 0.9},
	{3.40, 0.34, 102, uh, 0.3},
	{4.30, 0.16, 120, eh, 0.6},
	{4.50, 0.19, 130, oo, 0},
	{4.74, 0.38, 100, ah, 0.5},
}

// speech sends the pulses of a glottis, and hiss, through moving formants.
func speech(n int) []float64 {
	out := make([]float64, n)
	bands := [3]*band{newBand(500, 80), newBand(1500, 100), newBand(2500, 140)}
	teeth := newBand(4600, 1800)
	current, phase, before := phrase[0].formants, 0.0, 0.0
	for i := range n {
		t := float64(i) / rate
		s := speaking(t)
		in := t - s.start
		for k := range bands { // the mouth moves, it does not jump
			current[k] += (s.formants[k] - current[k]) * 0.0012
			if i%32 == 0 {
				bands[k].tune(current[k], 70+35*float64(k))
			}
		}
		gain := step(0.02, 0.07, in) * step(s.length+0.05, s.length-0.06, in)
		phase += s.pitch * (1 + 0.07*math.Sin(math.Pi*in/s.length) + 0.008*math.Sin(31*t)) / rate
		phase -= math.Floor(phase)
		noise := 2*hash(i, 1, 203) - 1
		open := glottis(phase)
		pulse := 6*(open-before) + 0.25*open + 0.02*noise // lips lift what is high
		before = open
		voice := 0.0
		for k, b := range bands {
			voice += b.next(pulse*gain) * [3]float64{1, 0.8, 0.6}[k]
		}
		burst := s.hiss * step(-0.05, -0.02, in) * step(0.05, 0.01, in)
		out[i] = math.Tanh(6*voice + 0.5*teeth.next(noise*burst))
	}
	return out
}

// speaking returns the syllable whose sound is heard at t.
func speaking(t float64) syllable {
	s := phrase[0]
	for _, next := range phrase {
		if t > next.start-0.06 {
			s = next
		}
	}
	return s
}

// glottis opens slowly and closes at once.
func glottis(phase float64) float64 {
	if phase < 0.6 {
		return 0.5 - 0.5*math.Cos(math.Pi*phase/0.6) - 0.3
	}
	return math.Max(1-(phase-0.6)*8, 0) - 0.3
}

// A band is a resonance of two poles.
type band struct{ a, b1, b2, y1, y2 float64 }

func newBand(frequency, width float64) *band {
	b := &band{}
	b.tune(frequency, width)
	return b
}

func (b *band) tune(frequency, width float64) {
	r := math.Exp(-math.Pi * width / rate)
	b.b1, b.b2 = 2*r*math.Cos(2*math.Pi*frequency/rate), -r*r
	b.a = (1 - r) * math.Sqrt(1-2*r*math.Cos(4*math.Pi*frequency/rate)+r*r)
}

func (b *band) next(x float64) float64 {
	y := b.a*x + b.b1*b.y1 + b.b2*b.y2
	b.y1, b.y2 = y, b.y1
	return y
}
