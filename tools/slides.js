/**
 * A deck of slides: one in view, keys, buttons, an address for each, notes, light and dark.
 *
 * The page is complete without this script: all slides, one below the other. Nothing here moves by
 * itself, and a picture that plays keeps its own keys: in it, the deck hears only those that it leaves.
 */
(() => {
  "use strict";
  const html = document.documentElement;
  const WIDE = 1280;
  const HIGH = 720;
  const LEAST = 0.66; // how much smaller than meant words may become
  // Players whose picture, words and buttons may as well stand in two columns.
  const FALLS_APART = "attention-steps, attention-scrubber, attention-strip";
  const SCROLLED = 700; // the width of a player too high for any slide, which scrolls in its room
  const system = matchMedia("(prefers-color-scheme: dark)");
  const narrow = matchMedia("(max-width: 700px) and (orientation: portrait)");
  const onPaper = html.classList.contains("on-paper");

  // --- light and dark: as the system says, until somebody asks for the other -----------------------
  let asked = null;
  let printing = false;
  const paint = () => {
    html.dataset.theme = printing || onPaper ? "light" : asked || (system.matches ? "dark" : "light");
  };
  const toggle = () => {
    asked = html.dataset.theme === "dark" ? "light" : "dark";
    paint();
  };
  paint();
  system.addEventListener("change", paint);

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  // --- everything within its slide -------------------------------------------------------------------

  /** Whether something on a slide needs more room than there is. */
  function crowded(slide) {
    const box = slide.getBoundingClientRect();
    const scale = box.width / WIDE || 1;
    const style = getComputedStyle(slide);
    const bottom = box.bottom - (parseFloat(style.paddingBottom) - 2) * scale;
    for (const part of slide.querySelectorAll(":scope > :is(header, .large, .said, .later)")) {
      if (part.getBoundingClientRect().bottom > bottom + 1) return true;
      if (part.matches(":not(.plays > .large)") && part.scrollWidth > part.clientWidth + 1) return true;
      if (part.matches(":not(.plays) > .large") && part.scrollHeight > part.clientHeight + 1) return true;
    }
    return false;
  }

  /** Whether a formula, or a line of code, is wider than the slide, or higher than its room. */
  function wide(slide) {
    const room = slide.querySelector(".large");
    const parts = slide.querySelectorAll(".large :is(.katex-display > .katex > .katex-html, pre)");
    const limit = room.getBoundingClientRect();
    for (const part of parts) {
      const range = document.createRange();
      range.selectNodeContents(part);
      const box = range.getBoundingClientRect();
      const edge = part.matches("pre") ? (24 * limit.width) / room.clientWidth : -1;
      if (box.right > limit.right - edge || box.left < limit.left - 1) return true;
    }
    return room.scrollHeight > room.clientHeight + 1;
  }

  /** Words, formulas and code smaller, where a system's typefaces or a long text ask for it. */
  function fit(slide) {
    slide.style.removeProperty("--fit");
    slide.style.removeProperty("--formula");
    if (!html.classList.contains("staged")) return;
    if (slide.matches(".formula, .code")) {
      const least = slide.matches(".code") ? 0.7 : 0.4;
      for (let size = 1; wide(slide) && size > least; size -= 0.04) {
        slide.style.setProperty("--formula", size.toFixed(2));
      }
    }
    for (let size = 1; crowded(slide) && size > LEAST; size -= 0.02) {
      slide.style.setProperty("--fit", size.toFixed(2));
    }
    for (const player of slide.querySelectorAll(".large > *")) {
      if (player.shadowRoot) enlarge(slide, player);
    }
  }

  const sizes = new WeakMap();
  const watcher = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const slide = target.closest(".slide");
      if (!slide.matches(".now") || !html.classList.contains("staged")) continue;
      if (Math.abs(target.offsetHeight - (sizes.get(target) || 0)) > 1) enlarge(slide, target);
    }
  });

  // A high player in two columns, below its headline.
  const columns = new CSSStyleSheet();
  columns.replaceSync(
    ":host([data-columns]) .live{display:block;max-width:none;columns:2;column-gap:2.5rem}" +
      ":host([data-columns]) .live>*{break-inside:avoid}",
  );

  /** A player as large as its room: beside its headline, or in columns below it. */
  function enlarge(slide, player) {
    const root = player.shadowRoot;
    slide.classList.add("live");
    if (!root.adoptedStyleSheets.includes(columns)) root.adoptedStyleSheets.push(columns);
    const said = root.querySelector(".live > .caption");
    if (said) said.hidden = true; // it stands on the slide
    const room = slide.querySelector(".large");

    const lay = (inColumns, width) => {
      slide.classList.toggle("flat", inColumns);
      player.toggleAttribute("data-columns", inColumns);
      player.style.width = `${width}px`;
    };
    let best = null;
    for (const inColumns of player.matches(FALLS_APART) ? [false, true] : [false]) {
      for (let width = inColumns ? 700 : 440; width <= 1160; width += 20) {
        lay(inColumns, width);
        if (width > room.clientWidth) break;
        const scale = Math.min(room.clientWidth / width, room.clientHeight / player.offsetHeight, 2.2);
        // Columns are worth it where they gain much.
        if (!best || scale > best.scale * (inColumns && !best.inColumns ? 1.1 : 1.001)) {
          best = { inColumns, width, scale };
        }
      }
    }
    const scrolls = best.scale < LEAST;
    if (scrolls) best = { inColumns: false, width: SCROLLED, scale: 0 };
    lay(best.inColumns, best.width);
    room.classList.toggle("scrolls", scrolls);
    room.tabIndex = scrolls ? 0 : -1;
    const height = player.offsetHeight;
    sizes.set(player, height);
    if (scrolls) best.scale = room.clientWidth / best.width;
    const left = (room.clientWidth - best.width * best.scale) / 2;
    const top = scrolls ? 0 : (room.clientHeight - height * best.scale) / 2;
    player.style.transform = `translate(${left}px, ${top}px) scale(${best.scale})`;
    watcher.observe(player);
  }

  /** Once the typefaces are there, without which nothing can be measured. */
  const lettered = () => Promise.all([...document.fonts].map((face) => face.load().catch(() => {})));

  // --- on paper ----------------------------------------------------------------------------------------

  if (onPaper) {
    addEventListener("DOMContentLoaded", async () => {
      await lettered();
      for (const slide of document.querySelectorAll(".slide")) fit(slide);
    });
    return;
  }

  // --- the deck ------------------------------------------------------------------------------------------

  function start() {
    const deck = document.querySelector(".deck");
    if (!deck) return;
    const slides = [...deck.querySelectorAll(".slide")];
    let at = 0;

    const icon = (path) => {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
      svg.setAttribute("viewBox", "0 0 24 24");
      svg.setAttribute("aria-hidden", "true");
      line.setAttribute("d", path);
      svg.append(line);
      return svg;
    };
    const button = (name, action, ...inside) => {
      const made = make("button", { type: "button", "aria-label": name, title: name }, ...inside);
      made.addEventListener("click", action);
      return made;
    };

    const back = button("Back", () => previous(), icon("M15 5l-7 7 7 7"));
    const on = button("On", () => next(), icon("M9 5l7 7-7 7"));
    const count = button("All slides", () => overview());
    const bar = make("nav", { class: "deck-bar", "aria-label": "Slides" }, back, count, on);
    const region = make("p", { class: "hushed", "aria-live": "polite" });
    const notes = make("aside", { class: "deck-notes", "aria-label": "Notes", tabindex: "0", hidden: "" });
    document.body.append(bar, region, notes);

    // --- from slide to slide ---

    const later = (slide) => [...slide.querySelectorAll(".later")];

    function reveal(slide, seen) {
      for (const part of later(slide)) {
        part.classList.toggle("seen", seen);
        part.inert = !seen;
      }
    }

    /** Show a slide; `seen` says whether what comes later is there at once. */
    function go(to, seen = false) {
      at = Math.max(0, Math.min(slides.length - 1, to));
      slides.forEach((slide, i) => {
        slide.classList.toggle("now", i === at);
        slide.inert = i !== at;
      });
      const slide = slides[at];
      reveal(slide, seen);
      fit(slide);
      tell();
      if (!document.querySelector("dialog[open]")) {
        slide.tabIndex = -1;
        slide.focus({ preventScroll: true });
      }
      scrollTo(0, 0);
      const address = `#${at + 1}`;
      if (location.hash !== address) {
        try {
          history.replaceState(null, "", address);
        } catch {
          location.replace(address);
        }
      }
    }

    function tell() {
      const waiting = later(slides[at]).some((part) => !part.classList.contains("seen"));
      count.textContent = `${at + 1} / ${slides.length}`;
      count.setAttribute("aria-label", `All slides; this is ${at + 1} of ${slides.length}`);
      back.setAttribute("aria-disabled", String(at === 0));
      on.setAttribute("aria-disabled", String(at === slides.length - 1 && !waiting));
      told();
    }

    function next() {
      const slide = slides[at];
      if (later(slide).some((part) => !part.classList.contains("seen"))) {
        reveal(slide, true);
        region.textContent = later(slide).map((part) => part.innerText).join(" ");
        tell();
      } else if (at < slides.length - 1) {
        go(at + 1);
      }
    }

    function previous() {
      const slide = slides[at];
      if (later(slide).some((part) => part.classList.contains("seen"))) {
        reveal(slide, false);
        tell();
      } else if (at > 0) {
        go(at - 1, true);
      }
    }

    /** The slide that an address means: its number, or the name of what is on it. */
    function addressed() {
      const name = decodeURIComponent(location.hash.slice(1));
      const place = slides.findIndex((slide) => slide.id === name || slide.dataset.name === name);
      return Math.max(0, place);
    }

    // --- the size of the stage ---

    function stage() {
      html.classList.toggle("staged", printing || !narrow.matches);
      if (printing || narrow.matches) {
        deck.style.transform = "";
        for (const player of deck.querySelectorAll(".plays .large > *")) {
          player.removeAttribute("data-columns");
          player.style.removeProperty("width");
          player.style.removeProperty("transform");
        }
        for (const slide of deck.querySelectorAll(".live")) {
          slide.classList.remove("live", "flat");
          slide.querySelector(".large").classList.remove("scrolls");
        }
      } else {
        const high = innerHeight - (notes.hidden ? 0 : notes.offsetHeight);
        const scale = Math.min(innerWidth / WIDE, high / HIGH);
        const [left, top] = [(innerWidth - WIDE * scale) / 2, (high - HIGH * scale) / 2];
        deck.style.transform = `translate(${left}px, ${top}px) scale(${scale})`;
      }
      if (!printing) fit(slides[at]);
    }

    // --- notes ---

    let other = null; // their own window

    function told() {
      const slide = slides[at];
      const inside = () => {
        const said = slide.querySelector(".notes");
        if (!said) return [make("p", { text: "No notes to this slide." })];
        return [...said.cloneNode(true).childNodes];
      };
      if (!notes.hidden) notes.replaceChildren(...inside());
      if (!other || other.closed) return;
      const following = slides[at + 1];
      const page = other.document;
      page.title = `Notes: ${document.title}`;
      const shown = [
        make("p", { class: "kicker", text: `${at + 1} / ${slides.length}` }),
        make("h1", { text: slide.querySelector("header > :last-child").innerText }),
        ...inside(),
        make("p", { class: "kicker", text: following ? "Next" : "The end" }),
        make("p", { text: following ? following.querySelector("header > :last-child").textContent : "" }),
      ];
      page.body.replaceChildren(make("main", { class: "shelf bd-article" }, ...shown));
    }

    function beside() {
      other = open("", "notes", "width=700,height=600");
      if (!other) {
        if (notes.hidden) below(); // no windows here
        return;
      }
      const page = other.document;
      page.documentElement.className = "slides";
      page.documentElement.lang = html.lang;
      page.documentElement.dataset.theme = html.dataset.theme;
      if (!page.querySelector("link")) {
        for (const link of document.querySelectorAll("link[rel=stylesheet]")) {
          page.head.append(make("link", { rel: "stylesheet", href: link.href }));
        }
        other.addEventListener("keydown", key);
      }
      told();
    }

    function below() {
      notes.hidden = !notes.hidden;
      told();
      stage();
    }

    // --- all slides ---

    const all = make("dialog", { class: "deck-all", "aria-label": "All slides" });
    document.body.append(all);
    all.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (link) {
        event.preventDefault();
        all.close();
        go(Number(link.hash.slice(1)) - 1);
      } else if (event.target === all) {
        all.close();
      }
    });

    function overview() {
      if (all.open) return all.close();
      const list = make("ol");
      slides.forEach((slide, i) => {
        const words = slide.querySelector("header > :last-child");
        if (slide.matches(".part, .chapter")) {
          const above = slide.querySelector(".kicker").textContent;
          list.append(make("li", { class: "group", text: above }));
        }
        const link = make("a", { href: `#${i + 1}` }, make("span", { text: String(i + 1) }));
        const title = make("b", { style: "font-weight:inherit" });
        title.append(...words.cloneNode(true).childNodes);
        link.append(title);
        if (i === at) link.setAttribute("aria-current", "true");
        list.append(make("li", {}, link));
      });
      const words = (name, action) => {
        const made = make("button", { type: "button", text: name });
        made.addEventListener("click", action);
        return made;
      };
      all.replaceChildren(
        make(
          "div", { class: "tools" },
          make("h2", { text: document.title.split(" · ")[0] }),
          words("Light or dark", toggle),
          words("Notes", () => (all.close(), below())),
          words("Close", () => all.close()),
        ),
        list,
      );
      all.showModal();
      all.querySelector("[aria-current]").focus();
    }

    // --- keys and fingers ---

    function key(event) {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (all.open) {
        if (event.key === "o") all.close();
        return;
      }
      const target = event.composedPath()[0];
      const inPlayer = target.getRootNode() instanceof ShadowRoot;
      const typing = target.matches?.("input, textarea, select");
      if (event.key === "Escape" && inPlayer) {
        slides[at].focus({ preventScroll: true });
        return;
      }
      const turns = { PageDown: next, PageUp: previous };
      const keys = inPlayer || typing ? turns : {
        ...turns,
        ArrowRight: next,
        ArrowLeft: previous,
        Home: () => go(0),
        End: () => go(slides.length - 1),
        o: overview,
        n: below,
        w: beside,
        d: toggle,
        f: () => (document.fullscreenElement ? document.exitFullscreen() : html.requestFullscreen?.()),
        Backspace: previous,
      };
      if (!inPlayer && !typing && !narrow.matches) {
        Object.assign(keys, { ArrowDown: next, ArrowUp: previous });
        if (!target.closest?.("button, a, summary")) {
          Object.assign(keys, { " ": event.shiftKey ? previous : next, Enter: next });
        }
      }
      if (target.closest?.(".deck-notes, .scrolls") && /^(Arrow(Up|Down)|Page|Home|End| )/.test(event.key)) return;
      const action = keys[event.key];
      if (!action || (event.shiftKey && event.key !== " ")) return;
      event.preventDefault();
      action();
    }
    addEventListener("keydown", key);

    let touched = null;
    deck.addEventListener("touchstart", (event) => {
      const wide = event.target.closest("pre, .math-display, .plays .large");
      touched = event.touches.length === 1 && !wide ? event.touches[0] : null;
    }, { passive: true });
    deck.addEventListener("touchend", (event) => {
      if (!touched) return;
      const end = event.changedTouches[0];
      const [x, y] = [end.clientX - touched.clientX, end.clientY - touched.clientY];
      touched = null;
      if (Math.abs(x) < 50 || Math.abs(x) < 2 * Math.abs(y)) return;
      if (x < 0) next();
      else previous();
    }, { passive: true });

    // --- begin ---

    html.classList.add("on");
    addEventListener("hashchange", () => {
      const to = addressed();
      if (to !== at) go(to);
    });
    addEventListener("resize", stage);
    narrow.addEventListener("change", stage);
    addEventListener("beforeprint", () => {
      printing = true;
      paint();
      stage();
      for (const slide of slides) fit(slide);
    });
    addEventListener("afterprint", () => {
      printing = false;
      paint();
      stage();
    });
    stage();
    go(addressed());
    // Players are defined, and typefaces there, a moment later.
    addEventListener("load", () => lettered().then(stage));

    /** For whoever drives the deck from outside. */
    window.deck = {
      slides,
      go,
      next,
      previous,
      get at() {
        return at;
      },
    };
  }

  addEventListener("DOMContentLoaded", start);
})();
