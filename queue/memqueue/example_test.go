package memqueue_test

import (
	"context"
	"fmt"

	"github.com/spoolmedia/spool/queue/memqueue"
)

func Example() {
	ctx := context.Background()
	q := memqueue.New(memqueue.Config{Window: 2})
	defer q.Close()

	n, err := q.Push(ctx, "image", "job-1/f/0", "job-1/f/1", "job-1/f/2")
	fmt.Println("pushed", n, err) // the window takes two

	hint, ack, err := q.Pull(ctx, "image", "av")
	fmt.Println("pulled", hint, err)
	ack() // the task was claimed
	// Output:
	// pushed 2 <nil>
	// pulled job-1/f/0 <nil>
}
