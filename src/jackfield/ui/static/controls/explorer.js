import { CopyButton } from "./copy_button.js";
import { Dismissible } from "./dismissible.js";
import { JsonViewer } from "./json_viewer.js";
import { toast } from "./toast.js";

const PATIENCE = 300;

/**
 * The form of a call: a press is answered in place, so that secrets stay in their controls, and the
 * code follows what is filled in. Ctrl Enter runs. Without scripts the form is posted as any other.
 */
export class Explorer {
  #form;
  #code;

  constructor(form) {
    this.#form = form;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#press(event.submitter);
    });
    form.addEventListener("change", () => this.#writeCode());
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.querySelector("[data-runs], [value=sure]")?.click();
    });
  }

  async #press(button) {
    this.#code?.abort();
    const form = this.#form;
    if (form.getAttribute("aria-busy") === "true") return;
    form.setAttribute("aria-busy", "true");
    const waiting = document.createElement("p");
    waiting.className = "note";
    waiting.textContent = "Waiting for the answer…";
    const late = setTimeout(() => this.#outcome.prepend(waiting), PATIENCE);
    const fresh = await this.#post(button);
    clearTimeout(late);
    waiting.remove();
    form.removeAttribute("aria-busy");
    if (fresh) this.#show(fresh, button);
  }

  /** Return the page that answers a press, unless it leads elsewhere. */
  async #post(button, signal) {
    const content = new URLSearchParams(new FormData(this.#form, button));
    try {
      const response = await fetch(this.#form.action, { method: "POST", body: content, signal });
      if (response.redirected) {
        location.assign(response.url);
        return null;
      }
      return new DOMParser().parseFromString(await response.text(), "text/html");
    } catch (error) {
      if (error.name !== "AbortError") {
        toast("The hub did not answer. Look in the Logs whether it was run.");
      }
      return null;
    }
  }

  #show(fresh, button) {
    const form = fresh.querySelector("[data-explorer]");
    if (!form) {
      // Signed out, or refused as a whole: what was filled in stays.
      const told = fresh.querySelector("main")?.textContent.replace(/\s+/g, " ").trim();
      this.#outcome.textContent = told || "The hub did not answer as expected. Try again.";
      return;
    }
    const open = this.#form.querySelectorAll("details[open][id]");
    for (const { id } of open) fresh.getElementById(id)?.setAttribute("open", "");
    const secrets = [...this.#form.querySelectorAll("[type=password]")].map((each) => [each.name, each.value]);
    const chosen = document.querySelector("#code :checked")?.value;
    const main = document.getElementById("main");
    main.replaceChildren(...document.adoptNode(fresh.getElementById("main")).childNodes);
    this.#form = null;
    for (const [name, value] of secrets) {
      const control = document.getElementById(name);
      if (control) control.value = value;
    }
    const language = document.querySelector(`#code [value="${chosen}"]`);
    if (language) language.checked = true;
    start(main);
    focusOn(main, button);
  }

  /** Write the code anew: the answer to this press is for the code alone. */
  async #writeCode() {
    this.#code?.abort();
    this.#code = new AbortController();
    const button = document.createElement("button");
    button.name = "do";
    button.value = "code";
    button.hidden = true;
    this.#form.append(button);
    const answered = this.#post(button, this.#code.signal);
    button.remove();
    const fresh = (await answered)?.getElementById("code");
    if (!fresh || !this.#form) return;
    for (const pre of fresh.querySelectorAll("pre")) {
      document.getElementById(pre.id)?.replaceChildren(...pre.childNodes);
    }
  }

  get #outcome() {
    return document.getElementById("outcome");
  }
}

function start(main) {
  for (const button of main.querySelectorAll("[data-copies]")) new CopyButton(button);
  for (const menu of main.querySelectorAll(".menu")) new Dismissible(menu);
  for (const figure of main.querySelectorAll("[data-json]")) new JsonViewer(figure);
  for (const form of main.querySelectorAll("[data-explorer]")) new Explorer(form);
}

/** Move the focus to what is new: a fault, a question, an outcome, or the row that was added. */
function focusOn(main, button) {
  const [verb, name] = (button?.value ?? "").split(":");
  const list = verb === "more" && document.getElementById(name);
  const rows = list ? list.querySelectorAll(":scope > .nest") : [];
  const control = "input:not([type=hidden]), select, textarea";
  const target =
    rows[rows.length - 1]?.querySelector(control) ??
    main.querySelector("#call [aria-invalid]:is(input, select, textarea)") ??
    main.querySelector("[autofocus]") ??
    [...main.querySelectorAll(`button[name=do]`)].find((each) => each.value === button?.value);
  target?.focus();
}
