/** Build a page for each example of the docs, and those that record what a component says. */

import { writeFileSync } from "node:fs";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import react from "@vitejs/plugin-react";
import { build } from "vite";
import { pathToFileURL } from "node:url";

const mountReact = (path, exported = "default") => `
  import { createElement } from "react";
  import { createRoot } from "react-dom/client";
  import { ${exported} as Shown } from "${path}";
  createRoot(document.getElementById("app")).render(createElement(Shown));`;
const PAGES = {
  react: mountReact("./examples/react/ConnectAccount.tsx", "ConnectAccount"),
  next: mountReact("./examples/next/app/integrations/page.tsx"),
  recorder: mountReact("./Recorder.jsx"),
  published: mountReact("./Published.jsx"),
  vue: `
    import { createApp } from "vue";
    import ConnectAccount from "./examples/vue/ConnectAccount.vue";
    createApp(ConnectAccount).mount("#app");`,
  svelte: `
    import { mount } from "svelte";
    import ConnectAccount from "./examples/svelte/ConnectAccount.svelte";
    mount(ConnectAccount, { target: document.getElementById("app") });`,
};

for (const [name, script] of Object.entries(PAGES)) {
  writeFileSync(`${name}.js`, script);
  writeFileSync(
    `${name}.html`,
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A product</title>
    <link rel="icon" href="data:,"></head><body><h1>A product</h1><div id="app"></div>
    <script type="module" src="${name}.js"></script></body></html>`,
  );
}

const vue = (await import(pathToFileURL("examples/vue/vite.config.js").href)).default;
const warnings = [];
await build({
  configFile: false,
  base: "./",
  plugins: [react(), svelte({ configFile: false }), ...vue.plugins],
  build: {
    modulePreload: false,
    reportCompressedSize: false,
    // How large the published component is, is not for us to mend.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: Object.keys(PAGES).map((name) => `${name}.html`) },
  },
  customLogger: {
    info() {},
    warn: (said) => warnings.push(said),
    warnOnce: (said) => warnings.push(said),
    error: (said) => warnings.push(said),
    clearScreen() {},
    hasErrorLogged: () => false,
    hasWarned: false,
  },
});
if (warnings.length > 0) throw new Error(warnings.join("\n"));
