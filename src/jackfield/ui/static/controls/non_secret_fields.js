/** What is filled in, without what is secret. */
export function nonSecretFields(form) {
  const secret = (name) => form.querySelector(`[name="${CSS.escape(name)}"].masked, [name="${CSS.escape(name)}"][autocomplete=off][spellcheck=false]`);
  return [...new FormData(form)].filter(([name]) => !secret(name));
}
