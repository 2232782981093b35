/**
 * What is wrong with the page in view, one sentence each.
 *
 * Run in the page by test_pages.py; nothing here is part of the site.
 */
() => {
  const faults = [];
  const shown = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 90);
  const article = document.querySelector("article") || document.body;

  /** Every element of the page, those in the shadow of custom elements too. */
  function* everything(root = document) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* everything(element.shadowRoot);
    }
  }
  const up = (element) => element.parentElement || element.getRootNode().host || null;
  const inView = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;

  // --- width ---------------------------------------------------------------------------------
  const wide = document.documentElement.scrollWidth;
  if (wide > window.innerWidth) {
    faults.push(`scrolls sideways: ${wide} in ${window.innerWidth}`);
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      if (box.right > window.innerWidth + 1 && box.width && faults.length < 4) {
        faults.push(`  reaches ${Math.round(box.right)}: ${shown(element)}`);
      }
    }
  }

  // --- images and figures ----------------------------------------------------------------------
  for (const image of document.images) {
    const waits = image.loading === "lazy" && !image.complete;
    if (!waits && (!image.complete || !image.naturalWidth)) {
      faults.push(`image not loaded: ${image.src}`);
    }
    if (!image.hasAttribute("alt")) faults.push(`image without alt: ${image.src}`);
  }
  for (const svg of document.querySelectorAll("figure svg, .cell_output svg")) {
    const labelled = (svg.getAttribute("aria-labelledby") || "")
      .split(/\s+/)
      .map((id) => document.getElementById(id)?.textContent || "")
      .join("");
    const name = svg.getAttribute("aria-label") || labelled;
    const own = !svg.parentElement.closest("svg, button");
    if (own && svg.getAttribute("aria-hidden") !== "true") {
      if (svg.getAttribute("role") !== "img" || !name.trim()) {
        faults.push(`figure without a name: ${shown(svg)}`);
      }
      const played = "attention-bench, attention-dial, attention-heads, attention-scrubber, attention-steps, attention-strip";
      const live = svg.closest(played); // its picture is for paper
      if (!svg.getBoundingClientRect().width && !svg.closest("details:not([open])") && !live) {
        faults.push(`figure not in view: ${shown(svg)}`);
      }
    }
  }
  for (const figure of document.querySelectorAll("figure")) {
    if (!figure.querySelector("figcaption")?.textContent.trim()) {
      faults.push(`figure without a caption: ${shown(figure)}`);
    }
  }

  // --- source that should have become something else; code may say what it likes ---------------
  const raw = [
    [/\$[^$\s][^$]*\$|\$\$|\\\(|\\\[|\\(frac|text\w*|sqrt|mathrm|cdot|begin)\b/, "maths"],
    [/\{(term|ref|doc|eq|numref|math|cite(:\w+)?|[a-z]+:[a-z]+)\}/, "a role"],
    [/:::|^```/, "a directive"],
    [/<!--|claim:/, "a claim"],
    [/\]\([^)\s]+\)/, "a link"],
  ];
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text.parentElement.closest("pre, code, script, style, .katex, svg")) continue;
    for (const [pattern, what] of raw) {
      const found = text.data.match(pattern);
      if (found) faults.push(`${what} left as source: ${text.data.trim().slice(0, 80)}`);
    }
  }
  for (const error of document.querySelectorAll(".katex-error, .system-message, .problematic")) {
    faults.push(`an error on the page: ${error.textContent.slice(0, 80)}`);
  }

  // --- structure -------------------------------------------------------------------------------
  if (document.querySelectorAll("h1").length !== 1) {
    faults.push(`${document.querySelectorAll("h1").length} titles (h1)`);
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) faults.push(`heading ${next} after ${level || "none"}: ${shown(heading)}`);
    level = next;
  }
  for (const details of article.querySelectorAll("details[open]")) {
    faults.push(`an answer lies open: ${shown(details)}`);
  }
  for (const control of document.querySelectorAll("button, summary, a[href]")) {
    const name = control.getAttribute("aria-label") || control.title || control.textContent;
    if (!name.trim()) faults.push(`a control without a name: ${shown(control)}`);
  }
  for (const link of document.querySelectorAll('a[href^="#"]')) {
    const id = decodeURIComponent(link.getAttribute("href").slice(1));
    if (id && !document.getElementById(id)) faults.push(`no such anchor: #${id}`);
  }

  // --- contrast of the roles' text and of all formulas, which axe does not see -----------------
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const known = new Map();
  /** A CSS colour as red, green, blue (0 to 255) and alpha (0 to 1). */
  function rgba(css) {
    if (!known.has(css)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = css;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      known.set(css, [r, g, b, a / 255]);
    }
    return known.get(css);
  }
  const over = ([r, g, b, a], under) =>
    [r, g, b].map((part, index) => part * a + under[index] * (1 - a));
  function luminance(colour) {
    const [r, g, b] = colour.map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  function contrast(a, b) {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  }
  const faint = (element) => {
    let opacity = 1;
    for (let at = element; at; at = up(at)) opacity *= Number(getComputedStyle(at).opacity);
    return opacity;
  };
  /** What is painted under the middle of an element: shapes of its picture, then boxes. */
  function ground(element) {
    const layers = [];
    const svg = element.closest("svg");
    if (svg) {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      for (const shape of svg.querySelectorAll("rect, circle, ellipse, path, polygon")) {
        if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
        const at = shape.getBoundingClientRect();
        const style = getComputedStyle(shape);
        if (style.fill === "none" || x < at.left || x > at.right || y < at.top || y > at.bottom) {
          continue;
        }
        const [r, g, b, a] = rgba(style.fill);
        layers.unshift([r, g, b, a * Number(style.fillOpacity) * faint(shape)]);
      }
    }
    for (let at = svg || element; at; at = up(at)) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3]) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((under, layer) => over(layer, under), [255, 255, 255]);
  }

  const probe = document.body.appendChild(document.createElement("i"));
  const roles = new Map();
  for (const role of ["input", "query", "key", "value", "score", "output"]) {
    for (const name of [`--role-${role}`, `--role-${role}-text`]) {
      probe.style.color = "transparent";
      probe.style.color = `var(${name}, transparent)`;
      const colour = rgba(getComputedStyle(probe).color);
      if (colour[3]) roles.set(colour.slice(0, 3).join(), role);
    }
  }
  probe.remove();
  for (const element of everything()) {
    const speaks = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && node.data.replace(/\u200b/g, "").trim(),
    );
    if (!speaks || !inView(element) || element.closest("script, style, .katex-mathml")) continue;
    const style = getComputedStyle(element);
    const [r, g, b, a] = rgba(element.closest("svg") ? style.fill : style.color);
    const role = roles.get([r, g, b].join());
    const formula = element.closest(".katex-html");
    if (!role && !formula) continue;
    const under = ground(element);
    const ratio = contrast(over([r, g, b, a * faint(element)], under), under);
    if (ratio < 4.5) {
      const what = role ? `text in the colour of ${role}` : "a formula";
      faults.push(`${what} at ${ratio.toFixed(2)} to 1: ${element.textContent.trim().slice(0, 40)}`);
    }
  }

  // --- focus -----------------------------------------------------------------------------------
  const before = document.activeElement;
  const reached =
    "a[href], button, input, select, textarea, summary, [tabindex]:not([tabindex='-1']), [contenteditable=true]";
  for (const control of everything()) {
    if (!control.matches(reached) || control.disabled || !inView(control)) continue;
    if (control.matches("[tabindex='-1']")) continue;
    const look = () => {
      const style = getComputedStyle(control);
      const line = parseFloat(style.outlineWidth) && style.outlineStyle !== "none";
      const seen = line && rgba(style.outlineColor)[3] > 0;
      return { outline: seen ? style.outlineColor : "", shadow: style.boxShadow };
    };
    document.activeElement?.blur();
    const calm = look();
    control.focus({ preventScroll: true, focusVisible: true });
    if (control.getRootNode().activeElement !== control) {
      faults.push(`cannot have the focus: ${shown(control)}`);
      continue;
    }
    const { outline, shadow } = look();
    const ring = shadow !== calm.shadow && shadow !== "none";
    if (!outline && !ring) faults.push(`focus not visible: ${shown(control)}`);
    else if (outline && !ring) {
      const under = ground(up(control) || control);
      const ratio = contrast(over(rgba(outline), under), under);
      if (ratio < 3) faults.push(`focus at ${ratio.toFixed(2)} to 1: ${shown(control)}`);
    }
  }
  document.activeElement?.blur();
  before?.focus?.({ preventScroll: true });
  return faults;
}
