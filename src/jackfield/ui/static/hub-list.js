/** Narrows down the list of connectors while one types; without it the server does. */
export class ConnectorSearch {
  #items;
  #empty;

  constructor(form) {
    const input = form.querySelector("input[type=search]");
    form.querySelector("button").hidden = true;
    this.#items = [...document.querySelectorAll("[data-search]")];
    this.#empty = document.querySelector("[data-nothing-found]");
    input.addEventListener("input", this);
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#filter(input.value);
  }

  handleEvent({ target }) {
    this.#filter(target.value);
  }

  #filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of this.#items) {
      item.hidden = !words.every((word) => item.dataset.search.includes(word));
    }
    this.#empty.hidden = this.#items.some((item) => !item.hidden);
  }
}
