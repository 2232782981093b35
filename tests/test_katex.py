"""The maths of the pages: KaTeX as it was published, role colours, and errors that are told."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "vendor" / "katex"


@pytest.fixture(scope="module")
def katex_math():
    sys.path.insert(0, str(ROOT / "_ext"))
    try:
        import katex_math
    finally:
        sys.path.remove(str(ROOT / "_ext"))
    return katex_math


def checksums() -> dict[str, str]:
    text = (VENDOR / "README.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| (\S+) \| `([0-9a-f]{64})` \|$", text, re.MULTILINE))


def test_vendor_files_are_those_of_the_readme():
    files = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "README.md"
    }
    assert files == checksums()


def test_the_readme_names_the_version():
    stated = re.search(
        r"Version ([\d.]+),", (VENDOR / "README.md").read_text(encoding="utf-8")
    ).group(1)
    assert f'version:"{stated}"' in (VENDOR / "katex.min.js").read_text(encoding="utf-8")


def test_a_formula_is_html_with_mathml_beside_it(katex_math):
    html = katex_math.typeset(r"\frac{q \cdot k}{\sqrt{d_k}}")
    assert 'class="katex"' in html
    assert "<math" in html
    assert 'aria-hidden="true"' in html


@pytest.mark.parametrize(
    ("colour", "role"),
    [
        ("#009E73", "input"),
        ("#D55E00", "query"),
        ("#E69F00", "key"),
        ("#cc79a7", "value"),
        ("#0072B2", "score"),
        ("#F0E442", "output"),
    ],
)
def test_a_role_colour_becomes_its_variable(katex_math, colour, role):
    html = katex_math.typeset(rf"\textcolor{{{colour}}}{{\sqrt{{x_1}}}}", display=True)
    assert f"color:var(--role-{role}-text)" in html
    assert "color:#" not in html
    assert f"--role-{role}-text:" in (ROOT / "_static" / "book.css").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("tex", "message"),
    [
        (r"\frac{1}", "Unexpected end of input"),
        (r"\nosuchcommand", "Undefined control sequence"),
        (r"\textcolor{red}{q}", "no role's"),
        (r"\textcolor{#123456}{q}", "no role's"),
    ],
)
def test_bad_tex_is_an_error(katex_math, tex, message):
    with pytest.raises(katex_math.MathError, match=message):
        katex_math.typeset(tex)


def test_the_style_sheet_holds_what_is_used_and_no_more(katex_math):
    def sheet(tex):
        classes = re.findall(r'class="([^"]*)"', katex_math.typeset(tex, display=True))
        return katex_math.stylesheet({name for value in classes for name in value.split()})

    plain, bold = sheet("q = 1"), sheet(r"\mathbf{q} = \left(\frac{1}{2}\right)")
    families = r"@font-face\{font-family:(KaTeX_\w+);font-weight:(\d+);font-style:(\w+)"
    assert set(re.findall(families, plain)) == {
        ("KaTeX_Main", "400", "normal"),
        ("KaTeX_Math", "400", "italic"),
    }
    assert ("KaTeX_Main", "700", "normal") in re.findall(families, bold)
    assert "url(fonts/" not in plain + bold
    with pytest.raises(katex_math.MathError, match=r"KaTeX_Fraktur-Regular\.woff2"):
        sheet(r"\mathfrak{q}")


def test_bad_tex_fails_the_build_at_its_place(tmp_path):
    conf = (
        "import sys; sys.path.insert(0, {!r})\n"
        "extensions = ['myst_parser', 'katex_math']\n"
        "myst_enable_extensions = ['dollarmath']\nhtml_math_renderer = 'katex'\n"
        "html_theme = 'basic'\n"
    )
    (tmp_path / "conf.py").write_text(conf.format(str(ROOT / "_ext")), encoding="utf-8")
    (tmp_path / "index.md").write_text("# A page\n\nfine: $q$\n\nbad: $\\frac{1}$\n", "utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ".", "out"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode != 0
    assert "index.md:5" in run.stderr
    assert r"\frac{1}" in run.stderr
