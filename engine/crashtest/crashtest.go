// Package crashtest kills a host of the engine over and over, at random moments
// and at every named moment of its calls to the backends, and then checks the
// books: that every job that was accepted has ended as it should, with every
// output once, and that nothing else is left.
//
//	func main() {
//		crashtest.RunChild() // the child is this program, started again
//		report, err := crashtest.Run(ctx, crashtest.Config{Dir: dir, Kills: 300})
//		fmt.Print(report)
//	}
//
// A child opens a store/boltstore and a storage/filestorage in the folder, and
// submits and works through batches of small files with a codec whose outputs
// are known beforehand; some inputs are fetched from the parent, which also receives
// the callbacks of some jobs. It writes into a ledger, synced, what it was promised,
// and dies by SIGKILL: either the parent kills it, or it kills itself before or
// after the n-th call of a method, in a decorator around the backends. The next
// child finds what is left. The last one works until nothing is left to do, and
// the parent reads store and storage without an engine.
//
// What a host does to its jobs is the list in action.go; what must come of a
// request is in work.go. New operations of the engine go there.
package crashtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/spoolmedia/spool/engine/enginetest"
)

// Config says how often and where to kill.
type Config struct {
	// Dir is an empty folder. Required.
	Dir string
	// Kills is how many children are killed, half of them at random moments, half
	// at named ones. 0 means 12.
	Kills int
	// Seed chooses the moments. 0 means 1.
	Seed uint64
	// Moment is the longest time from a child's start to a random kill. 0 means
	// 300 ms.
	Moment time.Duration
}

func (c Config) withDefaults() Config {
	if c.Kills == 0 {
		c.Kills = 12
	}
	if c.Seed == 0 {
		c.Seed = 1
	}
	if c.Moment == 0 {
		c.Moment = 300 * time.Millisecond
	}
	return c
}

// Run kills children of this program and checks what they leave. The error
// joins all that is wrong. The program has to call [RunChild] first thing.
func Run(ctx context.Context, config Config) (Report, error) {
	if config.Dir == "" {
		return Report{}, errors.New("crashtest: Config.Dir is empty")
	}
	config = config.withDefaults()
	p := parent{
		config: config, folder: folder(config.Dir),
		rand:   rand.New(rand.NewPCG(config.Seed, 0)),
		report: Report{Kills: make(map[string]int)},
	}
	var err error
	if p.site, err = openSite(); err != nil {
		return Report{}, err
	}
	defer p.site.close()
	begun := time.Now()
	err = p.run(ctx)
	p.report.Took = time.Since(begun)
	return p.report, err
}

// parent starts and kills children.
type parent struct {
	config Config
	folder folder
	site   *site
	rand   *rand.Rand
	report Report
	lives  int               // children that were started
	points []enginetest.Call // a moment of each method; N is how often a life calls it
}

func (p *parent) run(ctx context.Context) error {
	if err := p.survey(ctx); err != nil {
		return fmt.Errorf("crashtest: survey: %w", err)
	}
	for p.report.killed() < p.config.Kills {
		kill := p.killPoint
		if p.report.killed()%2 == 0 {
			kill = p.killAnywhere
		}
		if err := kill(ctx); err != nil {
			return fmt.Errorf("crashtest: life %d: %w", p.lives, err)
		}
	}
	if _, err := p.live(ctx, plan{Drain: true}, nil); err != nil {
		return fmt.Errorf("crashtest: the last life: %w", err)
	}
	return p.audit(ctx)
}

// survey lives one life to its end, to learn which calls it makes, and tries to
// be a second process on its folder meanwhile.
func (p *parent) survey(ctx context.Context) error {
	end, err := p.live(ctx, plan{Laps: 3}, p.tryToShare)
	if err != nil {
		return err
	}
	for method, n := range end.Calls {
		for _, after := range []bool{false, true} {
			p.points = append(p.points, enginetest.Call{Method: method, N: n, After: after})
		}
	}
	p.report.Points = len(p.points)
	sortCalls(p.points)
	p.rand.Shuffle(len(p.points), func(i, j int) {
		p.points[i], p.points[j] = p.points[j], p.points[i]
	})
	return nil
}

// killAnywhere has a child killed by the parent.
func (p *parent) killAnywhere(ctx context.Context) error {
	after := time.Duration(p.rand.Int64N(int64(p.config.Moment)))
	end, err := p.live(ctx, plan{}, func(c *child) error {
		select {
		case <-time.After(after):
		case <-ctx.Done():
		}
		return c.kill()
	})
	if err == nil && end.killed {
		p.report.Kills["at random"]++
	}
	return err
}

// killPoint has a child kill itself at the next named point.
func (p *parent) killPoint(ctx context.Context) error {
	point := p.points[0]
	p.points = append(p.points[1:], point)
	at := point
	at.N = 1 + p.rand.IntN(point.N)
	end, err := p.live(ctx, plan{Kill: at}, nil)
	if err == nil && end.killed {
		p.report.Kills[name(point)]++
	}
	return err
}

// name returns the name of a point, whichever call it is.
func name(c enginetest.Call) string {
	if c.After {
		return c.Method + " after"
	}
	return c.Method + " before"
}
