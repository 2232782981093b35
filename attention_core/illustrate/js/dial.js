/**
 * `<attention-dial>`: a query and a key in the plane, each turned by its position.
 *
 * Attribute: `data-dial` (JSON: `query` and `key`, two entries each; `turn`, degrees for each
 * position; `places`, the positions of both, of the query first).
 *
 * Properties: `places` reads and sets the two positions; `results` reads `{query, key, score}`,
 * both vectors turned, and their dot product. A `change` event follows each move.
 */
(() => {
  "use strict";
  const own = window.attentionElements;
  if (own.turned) return;
  const { announcer, define, followTheme, make, reducedMotion, slider, styleSheet } = own;

  const SVG = "http://www.w3.org/2000/svg";
  const MOST = 11; // of the key's position, and of the distance
  const MOVE = 320; // milliseconds
  const [CX, CY, R] = [180, 116, 100];
  const [LEFT, WIDE, TOP, TALL] = [44, 296, 262, 84]; // of the curve

  /**
   * A vector of two entries, turned against the clock.
   * @param {number[]} x
   * @param {number} angle In degrees.
   * @returns {number[]}
   */
  own.turned = ([a, b], angle) => {
    const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
    return [a * cos - b * sin, a * sin + b * cos];
  };
  const { turned } = own;
  const dot = (x, y) => x[0] * y[0] + x[1] * y[1];
  const fixed = (x) => x.toFixed(2).replace(/^-0\.00$/, "0.00").replace("-", "−");
  const bracketed = (x) => (fixed(x).startsWith("−") ? `(${fixed(x)})` : fixed(x));
  const pair = (x) => `(${x.map(fixed).join(", ")})`;
  const ease = (t) => 1 - (1 - t) ** 3;

  const look = new CSSStyleSheet();
  look.replaceSync(`
    .live{max-width:28.5rem;margin:.6rem auto .4rem}
    .picture{display:block;width:100%;height:auto}
    .rim,.axis,.curve{fill:none;stroke:var(--guide);stroke-width:1.4}.axis{stroke-width:.8}
    .curve{stroke:var(--score-t)}
    .hand{fill:none;stroke:var(--t);stroke-width:3;stroke-linecap:round;stroke-linejoin:round}
    .ghost{fill:none;stroke:var(--t);stroke-width:1.6;stroke-dasharray:2 4;opacity:.75}
    .wedge{fill:var(--score);fill-opacity:.16;stroke:var(--score-t);stroke-width:1.4}
    .spot{fill:var(--paper);stroke:var(--score-t);stroke-width:1.4}
    .here{fill:var(--score);stroke:var(--paper);stroke-width:2}
    text{font-size:13px;fill:var(--muted)}
    text.name{font-size:18px;font-weight:700;font-style:italic;fill:var(--t);text-anchor:middle}
    .said{display:grid;grid-template-columns:auto 1fr;gap:.1rem .5rem;width:fit-content;
      margin:.4rem auto 0;font-size:1rem;line-height:1.55}
    .said>*{margin:0}.said b{font-style:italic;color:var(--t)}.said strong{color:var(--score-t)}
    .said .sum{min-width:15.5rem;white-space:nowrap}
    .control{display:grid;grid-template-columns:8.5rem 1fr;column-gap:.7rem;align-items:center}
    label{line-height:1.2}
    ${slider}
    .caption{margin:.4rem auto 0;color:var(--muted);font-size:.9rem;line-height:1.5;
      text-align:center;text-wrap:pretty}
    @media (max-width:400px){.said,label{font-size:.92rem}
      .control{grid-template-columns:7.8rem 1fr}}
  `);

  function draw(tag, attributes = {}, text = "") {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.textContent = text;
    return element;
  }

  const finite = (x) => Array.isArray(x) && x.length === 2 && x.every(Number.isFinite);

  class AttentionDial extends HTMLElement {
    #data = null;
    #shown = [0, 0];
    #parts = {};
    #ticking = 0;
    #stop = () => {};

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      if (this.#data) this.#stop = followTheme(this);
    }

    disconnectedCallback() {
      cancelAnimationFrame(this.#ticking);
      if (this.#data) this.#paint(this.#data.places);
      this.#stop();
    }

    get places() {
      return [...this.#data.places];
    }
    set places(places) {
      const [m, n] = places;
      if (!(finite(places) && n >= 0 && n <= MOST && m >= n && m <= n + MOST)) {
        throw new RangeError(`the key stands at 0 to ${MOST}, the query 0 to ${MOST} after it`);
      }
      this.#data.places = [m, n];
      cancelAnimationFrame(this.#ticking);
      this.#paint(this.#data.places);
      this.#tell();
    }
    get results() {
      return this.#at(this.#data.places);
    }

    /** Both vectors turned, and their dot product. */
    #at([m, n]) {
      const { query, key, turn } = this.#data;
      const [q, k] = [turned(query, m * turn), turned(key, n * turn)];
      return { query: q, key: k, score: dot(q, k) };
    }

    #build() {
      let data = null;
      try {
        data = JSON.parse(this.dataset.dial || "");
      } catch {
        return; // the picture inside stays
      }
      this.#data = data;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, look];
      const { query, key, turn } = data;
      this.unit = R / Math.max(Math.hypot(...query), Math.hypot(...key));
      this.most = Math.hypot(...query) * Math.hypot(...key);

      const face = draw("g");
      face.append(
        draw("circle", { class: "rim", cx: CX, cy: CY, r: R }),
        draw("path", { class: "axis", d: `M${CX - R} ${CY}h${2 * R}M${CX} ${CY - R}v${2 * R}` }),
      );
      for (let angle = 0; angle < 360; angle += turn) {
        const [x, y] = turned([R, 0], angle);
        const at = (part) => `${CX + part * x} ${CY - part * y}`;
        face.append(draw("path", { class: "rim", d: `M${at(0.94)}L${at(1)}` }));
      }
      const wedge = draw("path", { class: "wedge" });
      const hands = ["query", "key"].map((role) => {
        const [name, hand] = [draw("text", { class: "name", dy: ".35em" }, role[0]), draw("path", { class: "hand" })];
        const group = draw("g", { class: role });
        group.append(draw("path", { class: "ghost", d: this.#hand(data[role], false) }), hand, name);
        return { group, hand, name };
      });
      const curve = draw("g");
      const points = Array.from({ length: 20 * MOST + 1 }, (_, i) => this.#spot(i / 20).join(" "));
      curve.append(
        draw("path", { class: "axis", d: `M${LEFT} ${TOP + TALL / 2}h${WIDE}` }),
        draw("path", { class: "curve", d: `M${points.join("L")}` }),
        draw("text", { x: 4, y: TOP - 10 }, "score"),
        draw("text", { x: LEFT - 8, y: TOP + TALL / 2, dy: ".35em", "text-anchor": "end" }, "0"),
        draw("text", { x: LEFT + WIDE, y: TOP + TALL + 38, "text-anchor": "end" }, "distance"),
      );
      for (let d = 0; d <= MOST; d += 1) {
        const [x, y] = this.#spot(d);
        curve.append(
          draw("circle", { class: "spot", cx: x, cy: y, r: 3.5 }),
          draw("text", { x, y: TOP + TALL + 20, "text-anchor": "middle" }, d),
        );
      }
      const here = draw("circle", { class: "here", r: 7 });
      const picture = draw("svg", { class: "picture", viewBox: "0 0 360 390", "aria-hidden": "true" });
      picture.append(face, wedge, hands[1].group, hands[0].group, curve, here);

      const said = make("div", { class: "said", "aria-hidden": "true" });
      const line = (role, name) => {
        const [head, text] = [make("p", { class: role }, make("b", { text: name })), make("p", {})];
        said.append(head, text);
        return { head, text };
      };
      const lines = [line("query", "q"), line("key", "k"), line("score", "q · k"), line("score", "")];
      lines[2].text.className = "sum";

      const control = (id, text, say) => {
        const range = make("input", { id, type: "range", min: "0", max: String(MOST), step: "1" });
        range.addEventListener("input", () => this.#go(say(Number(range.value))));
        return { range, row: make("div", { class: "control" }, make("label", { for: id, text }), range) };
      };
      const gap = () => this.#data.places[0] - this.#data.places[1];
      const both = control("both", "Shift both", (n) => [n + gap(), n]);
      const alone = control("alone", "Move the query", (d) => [this.#data.places[1] + d, this.#data.places[1]]);
      const region = announcer();
      const about = `Each position turns a vector by ${turn} degrees.`;
      root.append(
        make(
          "div",
          { class: "live", role: "group", "aria-label": "Dial of a query and a key" },
          picture, said, both.row, alone.row, region.element,
          make("p", { class: "caption", text: `${about} Dotted: both at position 0. Shift both: the angle between them stays, and so does the score.` }),
        ),
        make("slot"),
      );
      this.#parts = { wedge, hands, here, lines, both: both.range, alone: alone.range, region };
      this.#paint(data.places);
      region.element.textContent = this.#tell();
    }

    /** An arrow from the middle. */
    #hand([a, b], head = true) {
      const [x, y] = [CX + a * this.unit, CY - b * this.unit];
      const length = Math.hypot(a, b) || 1;
      const [u, v] = [a / length, -b / length];
      const barbs = [1, -1].map((s) => `${x - 11 * u + s * 6 * v} ${y - 11 * v - s * 6 * u}`);
      const line = `M${CX} ${CY}L${x} ${y}`;
      return head ? `${line}M${barbs[0]}L${x} ${y}L${barbs[1]}` : line;
    }

    /** Where a distance has its place on the curve. */
    #spot(distance) {
      const { score } = this.#at([distance, 0]);
      const y = TOP + (TALL / 2) * (1 - score / (this.most || 1));
      return [LEFT + (WIDE * distance) / MOST, y];
    }

    #paint(places) {
      this.#shown = places;
      const { wedge, hands, here, lines } = this.#parts;
      const { query: q, key: k, score } = this.#at(places);
      const [x, y] = this.#spot(places[0] - places[1]);
      here.setAttribute("cx", x);
      here.setAttribute("cy", y);
      [q, k].forEach((vector, i) => {
        hands[i].hand.setAttribute("d", this.#hand(vector));
        const far = 1 + 14 / (Math.hypot(...vector) * this.unit || 1);
        hands[i].name.setAttribute("x", CX + vector[0] * this.unit * far);
        hands[i].name.setAttribute("y", CY - vector[1] * this.unit * far);
      });
      const [from, to] = [k, q].map((vector) => Math.atan2(vector[1], vector[0]));
      const between = Math.atan2(Math.sin(to - from), Math.cos(to - from));
      const rim = (angle) => `${CX + 0.45 * R * Math.cos(angle)} ${CY - 0.45 * R * Math.sin(angle)}`;
      wedge.setAttribute(
        "d",
        `M${CX} ${CY}L${rim(from)}A${0.45 * R} ${0.45 * R} 0 0 ${between > 0 ? 0 : 1} ${rim(from + between)}Z`,
      );
      const terms = q.map((a, i) => `${bracketed(a)}·${bracketed(k[i])}`).join(" + ");
      lines[0].text.textContent = `at ${this.#data.places[0]}: ${pair(q)}`;
      lines[1].text.textContent = `at ${this.#data.places[1]}: ${pair(k)}`;
      lines[2].text.textContent = `= ${terms}`;
      lines[3].text.replaceChildren("= ", make("strong", { text: fixed(score) }));
    }

    /** Turn to other positions; the numbers turn along. */
    #go(places) {
      const from = this.#shown;
      this.#data.places = places;
      this.#tell();
      cancelAnimationFrame(this.#ticking);
      if (reducedMotion()) {
        this.#paint(places);
      } else {
        let began = null;
        const tick = (now) => {
          began ??= now;
          const t = Math.min(1, (now - began) / MOVE);
          this.#paint(t < 1 ? places.map((to, i) => from[i] + (to - from[i]) * ease(t)) : places);
          if (t < 1) this.#ticking = requestAnimationFrame(tick);
        };
        this.#ticking = requestAnimationFrame(tick);
      }
      this.dispatchEvent(new Event("change"));
    }

    #tell() {
      const { both, alone, region } = this.#parts;
      const [m, n] = this.#data.places;
      const score = fixed(this.results.score);
      both.value = String(n);
      alone.value = String(m - n);
      both.setAttribute("aria-valuetext", `key at ${n}, query at ${m}`);
      alone.setAttribute("aria-valuetext", `query at ${m}, ${m - n} after the key`);
      const sentence = `Query at ${m}, key at ${n}, distance ${m - n}: the score is ${score}.`;
      region.say(sentence);
      return sentence;
    }
  }

  define("attention-dial", AttentionDial);
})();
