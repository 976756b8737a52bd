/** What a form does before it is sent, and how it is sent. */

export function enhanceForm(form, page, guide) {
  for (const button of form.querySelectorAll("[data-reveal]")) new SecretField(button);
  for (const button of form.querySelectorAll("[data-copies]")) new CopyButton(button);
  for (const note of form.querySelectorAll("[data-advice-pattern]")) new Advice(note);
  for (const control of form.querySelectorAll("input, select, textarea")) new Check(control);
  new Refresh(form, page, guide);
  new Submission(form, page);
}

class SecretField {
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
    this.#button.textContent = shown ? this.#button.dataset.show : this.#button.dataset.hide;
  }
}

class CopyButton {
  #button;

  constructor(button) {
    this.#button = button;
    button.hidden = false;
    button.addEventListener("click", this);
  }

  async handleEvent() {
    const input = document.getElementById(this.#button.dataset.copies);
    input.select();
    try {
      await navigator.clipboard.writeText(input.value);
      this.#button.textContent = this.#button.dataset.copied;
    } catch {
      // Inside a frame the clipboard may be closed to us: the text is selected, to be copied.
    }
  }
}

/** Says what looks odd about a value once the field is left; never stops anybody. */
class Advice {
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

/** Says that a value cannot be right once its field was left, and that it can while it is mended. */
class Check {
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
    this.#say(this.#fault());
  }

  #fault() {
    const { required, pattern, patternSays, numberSays } = this.#control.dataset;
    const value = this.#control.value.trim();
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

/** When a choice decides what else is asked for, the server is asked what the form looks like. */
class Refresh {
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
    const page = await this.#page.preview(this.#form, harmless(this.#form));
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
    for (const button of adopted.querySelectorAll("[data-reveal]")) new SecretField(button);
    for (const button of adopted.querySelectorAll("[data-copies]")) new CopyButton(button);
    for (const note of adopted.querySelectorAll("[data-advice-pattern]")) new Advice(note);
    for (const control of adopted.querySelectorAll("input, select, textarea")) new Check(control);
    return adopted;
  }
}

/** Sends the form once, without leaving the page. */
class Submission {
  #form;
  #page;
  #button;
  #status;

  constructor(form, page) {
    this.#form = form;
    this.#page = page;
    this.#button = form.querySelector("button[type=submit]");
    this.#status = form.querySelector("[data-busy]");
    form.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    if (this.#button.disabled) return;
    this.#button.disabled = true;
    this.#status.textContent = this.#status.dataset.busy;
    // What came of the last attempt is not what comes of this one.
    this.#form.querySelector(".notice.bad[role=alert]")?.remove();
    const sent = await this.#page.submit(this.#form, [...new FormData(this.#form)]);
    if (sent) return;
    this.#button.disabled = false;
    const { offline, failed } = this.#status.dataset;
    this.#status.textContent = navigator.onLine ? failed : offline;
  }
}

/** What is filled in, without what is secret. */
export function harmless(form) {
  const secret = (name) => form.querySelector(`[name="${CSS.escape(name)}"].masked, [name="${CSS.escape(name)}"][autocomplete=off][spellcheck=false]`);
  return [...new FormData(form)].filter(([name]) => !secret(name));
}

function fits(pattern, value) {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    return true;
  }
}
