package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
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
	return nil
}

var (
	bandwidth  = regexp.MustCompile(`[:,]BANDWIDTH=(\d+)`)
	average    = regexp.MustCompile(`AVERAGE-BANDWIDTH=(\d+)`)
	resolution = regexp.MustCompile(`RESOLUTION=(\d+)x(\d+)`)
)

// readLadder reads the renditions from the master playlist (RFC 8216, 4.3.4.2).
func (s *server) readLadder(r *http.Request, v *streamView, master engine.Output) error {
	reader, err := s.engine.OpenOutput(r.Context(), master)
	if err != nil {
		return err
	}
	defer reader.Close()
	attribute := func(re *regexp.Regexp, line string, n int) int {
		if m := re.FindStringSubmatch(line); m != nil {
			value, _ := strconv.Atoi(m[n]) // it is digits
			return value
		}
		return 0
	}
	var info string
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#EXT-X-STREAM-INF:"):
			info = line
		case info != "" && line != "" && line[0] != '#':
			v.Renditions = append(v.Renditions, streamRendition{
				ID: strings.TrimSuffix(line, ".m3u8"), Bitrate: attribute(bandwidth, info, 1),
				AverageBitrate: attribute(average, info, 1), Width: attribute(resolution, info, 1),
				Height: attribute(resolution, info, 2),
			})
			info = ""
		}
	}
	return lines.Err()
}
