package pool

// Book books bytes that an owner keeps on the heap, below 0 to take them back: they count for
// its cap, and for who is the greatest. Forget takes back what is left.
func (p *Pool) Book(o *Owner, n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !o.known {
		o.known = true
		p.owners = append(p.owners, o)
	}
	o.booked += n
	p.booked += n
	p.judge(o, o.used.Add(n), p.used.Load())
}

// judge marks who is past a limit: the owner its cap, the greatest the budget.
func (p *Pool) judge(o *Owner, own, all int64) {
	if o.Cap > 0 && own > o.Cap {
		p.markOut(o)
	}
	if p.budget > 0 && all+p.booked > p.budget+p.budget/10 {
		p.markGreatest()
	}
}
