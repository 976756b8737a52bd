/** Sends the form once, without leaving the page. */
export class Submission {
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
    this.#form.querySelector("[role=alert][data-tone=bad]")?.remove();
    this.#form.classList.add("is-sending");
    const sent = await this.#page.submit(this.#form, [...new FormData(this.#form)]);
    if (sent) return;
    this.#form.classList.remove("is-sending");
    this.#button.disabled = false;
    const { offline, failed } = this.#status.dataset;
    this.#status.textContent = navigator.onLine ? failed : offline;
  }
}
