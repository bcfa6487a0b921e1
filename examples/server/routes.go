package main

import (
	"github.com/spoolmedia/spool/codec"
)

// route is one entry of the API, and its description for /openapi.json.
type route struct {
	pattern string // of http.ServeMux
	handle  handle
	public  bool // needs no key
	summary string
	query   []parameter
	body    body
	// gives is a value of the type of the answer in JSON; nil means that the answer
	// is something else, which kind names.
	gives any
	kind  string
	fails []int // statuses, besides 401 and 404
}

// parameter is one of a query.
type parameter struct {
	name, kind, doc string
}

// body says what a request has to send.
type body int

const (
	noBody      body = iota
	jobForm          // of POST /api/jobs
	convertForm      // of POST /api/convert
	compressForm
	toolForm // differs by tool
	sessionJSON
	transformJSON
	streamJSON
)

var (
	pages = []parameter{
		{"limit", "integer", "how many"}, {"offset", "integer", "how many to pass over"},
	}
	shown = []parameter{
		{"inline", "boolean", "to be shown instead of saved"},
		{"expires", "integer", "of a signed link"}, {"token", "string", "of a signed link"},
	}
	formFails = []int{400, 403, 408, 409, 413, 415, 429, 503}
)

type (
	jobList struct {
		Jobs       []jobView  `json:"jobs"`
		Pagination pagination `json:"pagination"`
	}
	fileList struct {
		Files      []fileView `json:"files"`
		Pagination pagination `json:"pagination"`
	}
	deliveryList struct {
		Deliveries []deliveryView `json:"deliveries"`
	}
	redelivery struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}
	toolList struct {
		Tools       []tool `json:"tools"`
		MaxFileSize int64  `json:"maxFileSize"`
		MaxFiles    int    `json:"maxFiles"`
	}
	report struct {
		Media codec.Report `json:"media"`
	}
	errorBody struct {
		Error string `json:"error"`
	}
)

// routes are all that the server answers, besides the page and /openapi.json.
func (s *server) routes() []route {
	return []route{
		{pattern: "POST /api/jobs", handle: s.createJob, body: jobForm, gives: accepted{},
			summary: "Make a job of one or many files", fails: append(formFails, 501)},
		{pattern: "GET /api/jobs", handle: s.listJobs, gives: jobList{}, fails: []int{400},
			summary: "List jobs, newest first",
			query: append(pages,
				parameter{"status", "string", "pending, processing, completed or failed"})},
		{pattern: "GET /api/jobs/{id}", handle: s.getJob, gives: jobView{},
			query:   []parameter{{"results", "boolean", "false leaves the results out"}},
			summary: "How far a job is, and what it has made"},
		{pattern: "DELETE /api/jobs/{id}", handle: s.deleteJob, gives: jobView{}, fails: []int{409},
			summary: "Cancel a job that waits; with purge, remove it in any state (204)",
			query:   []parameter{{"purge", "boolean", "remove the job with its files"}}},
		{pattern: "POST /api/jobs/{id}/cancel", handle: s.cancelJob, gives: jobView{},
			fails: []int{409}, summary: "Cancel a job that waits or is worked on"},
		{pattern: "POST /api/jobs/{id}/retry", handle: s.retryJob, gives: jobView{},
			fails: []int{409}, summary: "Take up what did not succeed"},
		{pattern: "GET /api/jobs/{id}/files", handle: s.listFiles, gives: fileList{}, query: pages,
			fails: []int{400}, summary: "The files of a job, in their order"},
		{pattern: "GET /api/jobs/{id}/events", handle: s.jobEvents, kind: "text/event-stream",
			summary: "What happens to a job, from its beginning or after Last-Event-ID"},
		{pattern: "GET /api/jobs/{id}/deliveries", handle: s.jobDeliveries, gives: deliveryList{},
			summary: "The callbacks of a job"},
		{pattern: "GET /api/jobs/{id}/archive", handle: s.getArchive, public: true, query: shown,
			kind: "application/zip", fails: []int{403, 409}, summary: "All results in one zip"},
		{pattern: "GET /api/jobs/{id}/files/{file}/input", handle: s.getInput, public: true,
			query: shown, kind: "*/*", fails: []int{403}, summary: "A file that was sent"},
		{pattern: "GET /api/jobs/{id}/files/{file}/outputs/{output}", handle: s.getOutput,
			public: true, query: shown, kind: "*/*", fails: []int{403}, summary: "A file that was made"},
		{pattern: "GET /api/events", handle: s.accountEvents, kind: "text/event-stream",
			summary: "What happens to all jobs of the account, from now on or after Last-Event-ID"},
		{pattern: "POST /api/convert", handle: s.convert, body: convertForm, gives: answer{},
			fails: append(formFails, 500, 501), summary: "Convert files and wait for the results"},
		{pattern: "POST /api/compress", handle: s.compress, body: compressForm, gives: answer{},
			fails: append(formFails, 500, 501), summary: "Make files smaller and wait for the results"},
		{pattern: "GET /api/media", handle: s.listTools, gives: toolList{},
			summary: "The tools of this server, and their settings"},
		{pattern: "POST /api/media/{tool}", handle: s.useTool, body: toolForm,
			fails: append(formFails, 500, 501), summary: "Use a tool, and wait or get a job"},
		{pattern: "POST /api/media/signed-transform", handle: s.signedTransform,
			body: transformJSON, gives: signedURL{}, fails: []int{400, 413, 415, 501},
			summary: "Sign an address under which anybody gets a transformed picture"},
		{pattern: "GET " + transformed, handle: s.getTransformed, public: true, kind: "*/*",
			query: []parameter{{"sourceUrl", "string", "where the picture is"},
				{"settings", "string", "of the transform, as JSON"}, {"account", "string", "who signed"},
				{"expires", "integer", "Unix time"}, {"token", "string", "the signature"}},
			fails: []int{400, 403, 413, 415, 500, 502, 503}, summary: "A transformed picture"},
		{pattern: "GET /api/webhooks/deliveries", handle: s.accountDeliveries,
			gives: deliveryList{}, query: pages[:1], fails: []int{400},
			summary: "The callbacks of the newest jobs"},
		{pattern: "POST /api/webhooks/deliveries/{delivery}/retry", handle: s.redeliver,
			gives: redelivery{}, summary: "Make a callback again"},
		{pattern: "POST /api/session", handle: s.signIn, public: true, body: sessionJSON,
			fails: []int{400, 403, 413, 415}, summary: "Trade a key for a cookie, as the page does"},
		{pattern: "DELETE /api/session", handle: s.signOut, public: true, fails: []int{403},
			summary: "Forget the cookie"},
		{pattern: "POST /api/video/streams", handle: s.createStream, body: streamJSON,
			gives: streamAnswer{}, fails: []int{400, 409, 413, 415, 501},
			summary: "Make a stream for HLS and DASH"},
		{pattern: "GET /api/video/streams", handle: s.listStreams, gives: streamList{},
			fails: []int{400}, summary: "List streams, newest first", query: append(pages,
				parameter{"status", "string", "pending, processing, ready or failed"})},
		{pattern: "GET /api/video/streams/{id}", handle: s.getStream, gives: streamAnswer{},
			summary: "How far a stream is, and where it plays"},
		{pattern: "DELETE /api/video/streams/{id}", handle: s.deleteStream,
			summary: "Remove a stream with its files"},
		{pattern: "GET /video/v1/{playback}/{grant}/{name}", handle: s.play, public: true,
			kind: "*/*", fails: []int{403}, summary: "A file of a stream"},
	}
}
