/**
 * `<attention-steps>`: frames of self-attention, played, stepped through or scrubbed.
 *
 * What is seen, where it stands and what it comes from is all in the attribute `data-frames`,
 * written by `scenes.py`. Here things are only moved: from the frame before to the frame after,
 * a new one together with copies of its sources, which travel to its place. Nothing is computed.
 */
(() => {
  "use strict";
  const { announcer, define, followTheme, make, reducedMotion, styleSheet } =
    window.attentionElements;

  const MOVE = 900; // milliseconds that one movement takes
  const HIGH = 28; // of a cell
  const SVG = "http://www.w3.org/2000/svg";

  const look = new CSSStyleSheet();
  look.replaceSync(`
    .live{position:relative;margin:.6rem 0 .4rem}
    .picture{display:block;width:100%;height:auto;margin:0 auto;overflow:visible}
    rect.c{fill:var(--c);fill-opacity:.15;stroke:var(--b);stroke-width:1.4}
    .output rect.c{fill-opacity:.32}
    .lit rect.c{stroke-width:2.6}
    text{font-size:15px;fill:var(--ink)}
    .n text{font-weight:600;text-anchor:middle}
    .faint rect.c{stroke-opacity:.4;fill-opacity:.08}.faint text{fill-opacity:.55}
    text.l,text.u{fill:var(--muted);font-size:14px}text.u{font-size:13px}
    text.h{font-size:15px;font-weight:600}
    .r{font-weight:700;font-style:italic;fill:var(--t)}.b{font-size:11px;fill:var(--muted)}
    .slot{stroke:var(--guide);stroke-width:1.4;stroke-dasharray:2 4;fill:none}
    .k{stroke:var(--muted);stroke-width:1.4;fill:none}
    .bar{fill:var(--c);stroke:var(--paper);stroke-width:1.5}
    .off{fill:var(--guide);fill-opacity:.5}.on{fill:var(--ink)}.past{fill:var(--muted)}
    .sentence{display:grid;align-items:start;max-width:34rem;margin:.7rem auto 0;font-size:1rem;
      line-height:1.5;text-align:center;text-wrap:pretty}
    .sentence>*{grid-area:1/1;margin:0}.sentence>.room{visibility:hidden}
    .controls{display:flex;align-items:center;gap:.35rem;max-width:34rem;margin:.6rem auto 0}
    button{display:grid;place-items:center;flex:none;width:44px;height:44px;padding:0;border:0;
      border-radius:50%;background:none;color:var(--ink);cursor:pointer;
      -webkit-tap-highlight-color:transparent;touch-action:manipulation}
    button:hover{background:color-mix(in srgb,var(--ink) 8%,transparent)}
    button[aria-disabled=true]{color:var(--guide);cursor:default;background:none}
    button.play{border:1.4px solid var(--guide)}
    button svg{width:22px;height:22px;fill:currentColor}
    button:focus-visible,input:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
    :host{--focus:#46469e}
    input{flex:1;min-width:60px;touch-action:pan-y;height:44px;margin:0 .5rem;background:none;cursor:pointer;
      appearance:none;-webkit-appearance:none;border-radius:6px}
    input::-webkit-slider-runnable-track{height:4px;border-radius:2px;
      background:linear-gradient(to right,var(--muted) var(--done),var(--guide) var(--done))}
    input::-moz-range-track{height:4px;border-radius:2px;background:var(--guide)}
    input::-moz-range-progress{height:4px;border-radius:2px;background:var(--muted)}
    input::-webkit-slider-thumb{-webkit-appearance:none;width:20px;height:20px;margin-top:-8px;
      border:2px solid var(--paper);border-radius:50%;background:var(--ink)}
    input::-moz-range-thumb{box-sizing:border-box;width:20px;height:20px;border-radius:50%;
      border:2px solid var(--paper);background:var(--ink)}
    .count{flex:none;min-width:3.6em;color:var(--muted);font-size:.9rem;text-align:right}
    .caption{max-width:34rem;margin:.5rem auto 0;color:var(--muted);font-size:.9rem;
      line-height:1.5;text-align:center;text-wrap:pretty}
    @media screen{:host([dark]){--focus:#b3b3f5}}
    @media (forced-colors:active){button svg{fill:ButtonText}}
  `);

  const ICONS = {
    back: "M16 5v14L6 12z M4 5h2v14H4z",
    play: "M8 5v14l11-7z",
    pause: "M7 5h4v14H7z M13 5h4v14h-4z",
    on: "M8 5v14l10-7z M18 5h2v14h-2z",
  };

  function draw(tag, attributes, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  const icon = (path) =>
    draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, draw("path", { d: path }));

  const KINDS = {
    cell({ text, role, w, shade }) {
      const rect = draw("rect", { class: "c", x: -w / 2, y: -HIGH / 2, width: w, height: HIGH, rx: 6 });
      if (shade !== undefined) rect.style.fillOpacity = 0.06 + 0.5 * shade;
      return draw("g", { class: `n ${role}` }, rect, draw("text", { dy: ".35em" }, text));
    },
    slot: ({ w }) =>
      draw("rect", { class: "slot", x: -w / 2, y: -HIGH / 2, width: w, height: HIGH, rx: 6 }),
    label({ text, role, index, before = "", after = "", anchor = "middle" }) {
      const label = draw("text", { class: `l ${role}`, dy: ".35em", "text-anchor": anchor });
      label.append(before, draw("tspan", { class: "r" }, text));
      if (index) label.append(draw("tspan", { class: "b", dy: 4 }, index));
      if (after) label.append(draw("tspan", index ? { dy: -4 } : {}, after));
      return label;
    },
    text: ({ text, role, anchor = "middle" }) =>
      draw("text", { class: role, dy: ".35em", "text-anchor": anchor }, text),
    line: ({ w }) => draw("path", { class: "k", d: `M${-w / 2} 0H${w / 2}` }),
    bar({ role, w, shade }) {
      const bar = draw("rect", { class: "bar", x: -w / 2, y: -9, width: w, height: 18, rx: 3 });
      bar.style.fillOpacity = 0.25 + 0.5 * shade;
      return draw("g", { class: role }, bar);
    },
  };

  const ease = (t) => (t < 0.5 ? 4 * t * t * t : 1 - (2 - 2 * t) ** 3 / 2);
  const within = (t, from, to) => Math.min(1, Math.max(0, (t - from) / (to - from)));
  const between = (a, b, t) => a + (b - a) * t;

  /**
   * The player.
   *
   * - `position` (number): which frame is in view, from 0; 1.5 is half-way from the second to the
   *   third. Setting it moves nothing: what is there at that moment is shown.
   * - `length` (number): how many frames there are.
   * - `playing` (boolean), `play()`, `pause()`, `step(by)`, `go(frame)`.
   * - `ready` (boolean): whether there are frames to show.
   * - event `frame` each time that another frame has come to rest; its `detail` is the frame, from 0.
   */
  class AttentionSteps extends HTMLElement {
    #data = null;
    #at = 0; // position in view
    #aim = 0; // frame on the way to which it is
    #ticking = 0;
    #dwelling = 0;
    #playing = false;
    #parts = {};
    #drawn = [];
    #stages = []; // how each frame comes about
    #copies = new Map();
    #stop = () => {};

    get ready() {
      return this.#data !== null;
    }
    get length() {
      return this.#data ? this.#data.frames.length : 0;
    }
    get playing() {
      return this.#playing;
    }
    get position() {
      return this.#at;
    }
    set position(value) {
      if (!this.#data) return;
      this.#halt();
      this.#paint(Math.min(this.length - 1, Math.max(0, Number(value) || 0)));
      this.#aim = Math.round(this.#at);
      this.#tell();
    }

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      if (this.#data) this.#stop = followTheme(this);
    }

    disconnectedCallback() {
      this.pause();
      this.#stop();
    }

    play() {
      if (this.#playing || this.length < 2) return;
      if (this.#aim >= this.length - 1) this.#show(0);
      this.#playing = true;
      this.#buttons();
      this.#go(this.#aim + 1);
    }

    pause() {
      this.#playing = false;
      clearTimeout(this.#dwelling);
      if (this.#data) this.#buttons();
    }

    /** Go some frames on, or back. */
    step(by) {
      this.go(this.#aim + by);
    }

    /** Go to a frame: a neighbour is moved to, others are shown at once. */
    go(frame) {
      if (!this.#data) return;
      this.pause();
      this.#go(frame);
    }

    #go(frame) {
      const aim = Math.min(this.length - 1, Math.max(0, frame));
      if (aim === this.#at) return;
      if (Math.abs(aim - this.#at) > 1 || reducedMotion()) return this.#show(aim);
      this.#aim = aim;
      this.#tell();
      this.#move();
    }

    #show(frame) {
      this.#halt();
      this.#aim = frame;
      this.#paint(frame);
      this.#tell();
      this.#rest();
    }

    #halt() {
      cancelAnimationFrame(this.#ticking);
      clearTimeout(this.#dwelling);
      this.#ticking = 0;
    }

    /** Move to the frame aimed at, in real time. */
    #move() {
      this.#halt();
      const from = this.#at;
      const way = this.#aim - from;
      if (!way) return this.#rest();
      const later = Math.max(this.#aim, Math.ceil(from));
      const lasts = this.#stages[later].lasts * Math.abs(way);
      let began = null;
      const tick = (now) => {
        began ??= now;
        const done = Math.min(1, (now - began) / lasts);
        this.#paint(done < 1 ? from + way * done : this.#aim);
        if (done < 1) this.#ticking = requestAnimationFrame(tick);
        else this.#rest();
      };
      this.#ticking = requestAnimationFrame(tick);
    }

    /** A frame is reached: say so, and while playing go on after time to read. */
    #rest() {
      this.dispatchEvent(new CustomEvent("frame", { detail: this.#aim }));
      if (!this.#playing) return;
      if (this.#aim >= this.length - 1) return this.pause();
      const read = 1500 + 38 * this.#data.frames[this.#aim].text.length;
      this.#dwelling = setTimeout(() => this.#go(this.#aim + 1), read);
    }

    // --- what is built once ---

    #build() {
      let data = null;
      try {
        data = JSON.parse(this.dataset.frames || "");
      } catch {
        return; // the picture inside stays
      }
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, look];
      this.#data = data;
      this.#stages = data.frames.map((frame, i) => this.#staged(i));

      const head = draw("text", { class: "h", x: 4, y: 10, dy: ".35em" });
      const part = (data.width - 4) / 8;
      const ticks = Array.from({ length: 8 }, (_, i) =>
        draw("rect", { x: 4 + i * part, y: 24, width: part - 4, height: 3, rx: 1.5 }),
      );
      const [under, middle, over] = [draw("g", {}), draw("g", {}), draw("g", {})];
      const picture = draw(
        "svg",
        { class: "picture", viewBox: `0 0 ${data.width} ${data.height}`, "aria-hidden": "true" },
        head, ...ticks, under, middle, over,
      );
      picture.style.maxWidth = `${data.width * 1.25}px`;
      this.#drawn = data.sprites.map((sprite) => {
        const element = draw("g", { "data-key": sprite.key }, KINDS[sprite.kind](sprite));
        element.style.display = "none";
        (sprite.kind === "slot" ? under : middle).append(element);
        return element;
      });

      const button = (name, path, action) => {
        const made = make("button", { type: "button", class: name.toLowerCase(), "aria-label": name });
        made.append(icon(path));
        made.addEventListener("click", action);
        return made;
      };
      const back = button("Previous", ICONS.back, () => this.step(-1));
      const play = button("Play", ICONS.play, () => (this.#playing ? this.pause() : this.play()));
      const next = button("Next", ICONS.on, () => this.step(1));
      const range = make("input", {
        type: "range", min: "0", max: String(data.frames.length - 1), step: "1", value: "0",
        "aria-label": "Frame",
      });
      const count = make("span", { class: "count", "aria-hidden": "true" });
      const longest = data.frames.reduce((a, b) => (b.text.length > a.text.length ? b : a)).text;
      const words = make("p", { class: "words", "aria-hidden": "true" });
      const sentence = make(
        "div", { class: "sentence" },
        make("p", { class: "room", "aria-hidden": "true", text: longest }), words,
      );
      const region = announcer();
      const controls = make("div", { class: "controls" }, back, play, next, range, count);
      const live = make(
        "div", { class: "live", role: "group", "aria-label": data.title },
        picture, sentence, region.element, controls,
        make("p", { class: "caption", text: data.caption }),
      );
      root.append(live, make("slot"));
      this.#parts = { head, ticks, over, back, play, next, range, count, words, region };

      range.addEventListener("input", () => {
        const value = Number(range.value);
        if (range.step === "1") this.go(value);
        else this.#scrub(value);
      });
      range.addEventListener("pointerdown", () => {
        if (!reducedMotion()) range.step = "any"; // under the thumb things move all the way
      });
      for (const event of ["pointerup", "pointercancel", "change"]) {
        range.addEventListener(event, () => {
          if (range.step === "1") return;
          range.step = "1";
          this.go(Math.round(this.#at));
        });
      }
      live.addEventListener("keydown", (event) => this.#key(event));
      region.element.textContent = data.frames[0].text;
      this.#paint(0);
      this.#tell();
    }

    #key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const keys = {
        ArrowLeft: () => this.step(-1),
        ArrowDown: () => this.step(-1),
        ArrowRight: () => this.step(1),
        ArrowUp: () => this.step(1),
        PageDown: () => this.step(-1),
        PageUp: () => this.step(1),
        Home: () => this.go(0),
        End: () => this.go(this.length - 1),
      };
      if (event.target === this.#parts.range) {
        keys[" "] = () => (this.#playing ? this.pause() : this.play());
      } else {
        for (const name of ["ArrowUp", "ArrowDown", "PageUp", "PageDown"]) delete keys[name];
      }
      if (!(event.key in keys)) return;
      event.preventDefault();
      keys[event.key]();
    }

    #scrub(value) {
      this.pause();
      this.#halt();
      this.#paint(value);
      this.#aim = Math.round(value);
      this.#tell();
    }

    // --- what is said ---

    #tell() {
      const { range, count, words, region, head, ticks } = this.#parts;
      const frame = this.#data.frames[this.#aim];
      if (range.step === "1") range.value = String(this.#aim);
      range.setAttribute("aria-valuetext", `${this.#aim + 1} of ${this.length}`);
      count.textContent = `${this.#aim + 1} / ${this.length}`;
      words.textContent = frame.text;
      region.say(frame.text);
      head.textContent = `Step ${frame.step} of 8: ${frame.name}`;
      ticks.forEach((tick, i) => {
        const state = i + 1 === frame.step ? "on" : i + 1 < frame.step ? "past" : "off";
        tick.setAttribute("class", state);
      });
      this.#buttons();
    }

    #buttons() {
      const { back, play, next } = this.#parts;
      back.setAttribute("aria-disabled", String(this.#aim === 0));
      next.setAttribute("aria-disabled", String(this.#aim === this.length - 1));
      const name = this.#playing ? "Pause" : "Play";
      if (play.getAttribute("aria-label") === name) return;
      play.setAttribute("aria-label", name);
      play.replaceChildren(icon(this.#playing ? ICONS.pause : ICONS.play));
    }

    // --- what is seen ---

    /**
     * The way from the frame before to this one: where things stand in both, and when the new
     * ones come. One that comes from something new itself waits until that is there.
     */
    #staged(i) {
      const frames = this.#data.frames;
      const place = (frame) => new Map(frame.show.map(([s, x, y, faint]) => [s, { x, y, faint }]));
      const after = place(frames[i]);
      const before = i ? place(frames[i - 1]) : after;
      const turn = new Map();
      const turnOf = (s) => {
        if (before.has(s) || !after.has(s)) return 0;
        if (!turn.has(s)) {
          const sources = (this.#data.sprites[s].from || []).filter((f) => after.has(f) || before.has(f));
          turn.set(s, sources.length ? 1 + Math.max(...sources.map(turnOf)) : 0);
        }
        return turn.get(s);
      };
      const coming = [...after.keys()].filter((s) => !before.has(s));
      const made = coming.filter((s) => turnOf(s) > 0);
      const last = Math.max(1, ...made.map(turnOf));
      const slots = coming.some((s) => turnOf(s) === 0 && this.#data.sprites[s].kind === "cell");
      // Where something new without a source has to be there first, it takes a turn of its own.
      const first = made.length && slots ? 0.5 : 0;
      const whole = last + first;
      const windows = new Map();
      for (let t = 1; t <= last; t += 1) {
        const group = made.filter((s) => turnOf(s) === t);
        group.forEach((s, n) => {
          const start = first + t - 1 + (0.45 * n) / group.length; // one after the other
          windows.set(s, [start / whole, (start + 0.55) / whole]);
        });
      }
      const arrive = first ? first / whole : 1;
      const lasts = MOVE * whole * (made.length > 4 ? 1.7 : 1); // many take longer to follow
      return { before, after, windows, lasts, arrive, lit: frames[i].lit };
    }

    #paint(position) {
      this.#at = position;
      const done = position / Math.max(1, this.length - 1);
      this.#parts.range.style.setProperty("--done", `${100 * done}%`);
      const i = Math.ceil(position);
      const t = position === i ? 1 : position - i + 1;
      const { before, after, windows, arrive, lit } = this.#stages[i];
      const glow = new Set(lit);
      const kept = new Set();
      this.#drawn.forEach((element, s) => {
        const [a, b] = [before.get(s), after.get(s)];
        if (!a && !b) {
          element.style.display = "none";
          return;
        }
        let seen = 1;
        let [x, y] = [0, 0];
        const gone = t === 1 && !b;
        if (a && b) {
          const m = ease(within(t, 0, Math.min(arrive, 0.7)));
          [x, y] = [between(a.x, b.x, m), between(a.y, b.y, m)];
        } else if (b) {
          [x, y] = [b.x, b.y];
          const own = windows.get(s);
          seen = own ? within(t, between(...own, 0.72), own[1]) : within(t, arrive * 0.35, arrive);
        } else {
          [x, y] = [a.x, a.y];
          seen = 1 - within(t, 0, Math.min(0.35, arrive));
        }
        element.style.display = gone || seen === 0 ? "none" : "";
        element.style.opacity = seen;
        element.setAttribute("transform", `translate(${x} ${y})`);
        const faint = (t >= 0.5 ? b || a : a || b).faint;
        const classes = `${faint ? "faint " : ""}${glow.has(s) ? "lit" : ""}`.trim();
        if (element.getAttribute("class") !== classes) element.setAttribute("class", classes);
      });
      if (t < 1) {
        for (const [s, [from, to]] of windows) {
          const m = within(t, from, to);
          if (m === 0 || m === 1) continue;
          const end = after.get(s);
          for (const source of this.#data.sprites[s].from) {
            const start = after.get(source) || before.get(source);
            if (!start) continue;
            const name = `${source}>${s}`;
            kept.add(name);
            const copy = this.#copy(name, source);
            const way = ease(m);
            const [x, y] = [between(start.x, end.x, way), between(start.y, end.y, way)];
            copy.setAttribute("transform", `translate(${x} ${y})`);
            copy.style.opacity = 0.9 * (1 - within(m, 0.7, 1));
          }
        }
      }
      for (const [name, copy] of this.#copies) {
        if (kept.has(name)) continue;
        copy.remove();
        this.#copies.delete(name);
      }
    }

    #copy(name, source) {
      let copy = this.#copies.get(name);
      if (!copy) {
        copy = draw("g", {}, KINDS[this.#data.sprites[source].kind](this.#data.sprites[source]));
        this.#copies.set(name, copy);
        this.#parts.over.append(copy);
      }
      return copy;
    }
  }

  /** What other elements take from the player: its look, and its icons by name. */
  window.attentionElements.player = { look, icon: (name) => icon(ICONS[name]) };

  define("attention-steps", AttentionSteps);
})();
