package storagetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spoolmedia/spool/storage"
)

var keyChecks = []check{
	{"a bad key is ErrBadKey in every method", badKeys},
	{"a valid key can name a blob", goodKeys},
	{"keys that differ name different blobs", likeKeys},
}

// BadKeys are keys that every method refuses, by what is wrong with them.
var BadKeys = map[string]string{
	"empty":                 "",
	"above":                 "../x",
	"above, later":          "a/../../x",
	"above, last":           "a/..",
	"dot":                   "a/./b",
	"only a dot":            ".",
	"absolute":              "/x",
	"slash at the end":      "a/",
	"two slashes":           "a//b",
	"backslash":             `a\b`,
	"drive":                 "c:x",
	"zero byte":             "a\x00b",
	"line feed":             "a\nb",
	"delete":                "a\x7f",
	"not UTF-8":             "a\xff",
	"element too long":      strings.Repeat("e", 256),
	"last element too long": "a/" + strings.Repeat("é", 128),
	"too long":              strings.Repeat("a/", 512) + "b",
}

func badKeys(ctx context.Context, s storage.Storage) error {
	for what, key := range BadKeys {
		w, err := s.Create(ctx, key)
		if err == nil {
			w.Abort()
		}
		b, oerr := s.Open(ctx, key)
		if oerr == nil {
			b.Close()
		}
		err = errors.Join(
			want("Create", err, storage.ErrBadKey),
			want("Open", oerr, storage.ErrBadKey),
			want("Remove", s.Remove(ctx, key), storage.ErrBadKey),
		)
		if err != nil {
			return fmt.Errorf("%s (%.40q): %w", what, key, err)
		}
	}
	return nil
}

func goodKeys(ctx context.Context, s storage.Storage) error {
	keys := []string{
		"a", ".a", "..a", "a..", "...", "-", "a b", " ", "a*?<>|\"'`$&;#", "con", "nul.txt", "a.",
		"%2e%2e", "日本語.png", "e\u0301", "😀", "~root", "a=b,c", "tmp/x", "lock", "blobs/x",
		strings.Repeat("e", 255), strings.Repeat("é", 127),
		strings.Repeat("a/", 511) + "bb",
		strings.Repeat(strings.Repeat("%", 255)+"/", 4)[:1023],
	}
	for _, key := range keys {
		if !storage.ValidKey(key) {
			return fmt.Errorf("%.40q is no valid key", key)
		}
		if _, err := put(ctx, s, key, []byte(key)); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if err := wantBlob(ctx, s, key, []byte(key)); err != nil {
			return err
		}
		if err := s.Remove(ctx, key); err != nil {
			return err
		}
		if err := wantGone(ctx, s, key); err != nil {
			return err
		}
	}
	return nil
}

func likeKeys(ctx context.Context, s storage.Storage) error {
	keys := []string{
		"a", "A", "a/b", "A/b", "a/B", "a.", "a ", "é", "e\u0301", "É", "a%2fb", "%61", "a.d/b",
		"a.d", "con", "CON",
	}
	if err := putAll(ctx, s, keys); err != nil {
		return err
	}
	for _, key := range keys {
		if err := wantBlob(ctx, s, key, []byte(key)); err != nil {
			return err
		}
	}
	return nil
}
