/** A secret that can be shown, and hidden again; without scripts the button stays hidden. */
export class SecretField {
  #input;
  #button;

  constructor(button) {
    this.#button = button;
    this.#input = document.getElementById(button.getAttribute("aria-controls"));
    button.hidden = false;
    button.addEventListener("click", this);
  }

  handleEvent() {
    const shown = this.#input.type === "text";
    this.#input.type = shown ? "password" : "text";
    this.#button.setAttribute("aria-pressed", String(!shown));
    const { show, hide } = this.#button.dataset;
    this.#button.querySelector("[data-says]").textContent = shown ? show : hide;
  }
}
