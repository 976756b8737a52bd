/** Work that waits while a pointer is down: a click is lost on a button that moves away under it. */

let pressed = null;
const waiting = [];

/** Do what moves the page about because `control` was left: now, or once the click is over. */
export function afterPress(control, work) {
  if (pressed && pressed !== control) waiting.push(work);
  else work();
}

function release() {
  if (!pressed) return;
  pressed = null;
  // The click itself comes after this event.
  setTimeout(() => {
    for (const work of waiting.splice(0)) work();
  });
}

addEventListener("pointerdown", ({ target }) => (pressed = target), true);
for (const type of ["pointerup", "pointercancel", "keydown"]) addEventListener(type, release, true);
