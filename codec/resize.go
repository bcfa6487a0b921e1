package codec

import (
	"cmp"
	"slices"
	"strings"
)

// Ways to fit a picture into a box of Width × Height.
const (
	FitCover   = "cover"   // fill the box, cut off what hangs over
	FitContain = "contain" // fit into the box, fill the rest with Background
	FitFill    = "fill"    // stretch to the box
	FitInside  = "inside"  // fit into the box, no side is larger than asked
	FitOutside = "outside" // cover the box, no side is smaller than asked
)

// Gravity says which part of a picture stays when [FitCover] cuts: a side or a
// corner, or the part that libvips finds the most interesting.
const (
	GravityCenter    = "center"
	GravityNorth     = "north"
	GravityNortheast = "northeast"
	GravityEast      = "east"
	GravitySoutheast = "southeast"
	GravitySouth     = "south"
	GravitySouthwest = "southwest"
	GravityWest      = "west"
	GravityNorthwest = "northwest"
	GravityAttention = "attention" // skin, saturated colours and edges
	GravityEntropy   = "entropy"   // the most detail
)

// Presets are sizes with a name, for pictures and video.
const (
	PresetOriginal  = "original"  // the size stays
	PresetWebsite   = "website"   // inside 1920 × 1920: a full-width picture
	PresetEmail     = "email"     // inside 1200 × 1200: a 600-pixel column, twice as dense
	PresetInstagram = "instagram" // cover 1080 × 1080: the feed's square
	PresetLinkedin  = "linkedin"  // cover 1200 × 627: the picture of a shared link
	PresetEcommerce = "ecommerce" // contain 2048 × 2048: a product with room to zoom in
	PresetSquare    = "square"    // cover Width × Width, 1080 if that is 0
	PresetWidth     = "width"     // Width, which must be given; the height follows
	PresetHeight    = "height"    // Height, which must be given; the width follows

	// Of [Transform] only:
	PresetAvatar        = "avatar"         // cover 512 × 512 around what draws attention
	PresetBlogHero      = "blog-hero"      // cover 1600 × 900: 16:9 above an article
	PresetSocialPreview = "social-preview" // cover 1200 × 630: og:image of the Open Graph protocol
)

// MaxSide is the largest Width or Height that an operation may ask for.
const MaxSide = 65535

var (
	fits      = []string{FitCover, FitContain, FitFill, FitInside, FitOutside}
	gravities = []string{GravityCenter, GravityNorth, GravityNortheast, GravityEast,
		GravitySoutheast, GravitySouth, GravitySouthwest, GravityWest, GravityNorthwest,
		GravityAttention, GravityEntropy}
)

// resize is what a preset stands for: the fields of a resize.
type resize struct {
	width, height int
	fit, gravity  string
}

var presets = map[string]resize{
	PresetWebsite:       {1920, 1920, FitInside, ""},
	PresetEmail:         {1200, 1200, FitInside, ""},
	PresetInstagram:     {1080, 1080, FitCover, ""},
	PresetLinkedin:      {1200, 627, FitCover, ""},
	PresetEcommerce:     {2048, 2048, FitContain, ""},
	PresetAvatar:        {512, 512, FitCover, GravityAttention},
	PresetBlogHero:      {1600, 900, FitCover, ""},
	PresetSocialPreview: {1200, 630, FitCover, ""},
}

// plainPresets need nothing but a width and a height; allPresets are those of
// operations with a gravity.
var (
	plainPresets = []string{PresetOriginal, PresetWebsite, PresetEmail, PresetInstagram,
		PresetLinkedin, PresetEcommerce, PresetSquare, PresetWidth, PresetHeight}
	allPresets = append(slices.Clone(plainPresets),
		PresetAvatar, PresetBlogHero, PresetSocialPreview)
)

// presetSize returns what a preset stands for; fields that are set stay as they are,
// but for the sides.
func presetSize(name string, r resize) resize {
	switch name {
	case "":
		return r
	case PresetOriginal:
		r.width, r.height = 0, 0
	case PresetSquare:
		r.width = cmp.Or(r.width, 1080)
		r.height = r.width
		r.fit = cmp.Or(r.fit, FitCover)
	case PresetWidth:
		r.height = 0
	case PresetHeight:
		r.width = 0
	default:
		p := presets[name]
		r = resize{p.width, p.height, cmp.Or(r.fit, p.fit), cmp.Or(r.gravity, p.gravity)}
	}
	return r
}

// resize wants sides, a fit and a gravity.
func (f *faults) resize(r resize) {
	f.between("width", r.width, 1, MaxSide)
	f.between("height", r.height, 1, MaxSide)
	f.oneOf("fit", r.fit, fits...)
	f.oneOf("gravity", r.gravity, gravities...)
}

// preset wants one of the presets in the field, with the side that it needs.
func (f *faults) preset(field, name string, r resize, names []string) {
	f.oneOf(field, name, names...)
	switch {
	case name == PresetWidth && r.width == 0:
		f.add("width", "is needed with %s %s", field, name)
	case name == PresetHeight && r.height == 0:
		f.add("height", "is needed with %s %s", field, name)
	}
}

// pictureFormats are those in which single pictures of video and documents, and
// pictures for the web, are made.
var pictureFormats = []string{"jpg", "png", "webp", "avif"}

// picture wants one of the formats, under any of its names, or "".
func (f *faults) picture(format string, formats ...string) {
	if format != "" && !slices.Contains(formats, canonicalFormat(format)) {
		f.refuse("format", allowance{choices: formats},
			"%q is not one of %s", format, strings.Join(formats, ", "))
	}
}
