// What a script adds to pages that work without it. Each element asks for its
// own by data-enhance; nothing here is needed to read, write or save.

type Enhance = (el: HTMLElement) => void;

// Bytes travel as base64url.
const bytes = (s: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const text = (b: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

const enhance: Record<string, Enhance> = {
  // An error summary takes the focus, so that a screen reader reads it first.
  focus: (el) => el.focus(),

  // A button that only a script can serve appears, then prints.
  print: (el) => {
    el.hidden = false;
    el.addEventListener("click", () => window.print());
  },

  // A form with unsaved text asks before the page is left.
  dirty: (el) => {
    let dirty = false;
    el.addEventListener("input", () => (dirty = true));
    el.addEventListener("submit", () => (dirty = false));
    window.addEventListener("beforeunload", (e) => {
      if (dirty) e.preventDefault();
    });
  },

  // A button marks what is selected in the text before it: [[so]].
  mark: (el) => {
    const area = el.previousElementSibling?.querySelector("textarea");
    if (!area) return;
    el.hidden = false;
    el.querySelector("button")?.addEventListener("click", () => {
      const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
      area.setRangeText("[[" + chosen + "]]", area.selectionStart, area.selectionEnd, "end");
      if (!chosen) area.setSelectionRange(area.selectionStart - 2, area.selectionStart - 2);
      area.focus();
      area.dispatchEvent(new Event("input", { bubbles: true }));
    });
  },

  // A signature is drawn: what moves over the pad becomes the path of the form.
  sign: (el) => {
    const pad = el.querySelector("svg");
    const path = el.querySelector("path");
    const field = el.querySelector<HTMLInputElement>("input[type=hidden]");
    const radio = el.querySelector<HTMLInputElement>("input[type=radio]");
    if (!pad || !path || !field || !radio) return;
    el.hidden = false;
    let down = false;
    const put = (d: string): void => {
      if (d.length > 8000) return;
      path.setAttribute("d", d);
      field.value = d;
      radio.checked = d !== "";
    };
    const point = (e: PointerEvent): string => {
      const box = pad.getBoundingClientRect();
      const at = (n: number, most: number): number => Math.max(0, Math.min(most, Math.round(n * most)));
      return at((e.clientX - box.left) / box.width, 600) + " " + at((e.clientY - box.top) / box.height, 200);
    };
    pad.addEventListener("pointerdown", (e) => {
      down = true;
      pad.setPointerCapture(e.pointerId);
      put(field.value + "M" + point(e));
    });
    pad.addEventListener("pointermove", (e) => down && put(field.value + "L" + point(e)));
    pad.addEventListener("pointerup", () => (down = false));
    el.querySelector("button")?.addEventListener("click", () => put(""));
  },

  // A select sends its form as soon as it is changed with the mouse; with the
  // keyboard the button stays the way, since arrows change the value.
  now: (el) => {
    const select = el as HTMLSelectElement;
    let keyboard = false;
    select.addEventListener("keydown", () => (keyboard = true));
    select.addEventListener("pointerdown", () => (keyboard = false));
    select.addEventListener("change", () => {
      if (!keyboard) select.form?.requestSubmit();
    });
  },

  // A commune is suggested while its name or postcode is typed.
  commune: (el) => {
    const input = el as HTMLInputElement;
    const list = document.createElement("datalist");
    list.id = input.id + "-l";
    input.after(list);
    input.setAttribute("list", list.id);
    let timer = 0;
    const ask = async (): Promise<void> => {
      const q = input.value.trim();
      if (q.length < 2) return;
      try {
        const answer = await fetch("/communes?q=" + encodeURIComponent(q), { credentials: "same-origin" });
        if (!answer.ok || answer.redirected || q !== input.value.trim()) return;
        const names = (await answer.json()) as string[];
        list.replaceChildren(...names.map((name) => new Option(name, name)));
      } catch (e) {
        if (!(e instanceof TypeError)) throw e; // the network is away: the button still works
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), 150);
    });
  },

  // The code of a card comes after the # of its address, which no browser sends; it
  // goes into the field, and out of the address bar.
  card: (el) => {
    if (location.hash.length < 20) return;
    (el as HTMLInputElement).value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname + location.search);
    document.getElementById("f-pin")?.focus();
  },

  // A form that a device's key fills: it asks the device, then sends the answer.
  passkey: (el) => {
    const form = el as HTMLFormElement;
    if (!window.PublicKeyCredential || !form.dataset.ask) return;
    form.hidden = false;
    const field = (name: string): HTMLInputElement => form.elements.namedItem(name) as HTMLInputElement;
    const say = form.querySelector<HTMLElement>("[role=alert]");
    const ask = async (): Promise<void> => {
      const body = new URLSearchParams();
      new FormData(form).forEach((v, k) => {
        if (k !== "unique") body.append(k, String(v));
      });
      const answer = await fetch(form.dataset.ask ?? "", { method: "POST", body, credentials: "same-origin" });
      if (answer.redirected) {
        location.assign(answer.url);
        return;
      }
      const asked = await answer.json();
      const options = asked.options.publicKey;
      options.challenge = bytes(options.challenge);
      for (const c of [...(options.excludeCredentials ?? []), ...(options.allowCredentials ?? [])]) c.id = bytes(c.id);
      if (options.user) options.user.id = bytes(options.user.id);
      const key = (options.user
        ? await navigator.credentials.create({ publicKey: options })
        : await navigator.credentials.get({ publicKey: options })) as PublicKeyCredential;
      const given = key.response as AuthenticatorAttestationResponse & AuthenticatorAssertionResponse;
      const response: Record<string, unknown> = { clientDataJSON: text(given.clientDataJSON) };
      if (given.attestationObject) {
        response.attestationObject = text(given.attestationObject);
        response.transports = given.getTransports?.() ?? [];
      } else {
        response.authenticatorData = text(given.authenticatorData);
        response.signature = text(given.signature);
        if (given.userHandle) response.userHandle = text(given.userHandle);
      }
      field("etat").value = asked.state;
      field("reponse").value = JSON.stringify({ id: key.id, rawId: key.id, type: key.type, response, clientExtensionResults: {} });
      form.submit();
    };
    form.addEventListener("submit", (e) => {
      e.preventDefault();
      if (say) say.hidden = true;
      ask().catch(() => {
        // The device said no, or was closed, or the network is away: nothing was
        // sent, the other ways stay.
        delete form.dataset.sent;
        if (say) say.hidden = false;
      });
    });
  },

  // The search page answers while one types.
  search: (el) => {
    const form = el as HTMLFormElement;
    const input = form.querySelector<HTMLInputElement>("input[name=q]");
    const list = document.getElementById("resultats");
    if (!input || !list) return;
    let timer = 0;
    let last = input.value;
    let running: AbortController | undefined;
    const ask = async (): Promise<void> => {
      const q = input.value.trim();
      if (q === last || (q !== "" && q.length < 2)) return;
      last = q;
      running?.abort();
      running = new AbortController();
      const address = form.action + "?q=" + encodeURIComponent(q);
      try {
        const answer = await fetch(address, { signal: running.signal, credentials: "same-origin" });
        if (!answer.ok || answer.redirected) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("resultats");
        const sprite = page.querySelector("body > svg");
        if (!fresh) return;
        if (sprite) document.querySelector("body > svg")?.replaceWith(sprite);
        list.replaceChildren(...fresh.childNodes);
        history.replaceState(null, "", address);
      } catch (e) {
        // A newer question replaced this one, or the network is away: the
        // button still works.
        if (!(e instanceof DOMException || e instanceof TypeError)) throw e;
      }
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => void ask(), 250);
    });
  },
};

for (const el of document.querySelectorAll<HTMLElement>("[data-enhance]")) {
  for (const name of (el.dataset.enhance ?? "").split(" ")) enhance[name]?.(el);
}

// A form is sent once: the button rests until the answer comes, or for ten
// seconds when none does.
document.addEventListener("submit", (e) => {
  const form = e.target as HTMLFormElement;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    e.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 10000);
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
