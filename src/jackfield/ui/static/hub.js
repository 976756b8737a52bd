/**
 * <jackfield-hub token="…" base-url="https://hub.example.com"></jackfield-hub>
 *
 * Shows the Hub inside a page. What is typed into it is typed into a frame of the hub's own origin,
 * out of reach of the page's scripts; the token goes there through a port, and into no address.
 *
 * Events: ready, success {id, provider}, pending {id, provider}, close, error {code, message}.
 */

const TOKENS = [
  "ink", "ink-soft", "paper", "paper-soft", "line", "line-strong", "accent", "accent-ink",
  "accent-soft", "bad", "bad-soft", "warn", "warn-soft", "good", "good-soft", "radius", "font",
  "mono",
];
const LOAD_TIMEOUT_MS = 20000;
const WORDS = {
  en: ["Connect an account", "This cannot be shown right now."],
  de: ["Konto verbinden", "Das kann gerade nicht angezeigt werden."],
  fr: ["Connecter un compte", "Affichage impossible pour le moment."],
  es: ["Conectar una cuenta", "No se puede mostrar en este momento."],
  ja: ["アカウントを接続", "現在表示できません。"],
};
const STYLE = `
  :host { display: block; }
  :host([hidden]) { display: none; }
  iframe { display: block; inline-size: 100%; border: 0; color-scheme: normal; background: none; }
  p { margin: 0; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; }
  .loading { block-size: 12rem; border-radius: 0.5rem; background: currentcolor; opacity: 0.06; }
  @media (prefers-reduced-motion: no-preference) {
    .loading { animation: breathe 1.6s ease-in-out infinite alternate; }
    @keyframes breathe { to { opacity: 0.12; } }
  }
`;

/** The origin and path this file was served from, where it was: it need not be given again. */
const here = import.meta.url;
const served = new URL(".", here);
const name = new URL(here).searchParams.get("as") || "jackfield-hub";

export class HubElement extends HTMLElement {
  static observedAttributes = [
    "token", "base-url", "account-id", "lang", "height", "theme", "on-close-label",
  ];

  /** Where the hub grants frames, and the words in each language: other elements have others. */
  static frames = "hub/frames";
  static words = WORDS;

  #root = this.attachShadow({ mode: "open" });
  #style = new CSSStyleSheet();
  #frame = null;
  #port = null;
  #timer = 0;
  #turn = 0;
  #due = false;

  constructor() {
    super();
    this.#style.replaceSync(STYLE);
    this.#root.adoptedStyleSheets = [this.#style];
  }

  connectedCallback() {
    // A page may have set the token before this element was defined.
    const early = Object.getOwnPropertyDescriptor(this, "token");
    if (early) {
      delete this.token;
      this.token = early.value;
    }
    addEventListener("message", this);
    this.#restart();
  }

  disconnectedCallback() {
    removeEventListener("message", this);
    this.#stop();
  }

  attributeChangedCallback(attribute, before, after) {
    if (!this.isConnected || before === after) return;
    if (attribute === "height") this.#size();
    else if (attribute === "theme") this.refreshTheme();
    else this.#restart();
  }

  get token() {
    return this.getAttribute("token") ?? "";
  }

  set token(value) {
    this.setAttribute("token", value ?? "");
  }

  /** Take on the colors that the page's style gives this element now. */
  refreshTheme() {
    this.#port?.postMessage({ type: "look", ...this.#look() });
  }

  /** What the frame says before there is a port: here it is. Nothing else is listened to. */
  handleEvent({ data, origin, ports, source }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#base.origin) return;
    if (data?.type !== "hub:wire" || ports.length !== 1) return;
    this.#port?.close();
    this.#port = ports[0];
    this.#port.onmessage = (message) => this.#hear(message.data);
    this.#port.postMessage({
      type: "open",
      token: this.token,
      account: this.getAttribute("account-id") ?? "",
      language: this.lang || document.documentElement.lang,
      closeLabel: this.getAttribute("on-close-label") ?? "",
      ...this.#look(),
    });
  }

  get #base() {
    const given = this.getAttribute("base-url");
    return new URL(given ? `${given.replace(/\/+$/, "")}/` : served, location.href);
  }

  get #words() {
    const language = (this.lang || document.documentElement.lang || navigator.language).slice(0, 2);
    const { words } = this.constructor;
    return words[language] ?? words.en;
  }

  /** Several attributes may change at once: they make for one new start. */
  #restart() {
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#start();
    });
  }

  async #start() {
    this.#stop();
    const turn = ++this.#turn;
    if (!this.token) {
      this.#say("No token provided", "token_missing");
      return;
    }
    this.#show(part("div", "loading", { role: "status", "aria-label": this.#words[0] }));
    try {
      const response = await fetch(new URL(this.constructor.frames, this.#base), {
        method: "POST",
        headers: { "x-hub-session-token": this.token },
        credentials: "omit",
        referrerPolicy: "no-referrer",
      });
      const answer = await response.json();
      if (turn !== this.#turn) return;
      if (response.ok) this.#open(answer.url, turn);
      else this.#say(this.#words[1], answer.code ?? "unreachable", answer.message);
    } catch {
      if (turn === this.#turn) this.#say(this.#words[1], "unreachable", "the hub cannot be reached");
    }
  }

  #open(url, turn) {
    this.#frame = part("iframe", "frame", {
      src: url,
      title: this.#words[0],
      allow: "clipboard-write",
      referrerpolicy: "no-referrer",
      sandbox:
        "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox",
    });
    this.#frame.style.blockSize = "0";
    this.#root.append(this.#frame);
    this.#timer = setTimeout(() => {
      if (turn === this.#turn) this.#say(this.#words[1], "unreachable", "the frame did not answer");
    }, LOAD_TIMEOUT_MS);
  }

  #hear(message) {
    const { type, id, provider, code, height, title } = message ?? {};
    if (type === "ready") {
      clearTimeout(this.#timer);
      this.#root.querySelector(".loading")?.remove();
      this.#size();
      this.#emit("ready");
    } else if (type === "height" && Number.isFinite(height)) {
      this.#size(height);
    } else if (type === "title") {
      this.#frame.title = String(title);
    } else if (type === "success" || type === "pending") {
      this.#emit(type, { id, provider });
    } else if (type === "close") {
      this.#emit("close");
    } else if (type === "error") {
      if (code === "unreachable") this.#say(this.#words[1], code, "the hub cannot be reached");
      else this.#emit("error", { code, message: "" }, { bubbles: false });
    }
  }

  #height = 0;

  /** As high as its content, or as high as the page says; then it scrolls inside. */
  #size(height = this.#height) {
    this.#height = height;
    if (!this.#frame) return;
    const given = this.getAttribute("height");
    const fixed = given && given !== "auto" ? (/^\d+$/.test(given) ? `${given}px` : given) : "";
    this.#frame.style.blockSize = fixed || `${height}px`;
  }

  #look() {
    const style = getComputedStyle(this);
    const tokens = {};
    for (const token of TOKENS) tokens[token] = style.getPropertyValue(`--hub-${token}`).trim();
    return { theme: this.getAttribute("theme") ?? "", tokens };
  }

  #say(text, code, message = text) {
    this.#stop();
    const note = part("p", "error", { role: "alert" });
    note.textContent = text;
    this.#show(note);
    console.warn(`${this.localName}: ${code}: ${message}`);
    this.#emit("error", { code, message }, { bubbles: false });
  }

  #show(...nodes) {
    this.#root.replaceChildren(...nodes);
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#port?.close();
    this.#port = null;
    this.#frame = null;
    this.#height = 0;
    this.#root.replaceChildren();
  }

  #emit(type, detail = {}, options = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true, ...options }));
  }
}

function part(tag, called, attributes) {
  const element = document.createElement(tag);
  element.className = called;
  element.part = called;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

if (!customElements.get(name)) customElements.define(name, HubElement);
