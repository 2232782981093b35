"""The maths of the pages: KaTeX as it was published, role colours, and errors that are told."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

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


def sheet(katex_math, tex: str) -> str:
    return katex_math.stylesheet([katex_math.typeset(tex, display=True)])


def faces(css: str) -> dict[tuple[str, str, str], TTFont]:
    pattern = (
        r"@font-face\{font-family:(\w+);font-weight:(\d+);font-style:(\w+);"
        r"font-display:block;src:url\(data:font/woff2;base64,([^)]+)\)"
    )
    found = re.findall(pattern, css)
    return {tuple(face): TTFont(io.BytesIO(base64.b64decode(data))) for *face, data in found}


def test_the_style_sheet_holds_what_is_used_and_no_more(katex_math):
    plain = sheet(katex_math, "q = 1")
    bold = sheet(katex_math, r"\mathbf{q} = \left(\frac{1}{2}\right)")
    assert faces(plain).keys() == {
        ("Formula_Main", "400", "normal"),
        ("Formula_Math", "400", "italic"),
    }
    assert ("Formula_Main", "700", "normal") in faces(bold)
    assert "url(fonts/" not in plain + bold
    assert ".mfrac" in bold
    assert ".mfrac" not in plain
    with pytest.raises(katex_math.MathError, match=r"KaTeX_Fraktur-Regular\.woff2"):
        sheet(katex_math, r"\mathfrak{q}")


def test_each_font_has_the_letters_that_are_set_in_it(katex_math):
    found = faces(sheet(katex_math, r"q_1 + \mathbf{k} = \sum_i \Bigl( 2 \Bigr)"))
    letters = {
        face: {chr(code) for code in font.getBestCmap()} - {" ", "\u200b"}
        for face, font in found.items()
    }
    assert letters == {
        ("Formula_Main", "400", "normal"): set("1+=2"),
        ("Formula_Main", "700", "normal"): set("k"),
        ("Formula_Math", "400", "italic"): set("qi"),
        ("Formula_Size2", "400", "normal"): set("∑()"),
    }


def test_a_font_that_was_cut_has_another_name_and_keeps_its_notices(katex_math):
    css = sheet(katex_math, "q = 1")
    assert "KaTeX_" not in css
    for (family, *_), font in faces(css).items():
        names = {record.nameID: record.toUnicode() for record in font["name"].names}
        assert names[1] == family
        assert not any("KaTeX_" in names[number] for number in (1, 3, 4, 6))
        assert "Khan Academy" in names[0]
        assert "SIL Open Font License" in names[13]


def test_a_formula_is_found_whole_in_a_page(katex_math):
    one, two = katex_math.typeset(r"\sqrt{q_1}"), katex_math.typeset("k", display=True)
    page = f'<p><span class="math">{one}</span>, <b>and</b></p><div>{two}</div><p>no</p>'
    assert katex_math.formulas_of(page) == [one, two]


def build(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    conf = (
        "import sys; sys.path.insert(0, {!r})\n"
        "extensions = ['myst_parser', 'katex_math']\n"
        "myst_enable_extensions = ['dollarmath']\nhtml_math_renderer = 'katex'\n"
        "html_theme = 'basic'\n"
    )
    (folder / "conf.py").write_text(conf.format(str(ROOT / "_ext")), encoding="utf-8")
    (folder / "index.md").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", ".", "out"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_marks_that_touch_a_formula_stay_with_it(tmp_path):
    run = build(tmp_path, "# A page\n\nOne ($q$), two $k$: three $v$ and four, $z$.\n")
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    page = re.sub(r'<span class="math [^"]*">.*?</math></span>.*?(</span>){4,}', "@", page)
    assert '<p>One <span class="held">(@),</span> two <span class="held">@:</span>' in page
    assert 'three @ and four, <span class="held">@.</span></p>' in page


def test_bad_tex_fails_the_build_at_its_place(tmp_path):
    run = build(tmp_path, "# A page\n\nfine: $q$\n\nbad: $\\frac{1}$\n")
    assert run.returncode != 0
    assert "index.md:5" in run.stderr
    assert r"\frac{1}" in run.stderr
