package codec

import (
	"cmp"
	"regexp"
	"strconv"
)

// Convert makes a file of another format, and changes its size if asked.
//
// Video and sound are copied without a new encode where the target container
// takes their streams and no field asks for a change.
type Convert struct {
	// Format is the target's name, such as "webp" or "mp4": see [Formats]; or
	// [FormatAuto], for images.
	Format string `json:"format"`
	// Accept says with [FormatAuto] what the client shows: the Accept field of its
	// request, such as "image/avif,image/webp,*/*;q=0.8". "" stands for a client that
	// shows jpg, png and gif.
	Accept string `json:"accept,omitempty"`
	// Quality from 1 to 100 for lossy encoders; 0 means 82.
	Quality int `json:"quality,omitempty"`
	// AutoQuality finds the quality of an image: see [AutoMinSSIM]. It goes with no
	// Quality.
	AutoQuality bool `json:"autoQuality,omitempty"`
	// MinSSIM from 0.5 to 0.9999 is the bound of AutoQuality; 0 means [AutoMinSSIM].
	MinSSIM float64 `json:"minSSIM,omitempty"`
	// Resize is one of the Preset constants up to [PresetHeight] and stands for
	// Width, Height and Fit; "" is none.
	Resize string `json:"resize,omitempty"`
	// Width and Height in pixels of the result; 0 leaves that side to the aspect
	// ratio, and both 0 keep the size. A picture is made smaller, never larger,
	// unless Enlarge is set.
	Width  int `json:"width,omitempty"`
	Height int `json:"height,omitempty"`
	// Fit says what happens when both sides are given and the aspect ratio
	// differs: one of the Fit constants, "" means [FitCover].
	Fit     string `json:"fit,omitempty"`
	Enlarge bool   `json:"enlarge,omitempty"`
	// Background is the colour, as "#rrggbb", behind transparent parts where the
	// target has no transparency, and around a picture with [FitContain]; ""
	// means white.
	Background string `json:"background,omitempty"`
	// KeepProfile keeps the colour profile of an image instead of turning its
	// colours to sRGB.
	KeepProfile bool `json:"keepProfile,omitempty"`
	// AutoOrient turns an image as its EXIF orientation says; nil means true. With
	// false the pixels stay as they are stored, and the orientation stays in the
	// metadata, where the format has them.
	AutoOrient *bool `json:"autoOrient,omitempty"`
	// Page of a tiff, a pdf or another document of images, from 1; 0 means the first,
	// and a note tells that there are more.
	Page int `json:"page,omitempty"`
	// Pages, in the place of Page, are "all", or a range such as "2-5": a tiff then has
	// as many pages if they are of one size. Otherwise each page becomes an output,
	// with "-" and its number behind the name.
	Pages string `json:"pages,omitempty"`
	// Effort of an image's encoder, from 1, which is fast, to 9, which makes small
	// files; 0 means a usual one, and less for large images. jpg, tiff and heif have
	// no choice, and a note says so.
	Effort int `json:"effort,omitempty"`
}

// Name returns "convert".
func (Convert) Name() string { return "convert" }

// Target returns the canonical name of the format.
func (c Convert) Target() string { return canonicalFormat(c.Format) }

// Validate implements [Operation].
func (c Convert) Validate() error {
	f := faults{op: c.Name()}
	f.formatOrAuto(c.Format, c.Accept)
	f.between("quality", c.Quality, 1, 100)
	f.autoQuality(c.AutoQuality, c.MinSSIM, c.Quality)
	size := resize{c.Width, c.Height, c.Fit, ""}
	f.resize(size)
	f.preset("resize", c.Resize, size, plainPresets)
	f.colour("background", c.Background)
	f.between("effort", c.Effort, 1, 9)
	f.between("page", c.Page, 1, mostPage)
	switch first, last, ok := pageRange(c.Pages); {
	case c.Pages == "":
	case !ok || last != 0 && last < first:
		f.add("pages", "%q is not %q and no range such as 2-5", c.Pages, AllPages)
	case c.Page != 0:
		f.add("pages", "does not go with page")
	}
	return f.err()
}

// AllPages are the Pages of a [Convert] that leaves none out.
const AllPages = "all"

// mostPage is more than a document has.
const mostPage = 1_000_000

var pagesPattern = regexp.MustCompile(`^([1-9][0-9]{0,5})-([1-9][0-9]{0,5})$`)

// PageRange returns the first and the last page that Pages stands for, from 1; 0, 0 if
// it is empty, and 0 as the last if there is no other end than that of the document.
func (c Convert) PageRange() (first, last int) {
	first, last, _ = pageRange(c.Pages)
	return first, last
}

func pageRange(pages string) (first, last int, ok bool) {
	if pages == AllPages {
		return 1, 0, true
	}
	ends := pagesPattern.FindStringSubmatch(pages)
	if ends == nil {
		return 0, 0, false
	}
	first, _ = strconv.Atoi(ends[1]) // the pattern has seen both
	last, _ = strconv.Atoi(ends[2])
	return first, last, true
}

// WithDefaults returns c with the preset and the documented defaults in place of
// zero fields, and Format as its canonical name.
func (c Convert) WithDefaults() Convert {
	c.Format = c.Target()
	c.Quality, c.MinSSIM = autoDefaults(c.AutoQuality, c.Quality, c.MinSSIM)
	size := presetSize(c.Resize, resize{c.Width, c.Height, c.Fit, ""})
	c.Resize = ""
	c.Width, c.Height = size.width, size.height
	c.Fit = cmp.Or(size.fit, FitCover)
	c.Background = cmp.Or(c.Background, "#ffffff")
	return c
}
