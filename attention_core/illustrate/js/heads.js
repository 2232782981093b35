/**
 * `<attention-heads>`: every head of a model that reads a sentence, small; one of them large.
 *
 * Attribute: `data-heads` (JSON: `layer`, `head`, `word` counted from 1, and `sentences`, each with
 * `text`, `tokens`, `layers`, `heads`, `weights`, a character for each weight in whole percents, as
 * `every_head.py` writes them). A `<template>` inside may hold links to further sentences: scripts
 * that put theirs into `attentionElements.sentences` when a reader chooses one, as pages from a
 * folder may not fetch.
 *
 * Properties: `settings` reads `{sentence, layer, head, word}`, all counted from 1, and sets the last
 * three; `results` reads `{text, tokens, weights, said}`, the weights in percents and those of the
 * head that is open. `choose(sentence)` shows another one and resolves to whether it could.
 * A `change` event follows each choice.
 */
(() => {
  "use strict";
  const own = window.attentionElements;
  if (own.sentences) return;
  const { announcer, define, followTheme, make, slider, styleSheet } = own;

  /** What the files beside the page brought, by name. @type {Map<string, Object>} */
  own.sentences = new Map();
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 27;
  const FAINT = 2; // percent: below this there is no line

  // As ALPHABET in `every_head.py`: one character for each percent.
  const codes = [];
  for (let code = 33; code < 127; code += 1) if (!`"&'<>\\\``.includes(String.fromCharCode(code))) codes.push(code);
  for (let code = 0xc0; code < 0xce; code += 1) codes.push(code);
  const percentOf = new Map(codes.map((code, percent) => [code, percent]));

  /** A sentence with its weights as numbers, or null where it is not whole. */
  function read(data) {
    const { tokens, layers, heads, weights } = data || {};
    if (!Array.isArray(tokens) || typeof weights !== "string") return null;
    if (weights.length !== layers * heads * tokens.length ** 2) return null;
    const percents = Uint8Array.from(weights, (character) => percentOf.get(character.charCodeAt(0)) ?? 255);
    return percents.includes(255) ? null : { ...data, percents };
  }

  /** Load a file that brings a sentence; the file is a script of the site. */
  const loading = new Map();
  function load(name, address) {
    if (!loading.has(name)) {
      loading.set(name, new Promise((resolve) => {
        const script = make("script", { src: address });
        const done = () => {
          script.remove();
          const found = read(own.sentences.get(name));
          if (!found) loading.delete(name); // it may be tried again
          resolve(found);
        };
        script.addEventListener("load", done);
        script.addEventListener("error", done);
        document.head.append(script);
      }));
    }
    return loading.get(name);
  }

  const shown = (percent) => (percent / 100).toFixed(2);

  /** A token as a sentence names it: with its number, where there are several of them. */
  function named(tokens, place) {
    const several = tokens.filter((token) => token === tokens[place]).length > 1;
    return `“${tokens[place]}”${several ? `\u00a0(token\u00a0${place + 1})` : ""}`;
  }

  /** Whom a token asks most, as `asks` in `every_head.py` says it. */
  function asks(tokens, row, place) {
    const most = Math.max(...row);
    const first = [...row.keys()].filter((j) => row[j] === most);
    const names = first.map((j) => (j === place ? "itself" : named(tokens, j)));
    const asker = named(tokens, place);
    if (names.length > 3) return `${asker} asks ${names.length} tokens most, weight ${shown(most)} each`;
    const last = names.pop();
    const listed = names.length ? `${names.join(", ")} and ${last}` : last;
    return `${asker} asks ${listed} most, weight ${shown(most)}${names.length ? " each" : ""}`;
  }

  const look = new CSSStyleSheet();
  look.replaceSync(`
    .live{max-width:34rem;margin:.6rem auto .4rem;font-size:1rem}
    ${slider}
    .control{display:flex;align-items:center;gap:.7rem}
    select{flex:1;min-width:0;height:44px;padding:0 .6rem;font:inherit;color:inherit;
      background:var(--paper);border:1px solid var(--muted);border-radius:6px;text-overflow:ellipsis}
    select:focus-visible,.one:focus-visible,.asks>:focus-visible{outline:3px solid var(--focus);outline-offset:1px}
    .map{display:grid;grid-template-columns:1.1rem minmax(0,auto);justify-content:center;margin:.5rem 0 .7rem;
      font-size:.8rem;color:var(--muted)}
    .axis{text-align:center;line-height:1.3}.axis.top{grid-column:2;padding-left:1rem}
    .axis.side{writing-mode:vertical-rl;transform:rotate(180deg);padding-bottom:1.4em}
    .grid{display:grid}
    .row{display:contents}
    .name{display:grid;place-items:center;font-weight:400}.name.at{color:var(--ink);font-weight:700}
    .one{position:relative;padding:1px;aspect-ratio:1;cursor:pointer;border-radius:3px}
    .one canvas{display:block;width:100%;height:100%;border-radius:1px}
    .one:hover::after{content:"";position:absolute;inset:-1px;border:2px solid var(--muted);border-radius:3px}
    .one[aria-selected=true]::after{content:"";position:absolute;inset:-1px;border:2px solid var(--ink);border-radius:3px}
    .one:focus-visible{z-index:1}
    .title{margin:0;text-align:center;font-weight:600}
    .said{margin:.1rem 0 .5rem;min-height:3em;line-height:1.5;text-align:center;text-wrap:balance}
    .large{display:grid;grid-template-columns:minmax(0,auto) minmax(3rem,1fr) minmax(0,auto);max-width:29rem;margin:auto}
    .large .over{color:var(--muted);font-size:.85rem;line-height:1.6}.over.left{text-align:right}
    .over.right{grid-column:3}.over i{font-weight:700;color:var(--t)}
    .asked{list-style:none;margin:0;padding:0}
    .asks>*,.asked>*{position:relative;display:flex;align-items:center;gap:.5rem;height:${ROW}px;padding:0 .35rem;
      border-radius:4px;line-height:1}
    .asks>*{cursor:pointer}
    .asks>*::before,.asked>*::before{content:"";position:absolute;inset:1px 0;border-radius:4px;background:var(--c);
      opacity:var(--tint,0)}
    .asks>*>*,.asked>*>*{position:relative}
    .asks>:hover{--tint:.12}.asks>.now{--tint:.22}
    .number{min-width:1.2rem;color:var(--muted);font-size:.8rem}
    .token{flex:1;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;line-height:1.4}
    .asks .token{text-align:right}.asks [aria-selected=true] .token{font-weight:700}
    .weight{min-width:2.4em;text-align:right}.none .weight{color:var(--muted)}
    .picture{display:block;width:100%}
    .picture path{fill:none;stroke:var(--c);vector-effect:non-scaling-stroke}
    .caption{margin:.6rem auto 0;color:var(--muted);font-size:.9rem;line-height:1.5;text-align:center;text-wrap:pretty}
    [aria-busy=true] .large{opacity:.5}
  `);

  function draw(tag, attributes) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  class AttentionHeads extends HTMLElement {
    static observedAttributes = ["dark"];
    #choices = []; // each a text, and a sentence or else the file that brings it
    #at = 0;
    #layer = 0;
    #head = 0;
    #word = 0;
    #preview = null; // the word under the pointer
    #active = [0, 0]; // the small picture that Tab leads to
    #latest = 0;
    #parts = null;
    #stop = () => {};

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      if (this.#parts) this.#stop = followTheme(this);
    }

    disconnectedCallback() {
      this.#stop();
    }

    attributeChangedCallback() {
      if (this.#parts) this.#tint();
    }

    get settings() {
      return { sentence: this.#at + 1, layer: this.#layer + 1, head: this.#head + 1, word: this.#word + 1 };
    }
    set settings(changed) {
      const { layers, heads, tokens } = this.#sentence;
      const { sentence, layer, head, word } = { ...this.settings, ...changed };
      const within = (x, most) => Number.isInteger(x) && x >= 1 && x <= most;
      const whole = within(layer, layers) && within(head, heads) && within(word, tokens.length);
      if (!whole || sentence !== this.#at + 1) throw new RangeError("no such layer, head or word");
      [this.#layer, this.#head, this.#word] = [layer - 1, head - 1, word - 1];
      this.#active = [this.#layer, this.#head];
      this.#preview = null;
      this.#paint();
    }
    get results() {
      const { text, tokens } = this.#sentence;
      return { text, tokens, weights: tokens.map((_, i) => [...this.#row(i)]), said: this.#said(this.#word) };
    }
    get #sentence() {
      return this.#choices[this.#at].sentence;
    }

    /** The weights of one query, in percents. */
    #row(i, layer = this.#layer, head = this.#head) {
      const { tokens, heads, percents } = this.#sentence;
      const n = tokens.length;
      const start = ((layer * heads + head) * n + i) * n;
      return percents.subarray(start, start + n);
    }

    #said(word) {
      const said = asks(this.#sentence.tokens, this.#row(word), word);
      return `In layer ${this.#layer + 1}, head ${this.#head + 1}, ${said}.`;
    }

    async choose(place) {
      const choice = this.#choices[place - 1];
      if (!choice) throw new RangeError("no such sentence");
      const { live, select, region } = this.#parts;
      const mine = (this.#latest += 1);
      if (!choice.sentence) {
        live.setAttribute("aria-busy", "true");
        const found = await load(choice.name, choice.address);
        const { layers, heads } = this.#sentence;
        if (found && found.layers === layers && found.heads === heads) choice.sentence = found;
      }
      if (mine !== this.#latest) return false; // another was chosen meanwhile
      live.removeAttribute("aria-busy");
      if (!choice.sentence) {
        select.value = String(this.#at);
        this.#paint();
        this.#parts.said.textContent = "That sentence could not be loaded.";
        region.say("That sentence could not be loaded.");
        return false;
      }
      const token = this.#sentence.tokens[this.#word];
      const { tokens, word } = choice.sentence;
      this.#at = place - 1;
      const same = tokens.indexOf(token);
      this.#word = same >= 0 ? same : Math.min(word || Math.floor(tokens.length / 2) + 1, tokens.length) - 1;
      this.#preview = null;
      select.value = String(this.#at);
      this.#words();
      this.#tint();
      this.#paint();
      return true;
    }

    #build() {
      let data = null;
      try {
        data = JSON.parse(this.dataset.heads || "");
      } catch {
        return; // the picture inside stays
      }
      this.#choices = (data.sentences || []).map(read).filter(Boolean).map((sentence) => ({ text: sentence.text, sentence }));
      if (!this.#choices.length) return;
      [this.#layer, this.#head, this.#word] = [data.layer - 1, data.head - 1, data.word - 1];
      this.#active = [this.#layer, this.#head];
      const further = this.querySelector("template");
      for (const link of further ? further.content.querySelectorAll("a") : []) {
        const text = link.textContent;
        const here = this.#choices.find((choice) => choice.text.toLowerCase() === text.toLowerCase());
        if (here) here.text = text;
        else this.#choices.push({ text, name: link.dataset.name, address: link.href });
      }

      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, look];
      const changed = () => this.dispatchEvent(new Event("change"));
      const options = this.#choices.map(({ text }, value) => make("option", { value: String(value), text }));
      const select = make("select", { id: "sentence" }, ...options);
      select.addEventListener("change", async () => {
        if (await this.choose(Number(select.value) + 1)) changed();
      });
      const control = make("div", { class: "control" }, make("label", { for: "sentence", text: "Sentence" }), select);

      const { layers, heads } = this.#sentence;
      const name = (role, text, label) => make("div", { class: "name", role, text, "aria-label": label });
      const columns = Array.from({ length: heads }, (_, h) => name("columnheader", String(h + 1), `head ${h + 1}`));
      const rows = Array.from({ length: layers }, (_, i) => name("rowheader", String(i + 1), `layer ${i + 1}`));
      const cells = rows.map((_, i) =>
        columns.map((_, h) =>
          make(
            "div",
            { class: "one score", role: "gridcell", "aria-label": `Layer ${i + 1}, head ${h + 1}`, "data-at": `${i} ${h}` },
            make("canvas", { "aria-hidden": "true" }),
          ),
        ),
      );
      const line = (...children) => make("div", { class: "row", role: "row" }, ...children);
      const grid = make(
        "div", { class: "grid", role: "grid", "aria-label": "Layers and heads" },
        line(make("div", { role: "columnheader" }, make("span", { class: "hushed", text: "layer" })), ...columns),
        ...rows.map((row, i) => line(row, ...cells[i])),
      );
      grid.style.gridTemplateColumns = `1rem repeat(${heads},minmax(24px,38px))`;
      const place = (event) => event.target.closest(".one")?.dataset.at.split(" ").map(Number);
      const open = ([layer, head]) => {
        this.settings = { layer: layer + 1, head: head + 1 };
        changed();
      };
      grid.addEventListener("click", (event) => place(event) && open(place(event)));
      grid.addEventListener("keydown", (event) => {
        const at = place(event);
        if (at && ["Enter", " "].includes(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          open(at);
        } else if (at) {
          this.#move(event, at, [layers, heads]);
        }
      });
      // The numbers of what is under the pointer, or else in focus, or else open, stand out.
      grid.addEventListener("pointerover", (event) => this.#point(place(event)));
      grid.addEventListener("pointerleave", () => this.#point());
      grid.addEventListener("focusin", (event) => this.#point(place(event)));
      grid.addEventListener("focusout", () => this.#point());

      const title = make("p", { class: "title", "aria-hidden": "true" });
      const said = make("p", { class: "said", "aria-hidden": "true" });
      const askers = make("div", { class: "asks query", role: "listbox", "aria-label": "Word that asks" });
      const asked = make("ol", { class: "asked score", role: "list", "aria-label": "Weights of the words that are asked" });
      const picture = draw("svg", { class: "picture score", preserveAspectRatio: "none", "aria-hidden": "true" });
      const over = (side, role, text, letter) =>
        make("div", { class: `over ${side} ${role}`, "aria-hidden": "true", text: `${text} ` }, make("i", { text: letter }));
      const which = (event) => {
        const option = event.target.closest("[role=option]");
        return option ? Number(option.dataset.at) : null;
      };
      const follow = (word) => {
        this.settings = { word: word + 1 };
        changed();
      };
      askers.addEventListener("click", (event) => which(event) !== null && follow(which(event)));
      askers.addEventListener("focusin", (event) => {
        if (which(event) !== this.#word) follow(which(event));
      });
      askers.addEventListener("pointerover", (event) => {
        if (event.pointerType === "mouse") this.#look(which(event));
      });
      askers.addEventListener("pointerleave", () => this.#look(null));
      askers.addEventListener("keydown", (event) => {
        if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
        const last = this.#sentence.tokens.length - 1;
        const to = { ArrowDown: this.#word + 1, ArrowUp: this.#word - 1, Home: 0, End: last }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        askers.children[Math.max(0, Math.min(last, to))].focus();
      });
      const region = announcer();
      const caption =
        "Each small picture is a head: queries down, keys along, the stronger the tint, the more weight. " +
        "Choose one to see it large; point at a word on the left to see whom it asks. Weights to two decimals.";
      const live = make(
        "div", { class: "live", role: "group", "aria-label": "Heads of a model" },
        ...(options.length > 1 ? [control] : []),
        make(
          "div", { class: "map" },
          make("div", { class: "axis top", "aria-hidden": "true", text: "head" }),
          make("div", { class: "axis side", "aria-hidden": "true", text: "layer" }),
          grid,
        ),
        title, said,
        make(
          "div", { class: "large" },
          over("left", "query", "asks", "q"), over("right", "key", "is asked", "k"),
          askers, picture, asked,
        ),
        region.element,
        make("p", { class: "caption", text: caption }),
      );
      root.append(live, make("slot"));
      this.#parts = { live, select, columns, rows, cells, title, said, askers, asked, picture, region };
      this.#words();
      this.#tint();
      region.element.textContent = this.#paint();
    }

    /** Arrow keys, Home and End over the small pictures. */
    #move(event, [layer, head], [layers, heads]) {
      if (event.altKey || event.metaKey || event.shiftKey) return;
      const whole = event.ctrlKey;
      const to = {
        ArrowLeft: [layer, head - 1],
        ArrowRight: [layer, head + 1],
        ArrowUp: [layer - 1, head],
        ArrowDown: [layer + 1, head],
        Home: [whole ? 0 : layer, 0],
        End: [whole ? layers - 1 : layer, heads - 1],
      }[event.key];
      if (!to || (whole && !["Home", "End"].includes(event.key))) return;
      event.preventDefault();
      const within = (x, count) => Math.max(0, Math.min(count - 1, x));
      this.#active = [within(to[0], layers), within(to[1], heads)];
      this.#rove();
      this.#parts.cells[this.#active[0]][this.#active[1]].focus();
    }

    /** Tab leads to one small picture, and to one word. */
    #rove() {
      const [layer, head] = this.#active;
      this.#parts.cells.forEach((row, i) =>
        row.forEach((cell, h) => (cell.tabIndex = i === layer && h === head ? 0 : -1)),
      );
    }

    #point(at) {
      const focused = this.shadowRoot.activeElement?.dataset.at?.split(" ").map(Number);
      const [layer, head] = at || (focused?.length === 2 ? focused : [this.#layer, this.#head]);
      const { rows, columns } = this.#parts;
      rows.forEach((name, i) => name.classList.toggle("at", i === layer));
      columns.forEach((name, h) => name.classList.toggle("at", h === head));
    }

    #look(word) {
      if (word === this.#preview) return;
      this.#preview = word;
      this.#follow();
    }

    /** The small pictures, in the colours of the theme. */
    #tint() {
      const { layers, heads, tokens } = this.#sentence;
      const n = tokens.length;
      const size = n * Math.max(3, Math.ceil(76 / n)); // twice what is seen of it, or more
      const side = size / n;
      const colour = getComputedStyle(this).getPropertyValue("--score").trim();
      for (let layer = 0; layer < layers; layer += 1) {
        for (let head = 0; head < heads; head += 1) {
          const canvas = this.#parts.cells[layer][head].firstChild;
          canvas.width = canvas.height = size;
          const pen = canvas.getContext("2d");
          pen.fillStyle = colour;
          pen.globalAlpha = 0.07;
          pen.fillRect(0, 0, size, size);
          for (let i = 0; i < n; i += 1) {
            this.#row(i, layer, head).forEach((percent, j) => {
              if (!percent) return;
              pen.globalAlpha = percent / 100;
              pen.fillRect(j * side, i * side, side, side);
            });
          }
        }
      }
    }

    /** The words of the sentence, twice. */
    #words() {
      const { askers, asked, picture } = this.#parts;
      const { tokens } = this.#sentence;
      const part = (kind, text) => make("span", { class: kind, text });
      askers.replaceChildren(
        ...tokens.map((token, i) => {
          const number = part("number", String(i + 1));
          number.setAttribute("aria-hidden", "true");
          return make("div", { role: "option", "data-at": String(i) }, number, part("token", token));
        }),
      );
      asked.replaceChildren(...tokens.map((token) => make("li", {}, part("token", token), part("weight", ""))));
      picture.setAttribute("viewBox", `0 0 100 ${ROW * tokens.length}`);
      picture.style.height = `${ROW * tokens.length}px`;
    }

    /** All that depends on what is chosen. Returns what is announced. */
    #paint() {
      const { cells, askers, title, region } = this.#parts;
      cells.forEach((row, i) =>
        row.forEach((cell, h) =>
          cell.setAttribute("aria-selected", String(i === this.#layer && h === this.#head)),
        ),
      );
      this.#rove();
      this.#point();
      [...askers.children].forEach((option, i) => {
        option.setAttribute("aria-selected", String(i === this.#word));
        option.tabIndex = i === this.#word ? 0 : -1;
      });
      title.textContent = `Layer ${this.#layer + 1}, head ${this.#head + 1}`;
      this.#follow();
      const sentence = this.#said(this.#word);
      region.say(sentence);
      return sentence;
    }

    /** The lines and the weights of the word that is followed: under the pointer, or else chosen. */
    #follow() {
      const { askers, asked, picture, said } = this.#parts;
      const { tokens } = this.#sentence;
      const word = this.#preview ?? this.#word;
      const row = this.#row(word);
      [...askers.children].forEach((option, i) => option.classList.toggle("now", i === word));
      [...asked.children].forEach((item, j) => {
        item.lastChild.textContent = shown(row[j]);
        item.classList.toggle("none", !row[j]);
        item.style.setProperty("--tint", row[j] ? String(0.06 + (0.44 * row[j]) / 100) : "0");
      });
      const y = (place) => ROW * (place + 0.5);
      const lines = { weak: [], strong: [] };
      tokens.forEach((_, i) =>
        this.#row(i).forEach((percent, j) => {
          if (percent < FAINT) return;
          const strong = i === word;
          const opacity = strong ? 0.35 + 0.006 * percent : 0.06 + 0.003 * percent;
          const path = draw("path", {
            "stroke-width": 0.8 + 0.06 * percent,
            "stroke-opacity": opacity.toFixed(3),
            d: `M0 ${y(i)}C50 ${y(i)} 50 ${y(j)} 100 ${y(j)}`,
          });
          path.dataset.of = `${i} ${j}`;
          lines[strong ? "strong" : "weak"].push(path);
        }),
      );
      picture.replaceChildren(...lines.weak, ...lines.strong);
      said.textContent = `${asks(tokens, row, word)}.`;
    }
  }

  define("attention-heads", AttentionHeads);
})();
