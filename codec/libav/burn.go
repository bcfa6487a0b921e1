package libav

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spoolmedia/spool/codec"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// burning draws subtitles into pictures, with libass. FFmpeg's filter for it reads a
// file by its name: it gets one that is written here, and our fonts beside it, in a
// private folder.
type burning struct {
	op     codec.BurnSubtitles
	in     codec.Input // nil: those of the film
	script script
	dir    string
}

// burnFonts are the files of the fonts that burnt subtitles have.
var burnFonts = map[string][]byte{
	"regular.ttf": goregular.TTF, "bold.ttf": gobold.TTF, "italic.ttf": goitalic.TTF,
	"bolditalic.ttf": gobolditalic.TTF, "mono.ttf": gomono.TTF,
}

// burnEdits are the steps for op.
func burnEdits(op codec.BurnSubtitles, refs map[string]codec.Input, prefix string) ([]edit, error) {
	b := &burning{op: op}
	if op.Subtitles != "" {
		var ok bool
		if b.in, ok = refs[prefix+"subtitles"]; !ok {
			return nil, codec.Errorf(codec.Protocol, "libav: the subtitles are not there")
		}
	}
	return []edit{b}, nil
}

// prepare reads the subtitles, and makes the folder. Remove it.
func (b *burning) prepare(ctx context.Context, w *codec.Work) (err error) {
	if b.in != nil {
		b.script, err = readScript(ctx, b.in, w.Policy)
	} else {
		k := pick{b.op.Track, b.op.Language}
		b.script, err = readTrack(ctx, w.In[0], w.Policy, k)
	}
	if err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "spool-"); err != nil {
		return fmt.Errorf("libav: a folder for subtitles: %w", err)
	}
	for name, font := range burnFonts {
		if err := b.write(name, font); err != nil {
			return err
		}
	}
	return nil
}

func (b *burning) write(name string, data []byte) error {
	if err := os.WriteFile(filepath.Join(b.dir, name), data, 0o600); err != nil {
		return fmt.Errorf("libav: write subtitles to burn: %w", err)
	}
	return nil
}

// remove removes the folder.
func (b *burning) remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

func (*burning) sound(*film) ([]string, error) { return nil, nil }

// pictures writes the script for pictures of that size, from where the clip begins.
func (b *burning) pictures(f *film) ([]string, error) {
	if b.dir == "" { // only what it costs is asked
		return []string{"null"}, nil
	}
	if err := b.write("script.ass", b.document(f)); err != nil {
		return nil, err
	}
	var filters []string
	if b.script.coloured() || !grey(b.op.Color) {
		// In YUV the filter would take the matrix of BT.601 for all films.
		filters = f.toRGB()
	}
	return append(filters, fmt.Sprintf("ass=filename=%s:fontsdir=%s",
		escaped(filepath.Join(b.dir, "script.ass")), escaped(b.dir))), nil
}

// escaped is a value in a description of filters, which is taken apart twice.
func escaped(value string) string {
	inner := strings.NewReplacer(`\`, `\\`, `'`, `\'`, `:`, `\:`).Replace(value)
	return strings.NewReplacer(`\`, `\\`, `'`, `\'`, `[`, `\[`, `]`, `\]`, `,`, `\,`, `;`, `\;`).
		Replace(inner)
}

// grey reports whether a colour has the same red, green and blue.
func grey(colour string) bool {
	return len(colour) == 7 && colour[1:3] == colour[3:5] && colour[3:5] == colour[5:7]
}
