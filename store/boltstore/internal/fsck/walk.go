package fsck

import "bytes"

// maxDepth is deeper than any tree gets, at two keys a page.
const maxDepth = 64

// A walker checks one tree.
type walker struct {
	*file
	all    bool              // also the leaves, whatever the depth of the check is
	bucket func(root uint64) // called for each bucket in the tree; nil: there are none
	levels [maxDepth]page    // one page in memory of each level
}

// bounds are what the keys of a page are between: from is included, to is not. Nil
// is no bound.
type bounds struct{ from, to []byte }

// walk checks the page with that number and all below it.
func (w *walker) walk(id uint64, b bounds, level int) error {
	if level == maxDepth {
		w.levels[0].id = id
		return w.levels[0].errorf("is too deep")
	}
	p := &w.levels[level]
	if err := p.read(w.file, id); err != nil {
		return err
	}
	if p.kind != kindBranch && p.kind != kindLeaf {
		return p.errorf("is of kind %#x", p.kind)
	}
	if err := w.mark(id, p.overflow); err != nil {
		return err
	}
	return w.elements(p, b, level)
}

// elements checks the elements of a page, and what is below them.
func (w *walker) elements(p *page, b bounds, level int) error {
	last := b.from
	if p.kind == kindBranch && p.count == 0 {
		return p.errorf("leads nowhere")
	}
	leaves := false
	for i := range p.count {
		e, err := p.element(i)
		if err != nil {
			return err
		}
		if c := bytes.Compare(last, e.key); c > 0 || c == 0 && i > 0 {
			return p.errorf("has keys out of order")
		}
		last = e.key
		if b.to != nil && bytes.Compare(e.key, b.to) >= 0 {
			return p.errorf("has a key that belongs elsewhere")
		}
		switch {
		case p.kind == kindLeaf:
			err = w.leafElement(p, e)
		case leaves:
			err = w.mark(e.page, 0)
		default:
			err = w.child(p, i, e, b.to, level)
			leaves = w.depth == Branches && !w.all && w.levels[level+1].kind == kindLeaf
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// child checks what is below an element of a branch.
func (w *walker) child(p *page, i int, e element, to []byte, level int) error {
	if i+1 < p.count {
		next, err := p.element(i + 1)
		if err != nil {
			return err
		}
		to = next.key
	}
	return w.walk(e.page, bounds{e.key, to}, level+1)
}

func (w *walker) leafElement(p *page, e element) error {
	switch {
	case !e.isBucket:
		return nil
	case w.bucket == nil:
		return p.errorf("has a bucket where there is none")
	case len(e.value) < bucketSize:
		return p.errorf("has a bucket of %d bytes", len(e.value))
	}
	root := order.Uint64(e.value)
	if root != 0 {
		w.bucket(root)
		return nil
	}
	return w.inline(p, e.value[bucketSize:])
}

// inline checks a bucket that is so small that it is in the page of its parent.
func (w *walker) inline(parent *page, buf []byte) error {
	if len(buf) < headerSize {
		return parent.errorf("has a bucket without a page")
	}
	p := page{id: parent.id, buf: buf}
	p.parse()
	if p.kind != kindLeaf || p.overflow != 0 {
		return parent.errorf("has a bucket of kind %#x", p.kind)
	}
	inner := walker{file: w.file}
	return inner.elements(&p, bounds{}, 0)
}
