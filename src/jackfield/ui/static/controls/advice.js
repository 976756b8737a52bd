import { fits } from "./pattern.js";
import { afterPress } from "./press.js";

/** Says what looks odd about a value once the field is left; the form is sent all the same. */
export class Advice {
  #input;
  #note;

  constructor(note) {
    this.#note = note;
    this.#input = document.getElementById(note.dataset.adviceFor);
    this.#input.addEventListener("change", this);
  }

  handleEvent() {
    afterPress(this.#input, () => this.#say());
  }

  #say() {
    const value = this.#input.value.trim();
    const odd = value !== "" && !fits(this.#note.dataset.advicePattern, value);
    this.#note.firstElementChild.hidden = !odd;
  }
}
