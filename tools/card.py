"""Draw the picture that a link to the book shows elsewhere, and the icon of a shortcut to it.

The card is the title with the first output of the worked example, as the book draws it. It takes
a browser to make, so it is made by hand (`make card`); a test says when the example has moved on.
"""

from __future__ import annotations

import io
import re
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import SelfAttention, example, illustrate
from tools.press import chromium

CARD, ICON = (ROOT / "_static" / name for name in ("card.png", "touch-icon.png"))
WIDTH, HEIGHT, SIDE = 1200, 630, 180
FONT = '"Source Sans 3", "Helvetica Neue", Arial, sans-serif'
SCALE = 1.78  # of the figure, which is drawn for a phone
# Bounds of the figure on the card.
LEFT, RIGHT = 460, 1148
KEY = "source"  # of the note in the picture that says what it was drawn from


def card() -> str:
    """The card as one SVG: the title on the left, the first output on the right."""
    inputs, *weights = example.worked
    made = SelfAttention(*weights)(inputs)
    figure = illustrate.weighted_values(made.weights[0], made.value, total=True)
    width, height = figure.width * SCALE, figure.height * SCALE
    drawn = re.sub(r' width="[\d.]+" height="[\d.]+"', "", figure.svg, count=1)
    x, y = (LEFT + RIGHT - width) / 2, (HEIGHT - height) / 2
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" style="height:{height:g}px"'
    drawn = drawn.replace("<svg ", f"<svg {place} ", 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f"<style>svg text{{font-family:{FONT}}}.title{{font-size:58px;font-weight:700}}"
        ".more{font-size:28px;fill:#5b6472}text{fill:#1f2430}</style>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
        f'<svg x="60" y="112" width="72" height="72" viewBox="0 0 32 32">{squares()}</svg>'
        '<text class="title" x="62" y="276">Illustrated</text>'
        '<text class="title" x="62" y="342">self-attention</text>'
        '<text class="more" x="64" y="416">One small example,</text>'
        '<text class="more" x="64" y="454">computed by hand</text>'
        '<text class="more" x="64" y="492">in eight steps</text>'
        f"{drawn}</svg>"
    )


def squares() -> str:
    """The four squares of the book's icon."""
    icon = (ROOT / "_static" / "favicon.svg").read_text(encoding="utf-8")
    return "".join(re.findall(r"<rect[^>]*/>", icon))


def touch_icon() -> str:
    """The book's icon on paper, with room around it: a shortcut's corners are cut."""
    inner = SIDE * 0.62
    start = (SIDE - inner) / 2
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIDE}" height="{SIDE}">'
        f'<rect width="{SIDE}" height="{SIDE}" fill="#fff"/><svg x="{start:g}" y="{start:g}" '
        f'width="{inner:g}" height="{inner:g}" viewBox="0 0 32 32">{squares()}</svg></svg>'
    )


def mark(svg: str) -> str:
    """What is noted in a picture: it changes with every number and line that is drawn."""
    return sha256(svg.encode()).hexdigest()


def main() -> None:
    """Draw both."""
    path = chromium()
    if path is None:
        sys.exit("make card needs Chromium (or CHROMIUM=path): none is installed.")
    from PIL import Image, PngImagePlugin
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for place, svg in ((CARD, card()), (ICON, touch_icon())):
            tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            tab.set_content(f'<html data-theme="light"><body style="margin:0">{svg}</body></html>')
            picture = Image.open(io.BytesIO(tab.locator("body > svg").screenshot()))
            note = PngImagePlugin.PngInfo()
            note.add_text(KEY, mark(svg))
            picture.convert("RGB").quantize(256).save(place, pnginfo=note, optimize=True)
            print(f"{place.relative_to(ROOT)}: {place.stat().st_size / 1000:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
