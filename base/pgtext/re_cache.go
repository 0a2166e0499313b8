package pgtext

import (
	"container/list"
	"sync"
)

// maxCachedPattern is the longest pattern that a cache keeps.
const maxCachedPattern = 4096

// RegexpCache keeps the regular expressions used last. It may be shared by goroutines.
// A pattern that does not compile is compiled, and refused, each time.
type RegexpCache struct {
	mu    sync.Mutex
	limit int
	order *list.List // of *cachedRegexp, the last used in front
	found map[regexpKey]*list.Element
	stop  func() bool
}

type regexpKey struct {
	pattern string
	flags   RegexpFlags
}

type cachedRegexp struct {
	key regexpKey
	re  *Regexp
}

// NewRegexpCache makes a cache of at most limit expressions, limit ≥ 1.
func NewRegexpCache(limit int) *RegexpCache { return NewStoppableCache(limit, nil) }

// NewStoppableCache is NewRegexpCache for expressions whose matches end, with 57014, when stop says
// so: it is asked now and then while they read a long text.
func NewStoppableCache(limit int, stop func() bool) *RegexpCache {
	return &RegexpCache{limit: max(limit, 1), order: list.New(), found: make(map[regexpKey]*list.Element), stop: stop}
}

// Get returns the compiled pattern, from the cache if it is there.
func (c *RegexpCache) Get(pattern []byte, flags RegexpFlags) (*Regexp, error) {
	flags.Global = false
	c.mu.Lock()
	if e, ok := c.found[regexpKey{string(pattern), flags}]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*cachedRegexp).re, nil
	}
	c.mu.Unlock()
	re, err := CompileRegexp(pattern, flags)
	if err == nil {
		re.stop = c.stop
	}
	if err != nil || len(pattern) > maxCachedPattern {
		return re, err
	}
	c.put(regexpKey{string(pattern), flags}, re)
	return re, nil
}

func (c *RegexpCache) put(key regexpKey, re *Regexp) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.found[key]; ok {
		return
	}
	c.found[key] = c.order.PushFront(&cachedRegexp{key, re})
	if c.order.Len() > c.limit {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.found, last.Value.(*cachedRegexp).key)
	}
}

// Len is the number of expressions that the cache holds.
func (c *RegexpCache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.order.Len()
}
