/**
 * The page in the frame of a product. It hands its parent a message port, and listens to nothing
 * else. The token that arrives there it exchanges for a key, which stays in here: in no cookie,
 * which a frame of another site may not have, and in no address.
 */

import { dress } from "./frame-look.js";
import { enhance, Return } from "./portal-page.js";

class Frame {
  #frame = document.body.dataset.frame;
  #base = document.body.dataset.base;
  #scheme = document.documentElement.dataset.theme ?? "";
  #port;
  #headers;
  #url;
  #height = 0;
  #isBusy = false;
  #return = new Return(() => this.#go(this.#url, { quietly: true }));

  constructor() {
    if (window.parent === window) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#hear(data);
    window.parent.postMessage({ type: "hub:wire" }, document.body.dataset.parent, [port2]);
    addEventListener("popstate", ({ state }) => state?.url && this.#go(state.url));
    document.addEventListener("click", this);
    document.addEventListener("submit", this);
    new ResizeObserver(() => this.#measure()).observe(document.body);
  }

  handleEvent(event) {
    if (event.type === "click") this.#click(event);
    else this.#submit(event);
  }

  #hear(message) {
    if (message?.type === "open") this.#open(message);
    else if (message?.type === "look") dress(message, this.#scheme);
  }

  async #open({ token, language, ...look }) {
    if (typeof token !== "string" || token === "" || this.#headers) return;
    dress(look, this.#scheme);
    try {
      const response = await fetch(`${this.#base}/hub/portal_frames/${this.#frame}/open`, {
        method: "POST",
        headers: { "x-hub-session-token": token },
      });
      const answer = await response.json();
      if (!response.ok) {
        this.#port.postMessage({ type: "error", code: answer.code ?? "unreachable" });
        return;
      }
      this.#headers = { "x-portal-key": answer.key, "x-hub-frame": this.#frame };
      const isChosen = document.body.dataset.locale !== "";
      const query = language && !isChosen ? `?${new URLSearchParams({ lang: language })}` : "";
      const start = `${this.#base}/portal/${answer.id}${query}`;
      history.replaceState({ url: start }, "");
      const isShown = await this.#go(start, { quietly: true });
      this.#port.postMessage(isShown ? { type: "ready" } : { type: "error", code: "unreachable" });
    } catch {
      this.#port.postMessage({ type: "error", code: "unreachable" });
    }
  }

  #click(event) {
    const link = event.target.closest("a[href]");
    if (!link || link.target) {
      if (link && "leave" in link.dataset) this.#return.leave();
      return;
    }
    const url = new URL(link.href);
    if (url.origin !== location.origin) return;
    event.preventDefault();
    history.pushState({ url: link.href }, "");
    this.#go(link.href);
  }

  async #submit(event) {
    event.preventDefault();
    if (this.#isBusy) return;
    this.#isBusy = true;
    const form = event.target;
    // A window that is opened later than the press is one that browsers hold back.
    const opened = "opens" in form.dataset ? window.open("", "_blank") : null;
    const page = await this.#ask(form.action, {
      method: "POST",
      body: new URLSearchParams([...new FormData(form)]),
    });
    this.#isBusy = false;
    const leave = page?.document.querySelector("[data-leave]");
    if (opened && leave) {
      opened.opener = null;
      opened.location.replace(leave.href);
      this.#return.leave();
      return;
    }
    opened?.close();
    if (page) this.#show(page);
  }

  async #go(url, { quietly = false } = {}) {
    const page = await this.#ask(url);
    if (page) this.#show(page, { quietly });
    return page !== null;
  }

  async #ask(url, options = {}) {
    try {
      const response = await fetch(url, { ...options, headers: this.#headers });
      const text = await response.text();
      const found = new DOMParser().parseFromString(text, "text/html");
      return found.querySelector("main.portal") ? { document: found, url: response.url } : null;
    } catch {
      return null;
    }
  }

  #show({ document: page, url }, { quietly = false } = {}) {
    if (!page.querySelector("[data-leave]")) this.#url = url;
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    const brand = page.querySelector("link[data-brand]");
    if (brand && !document.querySelector("link[data-brand]")) {
      document.head.append(document.adoptNode(brand));
    }
    document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
    enhance();
    this.#port.postMessage({ type: "title", title: document.title });
    if (quietly) return;
    const first = document.querySelector("[data-focus]");
    first?.focus();
    first?.scrollIntoView({ block: "nearest" });
  }

  #measure() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === this.#height) return;
    this.#height = height;
    this.#port.postMessage({ type: "height", height });
  }
}

new Frame();
