"""The one style sheet: what stays, what goes, and that it is the whole site's."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.site_checks import ROOT, SITE, pages_of

PAGE = (
    '<html data-theme="light"><body><main id="here" class="one two"><p style="color:var(--own)">'
    "</p><a>link</a></main></body></html>"
)


@pytest.fixture(scope="module")
def sheets():
    sys.path.insert(0, str(ROOT / "_ext"))
    try:
        import one_sheet
    finally:
        sys.path.remove(str(ROOT / "_ext"))
    return one_sheet


def pruned(sheets, css: str, script: str = "", name: str = "a.css") -> str:
    return sheets.one_sheet({name: css}, sheets.in_use([PAGE], [script])).strip()


@pytest.mark.parametrize(
    "selector",
    [
        "p",
        ".one",
        "#here .two > p",
        "a:hover",
        "a:focus-visible::before",
        "main[open] a",
        "p:not(.none)",
        ":is(.none,.one) p",
        "main:has(.two)",
        '[data-theme="dark"] p',
        "*",
        "p:nth-child(2n + 1)",
        "::selection",
        "P",
    ],
)
def test_a_selector_in_use_stays(sheets, selector):
    assert pruned(sheets, f"{selector} {{ color: red }}") == f"{selector}{{color:red}}"


@pytest.mark.parametrize(
    "selector",
    [
        ".none",
        "#none",
        "table",
        "p .none:hover",
        ".one.none",
        ":is(.none,#none) p",
        "main:has(.none)",
        "p > em",
        ".One",
    ],
)
def test_a_selector_that_nothing_meets_goes(sheets, selector):
    assert pruned(sheets, f"{selector} {{ color: red }}") == ""
    assert pruned(sheets, f"{selector}, p {{ color: red }}") == "p{color:red}"


def test_what_a_script_names_stays(sheets):
    css = ".shown{color:red}dialog{color:red}.none{color:red}"
    script = 'x.classList.add("shown"); document.createElement("dialog")'
    assert pruned(sheets, css, script) == ".shown{color:red}dialog{color:red}"


def test_groups_are_pruned_inside(sheets):
    css = "@media (max-width: 9px) { .none { top: 0 } p { top: 0 } } @media print { .none { top: 0 } }"
    assert pruned(sheets, css) == "@media (max-width: 9px){p{top:0}}"


def test_custom_properties_that_nothing_reads_go(sheets):
    css = (
        ":root{--a:1px;--b:var(--a);--c:var(--d);--d:2px;--own:red;--js:3px}"
        "p{top:var(--b)}.none{left:var(--c)}"
    )
    kept = pruned(sheets, css, 'style.getPropertyValue("--js")')
    assert kept == ":root{--a:1px;--b:var(--a);--own:red;--js:3px}p{top:var(--b)}"


def test_animations_stay_where_they_are_used(sheets):
    css = "@keyframes on{to{top:0}}@keyframes off{to{top:0}}p{animation:on 1s}"
    assert pruned(sheets, css) == "@keyframes on{to{top:0}}p{animation:on 1s}"


def test_fonts_stay_but_the_icon_font(sheets):
    css = (
        "@font-face{font-family:Own;src:url(a.woff2)}"
        '@font-face{font-family:"Font Awesome 6 Free";src:url(b.woff2)}'
    )
    assert pruned(sheets, css) == "@font-face{font-family:Own;src:url(a.woff2)}"


def test_addresses_lead_from_the_sheet_that_is_written(sheets):
    css = 'p{background:url(a.png),url("../b.png"),url(data:,x),url("c/d.png")}'
    kept = pruned(sheets, css, name="styles/a.css")
    assert re.findall(r'url\("?([^")]+)', kept) == [
        "styles/a.png",
        "b.png",
        "data:,x",
        "styles/c/d.png",
    ]


def test_what_is_important_or_odd_stays_as_it_is(sheets):
    css = 'p{color:red!important;content:"a  b";width:calc(1px  +  2px);&:hover{top:0}}'
    kept = pruned(sheets, css)
    assert 'color:red!important;content:"a  b";width:calc(1px + 2px);' in kept
    assert "&:hover" in kept


def test_pages_ask_for_the_one_sheet_by_its_version():
    pages = [page.text for page in pages_of(SITE).values()]
    assert pages
    asked = {
        tuple(re.findall(r'stylesheet" href="[^"]*?(\w+\.css\?v=\w+)"', page)) for page in pages
    }
    named = {re.sub(r"\?.*", "", each) for pair in asked for each in pair}
    assert named == {"katex.css", "site.css"}
    assert len({each for pair in asked for each in pair}) == 2, "pages ask for different versions"
    assert not [p for p in (SITE / "_static").rglob("*.css") if p.name not in named]


def test_a_page_written_alone_finds_all_styles(tmp_path):
    """A second build writes one page, and the sheet still has what the other needs."""
    (tmp_path / "conf.py").write_text(
        f"import sys; sys.path.insert(0, {str(ROOT / '_ext')!r})\n"
        "extensions = ['light_site', 'one_sheet']\nhtml_theme = 'pydata_sphinx_theme'\n"
        f"templates_path = [{str(ROOT / '_ext' / 'templates')!r}]\nhtml_static_path = ['own']\n"
        "html_css_files = ['own.css']\nhtml_context = {'default_mode': 'light'}\n",
        encoding="utf-8",
    )
    (tmp_path / "own").mkdir()
    own = ".first { color: red } .second { color: red } .third { color: red }"
    (tmp_path / "own" / "own.css").write_text(own, encoding="utf-8")
    one, two = tmp_path / "index.rst", tmp_path / "two.rst"
    one.write_text("One\n===\n\n.. container:: first\n\n   x\n\n.. toctree::\n\n   two\n", "utf-8")
    two.write_text("Two\n===\n\nNothing.\n", "utf-8")

    def sheet_of_a_build() -> str:
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", ".", "out"]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return (tmp_path / "out" / "_static" / "site.css").read_text(encoding="utf-8")

    first = sheet_of_a_build()
    assert ".first{" in first
    assert ".second{" not in first
    assert sheet_of_a_build() == first
    two.write_text("Two\n===\n\n.. container:: second\n\n   x\n", "utf-8")
    second = sheet_of_a_build()
    assert ".first{" in second
    assert ".second{" in second
    assert ".third{" not in second
    for name in ("index.html", "two.html"):
        page = (tmp_path / "out" / name).read_text(encoding="utf-8")
        assert page.count("site.css?v=") == 1
        assert "pydata-sphinx-theme.css" not in page
