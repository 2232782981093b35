"""Export the animations for slides: GIF, MP4 where ffmpeg is at hand, and each still as SVG and PNG.

Everything goes to _build/figures, with a note on the licence. The pictures are taken of the
player itself, in Chromium, at fixed places on the way: the same at every run.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core import example, trace
from attention_core.illustrate import elements
from attention_core.illustrate.sequences import animate
from tools import press

SEQUENCES = ("derive", "attend", "sum")
PER_SECOND = 12  # pictures of a movement
MOVE = 1.1  # seconds from frame to frame
ATTRIBUTION = "Illustrated self-attention, CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
NOTE = """The pictures in this folder are part of the book Illustrated self-attention.

Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/. Use them in slides, courses and texts, changed or
unchanged; say where they come from, for example:

    Figure: Illustrated self-attention, CC BY 4.0

Every number in them is computed by attention_core from the worked example. They are made by
`make figures`:

    NAME.gif, NAME.mp4       the sequence: derive (steps 1 to 3), attend (4 to 6), sum (7 and 8)
    NAME-01.svg, NAME-01.png its frames one by one; NAME.txt has the sentence of each
"""
PAGE = """<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">
<style>html{{background:{paper}}}body{{margin:0;padding:16px;width:520px}}</style></head>
<body>{html}<script>{script}</script></body></html>"""


def positions(count: int) -> list[tuple[float, int]]:
    """Where on the way a picture is taken, and for how many milliseconds it is shown."""
    taken = []
    steps = round(PER_SECOND * MOVE)
    for frame in range(count):
        if frame:
            taken += [(frame - 1 + k / steps, round(1000 / PER_SECOND)) for k in range(1, steps)]
        taken.append((float(frame), 0))
    return taken


def pictures(tab, animation, theme: str):
    """The player at every place on the way, with the time for which each is shown."""
    from PIL import Image

    paper = {"light": "#FFFFFF", "dark": "#14181E"}[theme]
    tab.set_content(
        PAGE.format(theme=theme, paper=paper, html=animation.html, script=elements.script())
    )
    player = tab.locator("attention-steps")
    bounds = player.evaluate(
        """player => {
            const root = player.shadowRoot;
            root.querySelector('.controls').style.visibility = 'hidden';
            const box = root.querySelector('.sentence').getBoundingClientRect();
            return box.bottom + 16;
        }"""
    )
    # Encoders of films want an even number of pixels.
    clip = {"x": 0, "y": 0, "width": 552, "height": 2 * round(bounds / 2)}
    shown = []
    for position, lasts in positions(len(animation.frames)):
        player.evaluate("(player, position) => { player.position = position; }", position)
        image = Image.open(io.BytesIO(tab.screenshot(clip=clip))).convert("RGB")
        if not lasts:
            lasts = 1500 + 40 * len(animation.frames[int(position)].sentence)
        shown.append((image, lasts))
    return shown


def palette_of(shown) -> np.ndarray:
    """The 255 commonest colours that can be told apart."""
    colours: Counter[tuple[int, int, int]] = Counter()
    for image, _ in shown[:: max(1, len(shown) // 40)]:
        for count, colour in image.getcolors(image.width * image.height):
            colours[colour] += count
    kept: list[tuple[int, int, int]] = []
    for colour, _ in colours.most_common():
        if all(max(abs(a - b) for a, b in zip(colour, k, strict=True)) > 6 for k in kept):
            kept.append(colour)
        if len(kept) == 255:
            break
    return np.array(kept)


def write_gif(path: Path, shown) -> None:
    """Write an animated GIF, its colours the same in all pictures."""
    from PIL import Image

    palette = palette_of(shown)

    def indexed(image):
        pixels = np.asarray(image, dtype=np.int64).reshape(-1, 3)
        own, place = np.unique(pixels @ [1 << 16, 1 << 8, 1], return_inverse=True)
        colours = own[:, None] >> [16, 8, 0] & 255
        nearest = ((colours[:, None] - palette) ** 2).sum(axis=-1).argmin(axis=1)
        made = Image.frombytes("P", image.size, nearest[place].astype(np.uint8).tobytes())
        made.putpalette(palette.astype(np.uint8).tobytes())
        return made

    first, *rest = [indexed(image) for image, _ in shown]
    first.save(
        path, save_all=True, append_images=rest, duration=[lasts for _, lasts in shown],
        loop=0, optimize=False, comment=ATTRIBUTION.encode(),
    )  # fmt: skip


def write_mp4(path: Path, shown, ffmpeg: str) -> None:
    """Write a film of the same pictures."""
    width, height = shown[0][0].size
    command = [
        ffmpeg, "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
        "-s", f"{width}x{height}", "-r", str(PER_SECOND), "-i", "-", "-c:v", "libx264",
        "-pix_fmt", "yuv420p", "-movflags", "+faststart", "-metadata", f"comment={ATTRIBUTION}",
        str(path),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE) as film:
        for image, lasts in shown:
            for _ in range(max(1, round(lasts * PER_SECOND / 1000))):
                film.stdin.write(image.tobytes())
        film.stdin.close()
    if film.returncode:
        sys.exit(f"ffmpeg failed with {film.returncode}")


def write_stills(folder: Path, name: str, animation, tab) -> None:
    """Write each frame as SVG and PNG, and the sentences."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    lines = []
    licence = PngInfo()
    licence.add_text("Copyright", ATTRIBUTION)
    tab.set_viewport_size({"width": 800, "height": 800})
    for number, still in enumerate(animation.stills, 1):
        path = folder / f"{name}-{number:02d}.svg"
        noted = still.svg.replace("<style>", f"<metadata>{ATTRIBUTION}</metadata><style>", 1)
        path.write_text(noted + "\n", encoding="utf-8")
        tab.set_content(
            f'<html data-theme="light"><body style="margin:0;background:#fff">{still.svg}</body></html>'
        )
        image = Image.open(io.BytesIO(tab.locator("svg").screenshot()))
        image.save(path.with_suffix(".png"), pnginfo=licence)
        lines.append(f"{number:02d}  {still.caption}")
    (folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Export what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", metavar="sequence", help=", ".join(SEQUENCES))
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--folder", type=Path, default=ROOT / "_build" / "figures")
    options = parser.parse_args()
    unknown = set(options.only) - set(SEQUENCES)
    if unknown:
        parser.error(f"no such sequence: {', '.join(sorted(unknown))}")
    path = press.chromium()
    if path is None:
        sys.exit("make figures needs Chromium (or CHROMIUM=path): none is installed.")
    try:
        import PIL  # noqa: F401
        from playwright.sync_api import sync_playwright
    except ImportError as missing:
        sys.exit(f"make figures needs what requirements-dev.txt installs: {missing}")

    options.folder.mkdir(parents=True, exist_ok=True)
    (options.folder / "LICENCE.txt").write_text(NOTE, encoding="utf-8")
    ffmpeg = shutil.which("ffmpeg")
    steps = trace(*example.worked)
    with sync_playwright() as playwright:
        quiet = ("background-networking", "component-update", "sync", "gpu")
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)],
        )
        for name in options.only or SEQUENCES:
            animation = animate(steps, name)
            tab = browser.new_page(viewport={"width": 552, "height": 900})
            shown = pictures(tab, animation, options.theme)
            tab.close()
            write_gif(options.folder / f"{name}.gif", shown)
            if ffmpeg:
                write_mp4(options.folder / f"{name}.mp4", shown, ffmpeg)
            stills = browser.new_context(device_scale_factor=2, color_scheme="light")
            write_stills(options.folder, name, animation, stills.new_page())
            stills.close()
        browser.close()
    made = "GIF, MP4 and stills" if ffmpeg else "GIF and stills (no ffmpeg, so no MP4)"
    print(f"{made} are in {options.folder}.")


if __name__ == "__main__":
    main()
