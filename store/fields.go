package store

// The records at rest. Numbers of fields are never given to another field, and a
// newer version of this package adds its fields under new ones.

// AppendBinary implements [encoding.BinaryAppender].
func (j *Job) AppendBinary(b []byte) ([]byte, error) { return write(b, j), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. The State stays as it is.
func (j *Job) UnmarshalBinary(b []byte) error {
	*j = Job{State: j.State}
	return read(b, j)
}

func (j *Job) fields(c *coder) {
	c.keep(&j.unknown)
	signed(c, 1, &j.Version)
	text(c, 2, &j.ID)
	text(c, 3, &j.Account)
	text(c, 4, &j.Key)
	text(c, 5, &j.Digest)
	c.time(6, &j.Created)
	c.raw(7, &j.Request)
}

// AppendBinary implements [encoding.BinaryAppender].
func (s *State) AppendBinary(b []byte) ([]byte, error) { return write(b, s), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (s *State) UnmarshalBinary(b []byte) error {
	*s = State{}
	return read(b, s)
}

func (s *State) fields(c *coder) {
	c.keep(&s.unknown)
	signed(c, 1, &s.Version)
	text(c, 2, &s.Account)
	text(c, 3, &s.Status)
	signed(c, 4, &s.Run)
	signed(c, 5, &s.Total)
	signed(c, 6, &s.Completed)
	signed(c, 7, &s.Failed)
	signed(c, 8, &s.Open)
	part(c, 9, &s.Error)
	part(c, 10, &s.Archive)
	c.time(11, &s.Started)
	c.time(12, &s.Ended)
	c.time(13, &s.Notified)
	c.time(14, &s.Deleted)
}

// AppendBinary implements [encoding.BinaryAppender].
func (f *File) AppendBinary(b []byte) ([]byte, error) { return write(b, f), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (f *File) UnmarshalBinary(b []byte) error {
	*f = File{}
	return read(b, f)
}

func (f *File) fields(c *coder) {
	c.keep(&f.unknown)
	signed(c, 1, &f.Version)
	signed(c, 2, &f.Index)
	signed(c, 3, &f.PartsOpen)
	text(c, 4, &f.Name)
	text(c, 5, &f.Type)
	text(c, 6, &f.Blob)
	text(c, 7, &f.URL)
	signed(c, 8, &f.Size)
	part(c, 9, &f.Op)
	text(c, 10, &f.Status)
	signed(c, 11, &f.Run)
	signed(c, 12, &f.Attempts)
	c.varint(13, &f.Token)
	c.raw(14, &f.Probe)
	parts(c, 15, &f.Outputs)
	text(c, 16, &f.Manifest)
	part(c, 17, &f.Error)
	c.time(18, &f.Started)
	c.time(19, &f.Ended)
	parts(c, 20, &f.More)
}

// AppendBinary implements [encoding.BinaryAppender].
func (t *Task) AppendBinary(b []byte) ([]byte, error) { return write(b, t), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (t *Task) UnmarshalBinary(b []byte) error {
	*t = Task{}
	return read(b, t)
}

func (t *Task) fields(c *coder) {
	c.keep(&t.unknown)
	signed(c, 1, &t.Version)
	text(c, 2, &t.Job)
	text(c, 3, &t.Task)
	text(c, 4, &t.Account)
	text(c, 5, &t.Kind)
	text(c, 6, &t.Lane)
	signed(c, 7, &t.Priority)
	signed(c, 8, &t.Attempt)
	signed(c, 9, &t.Crashes)
	signed(c, 10, &t.Timeouts)
	signed(c, 11, &t.Cost)
	c.time(12, &t.NotBefore)
	c.varint(13, &t.Token)
	text(c, 14, &t.Session)
	c.numbers(15, &t.Left)
	c.bool(16, &t.Done)
	c.raw(17, &t.Data)
}

// AppendBinary implements [encoding.BinaryAppender].
func (e *Event) AppendBinary(b []byte) ([]byte, error) { return write(b, e), nil }

// UnmarshalBinary implements [encoding.BinaryUnmarshaler]. The Cursor stays as it
// is.
func (e *Event) UnmarshalBinary(b []byte) error {
	*e = Event{Cursor: e.Cursor}
	return read(b, e)
}

func (e *Event) fields(c *coder) {
	c.keep(&e.unknown)
	signed(c, 1, &e.Version)
	c.varint(2, &e.Seq)
	text(c, 3, &e.Account)
	text(c, 4, &e.Job)
	text(c, 5, &e.Kind)
	signed(c, 6, &e.File)
	signed(c, 7, &e.Run)
	c.time(8, &e.Time)
	c.raw(9, &e.Data)
}

func (s *Source) fields(c *coder) {
	c.keep(&s.unknown)
	text(c, 1, &s.Name)
	text(c, 2, &s.Type)
	text(c, 3, &s.Blob)
	text(c, 4, &s.URL)
	signed(c, 5, &s.Size)
}

func (s *Spec) fields(c *coder) {
	c.keep(&s.unknown)
	text(c, 1, &s.Name)
	signed(c, 2, &s.Version)
	c.raw(3, &s.Params)
}

func (o *Output) fields(c *coder) {
	c.keep(&o.unknown)
	text(c, 1, &o.Name)
	text(c, 2, &o.Key)
	text(c, 3, &o.Type)
	text(c, 4, &o.SHA256)
	signed(c, 5, &o.Size)
	c.raw(6, &o.Media)
}

func (e *Error) fields(c *coder) {
	c.keep(&e.unknown)
	text(c, 1, &e.Class)
	text(c, 2, &e.Message)
	c.bool(3, &e.Permanent)
}
