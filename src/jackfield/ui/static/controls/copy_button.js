import { toast } from "./toast.js";

/** Copies what stands in a control, or in another element; without scripts it stays hidden. */
export class CopyButton {
  #button;
  #text;

  constructor(button) {
    this.#button = button;
    this.#text = button.textContent.trim();
    button.hidden = false;
    button.addEventListener("click", this);
  }

  async handleEvent() {
    const source = document.getElementById(this.#button.dataset.copies);
    select(source);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      // In a frame, or on a page without TLS, the clipboard may be closed to us: the text is
      // selected, to be copied.
      return;
    }
    const copied = this.#button.dataset.copied;
    // A button that is only a drawing stays one.
    if (!this.#text) return toast(copied);
    this.#button.textContent = copied;
    setTimeout(() => {
      this.#button.textContent = this.#text;
    }, 2000);
  }
}

function select(source) {
  if (source.select) source.select();
  else getSelection().selectAllChildren(source);
}
