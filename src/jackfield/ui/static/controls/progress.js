/** Which steps are done: ticked off here, and still ticked when one comes back. */
export class Progress {
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
      (step.querySelector("details > div") ?? step).append(tick.parentElement);
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

function makeTick(heading, words) {
  const label = document.createElement("label");
  label.className = "check tick";
  const tick = document.createElement("input");
  tick.type = "checkbox";
  tick.setAttribute("aria-label", `${words}: ${heading.textContent}`);
  label.lang = document.documentElement.lang;
  label.append(tick, words);
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
