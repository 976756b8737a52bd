/**
 * Keys of the dashboard: Ctrl K and ? open the palette, / goes to the search of the page, and g
 * followed by a letter leads to a section. Where text is typed, only Ctrl K is a shortcut.
 */
export class Shortcuts {
  #palette;
  #follows = false;

  constructor(palette) {
    this.#palette = palette;
    document.addEventListener("keydown", this);
  }

  handleEvent(event) {
    const key = event.key.toLowerCase();
    if (key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#palette.toggle();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) {
      this.#pressed(event, key);
    }
  }

  #pressed(event, key) {
    const target = this.#follows ? document.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
    this.#follows = key === "g";
    const search = document.querySelector("form[role=search] input");
    if (target) target.click();
    else if (key === "?") this.#palette.open();
    else if (key === "/" && search) search.focus();
    else return;
    event.preventDefault();
  }
}

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}
