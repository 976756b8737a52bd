/** What the account is needed for: choosing shows the steps for that, and only those. */
export class Needs {
  #items;
  #clear;
  #changed;

  constructor(needs, changed) {
    this.#items = [...needs.querySelectorAll("li")];
    this.#clear = needs.querySelector("[data-needs-clear]");
    this.#changed = changed;
    needs.querySelector("[data-needs-apply]").hidden = true;
    const search = needs.querySelector("[data-needs-search]");
    search.hidden = false;
    search.addEventListener("input", () => this.#filter(search.value.toLowerCase()));
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    needs.addEventListener("change", (event) => event.target !== search && this.#choose());
    this.#clear.addEventListener("click", () => this.#forget());
    this.#clear.hidden = this.#chosen.length === 0;
  }

  get #chosen() {
    return this.#items.filter((item) => item.querySelector("input").checked);
  }

  #filter(text) {
    for (const item of this.#items) item.hidden = !item.textContent.toLowerCase().includes(text);
  }

  #choose() {
    this.#clear.hidden = this.#chosen.length === 0;
    this.#changed();
  }

  #forget() {
    for (const item of this.#chosen) item.querySelector("input").checked = false;
    this.#choose();
  }
}
