package engine

import (
	"sync"

	"github.com/spoolmedia/spool/codec"
	"github.com/spoolmedia/spool/store"
)

// maxOperations bounds how many operations are remembered, and maxParams how long
// their parameters may be.
const (
	maxOperations = 256
	maxParams     = 4 << 10
)

// operations remembers what specs of operations mean: most jobs ask for one of a few.
type operations struct {
	mu      sync.RWMutex // guards decoded
	decoded map[operationKey]codec.Operation
}

// operationKey is a spec, as a key.
type operationKey struct{ name, params string }

// decode returns the operation of the spec, which codecs share.
func (o *operations) decode(r *codec.Registry, s store.Spec) (codec.Operation, error) {
	o.mu.RLock()
	op, ok := o.decoded[operationKey{s.Name, string(s.Params)}]
	o.mu.RUnlock()
	if ok {
		return op, nil
	}
	op, err := r.Decode(s.Name, s.Params)
	if err == nil && len(s.Params) <= maxParams {
		o.put(operationKey{s.Name, string(s.Params)}, op)
	}
	return op, err
}

func (o *operations) put(key operationKey, op codec.Operation) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.decoded == nil || len(o.decoded) >= maxOperations {
		o.decoded = make(map[operationKey]codec.Operation)
	}
	o.decoded[key] = op
}
