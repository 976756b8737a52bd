/** What the answer to a form shows once: reloading asks for the page it is on, and sends no form again. */
export class ShownOnce {
  constructor(shown) {
    history.replaceState(history.state, "", shown.dataset.once);
  }
}
