const PAUSE = 200;

/** What a search finds, while it is typed; without scripts the form is sent. */
export class FoundList {
  #input;
  #timer;
  #asked;

  constructor(input) {
    this.#input = input;
    input.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#find(), PAUSE);
    });
  }

  async #find() {
    this.#asked?.abort();
    this.#asked = new AbortController();
    const { form } = this.#input;
    const address = `${form.action}?${new URLSearchParams(new FormData(form))}`;
    try {
      const response = await fetch(address, { signal: this.#asked.signal });
      const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
      const list = fresh.getElementById(this.#input.dataset.finds);
      if (!list) return;
      document.getElementById(list.id).replaceChildren(...document.adoptNode(list).childNodes);
      // How many there are is read out, and not each of them with every letter.
      document.getElementById(`${list.id}-said`).textContent = list.dataset.said;
      history.replaceState(null, "", address);
    } catch {
      // Asked again with the next letter, or by Enter.
    }
  }
}
