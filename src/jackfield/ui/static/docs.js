// The documentation's search and copy buttons. No module: a page of a file system can load none.
(() => {
  "use strict";

  const MOST = 12;

  /** Looks through the index: every word of a query has to begin a word of what is found. */
  class Index {
    constructor({ pages, entries }) {
      this.entries = entries.map(([page, anchor, title, words]) => ({
        path: pages[page][0],
        page: pages[page][1],
        section: pages[page][2],
        isReference: pages[page][0].startsWith("reference/"),
        anchor,
        title,
        // With a blank on both sides of each word.
        titleWords: ` ${split(title).join(" ")} `,
        pageWords: ` ${split(pages[page][1]).join(" ")} `,
        words: ` ${words} `,
      }));
    }

    find(query) {
      const terms = split(query);
      if (!terms.length) return [];
      return this.entries
        .map((entry) => ({ entry, score: score(entry, terms) }))
        .filter(({ score: found }) => found > 0)
        .sort((one, other) => other.score - one.score)
        .slice(0, MOST)
        .map(({ entry }) => entry);
    }
  }

  function score(entry, terms) {
    let total = 0;
    for (const term of terms) {
      const found =
        weight(entry.titleWords, term, 12) || weight(entry.pageWords, term, 5) || weight(entry.words, term, 2);
      if (!found) return 0;
      total += found;
    }
    // What has this very name; of settings, errors and the like, where they are explained; and a
    // page's own beginning before what is further down.
    if (entry.anchor === terms.join(" ")) total += 20;
    else if (entry.isReference && terms.some((term) => term.includes("_"))) total += 3;
    return total + (entry.anchor ? 0 : 1);
  }

  function weight(words, term, whole) {
    if (words.includes(` ${term} `)) return whole;
    return words.includes(` ${term}`) ? whole / 2 : 0;
  }

  function split(text) {
    return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  }

  /** A combobox: the focus stays in the field, arrows choose, Enter leads there. */
  class Search {
    #form;
    #input;
    #panel;
    #list;
    #status;
    #index;
    #found = [];
    #chosen = -1;

    constructor(form, panel) {
      this.#form = form;
      this.#input = form.querySelector("input");
      this.#panel = panel;
      this.#list = panel.querySelector("ul");
      this.#status = panel.querySelector("p");
      form.hidden = false;
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.#open(Math.max(this.#chosen, 0));
      });
      this.#input.addEventListener("focus", () => this.#load());
      this.#input.addEventListener("input", () => this.#look());
      this.#input.addEventListener("keydown", (event) => this.#pressed(event));
      this.#input.addEventListener("blur", () => this.#show(false));
      // Before the field loses the focus.
      this.#list.addEventListener("mousedown", (event) => event.preventDefault());
      this.#list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (option) this.#open([...this.#list.children].indexOf(option));
      });
      document.addEventListener("keydown", (event) => {
        const isTyping = event.target.matches("input, textarea, select, [contenteditable]");
        if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const side = document.getElementById("side");
        if (!this.#input.checkVisibility()) side.showPopover();
        this.#input.focus();
        this.#input.select();
      });
    }

    #load() {
      if (this.#index !== undefined) return;
      this.#index = null;
      const script = document.createElement("script");
      script.src = this.#form.dataset.search;
      script.addEventListener("load", () => {
        this.#index = new Index(globalThis.jackfieldSearchIndex);
        this.#look();
      });
      script.addEventListener("error", () => {
        this.#index = undefined;
        script.remove();
      });
      document.head.append(script);
    }

    #look() {
      this.#load();
      if (!this.#index) return;
      const query = this.#input.value;
      this.#found = this.#index.find(query);
      this.#list.replaceChildren(...this.#found.map(option));
      this.#choose(-1);
      const number = this.#found.length;
      this.#status.textContent = number
        ? `${number}${number === MOST ? " or more" : ""} found`
        : "Nothing found. Try fewer words, or the beginning of one.";
      this.#show(Boolean(query.trim()) && document.activeElement === this.#input);
    }

    #pressed(event) {
      const last = this.#found.length - 1;
      if (event.key === "ArrowDown") this.#choose(this.#chosen < last ? this.#chosen + 1 : 0);
      else if (event.key === "ArrowUp") this.#choose(this.#chosen > 0 ? this.#chosen - 1 : last);
      else if (event.key === "Escape" && this.#panel.matches(":popover-open")) this.#show(false);
      else return;
      event.preventDefault();
    }

    #choose(number) {
      this.#chosen = number;
      [...this.#list.children].forEach((each, at) => {
        each.setAttribute("aria-selected", String(at === number));
        if (at === number) each.scrollIntoView({ block: "nearest" });
      });
      if (number < 0) this.#input.removeAttribute("aria-activedescendant");
      else this.#input.setAttribute("aria-activedescendant", `found-${number}`);
    }

    #show(isOpen) {
      if (isOpen !== this.#panel.matches(":popover-open")) this.#panel.togglePopover(isOpen);
      this.#input.setAttribute("aria-expanded", String(isOpen));
    }

    #open(number) {
      const entry = this.#found[number];
      if (!entry) return;
      const url = this.#form.dataset.page.replace("PAGE", entry.path);
      this.#show(false);
      location.assign(entry.anchor ? `${url}#${entry.anchor}` : url);
      document.getElementById("side").hidePopover();
    }
  }

  function option(entry, number) {
    const element = document.createElement("li");
    element.role = "option";
    element.id = `found-${number}`;
    element.append(entry.title);
    const place = document.createElement("small");
    place.textContent = entry.anchor ? `${entry.section} / ${entry.page}` : entry.section;
    element.append(place);
    return element;
  }

  /** Copies a block of code, or the one of several that is shown. */
  function copyButton(button, status) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const block = document.getElementById(button.dataset.copies);
      const blocks = block.matches("pre") ? [block] : block.querySelectorAll("pre");
      const shown = [...blocks].find((each) => each.checkVisibility());
      getSelection().selectAllChildren(shown);
      try {
        await navigator.clipboard.writeText(shown.textContent);
      } catch {
        // Without TLS the clipboard may be closed to us: the text is selected, to be copied.
        return;
      }
      getSelection().removeAllRanges();
      status.textContent = "Copied";
      button.classList.add("copied");
      setTimeout(() => {
        status.textContent = "";
        button.classList.remove("copied");
      }, 2000);
    });
  }

  // The side bar is longer than most windows.
  const side = document.getElementById("side");
  const current = side?.querySelector("[aria-current]");
  current?.closest("div").scrollTo(0, current.offsetTop - side.clientHeight / 2);
  const form = document.querySelector("[data-search]");
  if (form && HTMLElement.prototype.togglePopover) new Search(form, document.getElementById("results"));
  const status = document.createElement("p");
  status.className = "sr";
  status.role = "status";
  document.body.append(status);
  for (const button of document.querySelectorAll("[data-copies]")) copyButton(button, status);
})();
