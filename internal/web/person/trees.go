package person

import (
	"sync"

	"codeberg.org/parvis/parvis/internal/core"
)

// maxTrees bounds the explanations kept: about 4 kB each.
const maxTrees = 2000

// treeKey names an explanation in a language. A stored evaluation never changes,
// so neither does its explanation.
type treeKey struct {
	evaluation core.ID
	right      string
	tag        string
	hidden     bool // it leaves out where the person lives
}

// treeCache keeps the explanations that file pages show again and again while
// somebody works on a file. Whoever reads one was allowed to open the file.
type treeCache struct {
	mu   sync.Mutex
	kept map[treeKey]*whyView
}

func (c *treeCache) get(k treeKey) *whyView {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept[k]
}

// put keeps one; a full cache starts again, which costs less than keeping count.
func (c *treeCache) put(k treeKey, why *whyView) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.kept) >= maxTrees || c.kept == nil {
		c.kept = make(map[treeKey]*whyView)
	}
	c.kept[k] = why
}
