import { LocalTime } from "./local_time.js";

const MOST_ROWS = 200;

/**
 * Shows runs as they are logged. Under the pointer, the focus or a selection the rows stay where
 * they are: what comes waits behind a button that says how much it is, until it is pressed or more
 * comes when the rows are not read any more.
 */
export class LiveTail {
  #button;
  #newer;
  #table;
  #body;
  #source = null;
  #waiting = [];

  constructor(button) {
    this.#button = button;
    this.#newer = document.querySelector("[data-newer]");
    this.#table = document.getElementById("runs");
    this.#body = this.#table.tBodies[0];
    button.hidden = false;
    button.addEventListener("click", () => (this.#source ? this.#stop() : this.#start()));
    this.#newer.addEventListener("click", () => this.#showAll());
    this.#start();
  }

  #start() {
    const last = this.#body.rows[0]?.dataset.run;
    const after = last ? `&after=${encodeURIComponent(last)}` : "";
    this.#source = new EventSource(this.#button.dataset.live + after);
    this.#source.addEventListener("run", ({ data }) => this.#came(JSON.parse(data)));
    this.#source.addEventListener("end", () => this.#stop());
    this.#source.addEventListener("error", () => this.#stop());
    this.#button.setAttribute("aria-pressed", "true");
    this.#button.classList.add("live");
  }

  /** End for now; a press goes on with what has come since. */
  #stop() {
    this.#source?.close();
    this.#source = null;
    this.#button.setAttribute("aria-pressed", "false");
    this.#button.classList.remove("live");
  }

  #came(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const row = template.content.firstElementChild;
    if (this.#has(row.dataset.run)) return;
    this.#waiting.push(row);
    this.#waiting.splice(0, this.#waiting.length - MOST_ROWS);
    this.#showUnlessRead();
  }

  #has(id) {
    const rows = [...this.#body.rows, ...this.#waiting];
    return rows.some((row) => row.dataset.run === id);
  }

  get #isRead() {
    const selection = getSelection();
    return (
      this.#body.matches(":hover, :focus-within") ||
      (!selection.isCollapsed && this.#table.contains(selection.anchorNode))
    );
  }

  #showUnlessRead() {
    if (!this.#isRead) return this.#showAll();
    this.#newer.textContent = `${this.#waiting.length} new`;
    this.#newer.hidden = !this.#waiting.length;
  }

  #showAll() {
    for (const row of this.#waiting.splice(0)) this.#insert(row);
    while (this.#body.rows.length > MOST_ROWS) this.#body.rows[MOST_ROWS].remove();
    this.#newer.hidden = true;
  }

  /** A run that took long began before others that are shown already. */
  #insert(row) {
    this.#table.hidden = false;
    document.querySelector("[data-empty]")?.remove();
    const older = [...this.#body.rows].find((each) => each.dataset.run < row.dataset.run);
    this.#body.insertBefore(row, older ?? null);
    for (const time of row.querySelectorAll("time[data-local]")) new LocalTime(time);
  }
}
