import { BrandColor } from "./controls/brand_color.js";
import { CopyButton } from "./controls/copy_button.js";
import { Dismissible } from "./controls/dismissible.js";
import { LiveTail } from "./controls/live_tail.js";
import { LivePart } from "./controls/live_part.js";
import { LocalTime } from "./controls/local_time.js";
import { Palette } from "./controls/palette.js";
import { Shortcuts } from "./controls/shortcuts.js";
import { Steps } from "./controls/steps.js";

for (const button of document.querySelectorAll("[data-copies]")) new CopyButton(button);
for (const question of document.querySelectorAll(".verbs details, .menu")) new Dismissible(question);
for (const part of document.querySelectorAll("[data-changes]")) new LivePart(part);
for (const time of document.querySelectorAll("time[data-local]")) new LocalTime(time);
for (const swatch of document.querySelectorAll("[data-colors]")) new BrandColor(swatch);
for (const button of document.querySelectorAll("[data-live]")) new LiveTail(button);
new Steps();
const palette = document.getElementById("palette");
if (palette) new Shortcuts(new Palette(palette));
