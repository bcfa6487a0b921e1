package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spoolmedia/spool/codec"
)

// object is a JSON object.
type object = map[string]any

// describe answers with the OpenAPI 3.1 description of the API. It is made of the
// routes, the types of their answers and the fields of the operations, so that it
// cannot say something else than the handlers do.
func (s *server) describe(w http.ResponseWriter, r *http.Request) error {
	d := describer{schemas: object{}}
	d.schema(reflect.TypeFor[errorBody]())
	paths := object{}
	for _, r := range s.routes() {
		method, path, _ := strings.Cut(r.pattern, " ")
		if r.body != toolForm {
			addPath(paths, path, method, d.operation(r, ""))
			continue
		}
		for _, t := range s.tools() {
			addPath(paths, strings.Replace(path, "{tool}", t.Name, 1), method, d.toolOperation(r, t))
		}
	}
	return writeJSON(w, http.StatusOK, object{
		"openapi": "3.1.0",
		"info": object{"title": "spool", "version": "1",
			"description": "Durable jobs that convert pictures, video and sound."},
		"servers":  []object{{"url": s.baseOf(r)}},
		"paths":    paths,
		"security": []object{{"bearer": []string{}}, {"apiKey": []string{}}, {"session": []string{}}},
		"components": object{"schemas": d.schemas, "securitySchemes": object{
			"bearer":  object{"type": "http", "scheme": "bearer"},
			"apiKey":  object{"type": "apiKey", "in": "header", "name": "x-api-key"},
			"session": object{"type": "apiKey", "in": "cookie", "name": sessionCookie},
		}},
	})
}

func addPath(paths object, path, method string, operation object) {
	entry, ok := paths[path].(object)
	if !ok {
		entry = object{}
		paths[path] = entry
	}
	entry[strings.ToLower(method)] = operation
}

// describer makes schemas of Go types.
type describer struct {
	schemas object // by name of the type
}

var pathParameter = regexp.MustCompile(`\{(\w+)\}`)

// operation describes a route.
func (d describer) operation(r route, id string) object {
	method, path, _ := strings.Cut(r.pattern, " ")
	var parameters []object
	for _, m := range pathParameter.FindAllStringSubmatch(path, -1) {
		if m[1] != "tool" {
			parameters = append(parameters, object{
				"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, q := range r.query {
		parameters = append(parameters, object{
			"name": q.name, "in": "query", "description": q.doc, "schema": object{"type": q.kind}})
	}
	if r.body == jobForm || r.body == convertForm || r.body == compressForm || r.body == toolForm {
		parameters = append(parameters, object{"name": "Idempotency-Key", "in": "header",
			"description": "the same key gives the same job", "schema": object{"type": "string"}})
	}
	o := object{"summary": r.summary, "operationId": cmp.Or(id, operationID(method, path)),
		"responses": d.responses(r)}
	if len(parameters) > 0 {
		o["parameters"] = parameters
	}
	if b := d.requestBody(r.body, nil); b != nil {
		o["requestBody"] = b
	}
	if r.public {
		o["security"] = []object{{}}
	}
	return o
}

// toolOperation describes the route for one tool.
func (d describer) toolOperation(r route, t tool) object {
	o := d.operation(r, "use-"+t.Name)
	o["summary"] = r.summary + ": " + t.Name
	o["requestBody"] = d.requestBody(toolForm, t.Fields)
	now := d.schema(reflect.TypeFor[answer]())
	if t.Name == "inspect" {
		now = d.schema(reflect.TypeFor[report]())
	}
	o["responses"].(object)["200"] = content("application/json", object{
		"oneOf": []any{now, d.schema(reflect.TypeFor[accepted]())}})
	return o
}

func operationID(method, path string) string {
	words := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/{}", r) })
	return strings.ToLower(method) + "-" + strings.Join(words[1:], "-")
}

func content(kind string, schema any) object {
	return object{"description": "OK", "content": object{kind: object{"schema": schema}}}
}

func (d describer) responses(r route) object {
	all := object{}
	switch {
	case r.gives != nil:
		all["200"] = content("application/json", d.schema(reflect.TypeOf(r.gives)))
	case r.kind == "":
		all["204"] = object{"description": "Done"}
	case r.kind != "-":
		all["200"] = content(r.kind, object{})
	}
	if strings.HasPrefix(r.pattern, "DELETE /api/jobs") || r.kind == "text/event-stream" {
		all["204"] = object{"description": "There is nothing more"}
	}
	fails := append([]int{401, 404}, r.fails...)
	for _, status := range fails {
		all[strconv.Itoa(status)] = object{
			"description": http.StatusText(status),
			"content": object{"application/json": object{
				"schema": object{"$ref": "#/components/schemas/errorBody"}}},
		}
	}
	return all
}

// requestBody describes what a request has to send.
func (d describer) requestBody(b body, fields []codec.Field) object {
	properties := object{}
	add := func(kind string, names ...string) {
		for _, name := range names {
			properties[name] = object{"type": kind}
		}
	}
	file := object{"type": "array", "items": object{"type": "string", "format": "binary"}}
	kind := "multipart/form-data"
	switch b {
	case noBody:
		return nil
	case sessionJSON:
		kind = "application/json"
		add("string", "key")
	case transformJSON:
		kind = "application/json"
		add("string", "sourceUrl", "preset", "fit", "format")
		add("integer", "width", "height", "cropLeft", "cropTop", "cropWidth", "cropHeight",
			"quality", "expiresIn")
	case streamJSON:
		kind = "application/json"
		add("string", "sourceFileId", "sourceUrl", "profile", "access")
		add("integer", "segmentDuration", "tokenTtlSeconds")
		add("array", "renditions", "packageFormats", "allowedDomains", "captions")
		add("object", "clip")
	case toolForm:
		properties["file"] = file
		add("boolean", "async", "background")
		for _, f := range fields {
			properties[f.Name] = fieldSchema(f)
		}
	case compressForm:
		properties["files"] = file
		add("string", "mode")
		add("integer", "quality", "targetBytes")
		add("boolean", "lossless", "stripMetadata")
	case jobForm, convertForm:
		properties["files"] = file
		add("string", "jobType", "format", "resize")
		add("integer", "compression", "resizeWidth", "resizeHeight")
		add("boolean", "autoOrient", "mono")
		for _, many := range conversionFields {
			properties[many] = object{"type": "string", "description": "a JSON array, one for each file"}
		}
	}
	if kind == "multipart/form-data" {
		add("string", "sourceUrl", "callbackUrl", "callbackSecret")
		add("boolean", "saveToStorage", "createArchive", "strict")
	}
	return object{"required": true, "content": object{kind: object{
		"schema": object{"type": "object", "properties": properties}}}}
}

// fieldSchema describes a field of an operation.
func fieldSchema(f codec.Field) object {
	kind := map[codec.FieldKind]string{
		codec.IntegerField: "integer", codec.NumberField: "number", codec.BooleanField: "boolean",
	}[f.Kind]
	o := object{"type": cmp.Or(kind, "string")}
	if f.Kind == codec.BlobField {
		o["format"] = "binary"
	}
	if len(f.Choices) > 0 {
		o["enum"] = f.Choices
	}
	if f.Least != nil {
		o["minimum"], o["maximum"] = *f.Least, *f.Most
	}
	if f.Default != nil {
		o["default"] = f.Default
	}
	return o
}

// schema describes a type of an answer. Structs with a name go to the components.
func (d describer) schema(t reflect.Type) object {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[time.Duration]():
		return object{"type": "integer"}
	case t == reflect.TypeFor[json.RawMessage]() || t.Kind() == reflect.Interface:
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return object{"anyOf": []any{d.schema(t.Elem()), object{"type": "null"}}}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		if _, known := d.schemas[t.Name()]; !known {
			d.schemas[t.Name()] = nil // for types that hold themselves
			d.schemas[t.Name()] = d.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Float32, reflect.Float64:
		return object{"type": "number"}
	}
	return object{"type": "integer"}
}

// structure describes a struct: all its fields, and no others.
func (d describer) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() {
			continue
		}
		properties[name] = d.schema(f.Type)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	slices.Sort(required)
	return object{"type": "object", "properties": properties, "required": required,
		"additionalProperties": false}
}
