/** Leads anywhere by a few letters: what is listed is narrowed down, arrows choose, Enter goes. */
export class Palette {
  #dialog;
  #input;

  constructor(dialog) {
    this.#dialog = dialog;
    this.#input = dialog.querySelector("input");
    this.#input.addEventListener("input", () => this.#narrow());
    dialog.addEventListener("keydown", this);
    dialog.addEventListener("toggle", ({ newState }) => {
      if (newState === "open") this.#begin();
    });
  }

  toggle() {
    this.#dialog.togglePopover();
  }

  /** Open it with the keys that each entry has. */
  open() {
    this.#dialog.showPopover();
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
    this.#input.focus();
  }

  #narrow() {
    const words = this.#input.value.toLowerCase().split(/\s+/);
    for (const item of this.#dialog.querySelectorAll("li")) {
      const text = item.textContent.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    this.#choose(this.#entries[0]);
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
