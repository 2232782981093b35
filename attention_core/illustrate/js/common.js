/**
 * What the book's elements share: theme, colours, numbers, words for screen readers.
 *
 * `window.attentionPalette`, the colours of `palette.py`, is written before this script by
 * `elements.py`. Running the script twice does no harm.
 */
(() => {
  "use strict";
  const own = (window.attentionElements = window.attentionElements || {});
  if (own.styleSheet) return;

  const declarations = (colours) =>
    Object.entries(colours)
      .map(([name, colour]) => `--${name}:${colour};`)
      .join("");
  const roleRules = Object.keys(window.attentionPalette.light)
    .filter((name) => `${name}-t` in window.attentionPalette.light)
    .map((role) => {
      const border = role === "output" ? "output-b" : role;
      return `.${role}{--c:var(--${role});--t:var(--${role}-t);--b:var(--${border})}`;
    })
    .join("");

  /**
   * The roles' colours as variables: --input, --query, …; --input-t, … for text and thin lines;
   * --output-b, the outline of outputs; --ink, --muted, --guide, --paper. Inside an element of
   * class `input`, `query`, …: --c the full colour, --t for text, --b for borders. Dark where the
   * host has the attribute `dark`; light on paper, always.
   * @type {CSSStyleSheet}
   */
  own.styleSheet = new CSSStyleSheet();
  own.styleSheet.replaceSync(
    `:host{${declarations(window.attentionPalette.light)}display:block;color:var(--ink);` +
      `font-family:"Source Sans 3",system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",` +
      `Arial,sans-serif;font-variant-numeric:tabular-nums}` +
      `@media screen{:host([dark]){${declarations(window.attentionPalette.dark)}}}` +
      `${roleRules}*,::before,::after{box-sizing:border-box}[hidden]{display:none!important}` +
      `.hushed{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}` +
      `slot{display:none}@media print{.live{display:none!important}slot{display:block}}` +
      `@media (prefers-reduced-motion:reduce){*,::before,::after{animation:none!important;transition:none!important}}`,
  );

  /** Style of a range of the height of a finger, for the style sheet of an element. @type {string} */
  own.slider = `
    input{width:100%;min-width:0;height:44px;margin:0;background:none;cursor:pointer;
      touch-action:pan-y;appearance:none;-webkit-appearance:none;border-radius:6px}
    input:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
    input::-webkit-slider-runnable-track{height:4px;border-radius:2px;background:var(--guide)}
    input::-moz-range-track{height:4px;border-radius:2px;background:var(--guide)}
    input::-webkit-slider-thumb{-webkit-appearance:none;width:20px;height:20px;margin-top:-8px;
      border:2px solid var(--paper);border-radius:50%;background:var(--ink)}
    input::-moz-range-thumb{box-sizing:border-box;width:20px;height:20px;border-radius:50%;
      border:2px solid var(--paper);background:var(--ink)}
    :host{--focus:#46469e}@media screen{:host([dark]){--focus:#b3b3f5}}`;

  const hosts = new Set();
  const system = matchMedia("(prefers-color-scheme: dark)");

  /** Whether the page is dark: as the site says, or JupyterLab, or else the system. */
  function isDark() {
    const theme = document.documentElement.dataset.theme;
    if (theme === "dark" || theme === "light") return theme === "dark";
    const light = document.body && document.body.dataset.jpThemeLight;
    if (light === "true" || light === "false") return light === "false";
    return system.matches;
  }

  function paint() {
    const dark = isDark();
    for (const host of hosts) host.toggleAttribute("dark", dark);
  }

  let watching = false;
  function watch() {
    if (watching) return;
    watching = true;
    const observer = new MutationObserver(paint);
    const attributeFilter = ["data-theme", "data-jp-theme-light"];
    observer.observe(document.documentElement, { attributes: true, attributeFilter });
    if (document.body) observer.observe(document.body, { attributes: true, attributeFilter });
    system.addEventListener("change", paint);
  }

  /**
   * Keep the attribute `dark` of an element in step with the page's theme.
   * @param {HTMLElement} host
   * @returns {() => void} Stops it; call it in `disconnectedCallback`.
   */
  own.followTheme = (host) => {
    hosts.add(host);
    watch();
    // In a notebook, keys pressed in the element are the element's, not JupyterLab's shortcuts.
    host.setAttribute("data-lm-suppress-shortcuts", "true");
    host.toggleAttribute("dark", isDark());
    return () => hosts.delete(host);
  };

  /** Whether the reader asked for less motion. @returns {boolean} */
  own.reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  /**
   * A number as the figures print it: whole numbers plain, others to so many decimals.
   * @param {number} x
   * @param {?number} [decimals=2] null: every digit it has.
   * @returns {string} With a true minus sign, and never a negative zero.
   */
  own.number = (x, decimals = 2) => {
    if (Number.isNaN(x)) return "NaN";
    if (!Number.isFinite(x)) return x > 0 ? "∞" : "−∞";
    let text;
    if (decimals === null) text = String(x);
    else if (Math.abs(x - Math.round(x)) <= 1e-9 && Math.abs(x) < 1e15) text = String(Math.round(x));
    else text = Math.abs(x) < 1e15 ? x.toFixed(decimals) : x.toExponential(decimals);
    if (/^[-0.]*$/.test(text)) text = text.replace("-", "");
    return text.replaceAll("-", "−");
  };

  /**
   * A new element.
   * @param {string} tag
   * @param {Object<string, *>} [attributes] `text` is its text; false and null are left out.
   * @param {...Node} children
   * @returns {HTMLElement}
   */
  own.make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === false || value === null || value === undefined) continue;
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children);
    return element;
  };

  /**
   * A region that screen readers read politely, once the reader has come to rest.
   * @param {number} [rest=500] Milliseconds without anything new.
   * @returns {{element: HTMLElement, say: (sentence: string) => void}}
   */
  own.announcer = (rest = 500) => {
    const element = own.make("p", { class: "hushed", "aria-live": "polite" });
    let waiting = 0;
    return {
      element,
      say(sentence) {
        clearTimeout(waiting);
        waiting = setTimeout(() => {
          if (element.textContent !== sentence) element.textContent = sentence;
        }, rest);
      },
    };
  };

  /**
   * Define an element unless it is defined already.
   * @param {string} name
   * @param {CustomElementConstructor} element
   */
  own.define = (name, element) => {
    if (!customElements.get(name)) customElements.define(name, element);
  };
})();
