/** The guide beside the form: it follows the field one is in, and remembers what was done. */

import { harmless } from "./hub-form.js";

export class Guide {
  #details;
  #form;
  #page;
  #needs;

  constructor(details, form, page) {
    this.#details = details;
    this.#form = form;
    this.#page = page;
    if (matchMedia("(max-width: 54rem)").matches) details.open = false;
    form.addEventListener("focusin", (event) => this.#follow(event.target.name));
    form.addEventListener("click", (event) => this.#lead(event));
    this.#remember();
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
    const page = await this.#page.preview(this.#form, harmless(this.#form));
    if (page) this.adopt(page);
  }

  #follow(name) {
    for (const step of this.#details.querySelectorAll("[data-guide-field]")) {
      step.classList.toggle("is-current", step.dataset.guideField === name);
    }
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
    step?.focus({ preventScroll: true });
    step?.scrollIntoView({ block: "center", behavior: isStill() ? "auto" : "smooth" });
  }

  #remember() {
    const body = this.#details.querySelector(".guide-body");
    body.dataset.source = body.innerHTML;
    new Progress(this.#details, body);
  }
}

/** Which steps are done: ticked off here, and still ticked when one comes back. */
class Progress {
  #key;
  #ticks = new Map();
  #status;

  constructor(details, body) {
    this.#key = `guide:${details.dataset.guide}`;
    this.#status = details.querySelector("[data-progress]");
    const done = new Set(recall(this.#key));
    for (const step of body.querySelectorAll("[data-guide-step]")) {
      const heading = step.querySelector("h3, h4, h5");
      const tick = makeTick(heading, body.dataset.done);
      tick.checked = done.has(heading.textContent);
      this.#ticks.set(heading.textContent, tick);
      step.prepend(tick.parentElement);
      tick.addEventListener("change", this);
    }
    this.#count();
  }

  handleEvent() {
    const done = [...this.#ticks].filter(([, tick]) => tick.checked).map(([title]) => title);
    keep(this.#key, done);
    this.#count();
  }

  #count() {
    let done = 0;
    for (const tick of this.#ticks.values()) {
      tick.closest("[data-guide-step]").classList.toggle("is-done", tick.checked);
      done += tick.checked;
    }
    this.#status.hidden = done === 0;
    this.#status.textContent = this.#status.dataset.progress
      .replace("##", String(this.#ticks.size))
      .replace("#", String(done));
  }
}

/** What the account is needed for: choosing shows the steps for that, and only those. */
class Needs {
  #items;
  #clear;
  #changed;

  constructor(needs, changed) {
    this.#items = [...needs.querySelectorAll("li")];
    this.#clear = needs.querySelector("[data-needs-clear]");
    this.#changed = changed;
    needs.querySelector("[data-needs-apply]").hidden = true;
    const search = needs.querySelector("[data-needs-search]");
    search.hidden = false;
    search.addEventListener("input", () => this.#filter(search.value.toLowerCase()));
    search.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
    needs.addEventListener("change", (event) => event.target !== search && this.#choose());
    this.#clear.addEventListener("click", () => this.#forget());
    this.#clear.hidden = this.#chosen.length === 0;
  }

  get #chosen() {
    return this.#items.filter((item) => item.querySelector("input").checked);
  }

  #filter(text) {
    for (const item of this.#items) item.hidden = !item.textContent.toLowerCase().includes(text);
  }

  #choose() {
    this.#clear.hidden = this.#chosen.length === 0;
    this.#changed();
  }

  #forget() {
    for (const item of this.#chosen) item.querySelector("input").checked = false;
    this.#choose();
  }
}

function makeTick(heading, words) {
  const label = document.createElement("label");
  label.className = "tick";
  const tick = document.createElement("input");
  tick.type = "checkbox";
  tick.setAttribute("aria-label", `${words}: ${heading.textContent}`);
  label.lang = document.documentElement.lang;
  label.append(tick);
  return tick;
}

// In a frame, or in a private window, the browser may not let us keep anything.
function recall(key) {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]");
  } catch {
    return [];
  }
}

function keep(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Then it is remembered as long as the page is open.
  }
}

function isStill() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
