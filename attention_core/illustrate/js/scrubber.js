/**
 * `<attention-scrubber>`: the heads of a model at several moments, on a slider.
 *
 * The attribute `data-moments`, written by `scrubber.py`, has a name, a sentence and the weights of
 * each moment; the picture inside has the last of them. It is copied, and its cells are shaded
 * anew. Nothing is computed, and nothing moves by itself.
 */
(() => {
  "use strict";
  const { announcer, define, followTheme, make, player, styleSheet } = window.attentionElements;
  const SVG = "http://www.w3.org/2000/svg";

  const look = new CSSStyleSheet();
  look.replaceSync(`
    .g{stroke:var(--guide);stroke-width:1.4;fill:none}
    .cells rect{transition:fill-opacity .15s}
    .words{font-variant-numeric:tabular-nums}
  `);

  /** Two digits to the base 36 are a weight in thousandths. */
  const decoded = (text) => text.match(/../g).map((digits) => parseInt(digits, 36) / 1000);

  /** As `_shade` in `scrubber.py`, finer. */
  const shade = (weight) => (0.04 + 0.9 * weight).toFixed(4);

  /**
   * The scrubber.
   *
   * - `position` (number): which moment is in view, from 0; can be set.
   * - `length` (number): how many there are.
   * - `ready` (boolean): whether there are moments to show.
   * - event `moment` each time that another comes into view; its `detail` is the moment, from 0.
   */
  class AttentionScrubber extends HTMLElement {
    #moments = [];
    #at = 0;
    #cells = [];
    #parts = {};
    #stop = () => {};

    get ready() {
      return this.#moments.length > 0;
    }
    get length() {
      return this.#moments.length;
    }
    get position() {
      return this.#at;
    }
    set position(value) {
      if (!this.ready) return;
      const aim = Math.min(this.length - 1, Math.max(0, Math.round(Number(value) || 0)));
      if (aim === this.#at) return;
      this.#at = aim;
      this.#paint();
      this.dispatchEvent(new CustomEvent("moment", { detail: aim }));
    }

    connectedCallback() {
      if (!this.shadowRoot) this.#build();
      if (this.ready) this.#stop = followTheme(this);
    }

    disconnectedCallback() {
      this.#stop();
    }

    #build() {
      const drawn = this.querySelector("svg");
      let data = null;
      try {
        data = JSON.parse(this.dataset.moments || "");
      } catch {
        return; // the picture inside stays
      }
      if (!drawn) return;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, player.look, look];
      this.#moments = data.moments.map((moment) => ({ ...moment, weights: decoded(moment.weights) }));

      const picture = document.createElementNS(SVG, "svg");
      picture.setAttribute("class", "picture");
      picture.setAttribute("viewBox", drawn.getAttribute("viewBox"));
      picture.setAttribute("aria-hidden", "true");
      picture.style.maxWidth = `${drawn.getAttribute("width")}px`;
      const parts = [...drawn.children].filter((child) => child.tagName !== "style");
      picture.append(...parts.map((part) => part.cloneNode(true)));
      this.#cells = [...picture.querySelectorAll(".cells rect")];

      const button = (name, icon, by) => {
        const made = make("button", { type: "button", "aria-label": name });
        made.append(player.icon(icon));
        made.addEventListener("click", () => (this.position += by));
        return made;
      };
      const back = button("Previous", "back", -1);
      const next = button("Next", "on", 1);
      const range = make("input", {
        type: "range", min: "0", max: String(this.length - 1), step: "1", "aria-label": "Moment",
      });
      range.addEventListener("input", () => (this.position = range.value));
      const count = make("span", { class: "count", "aria-hidden": "true" });
      const texts = this.#moments.map((moment) => moment.text);
      const longest = texts.reduce((a, b) => (b.length > a.length ? b : a));
      const words = make("p", { class: "words", "aria-hidden": "true" });
      const sentence = make(
        "div", { class: "sentence" },
        make("p", { class: "room", "aria-hidden": "true", text: longest }), words,
      );
      const region = announcer();
      const controls = make("div", { class: "controls" }, back, next, range, count);
      root.append(
        make(
          "div", { class: "live", role: "group", "aria-label": data.title },
          picture, sentence, region.element, controls,
          make("p", { class: "caption", text: data.caption }),
        ),
        make("slot"),
      );
      this.#parts = { back, next, range, count, words, region };
      controls.addEventListener("keydown", (event) => this.#key(event));
      this.#at = this.length - 1; // as the picture inside
      this.#paint();
      region.element.textContent = texts[this.#at];
    }

    #key(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const keys = {
        ArrowLeft: this.#at - 1,
        ArrowRight: this.#at + 1,
        Home: 0,
        End: this.length - 1,
      };
      if (event.target === this.#parts.range) {
        Object.assign(keys, {
          ArrowDown: this.#at - 1,
          ArrowUp: this.#at + 1,
          PageUp: this.#at + 3,
          PageDown: this.#at - 3,
        });
      }
      if (!(event.key in keys)) return;
      event.preventDefault();
      this.position = keys[event.key];
    }

    #paint() {
      const { back, next, range, count, words, region } = this.#parts;
      const moment = this.#moments[this.#at];
      this.#cells.forEach((cell, i) => (cell.style.fillOpacity = shade(moment.weights[i])));
      range.value = String(this.#at);
      range.style.setProperty("--done", `${(100 * this.#at) / Math.max(1, this.length - 1)}%`);
      range.setAttribute("aria-valuetext", moment.name);
      count.textContent = `${this.#at + 1} / ${this.length}`;
      words.textContent = moment.text;
      region.say(moment.text);
      back.setAttribute("aria-disabled", String(this.#at === 0));
      next.setAttribute("aria-disabled", String(this.#at === this.length - 1));
    }
  }

  define("attention-scrubber", AttentionScrubber);
})();
