import { enhanceControls } from "../controls.js";
import { nonSecretFields } from "./non_secret_fields.js";

/** When a choice decides what else is asked for, the server is asked what the form looks like. */
export class Refresh {
  #form;
  #page;
  #guide;
  #number = 0;

  constructor(form, page, guide) {
    this.#form = form;
    this.#page = page;
    this.#guide = guide;
    form.addEventListener("change", this);
  }

  async handleEvent({ target }) {
    if (!target.matches("[data-refreshes]")) return;
    const number = ++this.#number;
    const page = await this.#page.preview(this.#form, nonSecretFields(this.#form));
    if (!page || number !== this.#number || !this.#form.isConnected) return;
    this.#guide?.adopt(page);
    this.#adoptFields(page.querySelector("form.fields"));
  }

  /** Fields come and go; those that stay are not touched, whatever is typed in them. */
  #adoptFields(fresh) {
    const place = (field) => field.querySelector("[name]").name;
    const wanted = new Map([...(fresh?.querySelectorAll(".field") ?? [])].map((f) => [place(f), f]));
    for (const field of this.#form.querySelectorAll(".field")) {
      if (!wanted.has(place(field))) field.remove();
    }
    for (const notice of this.#form.querySelectorAll("[data-beside]")) notice.remove();
    const notices = [...(fresh?.querySelectorAll("[data-beside]") ?? [])];
    let before = null;
    for (const [name, field] of wanted) {
      const kept = this.#form.querySelector(`.field [name="${CSS.escape(name)}"]`);
      if (kept?.readOnly) kept.value = field.querySelector("[name]").value;
      before = kept?.closest(".field") ?? this.#insert(field, before);
      before.before(...notices.filter((notice) => notice.dataset.beside === name));
    }
  }

  #insert(field, before) {
    const adopted = document.adoptNode(field);
    if (before) before.after(adopted);
    else (this.#form.querySelector(".field") ?? this.#form.querySelector(".actions")).before(adopted);
    enhanceControls(adopted);
    return adopted;
  }
}
