/** Say for a moment what was done. */
export function toast(text) {
  const shown = document.createElement("p");
  shown.className = "toast";
  shown.setAttribute("role", "status");
  document.body.append(shown);
  // What is there from the beginning is not read out.
  requestAnimationFrame(() => {
    shown.textContent = text;
  });
  setTimeout(() => shown.remove(), 3000);
}
