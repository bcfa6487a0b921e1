package main

import (
	"bufio"
	"encoding/json"
	"errors"
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

// streamAccount is the account of an account's streams: they are no jobs of a list,
// and stay until they are deleted.
func streamAccount(account string) string { return account + "+streams" }

// Bounds of tokenTtlSeconds.
const (
	defaultTTL = 3600
	mostTTL    = 7 * 24 * 3600
)

// streamOrder is what POST /api/video/streams takes, besides the fields of the
// operation.
type streamOrder struct {
	SourceFileID    string   `json:"sourceFileId"`
	SourceURL       string   `json:"sourceUrl"`
	Access          string   `json:"access"`
	TokenTTLSeconds int      `json:"tokenTtlSeconds"`
	AllowedDomains  []string `json:"allowedDomains"`
}

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

type (
	streamAnswer struct {
		Stream streamView `json:"stream"`
	}
	streamList struct {
		Streams    []streamView `json:"streams"`
		Pagination pagination   `json:"pagination"`
	}
)

// createStream makes a stream of a file that a job has made, or of one from the web.
func (s *server) createStream(w http.ResponseWriter, r *http.Request) error {
	if _, ok := s.tool("stream"); !ok {
		return failf(http.StatusNotImplemented,
			"Streams are not available on this server. Convert the video to mp4 or webm instead.")
	}
	var body map[string]json.RawMessage
	if err := readJSON(w, r, &body); err != nil {
		return err
	}
	o, err := takeStreamOrder(body)
	if err != nil {
		return err
	}
	settings, err := json.Marshal(body)
	if err != nil {
		return err
	}
	op, err := s.registry.Decode("stream", settings)
	if err == nil {
		err = op.Validate()
	}
	if err != nil {
		return failf(http.StatusBadRequest, "%s", plain(err))
	}
	in, done, err := s.streamInput(r, o)
	if err != nil {
		return err
	}
	defer done()
	text, err := json.Marshal(o)
	if err != nil {
		return err
	}
	job, err := s.engine.Submit(r.Context(), engine.Request{
		Account: streamAccount(accountOf(r.Context())), Inputs: []engine.Input{in}, Operation: op,
		IdempotencyKey: r.Header.Get("Idempotency-Key"), Retain: -1,
		Labels: map[string]string{"stream": string(text)},
	})
	if err != nil {
		return err
	}
	return s.answerStream(w, r, job)
}

// takeStreamOrder takes what is not of the operation out of the body.
func takeStreamOrder(body map[string]json.RawMessage) (o streamOrder, err error) {
	if _, ok := body["clip"]; ok {
		return o, failf(http.StatusNotImplemented, "clip is not available here: trim the video first.")
	}
	for name, field := range map[string]any{
		"sourceFileId": &o.SourceFileID, "sourceUrl": &o.SourceURL, "access": &o.Access,
		"tokenTtlSeconds": &o.TokenTTLSeconds, "allowedDomains": &o.AllowedDomains,
	} {
		if text, ok := body[name]; ok && json.Unmarshal(text, field) != nil {
			return o, failf(http.StatusBadRequest, "%s: %s does not fit.", name, text)
		}
		delete(body, name)
	}
	switch {
	case (o.SourceFileID == "") == (o.SourceURL == ""):
		return o, failf(http.StatusBadRequest, "Either sourceFileId or sourceUrl is needed.")
	case o.Access != "" && o.Access != "public" && o.Access != "signed":
		return o, failf(http.StatusBadRequest, "access: %q is neither public nor signed.", o.Access)
	case o.TokenTTLSeconds < 0 || o.TokenTTLSeconds > mostTTL:
		return o, failf(http.StatusBadRequest, "tokenTtlSeconds must be from 1 to %d.", mostTTL)
	}
	if o.Access == "" {
		o.Access = "signed"
	}
	if o.TokenTTLSeconds == 0 {
		o.TokenTTLSeconds = defaultTTL
	}
	return o, nil
}

// streamInput returns the source of a stream, and what lets go of it.
func (s *server) streamInput(r *http.Request, o streamOrder) (engine.Input, func(), error) {
	if o.SourceURL != "" {
		return engine.FromURL(o.SourceURL), func() {}, nil
	}
	output, err := s.storedFile(r, o.SourceFileID)
	if err != nil {
		return engine.Input{}, nil, err
	}
	reader, err := s.engine.OpenOutput(r.Context(), output)
	if err != nil {
		return engine.Input{}, nil, err
	}
	return engine.FromReader(output.Name, reader), func() { reader.Close() }, nil
}

// storedFile returns the output that a storedFileId names: <job>.<file>.<output>.
func (s *server) storedFile(r *http.Request, id string) (engine.Output, error) {
	missing := failf(http.StatusNotFound, "There is no file %q.", id)
	parts := strings.Split(id, ".")
	if len(parts) != 3 {
		return engine.Output{}, missing
	}
	r.SetPathValue("id", parts[0])
	r.SetPathValue("file", parts[1])
	job, err := s.job(r)
	if err != nil {
		return engine.Output{}, missing
	}
	file, err := s.file(r, job)
	n, err2 := strconv.Atoi(parts[2])
	if err := errors.Join(err, err2); err != nil || n < 0 || n >= len(file.Outputs) {
		return engine.Output{}, missing
	}
	return file.Outputs[n], nil
}

// streamOf returns the stream in the path, if it is of the request's account.
func (s *server) streamOf(r *http.Request) (engine.Job, error) {
	job, err := s.jobOf(r, streamAccount(accountOf(r.Context())))
	if errors.Is(err, engine.ErrNotFound) {
		return job, failf(http.StatusNotFound, "There is no such stream.")
	}
	return job, err
}

func (s *server) getStream(w http.ResponseWriter, r *http.Request) error {
	job, err := s.streamOf(r)
	if err != nil {
		return err
	}
	return s.answerStream(w, r, job)
}

func (s *server) deleteStream(w http.ResponseWriter, r *http.Request) error {
	job, err := s.streamOf(r)
	if err != nil {
		return err
	}
	if err := s.engine.Delete(r.Context(), job.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *server) answerStream(w http.ResponseWriter, r *http.Request, job engine.Job) error {
	v, err := s.streamView(r, job)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, streamAnswer{v})
}

// listStreams tells of the account's streams, newest first.
func (s *server) listStreams(w http.ResponseWriter, r *http.Request) error {
	status := r.URL.Query().Get("status")
	if status == "ready" {
		status = string(engine.Completed)
	}
	views := []streamView{}
	page, err := s.listed(r, streamAccount(accountOf(r.Context())), status,
		func(job engine.Job) error {
			v, err := s.streamView(r, job)
			views = append(views, v)
			return err
		})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, streamList{views, page})
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
