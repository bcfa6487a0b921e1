package libav

import "slices"

// exact are the formats whose encoders have no quality.
var exact = map[string]bool{"png": true, "gif": true, "wav": true, "flac": true}

// noteUnused says which fields were given in vain.
func (p *planner) noteUnused() {
	for _, field := range []struct {
		name  string
		given bool
	}{
		{"autoOrient", p.op.AutoOrient != nil && !*p.op.AutoOrient},
		{"autoQuality", p.op.AutoQuality},
		{"effort", p.op.Effort != 0 && (p.target.video == "" || p.target.still)},
		{"keepProfile", p.op.KeepProfile},
		{"page", p.op.Page != 0},
		{"pages", p.op.Pages != ""},
	} {
		if field.given {
			p.note(field.name + " was not used: it is for pictures.")
		}
	}
	heard := func(s stream) bool { return s.kind == audio }
	if p.op.Channels != 0 && p.op.Sound == "" && !slices.ContainsFunc(p.streams, heard) {
		p.note("channels was not used: there is no sound.")
	}
	if p.op.asked && exact[p.op.Format] {
		p.note("the quality was not used: " + p.op.Format + " has none")
	}
	if p.target.sound && !p.op.Video.IsZero() {
		p.note("video was not used: it is for films.")
	}
}
