/**
 * `<attention-quiz>`: one question after another, and what is behind each answer.
 *
 * The element holds the questions whole, as a page without scripts shows them: for each the text, the
 * options, and a list of reasons as long, in which the right one bears `data-right` and the others a
 * `.quiz-belief`. The quiz is made of these. It keeps nothing and sends nothing.
 */
(() => {
  "use strict";
  const { define, followTheme, make, styleSheet } = window.attentionElements;
  const LETTERS = "ABCDEFGH";

  const look = new CSSStyleSheet();
  look.replaceSync(`
    :host{--focus:#46469e;--accent:#46469e;--soft:#f1f1f9;margin:1.2rem 0 2rem;font-size:1.0625rem;line-height:1.55}
    @media screen{:host([dark]){--focus:#b3b3f5;--accent:#b3b3f5;--soft:#1d222e}}
    .live{padding:1.1rem 1.3rem 1.2rem;border:1px solid var(--guide);border-radius:10px}
    .live :focus-visible{outline:3px solid var(--focus);outline-offset:2px;border-radius:6px}
    .top{display:flex;align-items:center;gap:12px;margin-bottom:.8rem;color:var(--muted);font-size:.95rem}
    .bar{flex:1;height:4px;border-radius:2px;background:var(--guide)}
    .bar i{display:block;height:100%;border-radius:2px;background:var(--accent)}
    fieldset{min-width:0;margin:0;padding:0;border:0}
    legend{padding:0;margin:0 0 .7rem;text-wrap:pretty}
    .result{margin:0 0 .4rem;font-size:1.18rem;font-weight:650;line-height:1.3}
    label{display:flex;gap:.7rem;align-items:flex-start;min-height:44px;margin:0 -.6rem;padding:.55rem .6rem;border-radius:8px;cursor:pointer}
    label:hover,label:has(:checked){background:var(--soft)}
    input{flex:none;width:1.15rem;height:1.15rem;margin:.25rem 0 0;accent-color:var(--accent);cursor:pointer}
    .said{min-height:3.2em;margin:.9rem 0 0}
    .said p{margin:0 0 .5rem}
    .mark{font-weight:650}
    .yes .mark,.first{color:var(--input-t)}
    .no .mark,.never{color:var(--query-t)}
    .quiz-belief,.quiz-read{color:var(--muted)}
    a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
    .buttons{display:flex;flex-wrap:wrap;gap:10px;margin-top:1rem}
    button{min-height:44px;padding:0 1.1rem;border:1px solid var(--accent);border-radius:8px;background:none;color:var(--accent);font:inherit;font-weight:600;cursor:pointer}
    button.main{background:var(--accent);color:var(--paper)}
    button[aria-disabled=true]{border-color:var(--guide);background:none;color:var(--muted);cursor:default}
    .found{margin:.2rem 0 1rem}
    .found ul,.found ol{margin:.5rem 0 1rem;padding-left:1.4rem}
    .found li{margin-bottom:.35rem}
    .outcome{font-weight:600}
    @media (max-width:480px){.live{padding:.9rem .9rem 1rem}}
  `);

  /** The pieces of a question, from the list item that holds it. */
  function read(item) {
    const options = [...item.querySelectorAll(":scope > ol > li")];
    const reasons = [...item.querySelectorAll("details li")];
    return {
      title: item.dataset.title,
      text: item.querySelector("p"),
      options,
      reasons,
      read: item.querySelector(".quiz-read"),
      right: reasons.findIndex((reason) => "right" in reason.dataset),
    };
  }

  const copy = (node) => [...node.childNodes].map((child) => child.cloneNode(true));
  const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

  /**
   * The quiz.
   *
   * - `ready` (boolean): whether there are questions.
   * - `choices` (array): what was chosen first for each question, from 0; null where nothing was.
   * - event `choice` at the first choice for a question; `detail` is `{question, option, right}`.
   */
  class AttentionQuiz extends HTMLElement {
    #questions = [];
    #at = 0;
    #first = [];
    #solved = [];
    #parts = {};
    #stop = () => {};

    get ready() {
      return this.#questions.length > 0;
    }
    get choices() {
      return [...this.#first];
    }

    connectedCallback() {
      // The parser may not have read the questions yet.
      if (document.readyState === "loading" && !this.shadowRoot) {
        document.addEventListener("DOMContentLoaded", () => this.isConnected && this.#begin(), { once: true });
      } else this.#begin();
    }

    disconnectedCallback() {
      this.#stop();
    }

    #begin() {
      if (!this.shadowRoot) this.#build();
      if (this.ready) this.#stop = followTheme(this);
    }

    #build() {
      const found = [...this.querySelectorAll(".quiz-questions > li")].map(read);
      const whole = (q) => q.text && q.right >= 0 && q.options.length === q.reasons.length;
      if (!found.length || !found.every(whole)) return; // the page stays as it is
      this.#questions = found;
      const root = this.attachShadow({ mode: "open" });
      root.adoptedStyleSheets = [styleSheet, look];
      const live = make("div", { class: "live", role: "group", "aria-label": this.dataset.title });
      root.append(live, make("slot"));
      this.#parts = { live };
      this.#restart();
    }

    #restart() {
      this.#first = this.#questions.map(() => null);
      this.#solved = this.#questions.map(() => false);
      this.#at = 0;
      this.#ask();
    }

    #button(words, action, main = false) {
      const button = make("button", { type: "button", class: main && "main", text: words });
      button.addEventListener("click", action);
      return button;
    }

    /** Show the question at hand. */
    #ask(focus = false) {
      const question = this.#questions[this.#at];
      const count = this.#questions.length;
      const last = this.#at === count - 1;
      const fill = make("i");
      fill.style.width = `${(100 * this.#at) / count}%`;
      const bar = make("span", { class: "bar", "aria-hidden": "true" }, fill);
      const place = make("span", { text: `Question ${this.#at + 1} of ${count}` });
      const legend = make("legend", { tabindex: "-1" }, ...copy(question.text));
      const inputs = [];
      const labels = question.options.map((option, i) => {
        const input = make("input", { type: "radio", name: "option", value: String(i) });
        inputs.push(input);
        return make("label", {}, input, make("span", {}, ...copy(option)));
      });
      const said = make("div", { class: "said", "aria-live": "polite" });
      const check = make("button", { type: "submit", class: "main", "aria-disabled": "true", text: "Check" });
      const next = this.#button(last ? "See the count" : "Leave out", () => this.#go(1));
      const back = this.#at > 0 && this.#button("Back", () => this.#go(-1));
      const form = make(
        "form", {},
        make("div", { class: "top" }, place, bar),
        make("fieldset", {}, legend, ...labels),
        said,
        make("div", { class: "buttons" }, check, next, ...(back ? [back] : [])),
      );
      form.addEventListener("change", () => {
        check.setAttribute("aria-disabled", "false");
      });
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const chosen = inputs.findIndex((input) => input.checked);
        if (chosen >= 0) this.#answer(chosen);
      });
      this.#parts = { ...this.#parts, said, next, check };
      this.#parts.live.replaceChildren(form);
      if (this.#first[this.#at] !== null) {
        const again = this.#solved[this.#at] ? question.right : this.#first[this.#at];
        inputs[again].checked = true;
        check.setAttribute("aria-disabled", "false");
        this.#tell(again);
      }
      if (focus) legend.focus();
    }

    /** Count a choice, if it is the first, and say what is behind it. */
    #answer(chosen) {
      const right = chosen === this.#questions[this.#at].right;
      if (right) this.#solved[this.#at] = true;
      if (this.#first[this.#at] === null) {
        this.#first[this.#at] = chosen;
        const detail = { question: this.#at, option: chosen, right };
        this.dispatchEvent(new CustomEvent("choice", { detail }));
      }
      this.#tell(chosen);
    }

    #tell(chosen) {
      const question = this.#questions[this.#at];
      const right = chosen === question.right;
      const { said, next } = this.#parts;
      const reason = copy(question.reasons[chosen]);
      if (!right) reason.unshift(make("span", { class: "mark", text: "Tempting, and not so. " }));
      else reason[0].className = "mark";
      said.className = `said ${right ? "yes" : "no"}`;
      const lines = [make("p", {}, ...reason)];
      if (right) lines.push(make("p", { class: "quiz-read" }, ...copy(question.read)));
      else lines.push(make("p", { class: "quiz-read", text: "Choose again, or go on: the first choice counts." }));
      said.replaceChildren(...lines);
      next.textContent = this.#at === this.#questions.length - 1 ? "See the count" : "Next";
      next.classList.toggle("main", right);
      this.#parts.check.classList.toggle("main", !right);
    }

    #go(by) {
      this.#at += by;
      if (this.#at < this.#questions.length) this.#ask(true);
      else this.#count();
    }

    /** How it went: the number, each concept, and what is worth another look. */
    #count() {
      const outcomes = this.#questions.map((question, i) => {
        if (this.#first[i] === null) return ["left out", "left"];
        if (this.#first[i] === question.right) return ["right", "first"];
        return this.#solved[i] ? ["right at a later choice", "later"] : ["not right", "never"];
      });
      const right = outcomes.filter(([, kind]) => kind === "first").length;
      const beliefs = new Map();
      this.#first.forEach((chosen, i) => {
        const belief = chosen !== null && this.#questions[i].reasons[chosen].querySelector(".quiz-belief");
        if (!belief) return;
        const words = belief.querySelector("q").textContent;
        const known = beliefs.get(words) || { count: 0, link: belief.querySelector("a") };
        beliefs.set(words, { ...known, count: known.count + 1 });
      });
      const heading = make("p", {
        class: "result",
        tabindex: "-1",
        text: `${right} of ${this.#questions.length} right at the first choice`,
      });
      const found = make("div", { class: "found" });
      if (beliefs.size) {
        const sorted = [...beliefs].sort(([, a], [, b]) => b.count - a.count);
        found.append(
          make("p", { text: "What your choices rest on, and where to read about it:" }),
          make("ul", {}, ...sorted.map(([words, { count, link }]) =>
            make("li", {}, make("q", { text: words }), `, ${times(count)}: `, link.cloneNode(true)))),
        );
      }
      const concepts = this.#questions.map((question, i) => {
        const [words, kind] = outcomes[i];
        const line = make("li", {}, `${question.title}: `, make("span", { class: `outcome ${kind}`, text: words }));
        if (kind !== "first") {
          const link = question.read.querySelector("a").cloneNode(true);
          link.textContent = link.textContent.split(",")[0]; // its title stands above, or is not needed
          line.append(", ", link);
        }
        return line;
      });
      found.append(make("p", { text: "Concept by concept:" }), make("ol", {}, ...concepts));
      this.#parts.live.replaceChildren(
        heading,
        found,
        make("div", { class: "buttons" },
          this.#button("Back to the questions", () => this.#go(-1)),
          this.#button("Begin anew", () => {
            this.#restart();
            this.#parts.live.querySelector("legend").focus();
          })),
      );
      heading.focus();
    }
  }

  define("attention-quiz", AttentionQuiz);
})();
