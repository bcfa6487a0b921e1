package storagetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/spoolmedia/spool/storage"
)

var togetherChecks = []check{
	{"of many writers of a key exactly one commits", race},
	{"32 goroutines do everything at once", crowd},
	{"ReadAt may be called by many goroutines", readTogether},
}

// crowdSize is how many goroutines the checks start.
const crowdSize = 32

// each calls fn in many goroutines and joins their errors.
func each(fn func(i int) error) error {
	errs := make([]error, crowdSize)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func race(ctx context.Context, s storage.Storage) error {
	for round := range 8 {
		key := fmt.Sprintf("r/%d/x", round)
		var mu sync.Mutex
		var winners []int
		err := each(func(i int) error {
			_, err := put(ctx, s, key, fmt.Appendf(nil, "writer %d", i))
			if errors.Is(err, storage.ErrExist) {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			winners = append(winners, i)
			return err
		})
		if err != nil {
			return err
		}
		if len(winners) != 1 {
			return fmt.Errorf("%d writers committed %q, want one", len(winners), key)
		}
		data := fmt.Appendf(nil, "writer %d", winners[0])
		if err := wantBlob(ctx, s, key, data); err != nil {
			return err
		}
	}
	return nil
}

// crowd lets goroutines make and remove blobs in folders that they share, so
// that these come and go under each other.
func crowd(ctx context.Context, s storage.Storage) error {
	err := each(func(i int) error {
		for round := range 20 {
			key := fmt.Sprintf("d/%d/%d", round%3, i)
			if _, err := put(ctx, s, key, []byte(key)); err != nil {
				return err
			}
			if err := wantBlob(ctx, s, key, []byte(key)); err != nil {
				return err
			}
			if _, err := list(ctx, s, "d/1/", ""); err != nil {
				return err
			}
			if err := s.Remove(ctx, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	keys, err := list(ctx, s, "", "")
	if err == nil && len(keys) > 0 {
		err = fmt.Errorf("%q are left", keys)
	}
	return err
}

func readTogether(ctx context.Context, s storage.Storage) error {
	data := pattern(256 << 10)
	if _, err := put(ctx, s, "a", data); err != nil {
		return err
	}
	b, err := s.Open(ctx, "a")
	if err != nil {
		return err
	}
	defer b.Close()
	return each(func(i int) error {
		part := data[i*8192 : (i+1)*8192]
		got, err := io.ReadAll(io.NewSectionReader(b, int64(i*8192), 8192))
		if err == nil && string(got) != string(part) {
			err = fmt.Errorf("goroutine %d read other bytes", i)
		}
		return err
	})
}
