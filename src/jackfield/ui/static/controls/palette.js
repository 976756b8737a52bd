const PAUSE = 150;

/**
 * Leads anywhere by a few letters: what is listed is narrowed down, the server adds what it finds,
 * arrows choose, Enter goes.
 */
export class Palette {
  #dialog;
  #input;
  #list;
  #asked = 0;
  #timer;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#input = dialog.querySelector("input");
    this.#list = dialog.querySelector("ul");
    this.#input.addEventListener("input", () => this.#narrow());
    dialog.addEventListener("keydown", this);
    // Before it is open, and not when it is: what is typed right away would be lost.
    dialog.addEventListener("beforetoggle", ({ newState }) => {
      if (newState === "open") this.#begin();
    });
    dialog.addEventListener("toggle", ({ newState }) => {
      if (newState === "open") this.#input.focus();
    });
  }

  toggle() {
    this.#dialog.togglePopover();
    if (this.#dialog.matches(":popover-open")) this.#input.focus();
  }

  /** Open it with the keys that each entry has. */
  open() {
    this.#dialog.showPopover();
    this.#input.focus();
  }

  handleEvent(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.#move(step);
    } else if (event.key === "Enter" && event.target === this.#input) {
      event.preventDefault();
      this.#chosen?.click();
    }
  }

  get #entries() {
    return [...this.#dialog.querySelectorAll("li:not([hidden]) > a")];
  }

  get #chosen() {
    return this.#dialog.querySelector("a.first");
  }

  #begin() {
    this.#input.value = "";
    this.#narrow();
  }

  #narrow() {
    const words = this.#input.value.toLowerCase().split(/\s+/);
    for (const item of this.#dialog.querySelectorAll("li:not([data-found])")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    this.#choose(this.#entries[0]);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(this.#input.value.trim()), PAUSE);
  }

  /** Add what the server finds, unless something else has been typed meanwhile. */
  async #ask(text) {
    const number = ++this.#asked;
    const found = text ? await this.#found(text) : [];
    if (number !== this.#asked || text !== this.#input.value.trim()) return;
    for (const old of this.#list.querySelectorAll("[data-found]")) old.remove();
    this.#list.append(...found);
    if (!this.#chosen) this.#choose(this.#entries[0]);
  }

  async #found(text) {
    const address = `${this.#dialog.dataset.palette}?${new URLSearchParams({ q: text })}`;
    try {
      const response = await fetch(address);
      if (!response.ok) return [];
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      return [...page.querySelectorAll("[data-found]")].map((item) => document.adoptNode(item));
    } catch {
      // The hub is away: what is listed here leads on.
      return [];
    }
  }

  #move(step) {
    const entries = this.#entries;
    const at = entries.indexOf(this.#chosen) + step;
    this.#choose(entries[(at + entries.length) % entries.length]);
  }

  #choose(entry) {
    this.#chosen?.classList.remove("first");
    entry?.classList.add("first");
    entry?.scrollIntoView({ block: "nearest" });
  }
}
