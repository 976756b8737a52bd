const MOST_LINES = 10000;
const PART = /^(\s*)("(?:[^"\\]|\\.)*")(: )(.*)$/;

/**
 * Folds and searches JSON, line by line as the server has indented it: no value passes through a
 * number of JavaScript, so that all its digits stay. Without scripts it is the text alone.
 */
export class JsonViewer {
  #figure;
  #pre;
  #lines = [];
  #found = [];
  #at = -1;

  constructor(figure) {
    this.#figure = figure;
    this.#pre = figure.querySelector("pre");
    const texts = this.#pre.textContent.split("\n");
    if (texts.length < 3 || texts.length > MOST_LINES || !texts.every(isShort)) return;
    this.#build(texts);
    this.#pre.addEventListener("click", this);
    this.#pre.addEventListener("keydown", this);
    this.#addSearch();
  }

  handleEvent(event) {
    const line = event.target.closest(".line");
    if (!line) return;
    if (event.type === "click") {
      if (event.target.matches(".fold-mark")) this.#toggle(line);
      return;
    }
    const folded = line.getAttribute("aria-expanded");
    const key = event.key;
    if (key === "ArrowDown") this.#step(line, 1);
    else if (key === "ArrowUp") this.#step(line, -1);
    else if (key === "Home") this.#focus(this.#lines[0]);
    else if (key === "End") this.#step(this.#lines.at(-1), -1);
    else if ((key === "ArrowRight" && folded === "false") || (key === "ArrowLeft" && folded === "true")) this.#toggle(line);
    else if (key === "ArrowLeft") this.#focus(line.above ?? line);
    else if (key === "ArrowRight" && folded) this.#step(line, 1);
    else if ((key === "Enter" || key === " ") && folded) this.#toggle(line);
    else return;
    event.preventDefault();
  }

  #build(texts) {
    const open = [];
    for (const text of texts) {
      const line = document.createElement("span");
      line.className = "line";
      const closes = /^\s*[\]}]/.test(text);
      if (closes) open.pop();
      line.above = open.at(-1) ?? null;
      if (closes) {
        line.setAttribute("aria-hidden", "true");
      } else {
        line.setAttribute("role", "treeitem");
        line.setAttribute("aria-level", open.length + 1);
        line.tabIndex = -1;
      }
      line.append(...(/[[{]$/.test(text) ? [foldMark()] : []), ...colored(text), "\n");
      if (/[[{]$/.test(text)) {
        line.setAttribute("aria-expanded", "true");
        open.push(line);
      }
      this.#lines.push(line);
    }
    this.#pre.removeAttribute("tabindex");
    this.#pre.setAttribute("role", "tree");
    this.#pre.setAttribute("aria-label", "Result: arrows move and fold");
    this.#pre.replaceChildren(...this.#lines);
    this.#lines[0].tabIndex = 0;
  }

  #toggle(line) {
    const folds = line.getAttribute("aria-expanded") === "true";
    line.setAttribute("aria-expanded", String(!folds));
    this.#hide();
  }

  /** Hide every line within one that is folded. */
  #hide() {
    for (const line of this.#lines) {
      const { above } = line;
      line.hidden = above !== null && (above.hidden || above.getAttribute("aria-expanded") === "false");
    }
  }

  #step(line, step) {
    let at = this.#lines.indexOf(line) + step;
    while (this.#lines[at] && (this.#lines[at].hidden || !this.#lines[at].hasAttribute("role"))) at += step;
    if (this.#lines[at]) this.#focus(this.#lines[at]);
  }

  #focus(line) {
    this.#pre.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    line.tabIndex = 0;
    line.focus();
  }

  #addSearch() {
    const search = document.createElement("div");
    search.className = "row pad json-search";
    search.setAttribute("role", "search");
    search.innerHTML =
      '<input class="input" type="search" aria-label="Search in the result" placeholder="Search in the result" autocomplete="off" spellcheck="false"> <span class="count" role="status"></span>';
    const input = search.querySelector("input");
    input.addEventListener("input", () => this.#find(input.value, search.querySelector("[role=status]")));
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      // It is no control of the call's form.
      event.preventDefault();
      this.#go(event.shiftKey ? -1 : 1, search.querySelector("[role=status]"));
    });
    this.#pre.before(search);
  }

  #find(text, status) {
    const wanted = text.toLowerCase();
    for (const line of this.#found) line.classList.remove("found", "here");
    this.#found = wanted ? this.#lines.filter((line) => line.textContent.toLowerCase().includes(wanted)) : [];
    this.#at = -1;
    for (const line of this.#found) line.classList.add("found");
    status.textContent = wanted ? words(this.#found.length) : "";
    if (this.#found.length) this.#go(1, status);
  }

  #go(step, status) {
    const found = this.#found;
    if (!found.length) return;
    found[this.#at]?.classList.remove("here");
    this.#at = (this.#at + step + found.length) % found.length;
    const line = found[this.#at];
    for (let { above } = line; above; above = above.above) above.setAttribute("aria-expanded", "true");
    this.#hide();
    line.classList.add("here");
    line.scrollIntoView({ block: "nearest" });
    status.textContent = `${this.#at + 1} of ${words(found.length)}`;
  }
}

function words(count) {
  return `${count} line${count === 1 ? "" : "s"}`;
}

function isShort(text) {
  return text.length < 100000;
}

function foldMark() {
  const mark = document.createElement("span");
  mark.className = "fold-mark";
  mark.setAttribute("aria-hidden", "true");
  return mark;
}

/** Return a line of JSON in its colors. */
function colored(text) {
  const member = PART.exec(text);
  if (!member) return [value(text)];
  const [, blanks, name, colon, rest] = member;
  return [blanks, part("k", name), colon, value(rest)];
}

function value(text) {
  const plain = text.trim();
  if (plain.startsWith('"')) return part("s", text);
  return /^[-\dtfn]/.test(plain) ? part("n", text) : text;
}

function part(name, text) {
  const element = document.createElement("span");
  element.className = name;
  element.textContent = text;
  return element;
}
