package codectest

import (
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/spoolmedia/spool/codec/internal/command"
)

// reading is all that ffprobe says about a file, read once.
type reading struct {
	Probe
	Entries []entry `json:"packets_and_frames"`
}

// entry is a packet or a frame.
type entry struct {
	Type       string `json:"type"`
	Stream     int    `json:"stream_index"`
	FrameTime  string `json:"best_effort_timestamp_time"`
	Samples    int    `json:"nb_samples"`
	PacketTime string `json:"pts_time"`
	Size       string `json:"size"`
	Flags      string `json:"flags"`
}

// readings are those made so far. Starting ffprobe takes longer than a short film.
var readings struct {
	sync.Mutex
	of map[state]func() (*reading, error)
}

// state is a file that did not change.
type state struct {
	path    string
	size    int64
	changed time.Time
}

// readingOf returns what ffprobe says about the file at path.
func readingOf(path string) (*reading, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	key := state{path, info.Size(), info.ModTime()}
	readings.Lock()
	if readings.of == nil {
		readings.of = map[state]func() (*reading, error){}
	}
	once := readings.of[key]
	if once == nil {
		once = sync.OnceValues(func() (*reading, error) { return read(path) })
		readings.of[key] = once
	}
	readings.Unlock()
	return once()
}

func read(path string) (*reading, error) {
	out, err := command.Output("ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams",
		"-show_chapters", "-show_entries", "packet=stream_index,pts_time,size,flags:"+
			"frame=stream_index,best_effort_timestamp_time,nb_samples", path)
	if err != nil {
		return nil, err
	}
	r := new(reading)
	if err := json.Unmarshal(out, r); err != nil {
		return nil, fmt.Errorf("codectest: ffprobe: %w", err)
	}
	return r, nil
}
