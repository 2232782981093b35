/**
 * What is wrong with the page in view, one sentence each.
 *
 * Run in the page by test_pages.py; nothing here is part of the site.
 */
() => {
  const faults = [];
  const shown = (element) => element.outerHTML.slice(0, 90);

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

  for (const image of document.images) {
    if (!image.complete || !image.naturalWidth) faults.push(`image not loaded: ${image.src}`);
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
      const live = svg.closest("attention-bench, attention-steps"); // its picture is for paper
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

  // Source that should have become something else. Code may say what it likes.
  const raw = [
    [/\$[^$\s][^$]*\$|\$\$|\\\(|\\\[|\\(frac|text\w*|sqrt|mathrm|cdot|begin)\b/, "maths"],
    [/\{(term|ref|doc|eq|numref|math|cite(:\w+)?|[a-z]+:[a-z]+)\}/, "a role"],
    [/:::|^```/, "a directive"],
    [/<!--|claim:/, "a claim"],
    [/\]\([^)\s]+\)/, "a link"],
  ];
  const article = document.querySelector("article") || document.body;
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
  if (document.querySelectorAll("h1").length !== 1) {
    faults.push(`${document.querySelectorAll("h1").length} titles (h1)`);
  }
  for (const details of article.querySelectorAll("details[open]")) {
    faults.push(`an answer lies open: ${shown(details)}`);
  }
  for (const button of document.querySelectorAll("button, summary, a[href]")) {
    const name = button.getAttribute("aria-label") || button.title || button.textContent;
    if (!name.trim()) faults.push(`a control without a name: ${shown(button)}`);
  }
  return faults;
}
