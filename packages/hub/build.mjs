/** The element is the file that a hub serves as /hub.js; the package takes it from there. */

import { copyFileSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);
const dist = new URL("dist/", import.meta.url);

mkdirSync(dist, { recursive: true });
for (const path of ["src/jackfield/ui/static/hub.js", "LICENSE"]) {
  const name = path.slice(path.lastIndexOf("/") + 1);
  copyFileSync(fileURLToPath(new URL(path, root)), fileURLToPath(new URL(name, dist)));
}
