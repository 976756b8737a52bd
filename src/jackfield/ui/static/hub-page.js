/**
 * What makes the Hub's pages nicer where scripts run. Each page works without: forms post, links
 * lead on, and the server decides and words everything.
 */

import { enhanceForm } from "./hub-form.js";
import { Guide } from "./hub-guide.js";
import { ConnectorSearch } from "./hub-list.js";
import { SignIn } from "./hub-sign-in.js";

const POLL_SECONDS = 3;

/**
 * The page that is shown. In the frame of a product it is asked for with `headers`, which hold the
 * token, and `tell` hears of what happened; links then lead to another page in the same place.
 */
export class Page {
  #headers;
  #tell;
  #poll;

  constructor({ headers = {}, tell = () => {} } = {}) {
    this.#headers = headers;
    this.#tell = tell;
  }

  get isFramed() {
    return "x-hub-frame" in this.#headers;
  }

  /** Go to another page of the Hub; `quietly`, it leaves alone what the reader is at. */
  async go(url, { quietly = false } = {}) {
    const page = await this.#ask(url);
    if (page) this.#show(page, { quietly });
    return page !== null;
  }

  /** Send the form; what was typed stays typed, since the server never sends a secret back. */
  async submit(form, typed) {
    const page = await this.#ask(form.action, { method: "POST", body: new URLSearchParams(typed) });
    if (page) this.#show(page, { typed });
    return page !== null;
  }

  /** Ask what the form looks like with what is filled in so far; if its link has ended, say so. */
  async preview(form, typed) {
    const body = new URLSearchParams([...typed, ["_refresh", "1"]]);
    const page = await this.#ask(form.action, { method: "POST", body });
    if (!page || page.querySelector("form.fields")) return page;
    if (form.isConnected) this.#show(page);
    return null;
  }

  /** Ask whether an attempt to sign in has ended; one that cannot be asked about may go on. */
  async isOver(attempt) {
    try {
      const response = await fetch(attempt, { headers: this.#headers });
      if (!response.ok) return response.status < 500;
      return (await response.json()).status !== "pending";
    } catch {
      return false;
    }
  }

  /** End an attempt to sign in. */
  giveUp(attempt) {
    const options = { method: "DELETE", headers: this.#headers, keepalive: true };
    fetch(attempt, options).catch(() => {});
  }

  /** Tell the hub that the page is gone: it counts how far those come who link. */
  leave(start) {
    const options = { method: "POST", headers: this.#headers, keepalive: true };
    fetch(`${start.split("?")[0]}/closed`, options).catch(() => {});
  }

  /** Make the page that is in place do what it can. */
  enhance() {
    clearTimeout(this.#poll);
    const search = document.querySelector("form[role=search]");
    if (search) new ConnectorSearch(search);
    const guide = document.querySelector("[data-guide]");
    const form = document.querySelector("form.fields");
    if (form) enhanceForm(form, this, guide && new Guide(guide, form, this));
    const signIn = document.querySelector("[data-sign-in]");
    if (signIn) new SignIn(signIn, this);
    for (const time of document.querySelectorAll("time[data-local]")) localizeTime(time);
    for (const button of document.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => window.print());
    }
    if (document.querySelector("[data-closes]")) window.close();
    this.#report();
  }

  async #ask(url, options = {}) {
    try {
      const response = await fetch(url, { ...options, headers: this.#headers });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      return page.querySelector("main.hub") ? page : null;
    } catch {
      return null;
    }
  }

  /** Put a page that came back in place of this one. */
  #show(page, { typed = [], quietly = false } = {}) {
    const main = document.adoptNode(page.querySelector("main"));
    for (const [name, value] of typed) {
      const field = main.querySelector(`form.fields [name="${CSS.escape(name)}"]`);
      // What is chosen comes back as it was sent.
      if (field && !["checkbox", "radio"].includes(field.type)) field.value = value;
    }
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    adoptBrand(page.querySelector("link[data-brand]"));
    document.querySelector("main").replaceWith(main);
    this.enhance();
    const leave = main.querySelector("[data-leave]");
    if (leave && !this.isFramed) location.assign(leave.href);
    if (quietly) return;
    const first = main.querySelector("[data-focus]") ?? main.querySelector("[data-arrive]");
    first?.focus();
    first?.scrollIntoView({ block: "nearest" });
  }

  /** Tell the product what the page says happened, and look again at what is not decided. */
  #report() {
    const done = document.querySelector("[data-linked]");
    const waiting = document.querySelector("[data-pending]");
    this.#tell({ type: "title", title: document.title });
    if (done) {
      this.#tell({ type: "success", id: done.dataset.linked, provider: done.dataset.provider });
    }
    if (waiting) {
      const { pending, provider } = waiting.dataset;
      this.#tell({ type: "pending", id: pending, provider });
    }
    const undecided = document.querySelector("[data-again]");
    if (undecided) this.#lookLater(undecided);
  }

  #lookLater(undecided) {
    const seconds = Number(undecided.dataset.every ?? POLL_SECONDS);
    this.#poll = setTimeout(() => this.#lookAgain(undecided), seconds * 1000);
  }

  /** Ask for the page again, and leave it as it is until it says something else. */
  async #lookAgain(undecided) {
    const { again, pending } = undecided.dataset;
    // What somebody else decides may take days.
    const page = pending && document.hidden ? null : await this.#ask(again || location.href);
    if (!undecided.isConnected) return;
    const isSame = page?.querySelector("[data-again]") && page.title === document.title;
    if (page && !isSame) this.#show(page);
    else this.#lookLater(undecided);
  }
}

function adoptBrand(link) {
  const current = document.querySelector("link[data-brand]");
  if (link?.getAttribute("href") === current?.getAttribute("href")) return;
  current?.remove();
  if (link) document.head.append(document.adoptNode(link));
}

/** A time in the reader's own zone and manner. */
function localizeTime(time) {
  const at = new Date(time.dateTime);
  const options = { dateStyle: "long", timeStyle: "short" };
  time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, options).format(at);
}

if (!document.documentElement.hasAttribute("data-framed")) {
  const page = new Page();
  page.enhance();
  document.querySelector("[data-focus]")?.focus();
  // A page that the browser kept may be about a link that was used meanwhile.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
