/** A sign-in in a window of the provider's, seen from the page of a product's frame. */

const POLL_MILLISECONDS = 2000;
const WINDOW = "popup,width=1024,height=800";

/**
 * Opens the window and waits. What the hub says is the truth: a provider's page may cut the window
 * off from this one, and then it seems to be closed.
 */
export class SignIn {
  #place;
  #page;
  #window;
  #leave;
  #wasClosed = false;

  constructor(place, page) {
    this.#place = place;
    this.#page = page;
    this.#leave = document.querySelector("[data-leave]");
    this.#leave.addEventListener("click", () => this.#offer(false));
    document.querySelector("[data-cancel]").addEventListener("click", () => this.#cancel());
    this.#open();
    this.#wait();
  }

  #open() {
    this.#window = window.open(this.#leave.href, "_blank", WINDOW);
    this.#offer(this.#window === null);
    // The provider's page is not to lead this one elsewhere.
    if (this.#window) this.#window.opener = null;
  }

  /** Offer to open the window by hand, which works once. */
  #offer(isOffered) {
    this.#leave.hidden = !isOffered;
    this.#place.querySelector("[data-blocked]").hidden = !isOffered;
  }

  #wait() {
    setTimeout(() => this.#look(), POLL_MILLISECONDS);
  }

  async #look() {
    if (!this.#place.isConnected) return;
    const isOver = await this.#page.isOver(this.#place.dataset.signIn);
    if (!this.#place.isConnected) return;
    if (isOver && (await this.#page.go(this.#place.dataset.result))) return;
    const isClosed = this.#window?.closed === true;
    if (isClosed && this.#wasClosed) this.#place.querySelector("[data-closed]").hidden = false;
    this.#wasClosed = isClosed;
    this.#wait();
  }

  #cancel() {
    this.#window?.close();
    this.#page.giveUp(this.#place.dataset.signIn);
  }
}
