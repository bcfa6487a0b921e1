package libav

// peaks are the lowest and the highest samples of parts of sound, one after the other.
// However long the sound is, it keeps a bounded number of them: when there are too
// many, each two become one.
type peaks struct {
	channels int // that are kept apart
	most     int // parts, an even number
	per      int // samples of a part
	points   []int16
	open     []int16 // lowest and highest of each channel so far
	count    int     // samples of the part that is open
}

// finer is how many more parts are kept than are asked for, so that few are lost when
// they are joined.
const finer = 16

func newPeaks(channels, points int) *peaks {
	return &peaks{channels: channels, most: 2 * finer * points, per: 1,
		open: make([]int16, 2*channels)}
}

// add takes one sample of each of the file's channels.
func (p *peaks) add(samples []int16) {
	if p.count == 0 {
		for c := range p.channels {
			p.open[2*c], p.open[2*c+1] = samples[c], samples[c]
		}
	}
	for i, v := range samples {
		c := min(i, p.channels-1) // those that are not kept apart are one
		p.open[2*c], p.open[2*c+1] = min(p.open[2*c], v), max(p.open[2*c+1], v)
	}
	if p.count++; p.count == p.per {
		p.close()
	}
}

// close ends a part.
func (p *peaks) close() {
	if p.count == 0 {
		return
	}
	p.points, p.count = append(p.points, p.open...), 0
	if p.len() == p.most {
		p.points = p.joined(2)
		p.per *= 2
	}
}

func (p *peaks) len() int { return len(p.points) / len(p.open) }

// joined makes one part of each n.
func (p *peaks) joined(n int) []int16 {
	size := len(p.open)
	all := make([]int16, 0, (p.len()+n-1)/n*size)
	for i := range p.len() {
		part := p.points[i*size : (i+1)*size]
		if i%n == 0 {
			all = append(all, part...)
			continue
		}
		last := all[len(all)-size:]
		for c := range p.channels {
			last[2*c], last[2*c+1] = min(last[2*c], part[2*c]), max(last[2*c+1], part[2*c+1])
		}
	}
	return all
}

// atMost ends the sound and joins parts until there are no more than that.
func (p *peaks) atMost(points int) {
	p.close()
	if n := (p.len() + points - 1) / points; n > 1 {
		p.points = p.joined(n)
		p.per *= n
	}
}

// between is the lowest and the highest sample of a channel from one fraction of the
// time to another.
func (p *peaks) between(channel int, from, to float64) (low, high int16) {
	first := min(int(from*float64(p.len())), p.len()-1)
	last := min(max(first+1, int(to*float64(p.len()))), p.len())
	size := len(p.open)
	low, high = p.points[first*size+2*channel], p.points[first*size+2*channel+1]
	for i := first; i < last; i++ {
		low = min(low, p.points[i*size+2*channel])
		high = max(high, p.points[i*size+2*channel+1])
	}
	return low, high
}
