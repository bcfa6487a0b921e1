package vips

const profileField = "icc-profile-data"

// colour brings the picture to colours that the target can hold: sRGB or grey,
// or with KeepProfile what the profile says, if the target takes that.
func (c *conversion) colour(im image) (image, error) {
	if c.keepsProfile(im) {
		return c.depth(im)
	}
	deep := c.saver.deep && (im.deep() || c.saver.depth > 8)
	switch {
	case im.isCMYK():
		return c.transform(im, args{"input-profile": "cmyk"}, deep)
	case im.has(profileField):
		return c.transform(im, args{}, deep)
	}
	return c.toSpace(im, deep)
}

// keepsProfile reports whether the profile goes into the output, with the
// pixels as they are.
func (c *conversion) keepsProfile(im image) bool {
	if !c.keepProfile || !im.has(profileField) {
		return false
	}
	cmyk := im.isCMYK()
	switch {
	case !c.saver.profile:
		c.note("%s holds no colour profile, so the colours were turned to sRGB", c.target.Name)
	case cmyk && !c.saver.cmyk:
		c.note("%s holds no CMYK, so the colours were turned to sRGB", c.target.Name)
	case !cmyk && im.colours() != 1 && im.colours() != 3:
		c.note("the colours were turned to sRGB, because %s cannot hold them", c.target.Name)
	default:
		return true
	}
	return false
}

// transform turns the colours to sRGB by the profile in the image, or without
// one by the fallback that a has. A profile that does not work is a note.
func (c *conversion) transform(im image, a args, deep bool) (image, error) {
	a["in"], a["output-profile"], a["embedded"] = im, "srgb", true
	a["intent"], a["black-point-compensation"] = "relative", true
	if deep {
		a["depth"] = 16
	}
	out, err := c.call("icc_transform", a)
	if err != nil {
		c.note("the colour profile does not work and was left out: %s", c.said())
		return c.toSpace(im, deep)
	}
	if out, err = c.copy(out); err != nil {
		return out, err
	}
	out.remove(profileField)
	return out, nil
}

// toSpace turns colours without a profile to sRGB or grey, of 8 or 16 bits.
func (c *conversion) toSpace(im image, deep bool) (image, error) {
	to := "srgb"
	grey := im.colours() == 1 && !im.isMultiband()
	switch {
	case deep && grey:
		to = "grey16"
	case deep:
		to = "rgb16"
	case grey:
		to = "b-w"
	}
	return c.call("colourspace", args{"in": im, "space": to})
}

// depth brings a picture that keeps its profile to what the target can hold.
func (c *conversion) depth(im image) (image, error) {
	switch {
	case !im.deep() && c.saver.depth > 8:
		return c.call("cast", args{"in": im, "format": "ushort", "shift": true})
	case !im.deep() || c.saver.deep:
		return im, nil
	}
	return c.call("cast", args{"in": im, "format": "uchar", "shift": true})
}
