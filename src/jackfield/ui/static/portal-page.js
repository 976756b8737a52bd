/** What makes a portal's pages nicer where scripts run: each works without, outside of a frame. */

import { Dismissible } from "./controls/dismissible.js";
import { LocalTime } from "./controls/local_time.js";

export function enhance() {
  for (const time of document.querySelectorAll("time[data-local]")) new LocalTime(time);
  for (const question of document.querySelectorAll(".removal")) new Dismissible(question);
}

/** Looks at the page again when its reader is back from the window in which they linked something. */
export class Return {
  #look;
  #isAway = false;

  constructor(look) {
    this.#look = look;
    addEventListener("focus", () => this.#comeBack());
    document.addEventListener("visibilitychange", () => document.hidden || this.#comeBack());
  }

  leave() {
    this.#isAway = true;
  }

  #comeBack() {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#look();
  }
}

/** Sends each form once; those that open a window leave the page as it is. */
class Forms {
  #return = new Return(() => location.reload());
  #isSent = false;

  handleEvent(event) {
    if ("opens" in event.target.dataset) {
      this.#return.leave();
      return;
    }
    if (this.#isSent) event.preventDefault();
    this.#isSent = true;
  }
}

if (!document.documentElement.hasAttribute("data-framed")) {
  enhance();
  document.addEventListener("submit", new Forms());
  // A page that the browser kept may be about an account that was changed meanwhile.
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}
