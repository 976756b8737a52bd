/** What is filled in, without what is secret. */
export function nonSecretFields(form) {
  const secret = (name) => form.querySelector(`[name="${CSS.escape(name)}"][data-secret]`);
  return [...new FormData(form)].filter(([name]) => !secret(name));
}
