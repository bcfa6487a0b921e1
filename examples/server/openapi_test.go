package main

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/spoolmedia/spool/codec"
)

// description is /openapi.json, against which every answer of every test here is
// checked.
type description struct {
	once     sync.Once
	routes   *http.ServeMux // finds the path of a request
	paths    map[string]map[string]operation
	compiler *jsonschema.Compiler
	mu       sync.Mutex // guards compiler
}

type operation struct {
	OperationID string
	Responses   map[string]struct {
		Content map[string]json.RawMessage
	}
}

func (d *description) load(f *fixture) {
	w := httptest.NewRecorder()
	if err := f.server.describe(w, httptest.NewRequest("GET", "/openapi.json", nil)); err != nil {
		f.t.Fatal(err)
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		f.t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]operation
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		f.t.Fatal(err)
	}
	d.paths = doc.Paths
	d.compiler = jsonschema.NewCompiler()
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource("openapi.json", whole); err != nil {
		f.t.Fatal(err)
	}
	d.routes = http.NewServeMux()
	for path, methods := range d.paths {
		for method := range methods {
			d.routes.Handle(strings.ToUpper(method)+" "+path, http.NotFoundHandler())
		}
	}
}

// check wants the answer to be as the description says.
func (d *description) check(f *fixture, r *http.Request, answer *http.Response, b []byte) {
	f.t.Helper()
	d.once.Do(func() { d.load(f) })
	_, pattern := d.routes.Handler(r)
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || r.Method == http.MethodHead || answer.StatusCode == http.StatusNotModified ||
		answer.StatusCode == http.StatusPartialContent || answer.StatusCode == 416 {
		return
	}
	method, status := strings.ToLower(method), strconv.Itoa(answer.StatusCode)
	response, ok := d.paths[path][method].Responses[status]
	if !ok {
		f.t.Errorf("%s: the description has no status %s: %s", pattern, status, b)
		return
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if len(response.Content) == 0 {
		if len(b) > 0 {
			f.t.Errorf("%s: %d bytes, where the description has none", pattern, len(b))
		}
		return
	}
	if _, ok := response.Content["*/*"]; ok {
		return
	}
	if _, ok := response.Content[kind]; !ok {
		f.t.Errorf("%s: an answer of type %q", pattern, kind)
	}
	if kind == "application/json" {
		d.validate(f, b, "openapi.json#/paths/"+escape(path)+"/"+method+"/responses/"+status+
			"/content/application~1json/schema")
	}
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(name)
}

func (d *description) validate(f *fixture, b []byte, at string) {
	f.t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		f.t.Errorf("%v: %s", err, b)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	schema, err := d.compiler.Compile(at)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		f.t.Errorf("%v\n%s", err, b)
	}
}

func TestTheDescriptionIsOfThisServer(t *testing.T) {
	f := start(t, setup{codecs: []codec.Codec{newMarker()}}).as("")
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Properties map[string]struct {
							Enum    []string
							Maximum float64
						}
					}
				}
			}
		}
	}
	f.get("/openapi.json", http.StatusOK, &doc)
	if doc.OpenAPI != "3.1.0" {
		t.Errorf("version %q", doc.OpenAPI)
	}
	var ids []string
	for _, methods := range doc.Paths {
		for _, o := range methods {
			ids = append(ids, o.OperationID)
		}
	}
	slices.Sort(ids)
	if unique := slices.Compact(slices.Clone(ids)); len(unique) != len(ids) {
		t.Errorf("names of operations come twice: %v", ids)
	}
	// Every path is answered by a handler, and not by the one for what is not there.
	for path, methods := range doc.Paths {
		for method := range methods {
			r := f.request(strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), nil)
			answer, b := f.do(r)
			if strings.Contains(string(b), "nothing at this address") || answer.StatusCode == 405 {
				t.Errorf("%s %s: status %d: %s", method, path, answer.StatusCode, b)
			}
		}
	}
	fields := doc.Paths["/api/media/watermark"]["post"].RequestBody.Content["multipart/form-data"].
		Schema.Properties
	if fields["opacity"].Maximum != 1 || !slices.Contains(fields["position"].Enum, "top-left") {
		t.Errorf("fields of watermark: %v", fields)
	}
}
