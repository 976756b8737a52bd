/**
 * The page in the frame of a product. It hands its parent a message port, and listens to nothing
 * else: what arrives there came from the one origin this frame was made for.
 */

import { dress } from "./frame-look.js";
import { Page } from "./hub-page.js";

class Frame {
  #id = document.body.dataset.frame;
  #parent = document.body.dataset.parent;
  #start = document.body.dataset.start;
  #port;
  #page;
  #token;
  #height = 0;
  #told = new Set();

  constructor() {
    if (window.parent === window) return;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#port.onmessage = ({ data }) => this.#hear(data);
    window.parent.postMessage({ type: "hub:wire" }, this.#parent, [port2]);
    addEventListener("popstate", ({ state }) => this.#page?.go(state?.url ?? this.#start));
    document.addEventListener("click", this);
    document.addEventListener("submit", this);
    // Links lead on in place: the document itself goes only with the frame.
    addEventListener("pagehide", () => this.#page?.leave(this.#start));
    new ResizeObserver(() => this.#measure()).observe(document.body);
  }

  handleEvent(event) {
    if (event.type === "click") this.#click(event);
    else this.#search(event);
  }

  #hear(message) {
    if (message?.type === "open") this.#open(message);
    else if (message?.type === "look") dress(message);
  }

  async #open({ token, language, account, closeLabel, ...look }) {
    if (typeof token !== "string" || token === "") return;
    this.#token = token;
    dress(look);
    this.#closeLabel = closeLabel;
    const query = new URLSearchParams();
    if (language) query.set("lang", language);
    if (account) query.set("account", account);
    if (query.size) this.#start += `?${query}`;
    const headers = { "x-hub-session-token": this.#token, "x-hub-frame": this.#id };
    this.#page = new Page({ headers, tell: (news) => this.#tell(news) });
    if (await this.#page.go(this.#start, { quietly: true })) this.#tell({ type: "ready" });
    else this.#tell({ type: "error", code: "unreachable" });
  }

  #closeLabel;

  #tell(news) {
    if (news.type === "success" || news.type === "pending") {
      const key = `${news.type} ${news.id}`;
      if (this.#told.has(key)) return;
      this.#told.add(key);
    }
    if (news.type === "title") {
      const close = document.querySelector("[data-close]");
      if (close && this.#closeLabel) close.textContent = this.#closeLabel;
      const problem = document.querySelector("[data-problem]");
      if (problem) this.#port.postMessage({ type: "error", code: problem.dataset.problem });
    }
    this.#port.postMessage(news);
  }

  #click(event) {
    if (event.target.closest("[data-close]")) {
      this.#tell({ type: "close" });
      return;
    }
    const link = event.target.closest("a[href]");
    if (!link || link.target || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const url = new URL(link.href);
    if (url.origin !== location.origin || link.getAttribute("href").startsWith("#")) return;
    event.preventDefault();
    this.#visit(url.pathname + url.search);
  }

  #search(event) {
    if (event.target.method !== "get") return;
    event.preventDefault();
    const query = new URLSearchParams(new FormData(event.target));
    this.#visit(`${new URL(event.target.action).pathname}?${query}`);
  }

  #visit(url) {
    history.pushState({ url }, "");
    this.#page.go(url);
  }

  #measure() {
    const height = Math.ceil(document.body.getBoundingClientRect().height);
    if (height === this.#height) return;
    this.#height = height;
    this.#port.postMessage({ type: "height", height });
  }
}

new Frame();
