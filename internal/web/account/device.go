package account

import "strings"

// Device says a browser and a system in words people know, from what the browser
// calls itself: "Firefox, Windows". What is not recognised is cut short.
func Device(agent string) string {
	browser := first(agent, "Edg", "Edge", "OPR", "Opera", "Firefox", "Firefox", "Chromium", "Chromium", "Chrome", "Chrome", "Safari", "Safari")
	system := first(agent, "Android", "Android", "iPhone", "iPhone", "iPad", "iPad", "Windows", "Windows", "Mac OS", "Mac", "Linux", "Linux")
	switch {
	case browser == "" && system == "":
		if len(agent) > 40 {
			return strings.ToValidUTF8(agent[:40], "") + "…"
		}
		return agent
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + ", " + system
}

// first returns the name after the first mark found in s; marks and names
// alternate.
func first(s string, marks ...string) string {
	for i := 0; i+1 < len(marks); i += 2 {
		if strings.Contains(s, marks[i]) {
			return marks[i+1]
		}
	}
	return ""
}
