import { LocalTime } from "./local_time.js";

const PAUSE = 2000;

/** A part of the page that changes by itself: it is fetched again until it says that it ended. */
export class LivePart {
  #part;

  constructor(part) {
    this.#part = part;
    this.#wait();
  }

  #wait() {
    setTimeout(() => this.#refresh(), PAUSE);
  }

  async #refresh() {
    const fresh = await this.#fetch();
    if (fresh) {
      // The button that has the focus stays where it is, and keeps it.
      if (this.#part.contains(document.activeElement)) return this.#wait();
      this.#part.replaceWith(fresh);
      this.#part = fresh;
      for (const time of fresh.querySelectorAll("time[data-local]")) new LocalTime(time);
    }
    if (!fresh || "changes" in fresh.dataset) this.#wait();
  }

  async #fetch() {
    try {
      const response = await fetch(location.href);
      if (!response.ok) return null;
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = page.getElementById(this.#part.id);
      return fresh && document.adoptNode(fresh);
    } catch {
      // The hub is away: it is asked again.
      return null;
    }
  }
}
