// Verifies a signed mandate or agreement in the page itself: nothing is sent, nothing is
// fetched, so that the page works from a file, on a machine without a network. It reads
// what internal/agreement/proof.go writes; both must change together.
import { hashes, verify as verifySlowly } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";

hashes.sha512 = sha512;

const heading = "parvis agreement v1";
const keyMark = "parvis/agreement:";

// What a document says. form: it is not one; signature, text: it does not hold.
type Read =
  | { wrong: "form" | "signature" | "text" }
  | { wrong: ""; facts: [name: string, value: string][]; key: string; text: string };

const bytes = (s: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(s));

// base64 gives the bytes of exactly n bytes written in base64, undefined otherwise.
const base64 = (s: string, n: number): Uint8Array<ArrayBuffer> | undefined => {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(s)) return undefined;
  try {
    const plain = Uint8Array.from(atob(s), (c) => c.charCodeAt(0));
    return plain.length === n && btoa(String.fromCharCode(...plain)) === s ? plain : undefined;
  } catch {
    return undefined;
  }
};

// signed asks the browser's own Ed25519, or the library where the browser has none.
const signed = async (mark: Uint8Array<ArrayBuffer>, body: Uint8Array<ArrayBuffer>, key: Uint8Array<ArrayBuffer>): Promise<boolean> => {
  if (globalThis.crypto?.subtle) {
    try {
      const known = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
      return await crypto.subtle.verify({ name: "Ed25519" }, known, mark, body);
    } catch {
      // This browser does not know Ed25519: the library does.
    }
  }
  try {
    return verifySlowly(mark, body, key, { zip215: false });
  } catch {
    return false; // the key or the mark is no point of the curve
  }
};

const read = async (typed: string): Promise<Read> => {
  const all = typed.trim().replaceAll("\r\n", "\n");
  const cut = all.indexOf("\n\n");
  if (cut < 0) return { wrong: "form" };
  const body = all.slice(0, cut);
  const rest = all.slice(cut + 2);
  const gap = rest.indexOf("\n\n");
  const tail = (gap < 0 ? rest : rest.slice(0, gap)).trim().split("\n");
  const text = gap < 0 ? "" : rest.slice(gap + 2).trim();
  const lines = body.split("\n");
  if (lines[0] !== heading || tail.length !== 2 || !tail[0].startsWith("public-key ") || !tail[1].startsWith("signature ")) return { wrong: "form" };
  const facts: [string, string][] = [];
  for (let i = 1; i < lines.length; i++) {
    const at = lines[i].indexOf("=");
    if (at < 0 || (i > 1 && lines[i - 1] >= lines[i])) return { wrong: "form" };
    facts.push([lines[i].slice(0, at), lines[i].slice(at + 1).replace(/\\([\\n])/g, (_, c) => (c === "n" ? "\n" : "\\"))]);
  }
  const key = tail[0].slice("public-key ".length).trim();
  const point = key.startsWith(keyMark) ? base64(key.slice(keyMark.length), 32) : undefined;
  const mark = base64(tail[1].slice("signature ".length).trim(), 64);
  if (!point || !mark) return { wrong: "form" };
  if (!(await signed(mark, bytes(body + "\n"), point))) return { wrong: "signature" };
  const digest = Array.from(sha256(bytes(text)), (b) => b.toString(16).padStart(2, "0")).join("");
  if (text !== "" && !facts.some(([name, value]) => name === "text_sha256" && value === digest)) return { wrong: "text" };
  return { wrong: "", facts, key, text };
};

// What people read first, in this order; the rest stays folded.
const first = ["person", "birth", "mandatary", "house", "to", "purpose", "categories", "gestures", "procedure", "from", "until", "measure", "guardian", "guardian_mark", "given", "read", "signed", "mark"];
const days = ["birth", "from", "until", "given", "added"];

const by = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const say = (word: string): string | undefined => document.querySelector<HTMLElement>(`[data-word="${CSS.escape(word)}"]`)?.textContent ?? undefined;

const value = (name: string, v: string): string => {
  if (days.includes(name) && /^\d{4}-\d\d-\d\d$/.test(v)) {
    return new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(v + "T00:00:00Z"));
  }
  if (name === "categories" || name === "gestures") return v.split(" ").map((one) => say(name + "." + one) ?? one).join(", ");
  return say(name + "." + v) ?? v;
};

const add = (list: HTMLElement, name: string, v: string): void => {
  const group = name.startsWith("procedure_") ? "procedure" : name;
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const said = document.createElement("dd");
  term.textContent = say("fact." + group) ?? name;
  said.textContent = value(group, v);
  said.dir = "auto";
  row.append(term, said);
  list.append(row);
};

const show = async (): Promise<void> => {
  const typed = by<HTMLTextAreaElement>("text").value;
  const out = await read(typed);
  for (const id of ["true", "form", "signature", "text-wrong"]) by(id).hidden = true;
  if (out.wrong !== "") {
    by(out.wrong === "text" ? "text-wrong" : out.wrong).hidden = false;
    return;
  }
  const facts = by("facts");
  const more = by("more");
  facts.replaceChildren();
  more.replaceChildren();
  const rank = ([name]: [string, string]): number => first.indexOf(name.startsWith("procedure_") ? "procedure" : name);
  const sorted = out.facts.filter((f) => rank(f) >= 0).sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  for (const [name, v] of sorted) add(facts, name, v);
  for (const [name, v] of out.facts.filter((f) => rank(f) < 0)) add(more, name, v);
  add(more, "key", out.key);
  const until = out.facts.find(([name]) => name === "until")?.[1] ?? "";
  const now = new Date();
  const today = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, "0")}-${String(now.getDate()).padStart(2, "0")}`;
  by("over").hidden = until === "" || until >= today;
  const own = by<HTMLInputElement>("key").value.trim();
  by("ours").hidden = own === "" || own !== out.key;
  by("other").hidden = own === "" || own === out.key;
  by("nobody").hidden = own !== "";
  by("read-text").textContent = out.text;
  by("with-text").hidden = out.text === "";
  by("without-text").hidden = out.text !== "";
  by("true").hidden = false;
};

// A file is a text, or the picture of a QR code where the browser reads those.
type Detector = { detect(picture: ImageBitmap): Promise<{ rawValue: string }[]> };

const load = async (file: File): Promise<string> => {
  if (file.size > 20 << 20) return "";
  const reader = (globalThis as { BarcodeDetector?: new (o: { formats: string[] }) => Detector }).BarcodeDetector;
  if (file.type.startsWith("image/")) {
    if (!reader) {
      by("no-picture").hidden = false;
      return "";
    }
    const found = await new reader({ formats: ["qr_code"] }).detect(await createImageBitmap(file));
    return found[0]?.rawValue ?? "";
  }
  return new TextDecoder().decode(await file.slice(0, 1 << 20).arrayBuffer());
};

by("work").hidden = false;
by("form-check").addEventListener("submit", (e) => {
  e.preventDefault();
  void show();
});
by("file").addEventListener("change", () => {
  const file = by<HTMLInputElement>("file").files?.[0];
  by("no-picture").hidden = true;
  if (!file) return;
  load(file)
    .then((text) => {
      by<HTMLTextAreaElement>("text").value = text;
      return show();
    })
    .catch(() => (by("form").hidden = false)); // a picture that cannot be read
});
