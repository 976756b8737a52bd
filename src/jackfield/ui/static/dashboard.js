import { CopyButton } from "./controls/copy_button.js";

for (const button of document.querySelectorAll("[data-copies]")) new CopyButton(button);
