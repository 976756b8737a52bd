/** Buttons that copy a text; without scripts they stay hidden and the text can be selected. */
class CopyButton {
  #button;
  #text;

  constructor(button) {
    this.#button = button;
    this.#text = button.textContent;
    button.hidden = false;
    button.addEventListener("click", this);
  }

  async handleEvent() {
    await navigator.clipboard.writeText(this.#button.dataset.copy);
    this.#button.textContent = "Copied";
    setTimeout(() => {
      this.#button.textContent = this.#text;
    }, 2000);
  }
}

for (const button of document.querySelectorAll("[data-copy]")) new CopyButton(button);
