/**
 * Rows that are chosen to do something with: how many they are, all of the page at once, and x for
 * the row that has the focus.
 */
export class Chosen {
  #form;
  #all;
  #count;

  constructor(form) {
    this.#form = form;
    this.#all = form.querySelector("[data-picks-all]");
    this.#count = form.querySelector("[data-chosen]");
    this.#all.hidden = false;
    this.#all.addEventListener("change", () => this.#chooseAll(this.#all.checked));
    form.addEventListener("change", () => this.#show());
    document.addEventListener("keydown", this);
    // A page that was come back to may have some chosen.
    addEventListener("pageshow", () => this.#show());
    this.#show();
  }

  handleEvent(event) {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = event.target.closest?.("tr")?.querySelector("[name=account]");
    if (!box || !this.#form.contains(box) || event.target.matches("input, textarea, select")) return;
    box.checked = !box.checked;
    event.preventDefault();
    this.#show();
  }

  get #boxes() {
    return [...this.#form.querySelectorAll("[name=account]")];
  }

  #chooseAll(checked) {
    for (const box of this.#boxes) box.checked = checked;
    this.#show();
  }

  #show() {
    const boxes = this.#boxes;
    const chosen = boxes.filter((box) => box.checked).length;
    this.#count.textContent = `${chosen} chosen`;
    this.#all.checked = chosen > 0 && chosen === boxes.length;
    this.#all.indeterminate = chosen > 0 && chosen < boxes.length;
  }
}
