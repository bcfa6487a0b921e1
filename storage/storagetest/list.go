package storagetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spoolmedia/spool/storage"
)

var listChecks = []check{
	{"List of an empty storage yields nothing", listEmpty},
	{"List is in byte order of whole keys", listOrder},
	{"List keeps to prefix and after", listRange},
	{"List yields what Commit said", listInfo},
	{"List can be broken off and gone on with", listBreak},
	{"blobs may be removed, made and read while listing", listChange},
	{"List with an ended context yields its error and ends", listEnded},
}

// listed are keys whose order in folders differs from that of bytes.
var listed = []string{
	"a", "a b", "a-b", "a.b/c", "a/b", "a/b/c", "a/b-c", "a/b/c/d/e", "a0", "a0/b", "aa", "b.d",
	"b.d/c.d/d", "b/d", "B", "A/x", "é/ü", "%41", "%", "~",
	"日本語/ファイル.png", "z/1", "z/10", "z/2",
	strings.Repeat("l", 79), strings.Repeat("l", 80), strings.Repeat("l", 81),
	strings.Repeat("l", 80) + "/x", strings.Repeat("l", 80) + "-", strings.Repeat("l", 160) + "/.x",
	strings.Repeat("%", 255) + "/" + strings.Repeat("é", 127), strings.Repeat(".", 82),
}

func putAll(ctx context.Context, s storage.Storage, keys []string) error {
	for _, key := range keys {
		if _, err := put(ctx, s, key, []byte(key)); err != nil {
			return fmt.Errorf("making %q: %w", key, err)
		}
	}
	return nil
}

// selected is what List has to yield of keys.
func selected(keys []string, prefix, after string) []string {
	keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return !strings.HasPrefix(key, prefix) || key <= after
	})
	slices.Sort(keys)
	return keys
}

func listEmpty(ctx context.Context, s storage.Storage) error {
	keys, err := list(ctx, s, "", "")
	if err == nil && len(keys) > 0 {
		err = fmt.Errorf("a List yields %q, want nothing", keys)
	}
	return err
}

func listOrder(ctx context.Context, s storage.Storage) error {
	if err := putAll(ctx, s, listed); err != nil {
		return err
	}
	got, err := list(ctx, s, "", "")
	if err != nil {
		return err
	}
	if want := selected(listed, "", ""); !slices.Equal(got, want) {
		return fmt.Errorf("a List yields %q, want %q", got, want)
	}
	for _, key := range listed {
		if err := wantBlob(ctx, s, key, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}

func listRange(ctx context.Context, s storage.Storage) error {
	if err := putAll(ctx, s, listed); err != nil {
		return err
	}
	marks := append([]string{
		"", "a/", "a/b/", "a.", "x", "z/1", "/", "../", "zz", "日", strings.Repeat("l", 90),
		"a/b/c/", "b.", "\xff",
	}, listed...)
	for _, prefix := range marks {
		for _, after := range marks {
			got, err := list(ctx, s, prefix, after)
			if err != nil {
				return err
			}
			if want := selected(listed, prefix, after); !slices.Equal(got, want) {
				return fmt.Errorf("a List(%q, %q) yields %q, want %q", prefix, after, got, want)
			}
		}
	}
	return nil
}

func listInfo(ctx context.Context, s storage.Storage) error {
	made, err := put(ctx, s, "in/a", []byte("0123456789"))
	if err != nil {
		return err
	}
	for info, lerr := range s.List(ctx, "", "") {
		err = cmp.Or(err, lerr, sameInfo("List", info, made))
	}
	return err
}

func listBreak(ctx context.Context, s storage.Storage) error {
	if err := putAll(ctx, s, listed); err != nil {
		return err
	}
	var got []string
	for range listed {
		for info, err := range s.List(ctx, "", cmp.Or(slices.MaxFunc(append(got, ""), cmp.Compare))) {
			if err != nil {
				return err
			}
			got = append(got, info.Key)
			break
		}
	}
	if want := selected(listed, "", ""); !slices.Equal(got, want) {
		return fmt.Errorf("listing one by one yields %q, want %q", got, want)
	}
	return nil
}

func listChange(ctx context.Context, s storage.Storage) error {
	var keys []string
	for i := range 600 {
		keys = append(keys, fmt.Sprintf("d/%03d/x", i))
	}
	if err := putAll(ctx, s, keys); err != nil {
		return err
	}
	var got []string
	for info, err := range s.List(ctx, "d/", "") {
		if err != nil {
			return err
		}
		got = append(got, info.Key)
		err = errors.Join(
			wantBlob(ctx, s, info.Key, []byte(info.Key)),
			s.Remove(ctx, info.Key),
			putAll(ctx, s, []string{"c" + info.Key[1:]}), // outside the prefix
		)
		if err != nil {
			return err
		}
	}
	if !slices.Equal(got, keys) {
		return fmt.Errorf("a List yields %d keys while they are removed, want %d", len(got), len(keys))
	}
	return nil
}

func listEnded(ctx context.Context, s storage.Storage) error {
	if err := putAll(ctx, s, []string{"a", "b", "c"}); err != nil {
		return err
	}
	sub, cancel := context.WithCancel(ctx)
	defer cancel()
	var errs []error
	for _, err := range s.List(sub, "", "") {
		cancel()
		if len(errs) > 0 && errs[len(errs)-1] != nil {
			return errors.New("a List goes on after an error")
		}
		errs = append(errs, err)
	}
	if err := want("List", cmp.Or(errs...), context.Canceled); err != nil {
		return err
	}
	_, err := list(ended(ctx), s, "", "")
	return want("List", err, context.Canceled)
}
