/* Links for a class: the address of a hub goes in, a link for each chapter comes out. Nothing is
   sent anywhere, and nothing is kept. What a link says after the address stands in the page. */
(() => {
  "use strict";
  const place = document.querySelector(".class-links:has(form)");
  if (!place) return;
  const [form, typed, said, made, all] = ["form", "input", ".class-said", ".class-made", "textarea"].map(
    (part) => place.querySelector(part),
  );

  /** The address of a hub, from what somebody typed or copied; "" if it names no host of the web. */
  function address(text) {
    const trimmed = text.trim();
    const whole = trimmed.includes("://") ? trimmed : `https://${trimmed}`;
    if (/[ @]/.test(whole) || !URL.canParse(whole)) return "";
    const url = new URL(whole);
    if (!["http:", "https:"].includes(url.protocol)) return "";
    let path = `${url.pathname}/`;
    for (const own of ["/hub/", "/user/"]) path = path.split(own)[0]; // the hub's own pages, and its users'
    return url.origin + path.replace(/\/+$/, "");
  }

  function make() {
    const hub = address(typed.value);
    const links = [...made.querySelectorAll("[data-pull]")];
    made.hidden = !hub;
    for (const link of links) link.href = `${hub}/hub/user-redirect/${link.dataset.pull}`;
    all.value = links.map((link) => `${link.textContent}\n${link.href}\n`).join("\n");
    const begins = "This is no address of a hub, which begins like https://hub.example.org.";
    said.textContent = hub ? `${links.length} links to ${hub}` : typed.value.trim() ? begins : "";
  }

  form.addEventListener("submit", (event) => event.preventDefault());
  typed.addEventListener("input", make);
  form.hidden = false;
  make();
})();
