package lang

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// maxFileBytes bounds a rule file.
const maxFileBytes = 1 << 20

// Parse reads a literate rule file. It always returns a File, with what could be
// understood.
func Parse(name string, content []byte) (*File, Problems) {
	f := &File{Name: name}
	at := func(line, col int, message, advice string) Problem {
		return Problem{File: name, Pos: Pos{line, col}, Message: message, Advice: advice}
	}
	if len(content) > maxFileBytes {
		return f, Problems{at(1, 1, sprintf(msgTooBig, maxFileBytes/1024), "")}
	}
	if bytes.HasPrefix(content, []byte("\xff\xfe")) || bytes.HasPrefix(content, []byte("\xfe\xff")) {
		return f, Problems{at(1, 1, msgUTF16, adviceUTF8)}
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	if line, col, bad, ok := firstBadByte(content); ok {
		return f, Problems{at(line, col, sprintf(msgNotUTF8, bad), adviceUTF8)}
	}
	var problems Problems
	lines := strings.Split(compose(strings.ReplaceAll(string(content), "\r\n", "\n")), "\n")
	for i := 0; i < len(lines); i++ {
		kind, ok := strings.CutPrefix(lines[i], "```")
		if !ok {
			continue
		}
		kind = strings.TrimSpace(kind)
		end := i + 1
		for end < len(lines) && !strings.HasPrefix(lines[end], "```") {
			end++
		}
		if end == len(lines) {
			problems = append(problems, at(i+1, 1, msgOpenFence, adviceOpenFence))
			break
		}
		src, first := strings.Join(lines[i+1:end], "\n"), i+2
		switch kind {
		case "règle", "regle", "règles":
			problems = append(problems, ParseRules(f, src, first)...)
		case "exemple", "exemples":
			problems = append(problems, parseExamples(f, src, first)...)
		case "droit":
			problems = append(problems, parseSheets(f, src, first)...)
		case "question", "questions":
			problems = append(problems, parseForms(f, src, first)...)
		case "", "text", "texte":
		default:
			problems = append(problems, at(i+1, 4, sprintf(msgUnknownFence, kind), adviceFence))
		}
		i = end
	}
	return f, problems
}

func firstBadByte(b []byte) (line, col int, bad byte, found bool) {
	if utf8.Valid(b) {
		return 0, 0, 0, false
	}
	line, col = 1, 1
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			return line, col, b[0], true
		}
		if r == '\n' {
			line, col = line+1, 0
		}
		col++
		b = b[n:]
	}
	return 0, 0, 0, false
}

// compose joins a letter and a combining accent, which some keyboards write
// apart, for the letters of French.
func compose(s string) string {
	if !strings.ContainsAny(s, "\u0300\u0301\u0302\u0308\u0327") {
		return s
	}
	return strings.NewReplacer("a\u0300", "à", "e\u0300", "è", "u\u0300", "ù", "e\u0301", "é", "a\u0302", "â", "e\u0302", "ê", "i\u0302", "î",
		"o\u0302", "ô", "u\u0302", "û", "e\u0308", "ë", "i\u0308", "ï", "u\u0308", "ü", "c\u0327", "ç", "E\u0301", "É", "A\u0300", "À").Replace(s)
}
