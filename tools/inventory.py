"""Write the concept inventory for courses: files that Moodle and Canvas import, and paper.

Each form becomes `NAME.gift`, which Moodle imports, `NAME-qti.zip` (QTI 1.2 in a content package),
which Canvas imports, and `NAME.pdf`, to print; `key.pdf` has the answers of both with their
reasons. Every option carries its feedback. The same questions give the same bytes.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
import time
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from attention_core.exercises import inventory
from attention_core.exercises.inventory import Option, Question, html
from tools import built, press

WORK = ROOT / "_build" / "inventory"
FORMS = {"before": inventory.before, "after": inventory.after}
TITLES = {
    "before": "Self-attention: before the first lecture",
    "after": "Self-attention: after the last lecture",
}
LETTERS = "ABCD"
LICENCE = "CC BY 4.0"


def chapter(name: str) -> str:
    """A chapter, as a sentence names it.

    >>> chapter("04-scores")
    'chapter 4'
    """
    return f"chapter {int(name[:2])}"


def feedback(option: Option) -> str:
    """What is said to who has chosen an option, as HTML."""
    if not option.confusion:
        return f"Right. {html(option.reason)}"
    belief = inventory.confusions[option.confusion]
    return (
        f'{html(option.reason)} <span class="of">The belief: {html(belief.belief)} '
        f"({chapter(belief.chapter)}).</span>"
    )


def numbered(form: tuple[Question, ...]) -> list[tuple[str, Question]]:
    """Questions with their numbers, which sort as they follow each other."""
    return [(f"{place:02d}", question) for place, question in enumerate(form, 1)]


# --- Moodle: GIFT --------------------------------------------------------------------------------


def guarded(text: str) -> str:
    """A text in which nothing is a sign of GIFT."""
    return re.sub(r"([\\~=#{}:])", r"\\\1", text)


def category(name: str) -> str:
    """Where a form lies in Moodle's question bank; there, nothing can be guarded."""
    return TITLES[name].replace(": ", ", ")


def gift(name: str) -> str:
    """A form in GIFT: a category, then one question after another."""
    parts = [
        f"// {TITLES[name]}. From the book {built.settings()['title']}, {LICENCE}.",
        f"$CATEGORY: {category(name)}",
    ]
    for number, question in numbered(FORMS[name]):
        options = "\n".join(
            f"\t{'~' if option.confusion else '='}{guarded(html(option.text))}"
            f"#{guarded(feedback(option))}"
            for option in question.options
        )
        parts.append(
            f"::{name} {number} {guarded(question.title)}::[html]{guarded(html(question.text))}{{\n"
            f"{options}\n"
            f"\t####{guarded(f'To read: {chapter(question.chapter)}.')}\n}}"
        )
    return "\n\n".join(parts) + "\n"


# --- Canvas: QTI 1.2 -----------------------------------------------------------------------------

QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
PACKAGE = "http://www.imsglobal.org/xsd/imsccv1p1/imscp_v1p1"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def material(text: str) -> str:
    """A piece of HTML, as an item holds it."""
    return f'<material><mattext texttype="text/html">{escape(text)}</mattext></material>'


def field(label: str, entry: str) -> str:
    return (
        f"<qtimetadatafield><fieldlabel>{label}</fieldlabel>"
        f"<fieldentry>{escape(entry)}</fieldentry></qtimetadatafield>"
    )


def condition(test: str, then: str, go_on: str = "Yes") -> str:
    """What follows from an answer."""
    return (
        f'<respcondition continue="{go_on}"><conditionvar>{test}</conditionvar>{then}'
        "</respcondition>"
    )


def shows(link: str) -> str:
    """That a piece of feedback is shown."""
    return f'<displayfeedback feedbacktype="Response" linkrefid="{link}"/>'


def item(name: str, number: str, question: Question) -> str:
    """A question as an item of QTI, with feedback for each option and one for all."""
    idents = [f"{name}_{number}_{letter.lower()}" for letter in LETTERS[: len(question.options)]]
    told = [f'<varequal respident="response1">{ident}</varequal>' for ident in idents]
    metadata = "".join(
        (
            field("question_type", "multiple_choice_question"),
            field("points_possible", "1"),
            field("original_answer_ids", ",".join(idents)),
            field("assessment_question_identifierref", f"{name}_{number}_question"),
        )
    )
    labels = "\n".join(
        f'<response_label ident="{ident}">{material(html(option.text))}</response_label>'
        for ident, option in zip(idents, question.options, strict=True)
    )
    conditions = "\n".join(
        (
            condition("<other/>", shows("general_fb")),
            *(
                condition(test, shows(f"{ident}_fb"))
                for ident, test in zip(idents, told, strict=True)
            ),
            condition(
                told[question.right], '<setvar action="Set" varname="SCORE">100</setvar>', "No"
            ),
        )
    )
    texts = [("general_fb", f"To read: {chapter(question.chapter)}.")]
    texts += [
        (f"{ident}_fb", feedback(option))
        for ident, option in zip(idents, question.options, strict=True)
    ]
    feedbacks = "\n".join(
        f'<itemfeedback ident="{ident}"><flow_mat>{material(text)}</flow_mat></itemfeedback>'
        for ident, text in texts
    )
    return f"""<item ident="{name}_{number}" title="{escape(f"{number} {question.title}")}">
<itemmetadata><qtimetadata>{metadata}</qtimetadata></itemmetadata>
<presentation>
{material(html(question.text))}
<response_lid ident="response1" rcardinality="Single"><render_choice>
{labels}
</render_choice></response_lid>
</presentation>
<resprocessing>
<outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/></outcomes>
{conditions}
</resprocessing>
{feedbacks}
</item>"""


def assessment(name: str) -> str:
    """All questions of a form, as a test of QTI 1.2."""
    items = "\n".join(item(name, number, question) for number, question in numbered(FORMS[name]))
    return f"""{DECLARATION}<questestinterop xmlns="{QTI}">
<assessment ident="{name}" title="{TITLES[name]}">
<qtimetadata>{field("cc_maxattempts", "1")}</qtimetadata>
<section ident="root_section">
{items}
</section>
</assessment>
</questestinterop>
"""


def quiz(name: str) -> str:
    """What Canvas wants to know beside the questions: before counts for nothing and tells nothing."""
    early = name == "before"
    return f"""{DECLARATION}<quiz identifier="{name}" xmlns="{CANVAS}">
<title>{TITLES[name]}</title>
<description>{escape(f"<p>From the book {built.settings()['title']}, {LICENCE}.</p>")}</description>
<shuffle_answers>false</shuffle_answers>
<scoring_policy>keep_highest</scoring_policy>
<hide_results>{"always" if early else ""}</hide_results>
<quiz_type>{"practice_quiz" if early else "assignment"}</quiz_type>
<points_possible>{len(FORMS[name])}</points_possible>
<show_correct_answers>{"false" if early else "true"}</show_correct_answers>
<allowed_attempts>1</allowed_attempts>
<available>false</available>
</quiz>
"""


def manifest(name: str) -> str:
    """What lies in the package."""
    return f"""{DECLARATION}<manifest identifier="{name}_manifest" xmlns="{PACKAGE}">
<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>
<organizations/>
<resources>
<resource identifier="{name}" type="imsqti_xmlv1p2">
<file href="{name}/{name}.xml"/>
<dependency identifierref="{name}_quiz"/>
</resource>
<resource identifier="{name}_quiz" type="associatedcontent/imscc_xmlv1p1/learning-application-resource" href="{name}/assessment_meta.xml">
<file href="{name}/assessment_meta.xml"/>
</resource>
</resources>
</manifest>
"""


def qti(name: str) -> bytes:
    """A form as a zip that Canvas imports; only the content makes a difference in it."""
    packed = {
        "imsmanifest.xml": manifest(name),
        f"{name}/{name}.xml": assessment(name),
        f"{name}/assessment_meta.xml": quiz(name),
    }
    # A zip knows no time zone and no time before 1980.
    date = max(time.gmtime(built.commit().time)[:6], (1980, 1, 1, 0, 0, 0))
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as folder:
        for path, text in packed.items():
            entry = zipfile.ZipInfo(path, date)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3  # Unix, on every system
            entry.external_attr = 0o100644 << 16
            folder.writestr(entry, text.encode("utf-8"))
    return stream.getvalue()


# --- paper ---------------------------------------------------------------------------------------

STYLE = """
@page{size:A4;margin:15mm 15mm 16mm;
  @bottom-left{content:"FOOT";color:#5b6472;font:8pt "Source Sans 3"}
  @bottom-right{content:counter(page) " / " counter(pages);color:#5b6472;font:8pt "Source Sans 3"}}
*{box-sizing:border-box}
body{margin:0;color:#1f2430;font:9.6pt/1.36 "Source Sans 3";font-variant-numeric:tabular-nums}
h1{margin:0;font-size:17pt;font-weight:600;line-height:1.2;letter-spacing:-.01em}
h2{margin:0 0 2mm;font-size:12.5pt;font-weight:600}
.lead{margin:1.2mm 0 0;color:#454d5a;text-wrap:balance}
.who{display:flex;gap:7mm;margin:5mm 0 5mm;font-size:8.6pt;color:#454d5a}
.who span{flex:1;border-bottom:.5pt solid #5b6472;padding-bottom:.6mm}
.who span:first-child{flex:2.2}
.columns{columns:2;column-gap:9mm}
.next{break-before:page}
section.q{break-inside:avoid;margin:0 0 4.1mm;padding-left:7mm;position:relative}
.n{position:absolute;left:0;top:0;font-weight:700;color:#46469e}
p{margin:0 0 1mm}
ul{list-style:none;margin:0;padding:0}
li{display:flex;gap:1.8mm;margin:0 0 .5mm;break-inside:avoid}
.box{flex:none;width:4.5mm;height:4.1mm;margin-top:.25mm;border:.7pt solid #5b6472;border-radius:.8mm;
  font-size:7pt;line-height:3.8mm;text-align:center;color:#454d5a}
.right .box{background:#1f2430;border-color:#1f2430;color:#fff;font-weight:700}
sub{font-size:.75em;line-height:0}
.key section.q{margin-bottom:3.4mm}
.key li{font-size:8.7pt;line-height:1.3;margin-bottom:.8mm}
.key .of{color:#5b6472}
.key h2+.columns{margin-bottom:6mm}
.key .form+.form{break-before:page}
.grid{width:100%;table-layout:fixed;border-collapse:collapse;margin:0 0 5mm;font-size:8.8pt}
.grid td{border-bottom:.4pt solid #b9bfc9;padding:.7mm 1mm;text-align:center;font-weight:400}
.grid tr:first-child td{color:#46469e;font-weight:700}
.grid tr>:first-child{width:18mm;text-align:left}
"""
FIRST = 12  # questions on a form's first page
HOW = (
    "Tick one box for each question. Leave out what you would have to guess. Tokens are rows: token "
    "1 has query q₁, key k₁ and a value."
)


def page(title: str, body: str) -> str:
    """A document to print, in the book's typeface."""
    foot = f"{built.settings()['title']}, {LICENCE}"
    return (
        f'<!doctype html><html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{press.faces()}{STYLE.replace('FOOT', foot)}</style></head><body>{body}</body></html>"
    )


def box(letter: str) -> str:
    return f'<span class="box">{letter}</span>'


def form(name: str) -> str:
    """A form to fill in with a pencil."""
    sections = [
        f'<section class="q"><span class="n">{int(number)}</span><p>{html(question.text)}</p><ul>'
        + "".join(
            f"<li>{box(letter)}<span>{html(option.text)}</span></li>"
            for letter, option in zip(LETTERS, question.options, strict=True)
        )
        + "</ul></section>"
        for number, question in numbered(FORMS[name])
    ]
    first, second = "\n".join(sections[:FIRST]), "\n".join(sections[FIRST:])
    return page(
        TITLES[name],
        f'<h1>{TITLES[name]}</h1><p class="lead">{HOW}</p>'
        '<div class="who"><span>Name</span><span>Date</span><span>Right</span></div>'
        f'<div class="columns">{first}</div><div class="columns next">{second}</div>',
    )


def letters(name: str) -> str:
    """A form's right answers in one row, to mark by."""
    # No header cells: Chromium names these by counters, which differ from print to print.
    heads = "".join(f"<td>{int(number)}</td>" for number, _ in numbered(FORMS[name]))
    cells = "".join(f"<td>{LETTERS[question.right]}</td>" for question in FORMS[name])
    return f'<table class="grid"><tr><td>question</td>{heads}</tr><tr><td>right</td>{cells}</tr></table>'


def key() -> str:
    """The answers of both forms: why one is right, why the others tempt, and where to read."""
    parts = []
    for name in FORMS:
        sections = "\n".join(
            f'<section class="q"><span class="n">{int(number)}</span>'
            f"<p><b>{html(question.title)}</b> "
            f'<span class="of">({chapter(question.chapter)})</span></p><ul>'
            + "".join(
                f"<li{'' if option.confusion else ' class=right'}>{box(letter)}"
                f"<span>{feedback(option)}</span></li>"
                for letter, option in zip(LETTERS, question.options, strict=True)
            )
            + "</ul></section>"
            for number, question in numbered(FORMS[name])
        )
        parts.append(
            f'<div class="form"><h2>{TITLES[name]}</h2>{letters(name)}'
            f'<div class="columns">{sections}</div></div>'
        )
    lead = (
        "Compare, question by question, how many chose the right answer before and after: both "
        "forms ask about the same concepts in the same order. Each wrong answer names the belief "
        "behind it."
    )
    return page(
        "Key",
        f'<div class="key"><h1>Key, with reasons</h1><p class="lead" style="margin-bottom:6mm">{lead}'
        f"</p>{''.join(parts)}</div>",
    )


def write(folder: Path, paper: bool = True) -> list[Path]:
    """Write all files into a folder; without `paper`, those that learning platforms import."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in FORMS:
        for path, data in (
            (folder / f"{name}.gift", gift(name).encode("utf-8")),
            (folder / f"{name}-qti.zip", qti(name)),
        ):
            path.write_bytes(data)
            written.append(path)
    if paper:
        for title, name, text in [*((TITLES[name], name, form(name)) for name in FORMS),
                                  ("Self-attention: key to both forms", "key", key())]:  # fmt: skip
            work = WORK / "work" / f"{name}.html"
            press.pdf(text, folder / f"{name}.pdf", title, work=work)
            written.append(folder / f"{name}.pdf")
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=WORK, help="where to write")
    parser.add_argument("--optional", action="store_true", help="no paper where no Chromium is")
    asked = parser.parse_args()
    for path in write(asked.folder, paper=not asked.optional or press.chromium() is not None):
        print(f"{path} ({path.stat().st_size / 1e3:.0f} kB)")


if __name__ == "__main__":
    main()
