package main

import (
	"archive/zip"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/engine"
)

// getOutput sends one file that a job has made.
func (s *server) getOutput(w http.ResponseWriter, r *http.Request) error {
	job, err := s.jobFor(r)
	if err != nil {
		return err
	}
	file, err := s.file(r, job)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("output"))
	if err != nil || n < 0 || n >= len(file.Outputs) {
		return failf(http.StatusNotFound, "There is no such file.")
	}
	return s.sendOutput(w, r, file.Outputs[n], file.Ended)
}

// file returns the file in the path.
func (s *server) file(r *http.Request, job engine.Job) (engine.File, error) {
	index, err := strconv.Atoi(r.PathValue("file"))
	if err != nil || index < 0 || index >= job.Total {
		return engine.File{}, failf(http.StatusNotFound, "There is no such file.")
	}
	return s.engine.File(r.Context(), job.ID, index)
}

// sendOutput sends an output to be saved, or shown if the address asks so. It never
// changes.
func (s *server) sendOutput(
	w http.ResponseWriter, r *http.Request, o engine.Output, made time.Time,
) error {
	w.Header().Set("Cache-Control", unchanging)
	return s.sendShown(w, r, o, made, r.URL.Query().Get("inline") == "true")
}

// unchanging lets a browser keep a file of its user.
const unchanging = "private, max-age=3600, immutable"

func (s *server) sendShown(
	w http.ResponseWriter, r *http.Request, o engine.Output, made time.Time, shown bool,
) error {
	reader, err := s.engine.OpenOutput(r.Context(), o)
	if err != nil {
		return err
	}
	defer reader.Close()
	send(w, r, sent{o.Name, o.Type, o.SHA256, made, shown, reader})
	return nil
}

// getInput sends a file that a job was made of.
func (s *server) getInput(w http.ResponseWriter, r *http.Request) error {
	job, err := s.jobFor(r)
	if err != nil {
		return err
	}
	file, err := s.file(r, job)
	if err != nil {
		return err
	}
	in := file.Sources[0]
	reader, err := s.engine.OpenSource(r.Context(), in)
	if err != nil {
		return err
	}
	defer reader.Close()
	w.Header().Set("Cache-Control", unchanging)
	shown := r.URL.Query().Get("inline") == "true"
	tag := digestOf(r.URL.Path)
	send(w, r, sent{in.Name, in.Type, tag, job.Created, shown, reader})
	return nil
}

// sent is a file on its way to a client.
type sent struct {
	name, mediaType, tag string
	made                 time.Time
	shown                bool // instead of saved
	content              io.ReadSeeker
}

// send answers with the file, or the part that was asked for.
func send(w http.ResponseWriter, r *http.Request, f sent) {
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Set("Content-Disposition", dispositionOf(f))
	h.Set("ETag", strconv.Quote(f.tag))
	if h.Get("Cross-Origin-Resource-Policy") == "" {
		h.Set("Cross-Origin-Resource-Policy", "same-site")
	}
	http.ServeContent(w, r, "", f.made, f.content)
}

// dispositionOf says that the file is to be saved; or shown, if it is of a kind that
// runs nothing.
func dispositionOf(f sent) string {
	how := "attachment"
	kind, _, _ := strings.Cut(f.mediaType, "/")
	if f.shown && f.mediaType != "image/svg+xml" &&
		(kind == "image" || kind == "video" || kind == "audio") {
		how = "inline"
	}
	return mime.FormatMediaType(how, map[string]string{"filename": f.name})
}

// getArchive sends all that a job has made as one zip: the one that was asked for
// with the job, or one that is made on the way.
func (s *server) getArchive(w http.ResponseWriter, r *http.Request) error {
	job, err := s.jobFor(r)
	if err != nil {
		return err
	}
	if job.Archive != nil {
		return s.sendOutput(w, r, *job.Archive, job.Ended)
	}
	if job.Completed == 0 {
		return failf(http.StatusConflict, "Nothing has been made yet.")
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition",
		mime.FormatMediaType("attachment", map[string]string{"filename": job.ID + ".zip"}))
	if err := s.zip(w, r, job); err != nil {
		// The answer has begun; only a broken connection tells that it is not whole.
		s.log.Warn("a zip was cut off", "job", job.ID, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// zip writes all outputs of the job.
func (s *server) zip(w io.Writer, r *http.Request, job engine.Job) error {
	z := zip.NewWriter(w)
	names := map[string]int{}
	for f, err := range s.engine.Files(r.Context(), job.ID) {
		if err != nil {
			return err
		}
		for _, o := range f.Outputs {
			if err := s.zipOutput(z, r, uniqueName(names, o.Name), o, f.Ended); err != nil {
				return err
			}
		}
	}
	return z.Close()
}

func (s *server) zipOutput(
	z *zip.Writer, r *http.Request, name string, o engine.Output, made time.Time,
) error {
	reader, err := s.engine.OpenOutput(r.Context(), o)
	if err != nil {
		return err
	}
	defer reader.Close()
	// Media is compressed already.
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store, Modified: made})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, reader)
	return err
}

// uniqueName returns name, or name with a number where that is taken.
func uniqueName(taken map[string]int, name string) string {
	taken[name]++
	n := taken[name]
	if n == 1 {
		return name
	}
	base, ext := name, ""
	if dot := strings.LastIndexByte(name, '.'); dot > 0 {
		base, ext = name[:dot], name[dot:]
	}
	return uniqueName(taken, base+"-"+strconv.Itoa(n)+ext)
}

// answerReport answers with what an inspection found.
func (s *server) answerReport(w http.ResponseWriter, r *http.Request, job engine.Job) error {
	file, err := s.engine.File(r.Context(), job.ID, 0)
	if err != nil {
		return err
	}
	reader, err := s.engine.OpenOutput(r.Context(), file.Outputs[0])
	if err != nil {
		return err
	}
	defer reader.Close()
	var media json.RawMessage
	if err := json.NewDecoder(reader).Decode(&media); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"media": media})
}
