import { fits } from "./pattern.js";

/** Says what looks odd about a value once the field is left; never stops anybody. */
export class Advice {
  #input;
  #note;

  constructor(note) {
    this.#note = note;
    this.#input = document.getElementById(note.dataset.adviceFor);
    this.#input.addEventListener("change", this);
  }

  handleEvent() {
    const value = this.#input.value.trim();
    const odd = value !== "" && !fits(this.#note.dataset.advicePattern, value);
    this.#note.firstElementChild.hidden = !odd;
  }
}
