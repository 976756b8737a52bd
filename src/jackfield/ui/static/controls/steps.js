/**
 * j and k lead on and back: on the page of one of many to the next and the previous one, and in a
 * list from row to row. Where text is typed they are letters.
 */
export class Steps {
  constructor() {
    document.addEventListener("keydown", this);
  }

  handleEvent(event) {
    const step = { j: 1, k: -1 }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const link = document.querySelector(`[data-step="${step}"]`);
    if (link) link.click();
    else this.#move(step);
  }

  #move(step) {
    const rows = [...document.querySelectorAll("tbody th[scope=row] > a")];
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)]?.focus();
  }
}

function isTyping(element) {
  return element.matches("input, textarea, select, [contenteditable]");
}
