package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/spoolmedia/spool/codec"
)

// hostedTools are the tools of the hosted API. One that no operation here does is
// answered with 501, anything else with 404.
var hostedTools = []string{
	"adjust", "concat-audio", "convert", "extract-audio", "gif", "image-to-pdf", "inspect",
	"pdf-preview", "poster-frame", "remove-background", "signed-transform", "storyboard",
	"strip-metadata", "thumbnail", "transform", "trim", "vectorize", "watermark",
}

// tool is an operation as clients see it.
type tool struct {
	Name string `json:"name"`
	// Accepts are the media types that it takes.
	Accepts []string `json:"accepts"`
	// Joins says that all files of a request make one result.
	Joins  bool          `json:"joins,omitempty"`
	Fields []codec.Field `json:"fields"`
}

// tools returns the operations that the codecs here do.
func (s *server) tools() []tool {
	var tools []tool
	for _, name := range s.registry.Names() {
		if t, ok := s.tool(name); ok {
			tools = append(tools, t)
		}
	}
	return tools
}

// tool describes one operation. Formats that no codec here makes are left out of
// its choices.
func (s *server) tool(name string) (tool, bool) {
	t := tool{Name: name, Accepts: []string{}}
	var makes []string
	for _, c := range s.codecs {
		for _, o := range c.Offers() {
			if o.Op == name {
				t.Accepts = append(t.Accepts, o.From...)
				makes = append(makes, o.To...)
			}
		}
	}
	t.Accepts = slices.DeleteFunc(t.Accepts, func(mediaType string) bool {
		return !s.policy.Allows(mediaType)
	})
	slices.Sort(t.Accepts)
	t.Accepts = slices.Compact(t.Accepts)
	fields, err := s.registry.Fields(name)
	if err != nil || len(t.Accepts) == 0 {
		return t, false
	}
	for _, f := range fields {
		if f.Name == "format" && len(makes) > 0 {
			f.Choices = slices.DeleteFunc(slices.Clone(f.Choices), func(choice string) bool {
				return !slices.Contains(makes, choice)
			})
		}
		t.Fields = append(t.Fields, f)
	}
	if op, err := s.registry.Decode(name, nil); err == nil {
		joiner, ok := op.(codec.Combiner)
		t.Joins = ok && joiner.Combines()
	}
	return t, true
}

// listTools tells what can be done here, and how.
func (s *server) listTools(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, toolList{s.tools(), s.limits.file, s.limits.files})
}

// useTool does one operation: at once, or as a job if the client asks so.
func (s *server) useTool(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("tool")
	t, ok := s.tool(name)
	switch {
	case !ok && slices.Contains(hostedTools, name):
		return failf(http.StatusNotImplemented, "%s is not available on this server.", name)
	case !ok:
		return failf(http.StatusNotFound, "There is no tool %q.", name)
	}
	o, err := s.receive(w, r)
	if err != nil {
		return err
	}
	defer o.end(r.Context())
	o.jobType, o.tool = "media_tool", name
	o.form.files = withoutTwins(o.form.files)
	async, err := o.form.takeBool("async")
	background, err2 := o.form.takeBool("background")
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	if err := o.takeCommon(); err != nil {
		return err
	}
	op, err := s.toolOperation(t, o)
	if err != nil {
		return err
	}
	o.operations = []codec.Operation{op}
	job, err := s.submit(r, o, !async && !background)
	if err != nil {
		return err
	}
	if async || background {
		return writeJSON(w, http.StatusOK, accepted{job.ID, statusOf(job.Status), name})
	}
	return s.answerNow(w, r, job, o)
}

// toolNames are the names of the hosted API for fields that are called otherwise
// here, by tool.
var toolNames = map[string]map[string]string{
	"convert": {
		"quality": "compressionLevel", "width": "resizeWidth", "height": "resizeHeight",
	},
	"watermark": {"logo": "watermarkFile"},
}

// toolOperation takes the operation's fields out of the order.
func (s *server) toolOperation(t tool, o *order) (codec.Operation, error) {
	fields, ours := map[string]string{}, map[string]string{}
	for our, their := range toolNames[t.Name] {
		ours[their] = our
	}
	for name, value := range o.form.values {
		if value != "" { // a form sends what was left empty
			fields[cmp.Or(ours[name], name)] = value
		}
	}
	for _, f := range t.Fields {
		if f.Kind == codec.BlobField && fields[f.Name] != "" {
			return nil, failf(http.StatusBadRequest, "%s must be a file.", f.Name)
		}
	}
	keys, err := o.takeReferences(t, ours)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, keys)
	op, err := s.parse(t.Name, fields, toolNames[t.Name])
	if err != nil {
		return nil, err
	}
	// A key that is no file of this request would be somebody else's.
	if r, ok := op.(codec.References); ok {
		for field, key := range r.Blobs() {
			if keys[field] != key {
				return nil, failf(http.StatusBadRequest, "%s must be a file.", field)
			}
		}
	}
	return op, nil
}

// takeReferences takes out of the order the files that are not to be worked on
// but used, such as a logo, and returns their keys by field.
func (o *order) takeReferences(t tool, ours map[string]string) (map[string]string, error) {
	keys := map[string]string{}
	var inputs []upload
	for _, u := range o.form.files {
		field := cmp.Or(ours[u.field], u.field)
		isReference := slices.ContainsFunc(t.Fields, func(f codec.Field) bool {
			return f.Name == field && f.Kind == codec.BlobField
		})
		switch {
		case isReference:
			keys[field] = u.Key
		case u.field == "file" || u.field == "files":
			inputs = append(inputs, u)
		default:
			return nil, failf(http.StatusBadRequest, "There is no file field %q.", u.field)
		}
	}
	o.form.files = inputs
	return keys, nil
}

// paramOf returns a field of op as text, "" if it is zero.
func paramOf(op codec.Operation, name string) string {
	_, params, err := codec.Encode(op)
	if err != nil {
		return ""
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(params, &fields) != nil {
		return ""
	}
	return string(fields[name])
}
