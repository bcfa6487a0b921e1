package queue_test

import (
	"context"
	"fmt"
	"log"

	"github.com/spoolmedia/spool/queue/memqueue"
)

func Example() {
	ctx := context.Background()
	q := memqueue.New(memqueue.Config{Window: 2})
	defer q.Close()

	n, err := q.Push(ctx, "image", "job-1/f/0", "job-1/f/1", "job-1/f/2")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(n, "fitted")

	hint, ack, err := q.Pull(ctx, "image", "av")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(hint)
	ack() // after the claim in the store
	// Output:
	// 2 fitted
	// job-1/f/0
}
