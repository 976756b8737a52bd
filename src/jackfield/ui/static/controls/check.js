import { fits } from "./pattern.js";
import { afterPress } from "./press.js";

/** Says that a value cannot be right once its field was left, and that it can while it is mended. */
export class Check {
  #control;
  #note;

  constructor(control) {
    this.#control = control;
    this.#note = document.getElementById(`${control.id}-error`);
    if (!this.#note) return;
    control.addEventListener("change", this);
    control.addEventListener("input", this);
  }

  handleEvent({ type }) {
    const wasWrong = this.#control.getAttribute("aria-invalid") === "true";
    if (type === "input" && !wasWrong) return;
    afterPress(this.#control, () => this.#say(this.#fault()));
  }

  /** What is typed, or chosen of options side by side. */
  get #value() {
    return this.#control.value ?? this.#control.querySelector(":checked")?.value ?? "";
  }

  #fault() {
    const { required, pattern, patternSays, numberSays } = this.#control.dataset;
    const value = this.#value.trim();
    if (value === "") return required ?? null;
    if (numberSays && !/^-?\d+(\.\d+)?$/.test(value)) return numberSays;
    return pattern && !fits(pattern, value) ? patternSays : null;
  }

  #say(fault) {
    this.#note.hidden = fault === null;
    this.#note.querySelector("[data-says]").textContent = fault ?? "";
    if (fault === null) this.#control.removeAttribute("aria-invalid");
    else this.#control.setAttribute("aria-invalid", "true");
  }
}
