/** The guide beside the form: it follows the field one is in, and remembers what was done. */

import { Needs } from "./controls/needs.js";
import { nonSecretFields } from "./controls/non_secret_fields.js";
import { Progress } from "./controls/progress.js";

export class Guide {
  #details;
  #form;
  #page;
  #needs;

  constructor(details, form, page) {
    this.#details = details;
    this.#form = form;
    this.#page = page;
    form.addEventListener("focusin", (event) => this.#follow(event.target.name));
    form.addEventListener("click", (event) => this.#lead(event));
    this.#remember();
    const wrong = form.querySelector("[aria-invalid=true]");
    if (wrong) this.#follow((wrong.name ? wrong : wrong.querySelector("[name]"))?.name);
    const needs = details.querySelector(".needs");
    if (needs) this.#needs = new Needs(needs, () => this.#refresh());
  }

  /** Show the steps of a page that came back in place of these. */
  adopt(page) {
    const fresh = page.querySelector("[data-guide] .guide-body");
    const body = this.#details.querySelector(".guide-body");
    if (!fresh || fresh.innerHTML === body.dataset.source) return;
    body.replaceWith(document.adoptNode(fresh));
    this.#remember();
    this.#follow(document.activeElement?.name);
  }

  async #refresh() {
    const page = await this.#page.preview(this.#form, nonSecretFields(this.#form));
    if (page) this.adopt(page);
  }

  /** Open the step about a field: the first that is not done yet, if there are several. */
  #follow(name) {
    const steps = [...this.#details.querySelectorAll("[data-guide-field]")];
    for (const step of steps) step.classList.toggle("is-current", step.dataset.guideField === name);
    open(steps.filter((step) => step.dataset.guideField === name));
  }

  /** From a field to the step that is about it. */
  #lead(event) {
    const link = event.target.closest("[data-where]");
    if (!link) return;
    event.preventDefault();
    this.#details.open = true;
    const name = link.dataset.where;
    const step = this.#details.querySelector(`[data-guide-field="${CSS.escape(name)}"]`);
    this.#follow(name);
    open(step ? [step] : []);
    step?.focus({ preventScroll: true });
    step?.scrollIntoView({ block: "center", behavior: isStill() ? "auto" : "smooth" });
  }

  #remember() {
    const body = this.#details.querySelector(".guide-body");
    body.dataset.source = body.innerHTML;
    new Progress(this.#details, body);
    open([...body.querySelectorAll("[data-guide-step]")]);
  }
}

/** Open the first of these steps that is not done; a browser that knows how closes the others. */
function open(steps) {
  const step = steps.find((each) => !each.classList.contains("is-done")) ?? steps[0];
  const details = step?.querySelector("details");
  if (details) details.open = true;
}

function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
