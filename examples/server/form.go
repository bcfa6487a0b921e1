package main

import (
	"encoding/json"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spoolmedia/spool/engine"
)

// form is a multipart form whose files are in storage already: they may come
// before the fields that say what to do with them.
type form struct {
	values  map[string]string
	sources []string // sourceUrl, which may be repeated
	files   []upload
}

// upload is a file of a form, in storage.
type upload struct {
	field string
	engine.Upload
}

// keep stores one file of a form.
type keep func(name string, r io.Reader) (engine.Upload, error)

// readForm reads a form to its end, and gives its files to keep as they come.
func readForm(r *multipart.Reader, l limits, keep keep) (form, error) {
	f := form{values: map[string]string{}}
	left := l.field
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return f, nil
		}
		if err != nil {
			return f, cutOff(err)
		}
		if isFile(part) {
			err = f.addFile(part, l, keep)
		} else {
			err = f.addValue(part, l, &left)
		}
		if err != nil {
			return f, err
		}
	}
}

// isFile tells files from values. Some clients send a file without a name.
func isFile(part *multipart.Part) bool {
	_, parameters, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	_, named := parameters["filename"]
	return named || part.FormName() == "file" || part.FormName() == "files"
}

func (f *form) addFile(part *multipart.Part, l limits, keep keep) error {
	if len(f.files) == l.files {
		return failf(http.StatusRequestEntityTooLarge, "At most %d files fit in one request.", l.files)
	}
	r := &io.LimitedReader{R: part, N: l.file + 1}
	name := part.FileName()
	if name == "" || name == "." || name == "/" {
		name = "upload"
	}
	u, err := keep(name, r)
	if err != nil {
		return err
	}
	if r.N == 0 {
		return failf(http.StatusRequestEntityTooLarge,
			"%s is larger than %d bytes, which is the limit for a file.", name, l.file)
	}
	// What a browser sends for a file field that was left empty.
	if u.Size > 0 || part.FileName() != "" {
		f.files = append(f.files, upload{part.FormName(), u})
	}
	return nil
}

// addValue adds a text field. left is how many bytes of them may still come.
func (f *form) addValue(part *multipart.Part, l limits, left *int64) error {
	if len(f.values)+len(f.sources) == l.fields {
		return failf(http.StatusRequestEntityTooLarge, "The form has more than %d fields.", l.fields)
	}
	b, err := io.ReadAll(io.LimitReader(part, *left+1))
	if err != nil {
		return cutOff(err)
	}
	if *left -= int64(len(b)); *left < 0 {
		return failf(http.StatusRequestEntityTooLarge,
			"The fields of the form have more than %d bytes.", l.field)
	}
	name, value := part.FormName(), string(b)
	if name == "sourceUrl" {
		if value != "" {
			f.sources = append(f.sources, value)
		}
		return nil
	}
	if old, twice := f.values[name]; twice && old != value {
		return failf(http.StatusBadRequest, "%s is given twice.", strconv.Quote(name))
	}
	f.values[name] = value
	return nil
}

// take returns the value of a field and removes it.
func (f *form) take(name string) string {
	value := f.values[name]
	delete(f.values, name)
	return value
}

// takeBool is take for true and false; "" is false.
func (f *form) takeBool(name string) (bool, error) {
	switch value := f.take(name); value {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, failf(http.StatusBadRequest, "%s: %q is neither true nor false.", name, value)
	}
}

// takeArray is take for a JSON array of n values, which it returns as text; null
// is "". A field that is not there gives nil.
func (f *form) takeArray(name string, n int) ([]string, error) {
	text := f.take(name)
	if text == "" {
		return nil, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, failf(http.StatusBadRequest, "%s is not a JSON array.", name)
	}
	if len(raw) != n {
		return nil, failf(http.StatusBadRequest,
			"%s has %d values for %d files; it needs exactly one for each.", name, len(raw), n)
	}
	values := make([]string, n)
	for i, value := range raw {
		switch value[0] {
		case '"':
			_ = json.Unmarshal(value, &values[i]) // it is valid: see above
		case 'n':
		case '[', '{':
			return nil, failf(http.StatusBadRequest, "%s[%d] is not a single value.", name, i)
		default:
			values[i] = string(value)
		}
	}
	return values, nil
}

// withoutTwins drops files that came as "files" and as "file": clients that do not
// know which one is right send both.
func withoutTwins(files []upload) []upload {
	isInput := func(u upload) bool { return u.field == "file" || u.field == "files" }
	var kept []upload
	for _, u := range files {
		if !isInput(u) || !slices.ContainsFunc(kept, func(k upload) bool {
			return isInput(k) && k.field != u.field && k.SHA256 == u.SHA256 &&
				strings.EqualFold(k.Name, u.Name)
		}) {
			kept = append(kept, u)
		}
	}
	return kept
}
