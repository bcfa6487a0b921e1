package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// look takes pictures of the page at two widths in two schemes, and has axe look
// at each.
func look(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		for width, label := range map[int64]string{1280: "desktop", 390: "phone"} {
			run(t, ctx, func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
				_, err = cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
					Features: []*emulation.MediaFeature{
						{Name: "prefers-color-scheme", Value: scheme},
						{Name: "prefers-reduced-motion", Value: "reduce"},
					}})
				return v, err
			}, chromedp.EmulateViewport(width, 860))
			shot(t, ctx, fmt.Sprintf("%s-%s-%s", name, label, scheme))
			check(t, ctx, fmt.Sprintf("%s, %s, %s", name, label, scheme))
			if overflow := eval[bool](t, ctx,
				`document.documentElement.scrollWidth > document.documentElement.clientWidth`); overflow {
				t.Errorf("%s, %s: the page is wider than the window", name, label)
			}
		}
	}
	run(t, ctx, chromedp.EmulateViewport(1280, 900))
	named(t, ctx, name)
}

// finding is what axe has found.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string `json:"failureSummary"`
	}
}

// check wants no serious finding of axe-core.
func check(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	if *axe == "" {
		return
	}
	script, err := os.ReadFile(*axe)
	if err != nil {
		t.Fatal(err)
	}
	run(t, ctx, do(chromedp.Evaluate[int](string(script)+";0")))
	found := eval[string](t, ctx, `axe.run().then((r) => JSON.stringify(r.violations))`)
	var list []finding
	if err := json.Unmarshal([]byte(found), &list); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		report := t.Logf
		if f.Impact == "serious" || f.Impact == "critical" {
			report = t.Errorf
		}
		for _, n := range f.Nodes {
			report("%s: %s: %s (%s)\n%s\n%s", where, f.Impact, f.ID, f.Help, n.HTML, n.FailureSummary)
		}
	}
}

// controls are the roles of what can be used.
var controls = []string{"button", "checkbox", "combobox", "link", "radio", "searchbox", "slider",
	"spinbutton", "switch", "textbox", "progressbar", "dialog", "listbox", "menuitem", "video", "audio"}

// named wants a name of everything that can be used, as a screen reader has it.
func named(t *testing.T, ctx context.Context, where string) {
	t.Helper()
	var tree accessibility.GetFullAXTreeResult
	run(t, ctx, func(ctx context.Context, target *chromedp.Target) (v chromedp.Void, err error) {
		tree, err = cdp.Call(ctx, target, accessibility.GetFullAXTree,
			accessibility.GetFullAXTreeParams{})
		return v, err
	})
	text := func(v *accessibility.Value) (s string) {
		if v != nil {
			_ = json.Unmarshal(v.Value, &s) // "" if it is none
		}
		return s
	}
	found := 0
	for _, n := range tree.Nodes {
		role := text(n.Role)
		if n.Ignored || !slices.Contains(controls, role) {
			continue
		}
		found++
		if text(n.Name) == "" {
			t.Errorf("%s: a %s has no name", where, role)
		}
	}
	if found == 0 {
		t.Errorf("%s: no controls in the accessibility tree", where)
	}
}
