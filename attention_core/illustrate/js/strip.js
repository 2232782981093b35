/**
 * `<attention-strip>`: which inputs an output can see, in a model that the reader picks.
 *
 * Attribute: `data-strip` (JSON: `kind`, `n`, `output` counted from 0, `width`, `depths` of each
 * kind).
 *
 * Properties: `settings` reads `{kind, n, output, width, depth}` and sets any of them;
 * `results` reads `{lengths, lines, longest}`, as `own.walk` gives them. A `change` event follows
 * each choice.
 */
(() => {
  "use strict";
  const own = window.attentionElements;
  if (own.walk) return;
  const { announcer, define, followTheme, make, slider, styleSheet } = own;

  const SVG = "http://www.w3.org/2000/svg";
  const KINDS = {
    window: "Fixed window",
    convolution: "Convolution",
    dilated: "Dilated convolution",
    recurrence: "Recurrence",
    masked: "Causal self-attention",
    attention: "Self-attention",
  };
  const [DEPTHS, WIDTHS] = [[1, 4], [2, 5]];
  const [LEFT, RIGHT, TOP, BOTTOM] = [58, 348, 40, 222];

  /** The nodes that one node is computed from, each a level (0: the inputs) and a place. */
  function reads({ kind, n, width }, [level, i]) {
    if (!level) return [];
    if (kind === "recurrence") return i ? [[level, i - 1], [level - 1, i]] : [[level - 1, i]];
    const every = kind === "attention" || kind === "masked";
    const dilation = kind === "dilated" ? width ** (level - 1) : 1;
    const found = [];
    const last = kind === "attention" ? n - 1 : i;
    for (let j = every ? 0 : i - (width - 1) * dilation; j <= last; j += dilation) {
      if (j >= 0) found.push([level - 1, j]);
    }
    return found;
  }

  /**
   * All that an output is computed from.
   * @param {{kind: string, n: number, output: number, width: number, depth: number}} model
   * @returns {{lengths: ?number[], nodes: Map, lines: Array, longest: Array}} For each input, over
   *   how many operations it reaches the output, or null; what is on the way; the longest way.
   */
  own.walk = (model) => {
    const { n, output } = model;
    const nodes = new Map();
    const lines = [];
    const front = [{ at: [model.depth, output], length: 0, above: null }];
    nodes.set(String(front[0].at), front[0]);
    for (const node of front) {
      for (const at of reads(model, node.at)) {
        lines.push([at, node.at]);
        if (nodes.has(String(at))) continue;
        const next = { at, length: node.length + 1, above: node };
        nodes.set(String(at), next);
        front.push(next);
      }
    }
    const inputs = Array.from({ length: n }, (_, j) => nodes.get(`0,${j}`));
    const far = (node) => Math.abs(node.at[1] - output); // of the inputs it sees, the farthest
    const longest = [];
    let node = inputs.filter(Boolean).reduce((a, b) => (far(b) > far(a) ? b : a));
    for (; node; node = node.above) longest.unshift(node.at);
    return { lengths: inputs.map((node) => (node ? node.length : null)), nodes, lines, longest };
  };
  const { walk } = own;

  const plural = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;
  const seen = (lengths) => lengths.filter((length) => length !== null);

  /** What it would take to see all that came before: a sentence. */
  function further(model, lengths) {
    const all = model.output + 1;
    if (seen(lengths).length >= all) return model.kind === "attention" ? "It sees all there is." : "It sees all up to its own place.";
    if (model.kind === "window") return "A fixed window sees no more.";
    let { depth } = model;
    while (seen(walk({ ...model, depth }).lengths).length < all) depth += 1;
    return `To see all ${all}, it takes ${depth} layers.`;
  }

  const look = new CSSStyleSheet();
  look.replaceSync(`
    .live{max-width:30rem;margin:.6rem auto .4rem}
    .picture{display:block;width:100%;height:auto;cursor:pointer}
    .none{fill:var(--paper);stroke:var(--guide);stroke-width:1.2}
    .way{fill:var(--paper);stroke:var(--t);stroke-width:2}
    .end{fill:var(--c);stroke:var(--b);stroke-width:1.4}
    path{fill:none;stroke:var(--t);stroke-width:1.1;opacity:.55;stroke-linecap:round}
    .many{opacity:.2}path.output{stroke-width:2.8;opacity:1}
    text{font-size:13px;fill:var(--muted);text-anchor:middle}text.row{text-anchor:start}
    text.now{font-weight:700;fill:var(--ink)}
    .said{margin:.2rem 0 .6rem;text-align:center;line-height:1.5}
    .said p{margin:0}.said strong{color:var(--t)}
    .control{display:grid;grid-template-columns:5.2rem 1fr 1.6rem;column-gap:.7rem;align-items:center}
    .control output{text-align:right;font-weight:600}
    label{line-height:1.2}.off{opacity:.5}
    select{grid-column:2/4;min-width:0;height:44px;padding:0 .6rem;font:inherit;color:inherit;
      background:var(--paper);border:1px solid var(--muted);border-radius:6px}
    select:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
    ${slider}
    .caption{margin:.4rem auto 0;color:var(--muted);font-size:.9rem;line-height:1.5;
      text-align:center;text-wrap:pretty}
  `);

  function draw(tag, attributes = {}, text = "") {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  class AttentionStrip extends HTMLElement {
    #data = null;
    #parts = {};
    #stop = () => {};

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      if (this.#data) this.#stop = followTheme(this);
    }

    disconnectedCallback() {
      this.#stop();
    }

    get settings() {
      const { depths, ...rest } = this.#data;
      return { ...rest, depth: depths[rest.kind] };
    }
    set settings(changed) {
      const { kind = this.#data.kind } = changed;
      const now = { ...this.settings, depth: this.#data.depths[kind] };
      const { n, output, width, depth } = { ...now, ...changed };
      const within = (x, [low, high]) => Number.isInteger(x) && x >= low && x <= high;
      const whole =
        within(output, [0, n - 1]) && within(width, WIDTHS) && n === this.#data.n &&
        within(depth, kind === "window" ? [1, 1] : DEPTHS);
      if (!(Object.hasOwn(KINDS, kind) && whole)) throw new RangeError("no such model or output");
      this.#data = { kind, n, output, width, depths: { ...this.#data.depths, [kind]: depth } };
      this.#paint();
    }
    get results() {
      const { lengths, lines, longest } = walk(this.settings);
      return { lengths, lines, longest };
    }

    #build() {
      try {
        this.#data = JSON.parse(this.dataset.strip || "");
      } catch {
        return; // the picture inside stays
      }
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, look];
      const choose = (changed) => {
        this.settings = changed;
        this.dispatchEvent(new Event("change"));
      };
      const rows = [];
      const row = (name, text, control, ...more) => {
        rows.push(make("div", { class: "control" }, make("label", { for: name, text }), control, ...more));
        return rows.at(-1);
      };
      const slide = (name, text, [min, max], from = 0) => {
        const control = make("input", { id: name, type: "range", min, max, step: "1" });
        const value = make("output", { for: name, "aria-hidden": "true" });
        control.addEventListener("input", () => choose({ [name]: Number(control.value) - from }));
        return { whole: row(name, text, control, value), control, value };
      };
      const kinds = Object.entries(KINDS).map(([value, text]) => make("option", { value, text }));
      const kind = make("select", { id: "kind" }, ...kinds);
      kind.addEventListener("change", () => choose({ kind: kind.value }));
      row("kind", "Model", kind);
      const output = slide("output", "Output", [1, this.#data.n], 1);
      const depth = slide("depth", "Layers", DEPTHS);
      const width = slide("width", "Width", WIDTHS);
      const picture = draw("svg", { class: "picture", viewBox: "0 0 360 256", "aria-hidden": "true" });
      picture.addEventListener("click", (event) => {
        const box = picture.getBoundingClientRect();
        const x = ((event.clientX - box.left) / box.width) * 360;
        const place = Math.round(((x - LEFT) / (RIGHT - LEFT)) * (this.#data.n - 1));
        choose({ output: Math.max(0, Math.min(this.#data.n - 1, place)) });
      });
      const said = make("div", { class: "said", "aria-hidden": "true" });
      const region = announcer();
      const caption = "Below each input that the output sees, how many operations lie on the shortest path between the two. The longest of these is drawn heavy.";
      root.append(
        make(
          "div",
          { class: "live", role: "group", "aria-label": "Receptive fields" },
          picture, said, ...rows, region.element, make("p", { class: "caption", text: caption }),
        ),
        make("slot"),
      );
      this.#parts = { picture, said, kind, output, depth, width, region };
      region.element.textContent = this.#paint();
    }

    /** The picture, the words and the controls as the settings are. Returns what is announced. */
    #paint() {
      const model = this.settings;
      const { kind, n, output, depth, width } = model;
      const found = walk(model);
      this.#draw(model, found);
      const { said, region, ...parts } = this.#parts;

      const lengths = seen(found.lengths);
      const [low, high] = [Math.min(...lengths), Math.max(...lengths)];
      const more = further(model, found.lengths);
      const line = (before, text, after, role) => make("p", { class: role }, before, make("strong", { text }), after);
      said.replaceChildren(
        line(`Output ${output + 1} depends on `, `${lengths.length} of ${n}`, " inputs.", "input"),
        line("The longest path: ", plural(high, "operation"), ".", "output"),
        make("p", { text: more }),
      );

      const narrow = kind === "recurrence" || kind === "attention" || kind === "masked";
      const set = ({ whole, control, value }, number, text, off = false) => {
        control.value = String(number);
        control.disabled = off;
        control.setAttribute("aria-valuetext", text);
        whole.classList.toggle("off", off);
        value.textContent = off ? "–" : String(number);
      };
      parts.kind.value = kind;
      set(parts.output, output + 1, `output ${output + 1} of ${n}`);
      set(parts.depth, depth, plural(depth, "layer"), kind === "window");
      set(parts.width, width, `${width} tokens wide`, narrow);

      const size = `${plural(depth, "layer")}${narrow ? "" : `, ${width} wide`}`;
      const first = found.lengths.findIndex((length) => length !== null) + 1;
      const reach = `${lengths.length} of ${n} inputs, from ${first} to ${first + lengths.length - 1}`;
      const over = `${low < high ? `${low} to ` : ""}${plural(high, "operation")}`;
      const sentence = `${KINDS[kind]}, ${size}: output ${output + 1} depends on ${reach}, over ${over}. ${more}`;
      region.say(sentence);
      return sentence;
    }

    #draw({ n, output, depth }, { lengths, nodes, lines, longest }) {
      const x = (place) => LEFT + ((RIGHT - LEFT) * place) / (n - 1);
      const y = (level) => BOTTOM - ((BOTTOM - TOP) * level) / depth;
      const at = ([level, place]) => `${x(place).toFixed(2)} ${y(level).toFixed(2)}`;
      const path = (pairs) => pairs.map(([a, b]) => `M${at(a)}L${at(b)}`).join("");
      const heavy = longest.slice(1).map((node, i) => [node, longest[i]]);
      const parts = [
        draw("path", { class: lines.length > 150 ? "input many" : "input", d: path(lines) }),
        draw("path", { class: "output", d: path(heavy) }),
      ];
      for (let level = 0; level <= depth; level += 1) {
        for (let place = 0; place < n; place += 1) {
          const chosen = level === depth && place === output;
          const on = nodes.has(`${level},${place}`);
          const kind = chosen ? "output end" : !on ? "none" : level ? "input way" : "input end";
          const r = chosen ? 8 : level ? 5 : 6;
          parts.push(draw("circle", { class: kind, cx: x(place), cy: y(level), r }));
        }
      }
      for (const [text, height] of [["output", TOP], ["input", BOTTOM], ["path", BOTTOM + 22]]) {
        parts.push(draw("text", { class: "row", x: 4, y: height, dy: ".35em" }, text));
      }
      lengths.forEach((length, place) => {
        if (length !== null) parts.push(draw("text", { x: x(place), y: BOTTOM + 22, dy: ".35em" }, length));
      });
      for (const place of new Set([0, n - 1, output])) {
        if (place !== output && Math.abs(place - output) < 2) continue;
        const attributes = { x: x(place), y: TOP - 24, dy: ".35em" };
        parts.push(draw("text", place === output ? { class: "now", ...attributes } : attributes, place + 1));
      }
      this.#parts.picture.replaceChildren(...parts);
    }
  }

  define("attention-strip", AttentionStrip);
})();
