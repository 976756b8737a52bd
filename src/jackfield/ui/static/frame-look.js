/** The look of a page in the frame of a product: light or dark, and in the product's colors. */

const COLORS = /^(?!.*(?:url|var|env|attr)\()/i;
/** The tokens that each name sets which a product may say; the hub has the same for its projects. */
const TOKENS = {
  accent: ["brand"],
  "accent-ink": ["on-fill"],
  "accent-soft": ["tint"],
  ink: ["ink"],
  "ink-soft": ["soft"],
  paper: ["page", "surface", "raised"],
  "paper-soft": ["sunken"],
  line: ["line"],
  "line-strong": ["edge", "rim"],
  bad: ["bad"],
  "bad-soft": ["bad-wash"],
  warn: ["warn"],
  "warn-soft": ["warn-wash"],
  good: ["good"],
  "good-soft": ["good-wash"],
  radius: ["r2"],
  font: ["font"],
  mono: ["mono"],
};
const PROPERTIES = { radius: "border-radius", font: "font-family", mono: "font-family" };

/** Dress as the product does; where it says no scheme, in the one that is `given`, if any. */
export function dress({ theme, tokens = {} }, given = "") {
  const root = document.documentElement;
  const scheme = ["light", "dark"].includes(theme) ? theme : given;
  if (scheme) root.dataset.theme = scheme;
  else delete root.dataset.theme;
  for (const [name, value] of Object.entries(tokens)) {
    if (!Object.hasOwn(TOKENS, name) || typeof value !== "string") continue;
    const fits = CSS.supports(PROPERTIES[name] ?? "color", value) && COLORS.test(value);
    for (const token of TOKENS[name]) {
      if (fits) root.style.setProperty(`--${token}`, value);
      else root.style.removeProperty(`--${token}`);
    }
  }
}
