package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/engine"
)

// streamView is a stream as clients see it.
type streamView struct {
	ID              string            `json:"id"`
	AssetID         string            `json:"assetId"`
	PlaybackID      string            `json:"playbackId"`
	Status          string            `json:"status"` // pending, processing, ready, failed
	Access          string            `json:"access"`
	Profile         string            `json:"profile"`
	Duration        float64           `json:"duration"`
	Width           int               `json:"width"`
	Height          int               `json:"height"`
	ManifestURL     *string           `json:"manifestUrl"`
	HLSManifestURL  *string           `json:"hlsManifestUrl"`
	DASHManifestURL *string           `json:"dashManifestUrl"`
	PosterURL       *string           `json:"posterUrl"`
	Renditions      []streamRendition `json:"renditions"`
	Error           *string           `json:"error"`
	CreatedAt       time.Time         `json:"createdAt"`
	ReadyAt         *time.Time        `json:"readyAt"`
	PackageFormats  []string          `json:"packageFormats"`
	TokenTTLSeconds int               `json:"tokenTtlSeconds"`
	AllowedDomains  []string          `json:"allowedDomains"`
	Captions        []streamCaption   `json:"captions"`
}

type streamCaption struct {
	ID       string `json:"id"`
	Label    string `json:"label"`
	Language string `json:"language"`
	URL      string `json:"url"`
}

type streamRendition struct {
	ID             string `json:"id"`
	Width          int    `json:"width"`
	Height         int    `json:"height"`
	Bitrate        int    `json:"bitrate"`
	AverageBitrate int    `json:"averageBitrate"`
	Codec          string `json:"codec"`
	AudioCodec     string `json:"audioCodec"` // "" without sound
	SegmentCount   int    `json:"segmentCount"`
}

func (s *server) streamView(r *http.Request, job engine.Job) (streamView, error) {
	var o streamOrder
	if err := json.Unmarshal([]byte(job.Labels["stream"]), &o); err != nil {
		return streamView{}, err
	}
	file, err := s.engine.File(r.Context(), job.ID, 0)
	if err != nil {
		return streamView{}, err
	}
	v := streamView{
		ID: job.ID, AssetID: o.SourceFileID, PlaybackID: "pb_" + job.ID, Access: o.Access,
		Status: statusOf(job.Status), Duration: file.Media.Duration.Seconds(),
		Width: file.Media.Width, Height: file.Media.Height, Renditions: []streamRendition{},
		Captions:  []streamCaption{},
		CreatedAt: job.Created, PackageFormats: []string{}, TokenTTLSeconds: o.TokenTTLSeconds,
		AllowedDomains: append([]string{}, o.AllowedDomains...),
	}
	op, _ := job.Operation.(codec.AdaptiveStream)
	switch v.Profile = op.Profile; {
	case v.Profile == "" && len(op.Renditions) > 0:
		v.Profile = codec.ProfileCustom
	case v.Profile == "":
		v.Profile = codec.ProfileStandard
	}
	if job.Error != nil {
		v.Error = &job.Error.Message
	}
	if job.Status == engine.Completed {
		v.Status, v.ReadyAt = "ready", timeOf(job.Ended)
		err = s.addPlayback(r, &v, o, op, file)
	}
	return v, err
}

// addPlayback adds the addresses of a stream that is ready, and what its ladder is.
func (s *server) addPlayback(
	r *http.Request, v *streamView, o streamOrder, op codec.AdaptiveStream, file engine.File,
) error {
	base := s.baseOf(r) + "/video/v1/" + v.PlaybackID + "/" + s.grant(v.PlaybackID, o) + "/"
	for i, c := range op.Captions {
		id := fmt.Sprintf("captions-%d", i+1)
		v.Captions = append(v.Captions, streamCaption{id, c.Label, c.Language, base + id + ".vtt"})
	}
	for _, known := range []struct {
		name, format string
		url          **string
	}{
		{"master.m3u8", "hls", &v.HLSManifestURL}, {"manifest.mpd", "dash", &v.DASHManifestURL},
		{"poster.jpg", "", &v.PosterURL},
	} {
		i := slices.IndexFunc(file.Outputs, func(o engine.Output) bool { return o.Name == known.name })
		if i < 0 {
			continue
		}
		address := base + known.name
		*known.url = &address
		if known.format != "" {
			v.PackageFormats = append(v.PackageFormats, known.format)
			if v.ManifestURL == nil {
				v.ManifestURL = &address
			}
		}
		if known.format == "hls" {
			if err := s.readLadder(r, v, file.Outputs[i]); err != nil {
				return err
			}
		}
	}
	addSegments(v, file.Outputs)
	return nil
}

// addSegments counts the segments of each rendition. How long they are together is
// how long the stream is: it may be a clip of the film.
func addSegments(v *streamView, outputs []engine.Output) {
	for i := range v.Renditions {
		r, length := &v.Renditions[i], time.Duration(0)
		for _, o := range outputs {
			if strings.HasPrefix(o.Name, r.ID+"-") && path.Ext(o.Name) == ".m4s" {
				r.SegmentCount++
				length += o.Result.Media.Duration
			}
		}
		v.Duration = length.Seconds()
	}
}

// attributes are those of a line of a playlist (RFC 8216, 4.2).
var attributes = regexp.MustCompile(`([A-Z-]+)=(?:"([^"]*)"|([^,]*))`)

// codecNames are those of the hosted API, by the beginning of a name in a playlist.
var codecNames = map[string]string{
	"avc1": "h264", "hvc1": "h265", "hev1": "h265", "av01": "av1", "mp4a": "aac",
}

// renditionOf reads one from the lines of a master playlist (RFC 8216, 4.3.4.2).
func renditionOf(info, address string) streamRendition {
	v := streamRendition{ID: strings.TrimSuffix(address, ".m3u8")}
	for _, m := range attributes.FindAllStringSubmatch(info, -1) {
		switch name, value := m[1], m[2]+m[3]; name {
		case "BANDWIDTH":
			v.Bitrate, _ = strconv.Atoi(value)
		case "AVERAGE-BANDWIDTH":
			v.AverageBitrate, _ = strconv.Atoi(value)
		case "RESOLUTION":
			_, _ = fmt.Sscanf(value, "%dx%d", &v.Width, &v.Height)
		case "CODECS":
			picture, sound, _ := strings.Cut(value, ",")
			v.Codec = codecNames[picture[:min(4, len(picture))]]
			v.AudioCodec = codecNames[sound[:min(4, len(sound))]]
		}
	}
	return v
}

// readLadder reads the renditions from the master playlist.
func (s *server) readLadder(r *http.Request, v *streamView, master engine.Output) error {
	reader, err := s.engine.OpenOutput(r.Context(), master)
	if err != nil {
		return err
	}
	defer reader.Close()
	var info string
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#EXT-X-STREAM-INF:"):
			info = line
		case info != "" && line != "" && line[0] != '#':
			v.Renditions = append(v.Renditions, renditionOf(info, line))
			info = ""
		}
	}
	return lines.Err()
}
