package codec

import (
	"strconv"

	"golang.org/x/text/language"
)

// mostChosen is how many tracks can be chosen.
const mostChosen = 64

// tracks wants the numbers or languages of tracks.
func (f *faults) tracks(field string, tracks ...string) {
	if len(tracks) > mostChosen {
		f.add(field, "%d are more than %d", len(tracks), mostChosen)
		return
	}
	for _, t := range tracks {
		if n, err := strconv.Atoi(t); err == nil && n >= 0 {
			continue
		}
		if _, err := language.ParseBase(t); err == nil {
			continue
		}
		if _, err := language.Parse(t); err != nil {
			f.add(field, "%q is neither the number of a track nor a language like en", t)
		}
	}
}
