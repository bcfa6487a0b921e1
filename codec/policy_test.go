package codec_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/spoolmedia/spool/codec"
)

func TestPolicyBlocksWhatIsNotMeantForStrangers(t *testing.T) {
	for _, c := range []struct {
		policy    codec.Policy
		mediaType string
		want      bool
	}{
		{codec.Policy{}, "image/jpeg", true},
		{codec.Policy{}, "image/svg+xml", false},
		{codec.Policy{}, "application/pdf", false},
		{codec.Policy{}, "image/jp2", false},
		{codec.Policy{Untrusted: []string{"image/svg+xml"}}, "image/svg+xml", true},
		{codec.Policy{Untrusted: []string{"image/svg+xml"}}, "application/pdf", false},
	} {
		if got := c.policy.Allows(c.mediaType); got != c.want {
			t.Errorf("%+v allows %s: %v, want %v", c.policy, c.mediaType, got, c.want)
		}
	}
}

func TestLimitsNameWhatIsTooMuch(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits codec.Limits
		media  codec.Media
		want   string // in the message; "" means within the limits
	}{
		{"nothing known", codec.Limits{}, codec.Media{}, ""},
		{"as many pixels as allowed", codec.Limits{}, codec.Media{Width: 0x3fff, Height: 0x3fff}, ""},
		{"one row more", codec.Limits{}, codec.Media{Width: 0x3fff, Height: 0x4000}, "pixels"},
		{"sides whose product passes 32 bits", codec.Limits{},
			codec.Media{Width: 65536, Height: 65536}, "65536 × 65536"},
		{"own limit", codec.Limits{Pixels: 99}, codec.Media{Width: 10, Height: 10}, "99"},
		{"no limit", codec.Limits{Pixels: -1, Volume: -1},
			codec.Media{Width: 1 << 20, Height: 1 << 20}, ""},
		{"frames", codec.Limits{}, codec.Media{Width: 1, Height: 1, Frames: 4097}, "4097 frames"},
		{"pages", codec.Limits{},
			codec.Media{Type: "application/pdf", Width: 1, Height: 1, Frames: 4097}, "4097 pages"},
		{"as many pages as allowed, of any size", codec.Limits{Frames: 1},
			codec.Media{Type: "image/tiff", Width: 1000, Height: 1000, Frames: 4096}, ""},
		{"pixels of a page", codec.Limits{Pixels: 99},
			codec.Media{Type: "application/pdf", Width: 10, Height: 10, Frames: 2}, "99 pixels"},
		{"volume", codec.Limits{}, codec.Media{Width: 1000, Height: 1000, Frames: 1001}, "in all"},
		{"duration", codec.Limits{}, codec.Media{Duration: 24*time.Hour + 1}, "lasts"},
		{"no limit of duration", codec.Limits{Duration: -1}, codec.Media{Duration: 1 << 62}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.limits.Check("a.png", c.media)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("Check returned %v", err)
			case c.want != "" && (codec.ClassOf(err) != codec.Limit ||
				!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "a.png")):
				t.Errorf("Check returned %v, want a Limit with %q", err, c.want)
			}
		})
	}
}

func TestClassesSurviveWrapping(t *testing.T) {
	err := codec.Errorf(codec.Invalid, "a.png: it is damaged: %w", io.ErrUnexpectedEOF)
	wrapped := fmt.Errorf("engine: %w", err)
	if got := codec.ClassOf(wrapped); got != codec.Invalid {
		t.Errorf("ClassOf = %q", got)
	}
	if !errors.Is(wrapped, io.ErrUnexpectedEOF) {
		t.Error("the cause is lost")
	}
	for _, c := range []struct {
		err  error
		want bool
	}{
		{wrapped, true},
		{codec.Errorf(codec.Unsupported, "no"), true},
		{codec.Errorf(codec.Limit, "no"), true},
		{codec.Errorf(codec.Transient, "no"), false},
		{codec.Errorf(codec.Crash, "no"), false},
		{codec.Errorf(codec.Timeout, "no"), false},
		{codec.Errorf(codec.Memory, "no"), false},
		{errors.New("no class"), false},
	} {
		if got := codec.Permanent(c.err); got != c.want {
			t.Errorf("Permanent(%v of the class %s) = %v", c.err, codec.ClassOf(c.err), got)
		}
	}
}
