package browsertest_test

import (
	"testing"

	"codeberg.org/parvis/parvis/internal/browsertest"
)

// A worker notes that a person was told of the calculations and looks at the list and
// at another rule; the person says no, then yes again. With a script and without.
func TestConversations(t *testing.T) {
	b := browsertest.Start(t)
	withAndWithout(t, func(t *testing.T, script bool) {
		h := openDemo(t)
		v := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		enterDemo(v, "worker")
		file := firstFile(v)
		v.Open(file)
		v.Follow(say("conversations.notice_link"))
		v.Press(say("conversations.tell_save"))
		v.MustShow(say("errs.conversations.how_missing"))
		v.Choose(say("conversations.how.letter"))
		v.Press(say("conversations.tell_save"))
		v.MustShow(say("conversations.tell_saved"))

		v.Open("/conversations")
		v.MustShow(say("conversations.title"), say("conversations.run_title"))
		v.Press(say("conversations.run_mine"))
		v.MustShow(say("conversations.run_started"))
		v.Follow(say("conversations.try_title"))
		v.Press(say("conversations.try_go"))
		v.MustShow(say("conversations.try_hypothesis"), say("conversations.try_nothing_kept"))

		p := b.Visit(t, h.URL(), browsertest.Screen{Script: script, Width: 360})
		enterDemo(p, "person")
		p.Open("/moi/calculs")
		p.Press(say("conversations.own_refuse"))
		p.MustShow(say("conversations.own_off"))
		p.Press(say("conversations.own_accept"))
		p.MustShow(say("conversations.own_accepted"))
	})
}
