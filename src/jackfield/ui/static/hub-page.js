/**
 * What makes the Hub's pages nicer where scripts run. Each page works without: forms post, links
 * lead on, and the server decides.
 */

class ConnectorSearch {
  #items;
  #empty;

  constructor(form) {
    const input = form.querySelector("input[type=search]");
    form.querySelector("button").hidden = true;
    this.#items = [...document.querySelectorAll("[data-search]")];
    this.#empty = document.querySelector("[data-nothing-found]");
    input.addEventListener("input", this);
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#filter(input.value);
  }

  handleEvent({ target }) {
    this.#filter(target.value);
  }

  #filter(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of this.#items) {
      item.hidden = !words.every((word) => item.dataset.search.includes(word));
    }
    this.#empty.hidden = this.#items.some((item) => !item.hidden);
  }
}

class SecretField {
  #input;
  #button;

  constructor(field) {
    this.#input = field.querySelector("input");
    this.#button = field.querySelector("button");
    this.#button.hidden = false;
    this.#button.addEventListener("click", this);
  }

  handleEvent() {
    const shown = this.#input.type === "text";
    this.#input.type = shown ? "password" : "text";
    this.#button.setAttribute("aria-pressed", String(!shown));
    this.#button.textContent = shown ? this.#button.dataset.show : this.#button.dataset.hide;
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
    const odd = value !== "" && !new RegExp(this.#note.dataset.advicePattern, "u").test(value);
    this.#note.hidden = !odd;
  }
}

/** While one fills in a field, the step of the guide that is about it stands out. */
class GuideSteps {
  #steps = [...document.querySelectorAll("[data-guide-field]")];

  constructor(form) {
    form.addEventListener("focusin", this);
  }

  handleEvent({ target }) {
    for (const step of this.#steps) {
      step.classList.toggle("is-current", step.dataset.guideField === target.name);
    }
  }
}

/**
 * Sends the form without leaving the page, so that a secret that was typed need not be typed again
 * when something else was wrong: the server never sends one back.
 */
class Submission {
  #form;
  #button;
  #status;

  constructor(form) {
    this.#form = form;
    this.#button = form.querySelector("button[type=submit]");
    this.#status = form.querySelector("[data-busy]");
    form.addEventListener("submit", this);
  }

  async handleEvent(event) {
    event.preventDefault();
    if (this.#button.disabled) return;
    const body = new URLSearchParams(new FormData(this.#form));
    this.#button.disabled = true;
    this.#status.textContent = this.#status.dataset.busy;
    try {
      const response = await fetch(this.#form.action, { method: "POST", body });
      show(new DOMParser().parseFromString(await response.text(), "text/html"), body);
    } catch {
      this.#button.disabled = false;
      this.#status.textContent = this.#status.dataset.failed;
    }
  }
}

/** Puts the page that came back in place of this one, with what was typed still in its fields. */
function show(page, typed) {
  const main = document.adoptNode(page.querySelector("main"));
  for (const [name, value] of typed) {
    const field = main.querySelector(`form.fields [name="${CSS.escape(name)}"]`);
    if (field) field.value = value;
  }
  document.title = page.title;
  document.querySelector("main").replaceWith(main);
  enhance();
}

function enhance() {
  const search = document.querySelector("form[role=search]");
  if (search) new ConnectorSearch(search);

  const form = document.querySelector("form.fields");
  if (form) {
    new Submission(form);
    new GuideSteps(form);
    for (const field of form.querySelectorAll(".secret")) new SecretField(field);
    for (const note of form.querySelectorAll("[data-advice-pattern]")) new Advice(note);
  }

  const first = document.querySelector("[data-focus]");
  first?.focus();
  first?.scrollIntoView({ block: "nearest" });
}

enhance();
