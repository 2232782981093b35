/* What the theme leaves to Bootstrap and to Sphinx, smaller. */

// Back to the top: the button comes when the reader turns back, and goes when she reads on.
(() => {
  const button = document.getElementById("pst-back-to-top");
  if (!button) return;
  let before = scrollY;
  addEventListener(
    "scroll",
    () => {
      if (scrollY === before) return;
      button.style.display = scrollY < before && scrollY > innerHeight ? "block" : "none";
      before = scrollY;
    },
    { passive: true },
  );
  button.addEventListener("click", () => scrollTo({ top: 0 }));
})();

// The words that a reader has searched for are marked on the page she chose, until she presses
// Escape. Marks are not elements: nothing moves, and figures stay as they are.
(() => {
  let words = "";
  try {
    words = localStorage.getItem("sphinx_highlight_terms") || "";
    localStorage.removeItem("sphinx_highlight_terms");
  } catch (error) {
    return; // a browser that keeps nothing
  }
  words = words.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length || !window.Highlight || document.getElementById("search-results")) return;
  const marks = new Highlight();
  const article = document.querySelector("article") || document.body;
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (text.parentElement.closest("svg, style, script, .katex")) continue;
    for (const word of words) {
      let at = -1;
      while ((at = text.data.toLowerCase().indexOf(word, at + 1)) >= 0) {
        const range = new Range();
        range.setStart(text, at);
        range.setEnd(text, at + word.length);
        marks.add(range);
      }
    }
  }
  CSS.highlights.set("searched", marks);
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") CSS.highlights.delete("searched");
  });
})();
