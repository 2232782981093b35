"""Print pages of HTML as PDF, with Chromium: the same bytes from the same page.

What the book itself and what belongs to a course (sheets, slides) have in common: the browser, the
typefaces, and a PDF's data.
"""

from __future__ import annotations

import io
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tools import built

if TYPE_CHECKING:
    from pikepdf import Pdf

LICENCE = "Text and figures: Creative Commons Attribution 4.0 (CC BY 4.0). Code: the MIT licence."
FACES = {
    "SourceSansPro-Regular": ("400", "normal"),
    "SourceSansPro-It": ("400", "italic"),
    "SourceSansPro-Semibold": ("600", "normal"),
    "SourceSansPro-SemiboldIt": ("600", "italic"),
    "SourceSansPro-Bold": ("700", "normal"),
    "SourceSansPro-BoldIt": ("700", "italic"),
}
MONO = {
    "DejaVuSansMono": ("400", "normal"),
    "DejaVuSansMono-Oblique": ("400", "italic"),
    "DejaVuSansMono-Bold": ("700", "normal"),
}


def chromium() -> str | None:
    """Where the browser is."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


def faces() -> str:
    """The typefaces, from their packages, under the names that the site's styles ask for first."""
    import font_source_sans_pro
    import matplotlib

    sans = Path(font_source_sans_pro.__file__).parent / "files"
    mono = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    rules = []
    for family, folder, styles in (
        ("Source Sans 3", sans, FACES),
        ("Book Mono", mono, MONO),
    ):
        for file, (weight, style) in styles.items():
            address = (folder / f"{file}.ttf").as_uri()
            rules.append(
                f'@font-face{{font-family:"{family}";font-weight:{weight};font-style:{style};'
                f'src:url("{address}")}}'
            )
    return "\n".join(rules)


@contextmanager
def browser(path: str) -> Iterator:
    """A tab of a Chromium that is offline and shows what will be printed."""
    from playwright.sync_api import sync_playwright

    quiet = ("background-networking", "component-update", "sync", "gpu")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in quiet)],
        )
        tab = opened.new_context(color_scheme="light", offline=True).new_page()
        tab.emulate_media(media="print")
        yield tab
        opened.close()


# A typeface or a picture that comes late would move what stands below it.
READY = """async () => {
    await Promise.all([...document.fonts].map(face => face.load()));
    await Promise.all([...document.images].map(picture => picture.decode()));
}"""


def printed(tab, html: str, path: Path) -> bytes:
    """A page of HTML as Chromium prints it; it is written to `path`, which it opens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(html, encoding="utf-8")
    # The whole book takes a while to load where the machine has other things to do.
    tab.goto(path.as_uri(), wait_until="load", timeout=300_000)
    tab.evaluate(READY)
    return tab.pdf(prefer_css_page_size=True, print_background=True, outline=True, tagged=True)


def finished(pdf: Pdf, title: str, subject: str) -> bytes:
    """A print with the book's own data, as small as it goes, the same at every time."""
    from pikepdf import Dictionary, Name, ObjectStreamMode

    date = time.strftime("D:%Y%m%d%H%M%SZ", time.gmtime(built.commit().time))
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    pdf.docinfo["/Title"] = title
    pdf.docinfo["/Author"] = built.settings()["author"]
    pdf.docinfo["/Subject"] = subject
    pdf.docinfo["/CreationDate"] = pdf.docinfo["/ModDate"] = date
    pdf.Root.PageMode = Name.UseOutlines
    pdf.Root.ViewerPreferences = Dictionary(DisplayDocTitle=True)
    out = io.BytesIO()
    pdf.save(
        out,
        object_stream_mode=ObjectStreamMode.generate,
        recompress_flate=True,
        deterministic_id=True,
    )
    return out.getvalue()


def pdf(
    html: str, path: Path, title: str, subject: str = LICENCE, work: Path | None = None
) -> None:
    """Print one page of HTML as the PDF `path`; stop with a sentence where there is no Chromium."""
    from pikepdf import Pdf

    found = chromium()
    if found is None:
        raise SystemExit(f"{path.name} needs Chromium (or CHROMIUM=path): none is installed.")
    with browser(found) as tab:
        raw = printed(tab, html, work or path.with_suffix(".html"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(finished(Pdf.open(io.BytesIO(raw)), title, subject))
