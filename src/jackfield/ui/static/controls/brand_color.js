/** Chooses the color that a text field holds, and shows what it makes of a preview. */
export class BrandColor {
  #swatch;
  #field;
  #previews;

  constructor(swatch) {
    const name = swatch.dataset.colors;
    this.#swatch = swatch;
    this.#field = document.getElementById(name);
    this.#previews = document.querySelectorAll(`[data-preview="${name}"] [data-brand]`);
    swatch.hidden = false;
    swatch.addEventListener("input", () => {
      this.#field.value = swatch.value;
      this.#show();
    });
    this.#field.addEventListener("input", () => this.#show());
    this.#show();
  }

  #show() {
    const color = this.#field.value.trim();
    if (!CSS.supports("color", color)) return;
    if (/^#[0-9a-f]{6}$/i.test(color)) this.#swatch.value = color;
    for (const preview of this.#previews) preview.style.setProperty("--brand", color);
  }
}
