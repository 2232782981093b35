/**
 * `<attention-bench>`: self-attention whose every number can be changed.
 *
 * Attributes: `data-model` (JSON: the contract's model, and `tokens`), `data-examples` (JSON: a
 * list of `{name, inputs, query_weight, key_weight, value_weight, tokens}`), `data-compact`
 * (inputs, weights and outputs alone), `data-link` (keep the state in the page's address).
 *
 * Properties: `model` reads and sets `{inputs, query_weight, key_weight, value_weight, score,
 * scale, causal, temperature}`, where `score` is "dot" (also when it is missing) or "cosine",
 * which is never scaled; `results` reads `{query, key, value, scores, weights, output}` in full
 * precision (where the reader has numbers rounded before use: as they are used); `tokens` reads and sets the labels. A `change` event follows each edit.
 */
(() => {
  "use strict";
  const own = window.attentionElements;
  if (own.attend) return;
  const { make, number } = own;

  // --- the arithmetic -------------------------------------------------------------------------

  const MATRICES = ["inputs", "query_weight", "key_weight", "value_weight"];
  const SCORES = ["dot", "cosine"];
  const MOST = { tokens: 6, d_model: 8, d_k: 8, d_v: 8 };

  /** To so many decimals, halves to the even neighbour, as `numpy.round` does. */
  function rounded(x, decimals) {
    if (decimals === null || !Number.isFinite(x)) return x;
    const power = 10 ** decimals;
    const scaled = x * power;
    const near = Math.round(scaled);
    return (Math.abs(scaled % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near) / power;
  }

  const product = (a, b) =>
    a.map((row) => b[0].map((_, j) => row.reduce((sum, x, f) => sum + x * b[f][j], 0)));

  /** Weights of one query: exponentials over their sum; all zero where nothing is in view. */
  function softmax(scores) {
    const highest = Math.max(...scores);
    const exponentials = scores.map((s) => (s === -Infinity ? 0 : Math.exp(s - highest)));
    const total = exponentials.reduce((sum, e) => sum + e, 0);
    return exponentials.map((e) => e / (total || 1));
  }

  const dot = (q, k) => q.reduce((sum, x, f) => sum + x * k[f], 0);

  const length = (x) => Math.sqrt(dot(x, x));

  /** A vector over its length; zeros stay zeros. */
  function direction(x) {
    // The largest entry goes first: squares of the rest neither overflow nor vanish.
    const most = Math.max(...x.map(Math.abs)) || 1;
    const near = x.map((a) => a / most);
    const far = length(near) || 1;
    return near.map((a) => a / far);
  }

  /** The score of a query and a key. */
  function scoreOf(model, q, k) {
    if (model.score === "cosine") return dot(direction(q), direction(k));
    return dot(q, k) / (model.scale ? Math.sqrt(q.length) : 1);
  }

  /**
   * Self-attention, stage by stage.
   * @param {Object} model `{inputs, query_weight, key_weight, value_weight, score, scale, causal, temperature}`
   * @param {?number} [decimals=null] Round each stage so before the next uses it; null: never.
   * @returns {Object} `{query, key, value, scores, weights, weighted, output}`, arrays of rows;
   *   `weighted[i][j]` is value j times its weight for query i. A score that the causal mask
   *   hides is -Infinity.
   */
  own.attend = (model, decimals = null) => {
    const round = (matrix) => matrix.map((row) => row.map((x) => rounded(x, decimals)));
    const query = round(product(model.inputs, model.query_weight));
    const key = round(product(model.inputs, model.key_weight));
    const value = round(product(model.inputs, model.value_weight));
    const scores = round(
      query.map((q, i) =>
        key.map((k, j) => (model.causal && j > i ? -Infinity : scoreOf(model, q, k))),
      ),
    );
    const weights = round(scores.map((row) => softmax(row.map((s) => s / model.temperature))));
    const weighted = weights.map((row) => round(row.map((a, j) => value[j].map((v) => a * v))));
    const output = round(
      weighted.map((rows) => rows[0].map((_, d) => rows.reduce((sum, row) => sum + row[d], 0))),
    );
    return { query, key, value, scores, weights, weighted, output };
  };

  const finite = (results) =>
    Object.entries(results).every(([name, rows]) =>
      rows
        .flat(2)
        .every((x) => Number.isFinite(x) || (name === "scores" && x === -Infinity)),
    );

  const copyOf = (rows) => rows.map((row) => [...row]);

  /** The model as plain arrays of numbers, or an error that says what is wrong with it. */
  function checked(model) {
    const clean = {};
    for (const name of MATRICES) {
      const rows = model[name];
      const full =
        Array.isArray(rows) &&
        rows.length &&
        rows.every(
          (row) => Array.isArray(row) && row.length && row.length === rows[0].length,
        );
      if (!full) throw new TypeError(`${name} must be a full grid of numbers, row by row`);
      if (!rows.flat().every((x) => typeof x === "number" && Number.isFinite(x))) {
        throw new TypeError(`${name} must hold finite numbers`);
      }
      clean[name] = copyOf(rows);
    }
    const { inputs, query_weight: q, key_weight: k, value_weight: v } = clean;
    const features = inputs[0].length;
    if ([q, k, v].some((weight) => weight.length !== features)) {
      throw new RangeError(
        `each weight matrix must have a row for each of the ${features} features of an input: ` +
          `got ${q.length}, ${k.length} and ${v.length}`,
      );
    }
    if (q[0].length !== k[0].length) {
      throw new RangeError(
        `query_weight and key_weight must have as many columns: got ${q[0].length} and ${k[0].length}`,
      );
    }
    const sizes = { tokens: inputs.length, d_model: features, d_k: q[0].length, d_v: v[0].length };
    for (const [name, size] of Object.entries(sizes)) {
      if (size > MOST[name]) throw new RangeError(`${name} is at most ${MOST[name]}: got ${size}`);
    }
    const { score = "dot" } = model;
    if (!SCORES.includes(score)) throw new TypeError(`score must be one of ${SCORES.join(", ")}`);
    clean.score = score;
    for (const name of ["scale", "causal"]) {
      if (typeof model[name] !== "boolean") throw new TypeError(`${name} must be true or false`);
      clean[name] = model[name];
    }
    if (!(Number.isFinite(model.temperature) && model.temperature > 0)) {
      throw new RangeError("temperature must be a finite number above 0");
    }
    clean.temperature = model.temperature;
    return clean;
  }

  /** The number that a field holds, or null. A comma is a decimal comma. */
  function numberIn(text) {
    const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
    if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) return null;
    const x = Number(plain);
    return Number.isFinite(x) ? x + 0 : null;
  }

  const fieldText = (x) => number(x, null);

  // --- words ----------------------------------------------------------------------------------

  const LETTERS = { query: "q", key: "k", value: "v", score: "s", weight: "a", output: "z" };
  const ROLE_OF = {
    inputs: "input",
    query_weight: "query",
    key_weight: "key",
    value_weight: "value",
    weight: "score",
    weighted: "value",
  };
  const roleOf = (kind) => ROLE_OF[kind] || kind;
  const SAID = {
    inputs: "Inputs",
    query_weight: "Query weights",
    key_weight: "Key weights",
    value_weight: "Value weights",
    query: "Queries",
    key: "Keys",
    value: "Values",
    score: "Scores",
    weight: "Weights",
    output: "Outputs",
  };
  const TEMPERATURES = [0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10];

  /** A role's letter with its index below it. */
  function letter(sign, index, role) {
    const label = make("span", { class: `letter ${role}` }, make("i", { text: sign }));
    if (index !== "") label.append(make("sub", { text: index }));
    return label;
  }

  /** A control with its name before it. */
  function named(id, word, control) {
    control.id = id;
    return make("span", { class: "size" }, make("label", { for: id, text: word }), control);
  }

  const brackets = (text) => (text.startsWith("−") ? `(${text})` : text);
  const list = (texts) => texts.join(" + ");

  // --- Python ---------------------------------------------------------------------------------

  const plain = (x) => (Object.is(x, -0) ? "0" : String(x));
  const rowsInPython = (rows) =>
    `[${rows.map((row) => `[${row.map(plain).join(", ")}]`).join(", ")}]`;

  /** A cell that computes the same with `attention_core`. */
  function python(model, decimals) {
    const { scale, causal, temperature } = model;
    const cosine = model.score === "cosine";
    const lines = ["import numpy as np"];
    const names = decimals === null ? (scale && !cosine && !causal && temperature === 1 ? "SelfAttention" : "attention") : "softmax";
    lines.push(names === "SelfAttention" ? "from attention_core import SelfAttention" : `from attention_core import ${names}, scores`, "");
    for (const name of MATRICES) lines.push(`${name} = np.array(${rowsInPython(model[name])}, dtype=float)`);
    lines.push("");
    if (names === "SelfAttention") {
      lines.push("attended = SelfAttention(query_weight, key_weight, value_weight)(inputs)");
      lines.push("attended.weights, attended.output");
      return lines.join("\n");
    }
    const score = cosine ? "scores.cosine" : scale ? "scores.scaled_dot" : "scores.dot";
    const around = (text) => (decimals === null ? text : `np.round(${text}, ${decimals})`);
    for (const name of ["query", "key", "value"]) {
      lines.push(`${name} = ${around(`inputs @ ${name}_weight`)}`);
    }
    if (causal) lines.push("mask = np.tri(len(inputs), dtype=bool)  # True: may attend");
    const over = temperature === 1 ? "" : ` / ${plain(temperature)}`;
    if (names === "attention") {
      const how = over ? `lambda query, key: ${score}(query, key)${over}` : score;
      lines.push(`attended = attention(query, key, value${causal ? ", mask" : ""}, score=${how})`);
      lines.push("attended.weights, attended.output");
    } else {
      lines.push(`scored = ${around(`${score}(query, key)`)}`);
      if (causal) lines.push("scored = np.where(mask, scored, -np.inf)");
      lines.push(`weights = ${around(`softmax(scored${over})`)}`);
      lines.push(`weighted_values = ${around("weights[:, :, np.newaxis] * value")}`);
      lines.push(`output = ${around("weighted_values.sum(axis=1)")}`);
      lines.push("weights, output");
    }
    return lines.join("\n");
  }

  // --- the page's address ---------------------------------------------------------------------

  const escaped = (word) => encodeURIComponent(word).replace(/[_.~!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);

  function written(state) {
    const { model, tokens, decimals, round } = state;
    const parts = MATRICES.map((name) => model[name].map((row) => row.map(plain).join(",")).join(";"));
    let flags = "";
    if (model.score === "cosine") flags += "o";
    if (!model.scale) flags += "u";
    if (model.causal) flags += "c";
    if (decimals !== 2) flags += decimals === null ? "e" : "d1";
    if (round) flags += "r";
    if (model.temperature !== 1) flags += `t${plain(model.temperature)}`;
    parts.push(flags);
    if (tokens.some(Boolean)) parts.push(tokens.map(escaped).join(","));
    return parts.join("_");
  }

  function read(text) {
    try {
      const [inputs, q, k, v, flags = "", tokens = ""] = text.split("_");
      const rows = (part) => part.split(";").map((row) => row.split(",").map((x) => numberIn(x)));
      const [, short, t] = /^([a-z0-9]*?)(?:t(.+))?$/.exec(flags);
      const model = checked({
        inputs: rows(inputs),
        query_weight: rows(q),
        key_weight: rows(k),
        value_weight: rows(v),
        score: short.includes("o") ? "cosine" : "dot",
        scale: !short.includes("u"),
        causal: short.includes("c"),
        temperature: t === undefined ? 1 : numberIn(t),
      });
      if (!finite(own.attend(model))) return null;
      const decimals = short.includes("e") ? null : short.includes("d1") ? 1 : 2;
      return {
        model,
        tokens: tokens.split(",").map(decodeURIComponent),
        decimals,
        round: short.includes("r") && decimals !== null,
      };
    } catch {
      return null; // what is not ours is left alone
    }
  }

  // --- a matrix on the page -------------------------------------------------------------------

  /** A grid of cells with a name for each row; arrow keys walk through it. */
  class Grid {
    /**
     * @param {string} kind Of what: "inputs", "query_weight", …, "weighted".
     * @param {Object} [how]
     * @param {boolean} [how.edit] Its cells are fields.
     * @param {number} [how.query] Which query's weighted values these are.
     */
    constructor(kind, { edit = false, query = null } = {}) {
      this.kind = kind;
      this.edit = edit;
      this.query = query;
      this.element = make("div", { class: `grid ${roleOf(kind)}${edit ? " edit" : ""}`, role: "grid" });
      this.cells = [];
      this.names = [];
    }

    /** Draw it anew, with so many cells. `kindOf(i)` is the kind of row i. */
    build(rows, columns, place, { columnNames = false, labels = false, named = true } = {}) {
      this.element.replaceChildren();
      this.cells = [];
      this.names = [];
      this.foot = [];
      this.sums = [];
      for (let i = 0; i < rows; i += 1) {
        const last = this.kind === "weighted" && i === rows - 1;
        const kind = last ? "output" : this.kind;
        const line = make("div", { class: last ? "row sum output" : "row", role: "row" });
        const name = make("div", { class: "name", role: "rowheader" });
        this.names.push(name);
        if (named) line.append(name);
        if (labels) {
          const field = make("input", { class: "word", tabindex: "-1", maxlength: "12", spellcheck: "false", autocomplete: "off" });
          name.classList.add("worded");
          name.append(field);
          place(field, { kind: "word", i, j: -1, grid: this });
        }
        const row = [];
        for (let j = 0; j < columns; j += 1) {
          const box = make("div", { class: "cell", role: "gridcell" });
          const at = { kind, i: this.query === null ? i : this.query, j, grid: this, box, row: i };
          if (this.kind === "weighted") at.key = last ? null : i;
          if (this.edit) {
            const field = make("input", { tabindex: "-1", inputmode: "decimal", autocomplete: "off", spellcheck: "false" });
            field.setAttribute("aria-label", `${SAID[this.kind]}, row ${i + 1}, column ${j + 1}`);
            box.append(field);
            at.field = field;
            place(field, at);
          } else {
            box.tabIndex = -1;
            box.append(document.createTextNode(""));
            at.text = box.firstChild;
            place(box, at);
          }
          row.push(at);
          line.append(box);
        }
        if (this.kind === "weight") {
          const sum = make("div", { class: "total", role: "gridcell" });
          this.sums.push(sum);
          line.append(sum);
        }
        this.cells.push(row);
        this.element.append(line);
      }
      if (columnNames) {
        const line = make("div", { class: "row foot", role: "row" });
        line.append(make("div", { class: "name", role: "gridcell" }));
        for (let j = 0; j < columns; j += 1) {
          const name = make("div", { class: "column", role: "columnheader" });
          this.foot.push(name);
          line.append(name);
        }
        if (this.kind === "weight") line.append(make("div", { class: "total", role: "gridcell" }));
        this.element.append(line);
      }
      this.stop(0, 0);
    }

    target(i, j) {
      if (j < 0) return this.names[i].querySelector("input");
      const at = this.cells[i]?.[j];
      return at && (at.field || at.box);
    }

    /** Make a cell the one that Tab stops at. */
    stop(i, j) {
      const target = this.target(i, j);
      if (!target || this.stopped === target) return;
      if (this.stopped) this.stopped.tabIndex = -1;
      target.tabIndex = 0;
      this.stopped = target;
    }

    /** Write the numbers; only what changed is touched. */
    show(rows, decimals, { shade = false, faint = null, skip = null } = {}) {
      let longest = 1;
      rows.forEach((row, i) =>
        row.forEach((x, j) => {
          const at = this.cells[i][j];
          if (at.field) {
            if (!(skip && skip(at))) {
              const text = fieldText(x);
              if (at.field.value !== text) at.field.value = text;
            }
            longest = Math.max(longest, at.field.value.length);
            return;
          }
          const text = number(x, decimals);
          longest = Math.max(longest, text.length);
          if (at.text.data !== text) at.text.data = text;
          if (shade && at.shade !== x) {
            at.shade = x;
            at.box.style.setProperty("--fill", (0.06 + 0.5 * Math.min(1, Math.max(0, x))).toFixed(3));
          }
          const vanishes = faint !== null && faint(x, i, j);
          if (at.faint !== vanishes) {
            at.faint = vanishes;
            at.box.classList.toggle("faint", vanishes);
          }
        }),
      );
      longest = Math.min(longest, this.edit ? 12 : 24);
      if (this.longest !== longest) {
        this.longest = longest;
        this.element.style.setProperty("--w", longest);
      }
    }
  }

  // --- the element ----------------------------------------------------------------------------

  const STYLE = new CSSStyleSheet();
  STYLE.replaceSync(`
    :host{container-type:inline-size;margin:.75rem 0 1rem;text-align:start;line-height:1.4}
    .live{border:1px solid var(--guide);border-radius:12px;font-size:1rem}
    .stage{padding:.95rem .95rem 1rem}
    .stage+.stage{border-top:1px solid var(--guide)}
    .title{margin:0 0 .6rem;font-weight:600}
    .title span{font-weight:400;color:var(--muted)}
    .flow{display:flex;flex-wrap:wrap;gap:1rem 1.2rem;align-items:flex-start}
    .matrix{max-width:100%;min-width:0}
    .scroll{overflow-x:auto;padding:4px;margin:-4px}
    .head{margin:0 0 .3rem;color:var(--muted);font-size:.9rem;white-space:nowrap}
    .letter i,.head i{font-weight:700;color:var(--t)}
    .letter sub,.head sub{font-size:.7em;font-style:normal;color:var(--muted);vertical-align:baseline;position:relative;top:.3em;margin-left:.06em}
    .grid{width:max-content;display:flex;flex-direction:column;gap:4px}
    .row{display:flex;gap:4px;align-items:center}
    .sum{border-top:1.5px solid var(--muted);padding-top:5px;margin-top:2px}
    .name{flex:none;min-width:1.7rem;padding-right:.3rem;text-align:right;color:var(--muted);font-size:.95rem;white-space:nowrap}
    .named .name{min-width:calc(var(--l)*.56rem + .5rem)}
    .blocks .name{width:4rem;font-size:.88rem}
    .flow.blocks{gap:.6rem .8rem}
    .cell{position:relative;isolation:isolate;flex:none;display:flex;align-items:center;justify-content:center;
      min-width:max(2.5rem,calc(var(--w,1)*.54rem + .6rem));height:2.5rem;border:1.5px solid var(--b);border-radius:8px;
      font-weight:600;cursor:default;touch-action:manipulation}
    .cell::before{content:"";position:absolute;inset:0;z-index:-1;border-radius:6px;background:var(--c);opacity:var(--fill,.15)}
    .output .cell::before{opacity:.32}
    .edit .cell::before{opacity:.07}
    .edit .cell::after{content:"";position:absolute;left:8px;right:8px;bottom:5px;border-bottom:1.5px dotted var(--t);pointer-events:none}
    .edit .cell:hover::before{opacity:.18}
    .cell.faint{border-color:color-mix(in srgb,var(--b) 45%,transparent);color:var(--muted)}
    .cell.faint::before{opacity:.05}
    .cell.lit{border-color:var(--t);box-shadow:0 0 0 1.5px var(--t)}
    .cell.lit::before{opacity:.45}
    .output .cell.lit::before{opacity:.6}
    .cell.at{border-color:var(--ink);box-shadow:0 0 0 1.5px var(--ink)}
    .cell input{position:absolute;inset:-1.5px;width:calc(100% + 3px);height:calc(100% + 3px);border:0;padding:0 2px;background:none;color:inherit;font:inherit;
      font-size:max(1rem,16px);text-align:center;border-radius:8px}
    .word{width:calc(var(--l)*.56rem + 1.3rem);height:2.5rem;border:0;border-bottom:1.5px dotted transparent;background:none;
      color:var(--muted);font:inherit;text-align:right;padding:0 .3rem;border-radius:6px}
    .word:hover{border-bottom-color:var(--guide)}
    .word::placeholder{color:var(--muted);opacity:1}
    .worded{display:flex;align-items:center;justify-content:flex-end;padding-right:.1rem}
    .foot .column{flex:none;width:max(2.5rem,calc(var(--w,1)*.54rem + .6rem));text-align:center;color:var(--muted);font-size:.9rem;
      overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
    .total{flex:none;min-width:2.6rem;padding-left:.3rem;font-size:.85rem;color:var(--muted);white-space:nowrap}
    .total.off{color:var(--ink);font-weight:700}
    .axis{margin:.15rem 0 0;font-size:.85rem;color:var(--muted)}
    :is(button,select,input,.cell):focus-visible{outline:2.5px solid var(--ink);outline-offset:1px}
    [aria-invalid=true]{outline:2.5px dashed var(--query-t)!important;outline-offset:1px}
    .line{min-height:1.5rem;margin:.7rem 0 0;font-size:.95rem;color:var(--muted);overflow-wrap:anywhere}
    .line b{color:var(--ink)}
    .line .on,.line.on{color:var(--ink)}
    .block .line{contain:inline-size;margin:.3rem 0 0;font-size:.9rem}
    .many .block .line{min-height:2.8rem}
    .bad{color:var(--query-t)!important;font-weight:600}
    .bar{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;align-items:center}
    .bar+.bar{margin-top:.2rem}
    label,.size{display:inline-flex;align-items:center;gap:.45rem;min-height:2.5rem;font-size:.95rem;color:var(--ink)}
    input[type=checkbox]{width:1.2rem;height:1.2rem;margin:0;accent-color:var(--score-t)}
    input[type=range]{width:8rem;height:2.5rem;margin:0;accent-color:var(--score-t)}
    select,button,.number{min-height:2.5rem;border:1.5px solid var(--guide);border-radius:8px;background:var(--paper);color:var(--ink);
      font:inherit;font-size:.95rem;padding:0 .7rem}
    .number{width:4.2rem;text-align:center;font-weight:600;padding:0 .3rem;font-size:max(1rem,16px)}
    button{cursor:pointer;touch-action:manipulation}
    button:hover:enabled,select:hover{border-color:var(--muted)}
    button:disabled,:disabled+span{color:var(--muted);opacity:.6;cursor:default}
    .sizes{display:flex;flex-wrap:wrap;gap:.5rem 1.6rem;margin-top:.5rem}
    .sizes .size{display:grid;grid-template-columns:repeat(3,auto);justify-content:start;gap:0 .2rem;align-items:center}
    .sizes .size>span{grid-column:1/-1;color:var(--muted);font-size:.9rem}
    .size output{min-width:1.5rem;text-align:center;font-weight:600}
    .size button,.nudge button{min-width:2.5rem;padding:0}
    .nudge{display:inline-flex;gap:4px;margin-right:.6rem;vertical-align:middle}
    @container (max-width:480px){
      .live{border-left:0;border-right:0;border-radius:0}
      .stage{padding:.9rem 0}
      .flow{gap:.9rem 1.1rem}
      .sizes{display:grid;grid-template-columns:1fr 1fr}
      .cell{min-width:max(2.1rem,calc(var(--w,1)*.54rem + .45rem));font-size:.93rem}
      .foot .column{width:max(2.1rem,calc(var(--w,1)*.54rem + .45rem))}
      .row{gap:3px}
      .name{min-width:1.5rem;padding-right:.15rem;font-size:.9rem}
      .total{min-width:2rem}
    }
  `);

  class Bench extends HTMLElement {
    constructor() {
      super();
      this._root = this.attachShadow({ mode: "open" });
      this._root.adoptedStyleSheets = [own.styleSheet, STYLE];
      this._live = make("div", { class: "live" });
      this._root.append(this._live, make("slot"));
      this._places = new WeakMap();
      this._kept = {};
      this._state = null;
      this._unmark = [];
    }

    // --- what others may use ---

    /**
     * The model: `{inputs, query_weight, key_weight, value_weight, score, scale, causal, temperature}`.
     * Reading gives a copy; setting checks it first, and keys that are missing stay as they are.
     */
    get model() {
      this._begin();
      const { model } = this._state;
      const copy = { ...model };
      for (const name of MATRICES) copy[name] = copyOf(model[name]);
      return copy;
    }

    set model(model) {
      this._begin();
      const clean = checked({ ...this._state.model, ...model });
      const results = own.attend(clean, this._precision());
      if (!finite(results)) throw new RangeError("a result would be too large for a number");
      this._state.model = clean;
      this._results = results;
      this._clearMarks();
      this._draw();
    }

    /** The results in full precision: `{query, key, value, scores, weights, output}`. */
    get results() {
      this._begin();
      const { query, key, value, scores, weights, output } = this._results;
      const copies = Object.entries({ query, key, value, scores, weights, output });
      return Object.fromEntries(copies.map(([name, rows]) => [name, copyOf(rows)]));
    }

    /** The labels of the tokens; an empty one stands for x with its index. */
    get tokens() {
      this._begin();
      return this._state.model.inputs.map((_, i) => this._state.tokens[i] || "");
    }

    set tokens(tokens) {
      this._begin();
      this._state.tokens = [...tokens].map(String);
      this._draw();
    }

    /** A cell of Python that computes the same with `attention_core`. */
    get python() {
      this._begin();
      return python(this._state.model, this._precision());
    }

    connectedCallback() {
      this._stop = own.followTheme(this);
      this._begin();
      if (!this._built) {
        this._built = true;
        this._build();
      }
      if (this.hasAttribute("data-link")) {
        this._hear = () => this._readAddress();
        addEventListener("hashchange", this._hear);
        this._readAddress();
      }
      this._draw();
    }

    disconnectedCallback() {
      this._stop?.();
      if (this._hear) removeEventListener("hashchange", this._hear);
      clearTimeout(this._waiting);
    }

    // --- state ---

    _begin() {
      if (this._state) return;
      const given = JSON.parse(this.dataset.model || "{}");
      const one = { inputs: [[1]], query_weight: [[1]], key_weight: [[1]], value_weight: [[1]] };
      const { tokens = [], ...rest } = given;
      const model = checked({ ...one, scale: true, causal: false, temperature: 1, ...rest });
      this._examples = JSON.parse(this.dataset.examples || "[]");
      this._compact = this.hasAttribute("data-compact");
      this._state = { model, tokens: [...tokens], decimals: 2, round: false };
      this._results = own.attend(model);
      this._first = JSON.stringify(this._state);
      this._base = this._first;
      // A property that was set before the element was defined.
      for (const name of ["model", "tokens"]) {
        if (Object.hasOwn(this, name)) {
          const value = this[name];
          delete this[name];
          this[name] = value;
        }
      }
    }

    _precision() {
      const { round, decimals } = this._state;
      return round ? decimals : null;
    }

    _sizes(model = this._state.model) {
      return {
        tokens: model.inputs.length,
        d_model: model.inputs[0].length,
        d_k: model.query_weight[0].length,
        d_v: model.value_weight[0].length,
      };
    }

    /** Take a new state if its results are numbers; say whether. */
    _take(change) {
      const next = { ...this._state, ...change };
      const results = own.attend(next.model, next.round ? next.decimals : null);
      if (!finite(results)) return false;
      this._state = next;
      this._results = results;
      return true;
    }

    /** After an edit by the reader: draw, tell, remember. */
    _edited() {
      this._draw();
      const { output } = this._results;
      this._say(
        `${output.map((row, i) => `Output ${i + 1}: ${row.map((x) => this._number(x)).join(", ")}`).join(". ")}. ${this._sumsSaid()}`,
      );
      this._writeAddress();
      this.dispatchEvent(new CustomEvent("change", { bubbles: true, composed: true }));
    }

    _number(x) {
      return number(x, this._state.decimals);
    }

    _say(sentence) {
      this._announcer?.say(sentence.trim());
    }

    /** What to call token i: its label, or x with its index. */
    _word(i) {
      return this._state.tokens[i] || "";
    }

    // --- the address ---

    _key() {
      if (this.id) return this.id;
      const others = [...document.querySelectorAll("attention-bench[data-link]:not([id])")];
      const place = others.indexOf(this);
      return place > 0 ? `bench-${place + 1}` : "bench";
    }

    _pairs() {
      return location.hash
        .slice(1)
        .split("&")
        .filter(Boolean)
        .map((pair) => {
          const cut = pair.indexOf("=");
          return cut < 0 ? [pair, null] : [pair.slice(0, cut), pair.slice(cut + 1)];
        });
    }

    _readAddress() {
      const pair = this._pairs().find(([name, text]) => name === this._key() && text !== null);
      if (!pair) return;
      const state = read(pair[1]) || read(this._unescaped(pair[1]));
      if (!state || !this._take(state)) return;
      this._clearMarks();
      this._draw();
    }

    _unescaped(text) {
      return text.replace(/%(3B|2C|7C|5F)/gi, decodeURIComponent);
    }

    /** The hash with this bench's state in it, or without where it is as it began. */
    _hash() {
      const key = this._key();
      const others = this._pairs().filter(([name, text]) => name !== key && text !== null);
      const state = { ...this._state, tokens: this.tokens };
      const changed = JSON.stringify(this._state) !== this._first;
      const pairs = changed ? [...others, [key, written(state)]] : others;
      return pairs.map(([name, text]) => `${name}=${text}`).join("&");
    }

    _writeAddress(now = false) {
      if (!this.hasAttribute("data-link")) return;
      clearTimeout(this._waiting);
      const write = () => {
        const hash = this._hash();
        const page = location.href.split("#")[0];
        history.replaceState(history.state, "", hash ? `${page}#${hash}` : page);
      };
      if (now) write();
      else this._waiting = setTimeout(write, 250);
    }

    // --- the page ---

    _build() {
      this._announcer = own.announcer();
      const place = (element, at) => this._places.set(element, at);
      this._place = place;
      this._grids = {};
      const grid = (kind, how) => (this._grids[kind] = new Grid(kind, how));
      const matrix = (kind, sign, index, word, how) => {
        const drawn = grid(kind, how);
        const head = make("p", { class: `head ${roleOf(kind)}` }, letter(sign, index, roleOf(kind)), ` ${word}`);
        const box = make("div", { class: "matrix" }, head, make("div", { class: "scroll" }, drawn.element));
        drawn.head = head;
        return box;
      };
      const stage = (name, ...parts) =>
        make("div", { class: "stage", role: "group", "aria-label": name }, ...parts);
      const line = (hint) => {
        const element = make("p", { class: "line" });
        element.hint = hint;
        element.textContent = hint;
        return element;
      };
      const edit = { edit: true };
      this._lines = {};

      const parts = [];
      if (this._examples.length) parts.push(stage("Example", this._exampleBar()));
      const x = matrix("inputs", "X", "", "inputs", edit);
      this._lines.inputs = line("Type over any number: what follows from it follows at once.");
      if (this._compact) {
        this._lines.weight = line("Point at a weight or an output to see where it comes from.");
        parts.push(
          stage(
            "Inputs, weights and outputs",
            make(
              "div",
              { class: "flow" },
              x,
              this._withAxis(matrix("weight", "A", "", "weights")),
              matrix("output", "Z", "", "outputs"),
            ),
            this._lines.inputs,
            this._lines.weight,
          ),
        );
        this._lines.output = this._lines.weight;
      } else {
        this._lines.query = line("Point at, tap or walk to any number below to see where it comes from.");
        this._lines.key = this._lines.value = this._lines.query;
        this._lines.score = line("Softmax turns each row of scores into a row of weights.");
        this._lines.weight = this._lines.score;
        this._note = make("p", { class: "line on", hidden: true });
        this._blocks = make("div", { class: "flow blocks" });
        parts.push(
          stage(
            "Inputs and projections",
            make(
              "div",
              { class: "flow" },
              x,
              matrix("query_weight", "W", "q", "", edit),
              matrix("key_weight", "W", "k", "", edit),
              matrix("value_weight", "W", "v", "", edit),
            ),
            this._lines.inputs,
            this._sizeBar(),
          ),
          stage("Switches", this._switchBar(), this._numbersBar()),
          stage(
            "Queries, keys and values",
            make(
              "div",
              { class: "flow" },
              matrix("query", "Q", "", "queries"),
              matrix("key", "K", "", "keys"),
              matrix("value", "V", "", "values"),
            ),
            this._lines.query,
          ),
          stage(
            "Scores and weights",
            make(
              "div",
              { class: "flow" },
              this._withAxis(matrix("score", "S", "", "scores")),
              this._withAxis(matrix("weight", "A", "", "weights")),
            ),
            this._lines.score,
            this._note,
          ),
          stage("Weighted values and outputs", this._blocks),
        );
      }
      parts.push(stage("State", this._stateBar()));
      this._live.replaceChildren(...parts, this._announcer.element);
      this._listen();
    }

    _withAxis(box) {
      box.append(make("p", { class: "axis", text: "queries down, keys along the bottom" }));
      return box;
    }

    _button(text, act, how = {}) {
      const button = make("button", { type: "button", text, ...how });
      button.addEventListener("click", act);
      return button;
    }

    _exampleBar() {
      const options = this._examples.map((example, i) => make("option", { value: String(i), text: example.name }));
      const ownNumbers = make("option", { value: "", text: "your own numbers", disabled: true });
      this._choice = make("select", {}, ...options, ownNumbers);
      this._choice.addEventListener("change", () => {
        const { tokens = [], ...arrays } = this._examples[Number(this._choice.value)];
        delete arrays.name;
        const model = checked({ ...this._state.model, ...arrays });
        this._clearMarks();
        if (this._take({ model, tokens: [...tokens] })) {
          this._base = JSON.stringify({ ...JSON.parse(this._first), model: { ...JSON.parse(this._first).model, ...arrays }, tokens });
          this._edited();
        }
      });
      return make("div", { class: "bar" }, named("example", "example", this._choice));
    }

    /** Say which example the numbers are, if they are one. */
    _chosen() {
      if (!this._choice) return;
      const { model } = this._state;
      const tokens = this.tokens.join();
      const place = this._examples.findIndex(
        (example) =>
          MATRICES.every((name) => JSON.stringify(example[name]) === JSON.stringify(model[name])) &&
          model.inputs.map((_, i) => (example.tokens || [])[i] || "").join() === tokens,
      );
      const value = place < 0 ? "" : String(place);
      if (this._choice.value !== value) this._choice.value = value;
    }

    _sizeBar() {
      const words = { tokens: "tokens", d_model: "features", d_k: "query and key size", d_v: "value size" };
      this._counts = {};
      const bars = Object.entries(words).map(([name, word]) => {
        const shown = make("output", { text: "1" });
        const less = this._button("−", () => this._resize(name, -1), { "aria-label": `${word}: one fewer` });
        const more = this._button("+", () => this._resize(name, 1), { "aria-label": `${word}: one more` });
        this._counts[name] = { shown, less, more };
        const group = { class: "size", role: "group", "aria-label": word };
        return make("span", group, make("span", { text: word }), less, shown, more);
      });
      return make("div", { class: "sizes" }, ...bars);
    }

    _switchBar() {
      const check = (name, text) => {
        const box = make("input", { type: "checkbox" });
        const word = make("span", { text });
        box.addEventListener("change", () => {
          const next = { ...this._state.model, [name]: box.checked };
          if (this._take({ model: next })) this._edited();
          else this._draw();
        });
        return { box, word, label: make("label", {}, box, word) };
      };
      const choices = { dot: "dot product", cosine: "cosine" };
      this._score = make("select", {}, ...SCORES.map((name) => make("option", { value: name, text: choices[name] })));
      this._score.addEventListener("change", () => {
        const model = { ...this._state.model, score: this._score.value };
        if (this._take({ model })) this._edited();
        else this._draw();
      });
      this._scale = check("scale", "divide by √1");
      this._causal = check("causal", "causal mask");
      this._slider = make("input", {
        type: "range",
        min: "0",
        max: String(TEMPERATURES.length - 1),
        step: "1",
        "aria-label": "Temperature, in steps",
      });
      this._temperature = make("input", { class: "number", inputmode: "decimal", autocomplete: "off", "aria-label": "Temperature" });
      this._slider.addEventListener("input", () => this._heat(TEMPERATURES[this._slider.value]));
      this._temperature.addEventListener("input", () => {
        const t = numberIn(this._temperature.value);
        if (t !== null && t > 0 && this._heat(t)) return;
        this._mark(this._temperature, `Temperature is a number above 0. What you see still uses ${fieldText(this._state.model.temperature)}.`);
      });
      const warm = make("span", { class: "size" }, "temperature", this._slider, this._temperature);
      return make("div", { class: "bar" }, named("score", "score", this._score), this._scale.label, this._causal.label, warm);
    }

    _heat(temperature) {
      const model = { ...this._state.model, temperature };
      if (!this._take({ model })) return false;
      this._unmarkField(this._temperature);
      this._edited();
      return true;
    }

    _numbersBar() {
      this._decimals = make(
        "select",
        {},
        make("option", { value: "exact", text: "exact, every digit" }),
        make("option", { value: "2", text: "two decimals" }),
        make("option", { value: "1", text: "one decimal" }),
      );
      this._decimals.addEventListener("change", () => {
        const decimals = this._decimals.value === "exact" ? null : Number(this._decimals.value);
        if (this._take({ decimals, round: this._state.round && decimals !== null })) this._edited();
      });
      const box = make("input", { type: "checkbox" });
      box.addEventListener("change", () => {
        if (this._take({ round: box.checked })) this._edited();
      });
      this._round = box;
      return make(
        "div",
        { class: "bar" },
        named("numbers", "numbers", this._decimals),
        make("label", {}, box, make("span", { text: "rounded before use" })),
      );
    }

    _stateBar() {
      const bar = make("div", { class: "bar" });
      bar.append(this._button("Reset", () => this._reset()));
      if (!this._compact) bar.append(this._copier("Copy as Python", () => this.python));
      if (!this._compact && this.hasAttribute("data-link")) {
        bar.append(
          this._copier("Copy link", () => {
            this._writeAddress(true);
            return location.href;
          }),
        );
      }
      return bar;
    }

    _copier(text, what) {
      const button = this._button(text, async () => {
        const done = await this._copy(what());
        button.textContent = done ? "Copied" : "Not copied: the browser refused";
        this._say(button.textContent);
        clearTimeout(button.waiting);
        button.waiting = setTimeout(() => (button.textContent = text), 2000);
      });
      return button;
    }

    async _copy(text) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        const area = make("textarea", { class: "hushed", "aria-hidden": "true", tabindex: "-1" });
        area.value = text;
        const before = this._root.activeElement;
        this._live.append(area);
        area.select();
        const done = document.execCommand("copy");
        area.remove();
        before?.focus();
        return done;
      }
    }

    _reset() {
      const state = JSON.parse(this._base);
      this._clearMarks();
      if (this._take(state)) this._edited();
    }

    /** One row or column more or fewer; what is taken away is kept, should it come back. */
    _resize(name, by) {
      const sizes = this._sizes();
      const size = sizes[name] + by;
      if (size < 1 || size > MOST[name]) return;
      sizes[name] = size;
      const shapes = {
        inputs: [sizes.tokens, sizes.d_model],
        query_weight: [sizes.d_model, sizes.d_k],
        key_weight: [sizes.d_model, sizes.d_k],
        value_weight: [sizes.d_model, sizes.d_v],
      };
      const model = { ...this._state.model };
      for (const matrix of MATRICES) {
        const [rows, columns] = shapes[matrix];
        const old = model[matrix];
        const kept = (this._kept[matrix] = this._kept[matrix] || {});
        old.forEach((row, i) => row.forEach((x, j) => (kept[`${i},${j}`] = x)));
        model[matrix] = Array.from({ length: rows }, (_, i) =>
          Array.from({ length: columns }, (_, j) => old[i]?.[j] ?? kept[`${i},${j}`] ?? 0),
        );
      }
      this._clearMarks();
      if (this._take({ model })) this._edited();
    }

    // --- drawing ---

    _draw() {
      if (!this._built) return;
      const { model, decimals } = this._state;
      const sizes = this._sizes();
      const shape = JSON.stringify(sizes);
      if (this._shape !== shape) {
        this._shape = shape;
        this._shapeAnew(sizes);
      }
      this._labels(sizes);
      const skip = (at) => at.field.getAttribute("aria-invalid") === "true" || at.field === this._root.activeElement;
      for (const name of MATRICES) this._grids[name]?.show(model[name], null, { skip });
      const results = this._results;
      this._grids.query?.show(results.query, decimals);
      this._grids.key?.show(results.key, decimals);
      this._grids.value?.show(results.value, decimals);
      this._grids.score?.show(results.scores, decimals, { faint: (x) => x === -Infinity });
      this._grids.weight.show(results.weights, decimals, { shade: true, faint: (x) => x === 0 });
      this._grids.output?.show(results.output, decimals);
      this._weighted?.forEach((grid, i) => {
        grid.show([...results.weighted[i], results.output[i]], decimals, {
          faint: (x, row) => row < sizes.tokens && results.weights[i][row] === 0,
        });
        grid.names.forEach((name, j) => {
          if (j < sizes.tokens) {
            const text = `${number(results.weights[i][j], decimals === 1 ? 1 : 2)} · `;
            if (name.firstChild.data !== text) name.firstChild.data = text;
          }
        });
      });
      this._totals();
      this._controls(sizes);
      this._chosen();
      if (this._at) this._explain(this._at, false);
    }

    _shapeAnew(sizes) {
      const { tokens, d_model, d_k, d_v } = sizes;
      const place = this._place;
      const focused = this._places.get(this._root.activeElement);
      this._leave();
      const grids = this._grids;
      grids.inputs.build(tokens, d_model, place, { labels: true });
      grids.query_weight?.build(d_model, d_k, place, { named: false });
      grids.key_weight?.build(d_model, d_k, place, { named: false });
      grids.value_weight?.build(d_model, d_v, place, { named: false });
      grids.query?.build(tokens, d_k, place);
      grids.key?.build(tokens, d_k, place);
      grids.value?.build(tokens, d_v, place);
      grids.score?.build(tokens, tokens, place, { columnNames: true });
      grids.weight.build(tokens, tokens, place, { columnNames: true });
      grids.output?.build(tokens, d_v, place);
      if (this._blocks) {
        this._weighted = Array.from({ length: tokens }, (_, i) => new Grid("weighted", { query: i }));
        this._blockHeads = [];
        this._blocks.classList.toggle("many", tokens > 3);
        this._blocks.replaceChildren(
          ...this._weighted.map((grid, i) => {
            grid.build(tokens + 1, d_v, place);
            const head = make("p", { class: "head" });
            this._blockHeads.push(head);
            const line = make("p", { class: "line" });
            grid.line = line;
            return make("div", { class: "matrix block" }, head, make("div", { class: "scroll" }, grid.element), line);
          }),
        );
      }
      this._labelled = null;
      if (focused) focused.grid.target(Math.min(focused.row ?? focused.i, tokens - 1), 0)?.focus();
    }

    /** Names of rows and columns, and what each grid is called. */
    _labels(sizes) {
      const words = Array.from({ length: sizes.tokens }, (_, i) => this._word(i));
      const key = JSON.stringify([words, this._shape]);
      if (this._labelled === key) return;
      this._labelled = key;
      const longest = Math.min(12, Math.max(2, ...words.map((word) => word.length)));
      const called = (i, sign, role) => (words[i] ? words[i] : letter(sign, String(i + 1), role));
      const shape = (grid) => `${grid.cells.length} rows, ${grid.cells[0].length} columns`;
      for (const [kind, grid] of Object.entries(this._grids)) {
        grid.element.setAttribute("aria-label", `${SAID[kind]}: ${shape(grid)}`);
        grid.element.style.setProperty("--l", longest);
        const role = roleOf(kind);
        if (kind === "inputs") {
          grid.names.forEach((name, i) => {
            const field = name.querySelector("input");
            if (field.value !== words[i]) field.value = words[i];
            field.placeholder = `x${String.fromCharCode(0x2081 + i)}`;
            field.setAttribute("aria-label", `Label of token ${i + 1}`);
          });
          continue;
        }
        if (kind.endsWith("_weight")) continue;
        const queries = kind === "score" || kind === "weight";
        const worded = queries || this._compact;
        grid.element.classList.toggle("named", worded && words.some(Boolean));
        grid.names.forEach((name, i) => {
          const sign = queries ? "q" : LETTERS[kind];
          const own_ = queries ? "query" : role;
          name.replaceChildren(worded ? called(i, sign, own_) : letter(sign, String(i + 1), own_));
        });
        grid.foot.forEach((name, j) => name.replaceChildren(called(j, "k", "key")));
      }
      this._weighted?.forEach((grid, i) => {
        grid.element.setAttribute(
          "aria-label",
          `Weighted values and output for query ${i + 1}${words[i] ? `, ${words[i]}` : ""}: ${shape(grid)}`,
        );
        grid.names.forEach((name, j) => {
          if (j < sizes.tokens) name.replaceChildren("", letter("v", String(j + 1), "value"));
          else name.replaceChildren(letter("z", String(i + 1), "output"));
          if (j < sizes.tokens) name.prepend(document.createTextNode(""));
        });
        const head = this._blockHeads[i];
        head.replaceChildren("weighted values for ", letter("q", String(i + 1), "query"));
        if (words[i]) head.append(` (${words[i]})`);
      });
    }

    /** What the weights of each query sum to, which is 1 unless they were rounded. */
    _totals() {
      const { weights } = this._results;
      const { decimals } = this._state;
      const sums = weights.map((row) => row.reduce((sum, a) => sum + a, 0));
      this._off = sums.map((sum) => Math.abs(sum - 1) > 1e-9);
      this._sums = sums;
      this._grids.weight.sums.forEach((element, i) => {
        const text = `Σ ${number(sums[i], decimals ?? 2)}`;
        if (element.textContent !== text) element.textContent = text;
        element.classList.toggle("off", this._off[i]);
      });
      if (!this._note) return;
      const said = this._sumsSaid();
      this._note.hidden = !said;
      if (this._note.textContent !== said) this._note.textContent = said;
    }

    _sumsSaid() {
      const places = this._off.map((off, i) => (off ? i : -1)).filter((i) => i >= 0);
      if (!places.length) return "";
      const parts = places.map((i, place) => `of query ${i + 1} ${place ? "" : "sum "}to ${this._number(this._sums[i])}`);
      return `Rounded before use, the weights ${parts.join(", ")}, not to 1.`;
    }

    _controls(sizes) {
      if (this._compact) return;
      const { model, decimals, round } = this._state;
      for (const [name, { shown, less, more }] of Object.entries(this._counts)) {
        const text = String(sizes[name]);
        if (shown.textContent !== text) shown.textContent = text;
        less.disabled = sizes[name] === 1;
        more.disabled = sizes[name] === MOST[name];
      }
      this._score.value = model.score;
      this._scale.box.checked = model.scale;
      this._scale.box.disabled = model.score === "cosine";
      this._scale.word.textContent = `divide by √${sizes.d_k}`;
      this._causal.box.checked = model.causal;
      const heat = fieldText(model.temperature);
      const active = this._root.activeElement === this._temperature;
      if (!active && this._temperature.getAttribute("aria-invalid") !== "true") this._temperature.value = heat;
      let nearest = 0;
      TEMPERATURES.forEach((t, i) => {
        const far = (u) => Math.abs(Math.log(u / model.temperature));
        if (far(t) < far(TEMPERATURES[nearest])) nearest = i;
      });
      if (this._slider.value !== String(nearest)) this._slider.value = String(nearest);
      this._slider.setAttribute("aria-valuetext", heat);
      this._decimals.value = decimals === null ? "exact" : String(decimals);
      this._round.checked = round;
      this._round.disabled = decimals === null;
    }

    // --- fields ---

    _mark(field, message) {
      field.setAttribute("aria-invalid", "true");
      this._marks = this._marks || new Map();
      this._marks.set(field, message);
      this._warn();
      this._say(message);
    }

    _unmarkField(field) {
      if (!this._marks?.delete(field)) return;
      field.removeAttribute("aria-invalid");
      this._warn();
    }

    _clearMarks() {
      for (const field of [...(this._marks?.keys() || [])]) field.removeAttribute("aria-invalid");
      this._marks?.clear();
      this._warn();
    }

    /** Show what is wrong, the field in hand first. */
    _warn() {
      const line = this._lines?.inputs;
      if (!line) return;
      const marks = this._marks || new Map();
      const message = marks.get(this._root.activeElement) || [...marks.values()][0];
      line.classList.toggle("bad", Boolean(message));
      if (message) line.textContent = message;
      else this._nudges();
    }

    _typed(at) {
      const { field, grid, row, j } = at;
      const x = numberIn(field.value);
      const old = this._state.model[grid.kind][row][j];
      if (x === null) {
        const typed = field.value.trim();
        const what = typed ? `“${typed.slice(0, 20)}” is not a number that can be used` : "An empty field holds no number";
        this._mark(field, `${what}. What you see still uses ${fieldText(old)}.`);
        return;
      }
      this._put(at, x);
    }

    _put(at, x) {
      const { field, grid, row, j } = at;
      const rows = copyOf(this._state.model[grid.kind]);
      const old = rows[row][j];
      rows[row][j] = x;
      if (!this._take({ model: { ...this._state.model, [grid.kind]: rows } })) {
        this._mark(field, `With ${fieldText(x)} a result grows too large for a number. What you see still uses ${fieldText(old)}.`);
        return;
      }
      this._unmarkField(field);
      this._edited();
    }

    /** Change the number in hand by a step, or its sign. */
    _nudge(at, by) {
      const now = numberIn(at.field.value) ?? this._state.model[at.grid.kind][at.row][at.j];
      const x = by === null ? -now + 0 : Number((now + by).toPrecision(12));
      at.field.value = fieldText(x);
      this._put(at, x);
    }

    /** Beside a number in hand: buttons for thumbs. */
    _nudges() {
      const line = this._lines.inputs;
      const at = this._places.get(this._root.activeElement);
      if (!at?.field) {
        line.textContent = line.hint;
        return;
      }
      if (line.at === at && line.querySelector(".nudge")) return;
      line.at = at;
      const step = (text, by, said) => {
        const button = this._button(text, () => this._nudge(this._places.get(this._root.activeElement) || at, by), {
          tabindex: "-1",
          "aria-label": said,
        });
        button.addEventListener("pointerdown", (event) => event.preventDefault());
        return button;
      };
      const [sign, index] =
        at.grid.kind === "inputs" ? ["x", String(at.row + 1)] : ["W", at.grid.kind[0]];
      const where = at.grid.kind === "inputs" ? `, entry ${at.j + 1}` : `, row ${at.row + 1}, column ${at.j + 1}`;
      line.replaceChildren(
        make("span", { class: "nudge" }, step("−1", -1, "one less"), step("±", null, "other sign"), step("+1", 1, "one more")),
        letter(sign, index, roleOf(at.grid.kind)),
        where,
      );
    }

    // --- where a number comes from ---

    _leave() {
      for (const { box } of this._lit || []) box.classList.remove("lit", "at");
      this._lit = [];
      if (this._line) this._line.textContent = this._line.hint || "";
      this._line = null;
      this._at = null;
    }

    /** Light up where a computed number comes from, and spell it out. */
    _explain(at, aloud) {
      this._leave();
      this._at = at;
      const { label, said, sum, exact, now, sources } = this._story(at);
      const result = this._number(now);
      const changed = this._state.round && Math.abs(exact - now) > 1e-9;
      const before = changed ? `${number(exact, this._state.decimals + 2)}, rounded to ` : "";
      at.box.classList.add("at");
      for (const { box } of sources) box.classList.add("lit");
      this._lit = [at, ...sources];
      const line = at.grid.line || this._lines[at.kind];
      this._line = line;
      const value = make("b", { text: result });
      const spelled = make("span", { class: "on", text: `${sum} = ${before}` });
      if (at.grid.line) line.replaceChildren(spelled, value);
      else line.replaceChildren(label, ": ", spelled, value);
      if (aloud) this._say(`${said}: ${sum} = ${before}${result}`);
    }

    _story(at) {
      const { model } = this._state;
      const results = this._results;
      const n = (x) => this._number(x);
      const f = (x) => brackets(n(x));
      const { kind, i, j } = at;
      const rowOf = (name, row) => this._grids[name]?.cells[row] || [];
      const columnOf = (name, column) => this._grids[name]?.cells.map((row) => row[column]) || [];
      const sign = (...parts) => make("span", {}, ...parts);
      const entry = (role, index, d) => sign(letter(LETTERS[role], String(index + 1), role), `, entry ${d + 1}`);
      if (kind === "query" || kind === "key" || kind === "value") {
        const x = model.inputs[i];
        const weight = model[`${kind}_weight`];
        return {
          label: entry(kind, i, j),
          said: `${kind} ${i + 1}, entry ${j + 1}`,
          sum: list(x.map((a, row) => `${f(a)}·${f(weight[row][j])}`)),
          exact: x.reduce((total, a, row) => total + a * weight[row][j], 0),
          now: results[kind][i][j],
          sources: [...rowOf("inputs", i), ...columnOf(`${kind}_weight`, j)],
        };
      }
      const pair = `${i + 1}${j + 1}`;
      if (kind === "score") {
        const [q, k] = [results.query[i], results.key[j]];
        const hidden = model.causal && j > i;
        let sum = list(q.map((a, d) => `${f(a)}·${f(k[d])}`));
        if (hidden) sum = `token ${j + 1} comes after token ${i + 1}, and the causal mask hides it`;
        else if (model.score === "cosine") {
          const lengths = [length(q), length(k)];
          sum = lengths.every(Boolean)
            ? `(${sum}) ÷ (${lengths.map(n).join("·")})`
            : "0, since a vector of zeros has no direction";
        } else if (model.scale) sum = q.length > 1 ? `(${sum}) ÷ √${q.length}` : `${sum} ÷ √1`;
        return {
          label: letter("s", pair, "score"),
          said: `score of query ${i + 1} for key ${j + 1}`,
          sum,
          exact: hidden ? -Infinity : scoreOf(model, q, k),
          now: results.scores[i][j],
          sources: hidden ? [] : [...rowOf("query", i), ...rowOf("key", j)],
        };
      }
      if (kind === "weight") {
        const row = results.scores[i];
        const over = model.temperature === 1 ? "" : ` ÷ ${fieldText(model.temperature)}`;
        const power = (s) => `exp(${n(s)}${over})`;
        const seen = row.filter((s) => s !== -Infinity);
        const sum = `${power(row[j])} ÷ ${seen.length > 1 ? `(${list(seen.map(power))})` : power(seen[0])}`;
        return {
          label: letter("a", pair, "score"),
          said: `weight of query ${i + 1} for value ${j + 1}`,
          sum: row[j] === -Infinity ? "the causal mask hides this key" : sum,
          exact: softmax(row.map((s) => s / model.temperature))[j],
          now: results.weights[i][j],
          sources: rowOf("score", i),
        };
      }
      if (kind === "weighted") {
        const v = results.value[at.key];
        const a = results.weights[i][at.key];
        return {
          label: sign(letter("a", `${i + 1}${at.key + 1}`, "score"), " · ", letter("v", String(at.key + 1), "value"), `, entry ${j + 1}`),
          said: `value ${at.key + 1} weighted for query ${i + 1}, entry ${j + 1}`,
          sum: `${f(a)}·${f(v[j])}`,
          exact: a * v[j],
          now: results.weighted[i][at.key][j],
          sources: [rowOf("weight", i)[at.key], rowOf("value", at.key)[j]].filter(Boolean),
        };
      }
      const weights = results.weights[i];
      const grid = this._weighted?.[i];
      return {
        label: entry("output", i, j),
        said: `output ${i + 1}, entry ${j + 1}`,
        sum: grid
          ? list(results.weighted[i].map((row) => f(row[j])))
          : list(weights.map((a, t) => `${f(a)}·${f(results.value[t][j])}`)),
        exact: results.weighted[i].reduce((total, row) => total + row[j], 0),
        now: results.output[i][j],
        sources: grid ? grid.cells.slice(0, -1).map((row) => row[j]) : rowOf("weight", i),
      };
    }

    // --- what the reader does ---

    _listen() {
      const live = this._live;
      const placeOf = (event) => {
        const element = event.target.closest?.(".cell, .word");
        if (!element) return null;
        return this._places.get(element) || this._places.get(element.querySelector("input"));
      };
      live.addEventListener("pointerover", (event) => {
        if (event.pointerType !== "mouse") return;
        const at = placeOf(event);
        if (at && at.box && !at.field) this._explain(at, false);
      });
      live.addEventListener("pointerout", (event) => {
        if (event.pointerType !== "mouse" || !placeOf(event)) return;
        const focused = this._places.get(this._root.activeElement);
        if (focused && focused.box && !focused.field) this._explain(focused, false);
        else this._leave();
      });
      live.addEventListener("focusin", (event) => {
        const at = this._places.get(event.target);
        if (at) {
          at.grid.stop(at.row ?? at.i, at.j);
          if (at.field || at.kind === "word") event.target.select();
          if (at.box && !at.field) this._explain(at, true);
        }
        this._warn();
      });
      live.addEventListener("focusout", (event) => {
        const at = this._places.get(event.target);
        if (at && at.field && !this._marks?.has(at.field)) {
          at.field.value = fieldText(this._state.model[at.grid.kind][at.row][at.j]);
        }
        if (event.target === this._temperature && !this._marks?.has(this._temperature)) {
          this._temperature.value = fieldText(this._state.model.temperature);
        }
        if (!event.relatedTarget) {
          if (at && !at.field) this._leave();
          queueMicrotask(() => this._warn());
        } else if (at && !at.field && !this._places.get(event.relatedTarget)?.box) {
          this._leave();
        }
      });
      live.addEventListener("input", (event) => {
        const at = this._places.get(event.target);
        if (!at) return;
        if (at.kind === "word") {
          const tokens = this.tokens;
          tokens[at.i] = event.target.value.trim();
          this._state.tokens = tokens;
          this._edited();
        } else if (at.field) this._typed(at);
      });
      live.addEventListener("keydown", (event) => this._key_(event));
    }

    _key_(event) {
      const at = this._places.get(event.target);
      if (event.target === this._temperature && event.key === "Escape") {
        this._unmarkField(this._temperature);
        this._temperature.value = fieldText(this._state.model.temperature);
        return;
      }
      if (!at || event.altKey || event.metaKey) return;
      const { grid } = at;
      const row = at.row ?? at.i;
      const field = at.field || (at.kind === "word" ? event.target : null);
      const rows = grid.cells.length;
      const columns = grid.cells[0].length;
      const first = grid.names[0].querySelector("input") ? -1 : 0;
      const go = (i, j) => {
        event.preventDefault();
        grid.target(Math.min(rows - 1, Math.max(0, i)), Math.min(columns - 1, Math.max(first, j)))?.focus();
      };
      // Inside a text, left and right move the caret until they reach its end.
      const whole = field && field.selectionStart === 0 && field.selectionEnd === field.value.length;
      const atStart = !field || whole || field.selectionEnd === 0;
      const atEnd = !field || whole || field.selectionStart === field.value.length;
      switch (event.key) {
        case "ArrowUp":
          return go(row - 1, at.j);
        case "ArrowDown":
        case "Enter":
          return go(row + 1, at.j);
        case "ArrowLeft":
          return atStart && !event.shiftKey ? go(row, at.j - 1) : undefined;
        case "ArrowRight":
          return atEnd && !event.shiftKey ? go(row, at.j + 1) : undefined;
        case "Home":
          return event.ctrlKey ? go(0, first) : field ? undefined : go(row, 0);
        case "End":
          return event.ctrlKey ? go(rows - 1, columns - 1) : field ? undefined : go(row, columns - 1);
        case "PageUp":
        case "PageDown":
          if (!at.field) return undefined;
          event.preventDefault();
          return this._nudge(at, event.key === "PageUp" ? 1 : -1);
        case "Escape":
          if (at.field) {
            this._unmarkField(at.field);
            at.field.value = fieldText(this._state.model[grid.kind][row][at.j]);
            at.field.select();
          } else this._leave();
          return undefined;
        default:
          return undefined;
      }
    }
  }

  own.define("attention-bench", Bench);
})();
