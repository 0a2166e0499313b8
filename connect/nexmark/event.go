package nexmark

// lastPerson is the number of the newest person when event e is made.
func lastPerson(e int64) int64 { return e / perEpoch }

// lastAuction is the number of the newest auction when event e is made, -1 before the first.
func lastAuction(e int64) int64 {
	epoch, off := e/perEpoch, e%perEpoch
	switch {
	case off < people:
		epoch, off = epoch-1, auctions-1
	case off >= people+auctions:
		off = auctions - 1
	default:
		off -= people
	}
	return epoch*auctions + off
}

// somePerson draws one of the active people, or one who is to come soon.
func somePerson(e int64, r *random) int64 {
	n := lastPerson(e) + 1
	a := min(n, active)
	return n - a + int64(r.below(int32(a+lead)))
}

// someAuction draws one of the auctions in flight, or one that is to come soon.
func someAuction(e int64, r *random) int64 {
	last := lastAuction(e)
	lo := max(last-inFlight, 0)
	return lo + int64(r.below(int32(last-lo+1+lead)))
}

func (g *Generator) person(ev *Events, i int, e int64, r *random) {
	c := ev.batches[Person].Cols
	c[0].I64[i] = lastPerson(e) + firstID
	first := r.below(int32(len(firstNames)))
	c[1].Str[i] = g.t.names[first][r.below(int32(len(lastNames)))]
	b := append(r.appendText(ev.scratch[:0], 7, ' '), '@')
	b = append(r.appendText(b, 5, ' '), ".com"...)
	c[2].SetBytes(i, b)
	b = b[:0]
	for k := range 4 {
		if k > 0 {
			b = append(b, ' ')
		}
		v := r.below(10000)
		b = append(b, byte('0'+v/1000), byte('0'+v/100%10), byte('0'+v/10%10), byte('0'+v%10))
	}
	c[3].SetBytes(i, b)
	ev.scratch = b
	c[4].Str[i] = g.t.cities[r.below(int32(len(cities)))]
	c[5].Str[i] = g.t.states[r.below(int32(len(states)))]
	c[6].I64[i] = timestamp(g.millis(e))
	size := 8
	for k := 1; k <= 5; k++ {
		size += c[k].Str[i].Len()
	}
	c[7].Str[i] = g.t.extra(r, int32(size), 200)
}

func (g *Generator) auction(ev *Events, i int, e int64, r *random) {
	c := ev.batches[Auction].Cols
	now := g.millis(e)
	c[0].I64[i] = lastAuction(e) + firstID
	seller := lastPerson(e) / hotBatch * hotBatch
	if r.below(hotSellerRatio) == 0 {
		seller = somePerson(e, r)
	}
	c[7].I64[i] = seller + firstID
	c[8].I64[i] = firstCategory + int64(r.below(categories))
	first := r.price()
	c[3].I64[i] = first
	horizon := g.millis(e+inFlight*perEpoch/auctions) - now
	c[6].I64[i] = timestamp(now + 1 + int64(r.below(int32(max(2*horizon, 1)))))
	b := r.appendText(ev.scratch[:0], 20, ' ')
	name := len(b)
	b = r.appendText(b, 100, ' ')
	c[1].SetBytes(i, b[:name])
	c[2].SetBytes(i, b[name:])
	ev.scratch = b
	c[4].I64[i] = first + r.price()
	c[5].I64[i] = timestamp(now)
	c[9].Str[i] = g.t.extra(r, int32(8+len(b)+40), 500)
}

func (g *Generator) bid(ev *Events, i int, e int64, r *random) {
	c := ev.batches[Bid].Cols
	auction := lastAuction(e) / hotBatch * hotBatch
	if r.below(hotAuctionRatio) == 0 {
		auction = someAuction(e, r)
	}
	c[0].I64[i] = auction + firstID
	bidder := lastPerson(e)/hotBatch*hotBatch + 1
	if r.below(hotBidderRatio) == 0 {
		bidder = somePerson(e, r)
	}
	c[1].I64[i] = bidder + firstID
	c[2].I64[i] = r.price()
	if r.below(2) > 0 {
		k := r.below(int32(len(hotChannels)))
		c[3].Str[i], c[4].Str[i] = g.t.hotNames[k], g.t.hotURLs[k]
	} else {
		k := r.below(channels)
		c[3].Str[i], c[4].Str[i] = g.t.channels[k], g.t.urls[k]
	}
	c[5].I64[i] = timestamp(g.millis(e))
	c[6].Str[i] = g.t.extra(r, 32, 100)
}
