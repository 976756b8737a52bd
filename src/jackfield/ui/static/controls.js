import { Advice } from "./controls/advice.js";
import { Check } from "./controls/check.js";
import { CopyButton } from "./controls/copy_button.js";
import { Dismissible } from "./controls/dismissible.js";
import { SecretField } from "./controls/secret_field.js";

/** Let the controls in a form, or in a part of it, do what they can. */
export function enhanceControls(part) {
  for (const button of part.querySelectorAll("[data-reveal]")) new SecretField(button);
  for (const button of part.querySelectorAll("[data-copies]")) new CopyButton(button);
  for (const tip of part.querySelectorAll("details.tip")) new Dismissible(tip);
  for (const note of part.querySelectorAll("[data-advice-pattern]")) new Advice(note);
  const controls = part.querySelectorAll("input, select, textarea, [role=radiogroup]");
  for (const control of controls) new Check(control);
}
