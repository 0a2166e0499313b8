package fn

import (
	"github.com/millracedb/millrace/base/datetime"
	"github.com/millracedb/millrace/base/numeric"
	"github.com/millracedb/millrace/base/pgtext"
)

// cacheSize bounds each cache of compiled arguments.
const cacheSize = 256

// cache keeps what was compiled from an argument's text. When it is full it starts anew.
type cache[V any] struct{ m map[string]V }

// get returns the value for the key, made by f at first. An error is not kept.
func (c *cache[V]) get(key []byte, f func(key []byte) (V, error)) (V, error) {
	if v, ok := c.m[string(key)]; ok {
		return v, nil
	}
	v, err := f(key)
	if err != nil {
		return v, err
	}
	if c.m == nil || len(c.m) >= cacheSize {
		c.m = map[string]V{}
	}
	c.m[string(key)] = v
	return v, nil
}

// caches are a context's.
type caches struct {
	zones   cache[datetime.NamedZone]
	units   cache[unit]
	likes   [2]cache[*pgtext.Like] // LIKE, ILIKE
	times   cache[*datetime.Picture]
	numbers cache[*numeric.Picture]
	similar cache[*pgtext.Regexp]
	sets    cache[*Set] // of arrays
	regexps *pgtext.RegexpCache
}
