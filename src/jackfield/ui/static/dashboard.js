import { CopyButton } from "./controls/copy_button.js";
import { Dismissible } from "./controls/dismissible.js";

for (const button of document.querySelectorAll("[data-copies]")) new CopyButton(button);
for (const question of document.querySelectorAll(".verbs details")) new Dismissible(question);
