package manifest

import (
	"encoding/xml"
	"fmt"
	"strconv"
)

// DASH returns the manifest. Its types are the elements of ISO/IEC 23009-1.
func (p Presentation) DASH() ([]byte, error) {
	m := mpd{
		XMLNS: "urn:mpeg:dash:schema:mpd:2011", Type: "static", MinBufferTime: "PT4S",
		Profiles: "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019",
		Duration: fmt.Sprintf("PT%.3fS", p.Duration().Seconds()),
	}
	m.Period.ID = "0"
	for _, kind := range []string{Video, Audio} {
		sets := map[string]int{} // by language, the index among m.Period.Sets
		for _, t := range p.of(kind) {
			i, ok := sets[t.Language]
			if !ok {
				i = len(m.Period.Sets)
				sets[t.Language] = i
				m.Period.Sets = append(m.Period.Sets, adaptationSet{
					ID: strconv.Itoa(i), ContentType: kind, MimeType: kind + "/mp4", Lang: t.Language,
					SegmentAlignment: true, StartWithSAP: 1,
				})
			}
			m.Period.Sets[i].Representations = append(m.Period.Sets[i].Representations, representationOf(t))
		}
	}
	for _, c := range p.Captions {
		m.Period.Sets = append(m.Period.Sets, captionSet(len(m.Period.Sets), c))
	}
	b, err := xml.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func representationOf(t Track) representation {
	r := representation{
		ID: t.ID, Codecs: t.Codecs, Bandwidth: t.peak(), Width: t.Width, Height: t.Height,
		SampleRate: t.SampleRate,
		Template: &segmentTemplate{
			Timescale: t.Timescale, StartNumber: 1, Init: t.Init(), Media: t.ID + "-$Number%05d$.m4s",
		},
	}
	if t.Kind == Video && t.FrameRate.Den > 0 {
		r.FrameRate = fmt.Sprintf("%d/%d", t.FrameRate.Num, t.FrameRate.Den)
	}
	if t.Kind == Audio {
		r.Channels = &descriptor{
			Scheme: "urn:mpeg:dash:23003:3:audio_channel_configuration:2011",
			Value:  strconv.Itoa(t.Channels),
		}
	}
	for _, s := range t.Segments {
		line := r.Template.Timeline
		if n := len(line); n > 0 && line[n-1].Duration == s.Duration {
			line[n-1].Repeat++
			continue
		}
		r.Template.Timeline = append(line, timelineEntry{Duration: s.Duration})
	}
	return r
}

func captionSet(i int, c Caption) adaptationSet {
	role := "subtitle"
	if c.Captions {
		role = "caption"
	}
	return adaptationSet{
		ID: strconv.Itoa(i), ContentType: "text", MimeType: "text/vtt", Lang: c.Language,
		Label: c.Label, Role: &descriptor{Scheme: "urn:mpeg:dash:role:2011", Value: role},
		Representations: []representation{{ID: c.ID, Bandwidth: 1000, BaseURL: c.File()}},
	}
}

type mpd struct {
	XMLName       xml.Name `xml:"MPD"`
	XMLNS         string   `xml:"xmlns,attr"`
	Profiles      string   `xml:"profiles,attr"`
	Type          string   `xml:"type,attr"`
	Duration      string   `xml:"mediaPresentationDuration,attr"`
	MinBufferTime string   `xml:"minBufferTime,attr"`
	Period        struct {
		ID   string          `xml:"id,attr"`
		Sets []adaptationSet `xml:"AdaptationSet"`
	} `xml:"Period"`
}

type adaptationSet struct {
	ID               string           `xml:"id,attr"`
	ContentType      string           `xml:"contentType,attr"`
	MimeType         string           `xml:"mimeType,attr"`
	Lang             string           `xml:"lang,attr,omitempty"`
	SegmentAlignment bool             `xml:"segmentAlignment,attr,omitempty"`
	StartWithSAP     int              `xml:"startWithSAP,attr,omitempty"`
	Label            string           `xml:"Label,omitempty"`
	Role             *descriptor      `xml:"Role"`
	Representations  []representation `xml:"Representation"`
}

type representation struct {
	ID         string           `xml:"id,attr"`
	Codecs     string           `xml:"codecs,attr,omitempty"`
	Bandwidth  int              `xml:"bandwidth,attr"`
	Width      int              `xml:"width,attr,omitempty"`
	Height     int              `xml:"height,attr,omitempty"`
	FrameRate  string           `xml:"frameRate,attr,omitempty"`
	SampleRate int              `xml:"audioSamplingRate,attr,omitempty"`
	Channels   *descriptor      `xml:"AudioChannelConfiguration"`
	BaseURL    string           `xml:"BaseURL,omitempty"`
	Template   *segmentTemplate `xml:"SegmentTemplate"`
}

type descriptor struct {
	Scheme string `xml:"schemeIdUri,attr"`
	Value  string `xml:"value,attr"`
}

type segmentTemplate struct {
	Timescale   int             `xml:"timescale,attr"`
	StartNumber int             `xml:"startNumber,attr"`
	Init        string          `xml:"initialization,attr"`
	Media       string          `xml:"media,attr"`
	Timeline    []timelineEntry `xml:"SegmentTimeline>S"`
}

type timelineEntry struct {
	Duration int64 `xml:"d,attr"`
	Repeat   int   `xml:"r,attr,omitempty"`
}
