/** What a summary opens, which Esc closes; the focus goes back to the summary. */
export class Dismissible {
  constructor(details) {
    details.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !details.open) return;
      details.open = false;
      details.querySelector("summary").focus();
    });
  }
}
