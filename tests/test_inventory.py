"""The concept inventory: its questions, and the files that courses import.

Right answers are computed a second time, by plain Python from the examples. What Moodle imports is
read by a parser of GIFT, which is vendored; what Canvas imports is compared with what text2qti, whose
packages Canvas imports, writes for the same questions.
"""

from __future__ import annotations

import hashlib
import html as entities
import io
import json
import math
import re
import statistics
import zipfile
from collections import Counter
from dataclasses import replace

import pytest
from lxml import etree
from py_mini_racer import MiniRacer
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz

from attention_core import example
from attention_core._format import number
from attention_core.exercises import inventory
from attention_core.exercises.inventory import Option, Question, html
from tests.site_checks import ROOT
from tools import inventory as tool

FORMS = tool.FORMS
EACH = [(name, question) for name, form in FORMS.items() for question in form]
NAMES = [f"{name}-{question.name}" for name, question in EACH]


def asked(name: str, concept: str) -> Question:
    return next(question for question in FORMS[name] if question.name == concept)


def right(question: Question) -> Option:
    return question.options[question.right]


def bare(text: str) -> str:
    """HTML as a reader sees it."""
    return entities.unescape(re.sub(r"<[^>]+>", "", text))


# --- the questions -------------------------------------------------------------------------------


def test_there_are_enough_questions():
    assert 15 <= len(inventory.before) == len(inventory.after) <= 18


@pytest.mark.parametrize(("name", "question"), EACH, ids=NAMES)
def test_a_question_has_one_right_answer_and_three_confusions(name, question):
    named = [option.confusion for option in question.options]
    assert len(named) == 4
    assert named.count("") == 1
    assert set(named) - {""} <= inventory.confusions.keys()
    # Its own confusion is among them, and no two answers rest on the same.
    assert question.name in named
    assert len(set(named)) == 4
    assert question.title
    for option in question.options:
        assert len(option.reason) > 20
        assert option.reason.endswith((".", "?"))


@pytest.mark.parametrize(("name", "question"), EACH, ids=NAMES)
def test_options_differ_where_they_are_read(name, question):
    texts = [bare(html(option.text)) for option in question.options]
    assert len({text.casefold() for text in texts}) == 4
    # Where an option begins with a number, the number decides: it must differ as it is printed.
    begun = [match[0] for text in texts if (match := re.match(r"−?[\d.]+", text))]
    if question.name not in ("cross",):
        assert len(set(begun)) == len(begun)


@pytest.mark.parametrize("name", FORMS)
def test_every_confusion_of_the_book_is_asked_about(name):
    met = {option.confusion for question in FORMS[name] for option in question.options} - {""}
    assert met == inventory.confusions.keys()
    assert not met & inventory.unasked.keys()


def test_confusions_have_chapters():
    stems = {path.stem for path in (ROOT / "chapters").glob("*.ipynb")}
    assert {belief.chapter for belief in inventory.confusions.values()} <= stems
    assert {question.chapter for _, question in EACH} <= stems
    beliefs = [belief.belief for belief in inventory.confusions.values()]
    assert len(set(beliefs)) == len(beliefs)
    assert all(name == belief.name for name, belief in inventory.confusions.items())


def test_the_forms_are_parallel():
    for one, other in zip(inventory.before, inventory.after, strict=True):
        assert (one.name, one.title, one.chapter) == (other.name, other.title, other.chapter)
        beliefs = [sorted(option.confusion for option in each.options) for each in (one, other)]
        assert beliefs[0] == beliefs[1], one.name
        assert one.text != other.text
        shared = {o.text for o in one.options} & {o.text for o in other.options}
        assert len(shared) <= (4 if one.name == "cross" else 0), one.name
    assert len({question.name for question in inventory.before}) == len(inventory.before)


def lengths(form) -> list[list[int]]:
    """How long the options are, the right one first."""
    return [
        [
            len(bare(html(option.text)))
            for option in sorted(question.options, key=lambda option: option.confusion != "")
        ]
        for question in form
    ]


def tells(form) -> list[str]:
    """What gives the right answer away to who knows nothing: where it stands, how long it is."""
    found = []
    places = Counter(question.right for question in form)
    if not all(len(form) // 4 - 2 <= places[place] <= len(form) // 4 + 2 for place in range(4)):
        found.append(f"places {dict(places)}")
    rows = lengths(form)
    longest = sum(row[0] == max(row) for row in rows)
    shortest = sum(row[0] == min(row) for row in rows)
    # By chance a quarter of them; twice that would be worth a guess.
    if max(longest, shortest) > len(form) / 2.5:
        found.append(f"longest {longest}, shortest {shortest} of {len(form)}")
    ratio = statistics.mean(row[0] / statistics.mean(row[1:]) for row in rows)
    if not 0.9 < ratio < 1.1:
        found.append(f"{ratio:.2f} times as long as the others")
    return found


@pytest.mark.parametrize("name", FORMS)
def test_nothing_gives_the_right_answer_away(name):
    assert tells(FORMS[name]) == []


def test_what_gives_an_answer_away_is_found():
    first = [
        replace(q, options=tuple(sorted(q.options, key=lambda option: option.confusion)))
        for q in inventory.before
    ]
    assert "places" in tells(first)[0]
    wordy = [
        replace(
            q, options=tuple(o if o.confusion else replace(o, text=o.text * 2) for o in q.options)
        )
        for q in inventory.before
    ]
    assert len(tells(wordy)) == 2


def test_the_places_of_right_answers_are_no_copy_of_each_other():
    places = [[question.right for question in form] for form in FORMS.values()]
    same = sum(one == other for one, other in zip(*places, strict=True))
    assert same <= len(inventory.before) / 2


#: What another question's text must not say, lest it answers this one.
SAID = {
    "direction": r"(queries|query|row) (asks?|takes?)",
    "symmetry": r"other vectors|not mutual|nothing follows",
    "rows": r"sums? to one|adds? up to|give[s]? away one|a whole",
    "zero-score": r"exponential",
    "company": r"share",
    "scale": r"√",
    "most-similar": r"length|longer",
    "equal-weight": r"weighted value|contribut.* (differ|unequal)",
    "three-projections": r"seek|offer",
    "learning": r"projections (stay|are fixed)|computed anew",
    "output-word": r"mixture|average",
    "order": r"no order|whatever the order",
    "mask-side": r"NaN|nothing to see|empty row",
    "head": r"projections of (its|their) own|smaller queries",
    "cross": r"a row for each|shape \(",
    "memory": r"block|piece by piece",
    "reachable": r"has to find|need not learn",
    "explanation": r"take.* head out|no explanation|not explain",
}


def given_away(form) -> list[str]:
    """Questions that answer others: a stem says what is asked elsewhere, or has its number."""
    found = []
    for question in form:
        answer = re.match(r"−?\d+\.\d+", right(question).text)
        for other in form:
            if other is question:
                continue
            if re.search(SAID[question.name], other.text, re.IGNORECASE):
                found.append(f"{other.name} answers {question.name}")
            if answer and answer[0] in re.findall(r"−?\d+\.\d+", other.text):
                found.append(f"{other.name} has the {answer[0]} of {question.name}")
    return found


@pytest.mark.parametrize("name", FORMS)
def test_no_question_answers_another(name):
    assert given_away(FORMS[name]) == []
    assert SAID.keys() == {question.name for question in FORMS[name]}


def test_a_question_that_answers_another_is_found():
    spoilt = [replace(q, text=f"{q.text} Columns need not sum to one.") if q.name == "head" else q
              for q in inventory.before]  # fmt: skip
    assert given_away(spoilt) == ["head answers rows"]
    same = [replace(q, text=f"{q.text} 0.07") if q.name == "head" else q for q in inventory.before]
    assert given_away(same) == ["head has the 0.07 of rows"]


def test_words_of_the_house():
    for _, question in EACH:
        for text in (question.text, *(t for o in question.options for t in (o.text, o.reason))):
            assert not re.search(r"\b(simply|just|obviously)\b|!", text), text
            assert "-" not in re.sub(r"\b\w+-\w+\b", "", text), f"a minus sign is −: {text}"
    for belief in inventory.confusions.values():
        assert not belief.belief.endswith(".")


# --- the numbers, once more, in plain Python -----------------------------------------------------


def times(rows, matrix):
    return [[sum(a * b for a, b in zip(row, column, strict=True)) for column in zip(*matrix, strict=True)] for row in rows]  # fmt: skip


class Computed:
    """Queries, keys, values, raw scores, weights and outputs, without numpy."""

    def __init__(self, which, inputs=None):
        rows = which.inputs.tolist() if inputs is None else inputs
        self.X = rows
        self.Q, self.K, self.V = (
            times(rows, m.tolist())
            for m in (which.query_weight, which.key_weight, which.value_weight)
        )
        self.raw = times(self.Q, list(zip(*self.K, strict=True)))
        d_k = len(self.Q[0])
        self.scores = [[s / math.sqrt(d_k) for s in row] for row in self.raw]
        self.A = [self.softmax(row) for row in self.scores]
        self.Z = times(self.A, self.V)

    @staticmethod
    def softmax(row):
        powers = [math.exp(s) for s in row]
        return [p / sum(powers) for p in powers]


PLANE = Computed(example.plane)
WORKED = Computed(example.worked)
FIRST = Computed(example.plane, [[0, 1], [1, 0], [1, 1]])
SECOND = Computed(example.plane, [[0, 1], [2, 0], [2, 1]])
SOURCE, WRITTEN = len(example.rectangle.memory), len(example.rectangle.inputs)


def cosine(q, k):
    return sum(a * b for a, b in zip(q, k, strict=True)) / math.hypot(*q) / math.hypot(*k)


def pair(values) -> str:
    return f"({', '.join(number(v) for v in values)})"


#: For each form and concept: numbers that must stand in the question or its answers, in order.
NUMBERS = {
    ("before", "direction"): [PLANE.A[2][0]],
    ("after", "direction"): [SECOND.A[1][2]],
    ("before", "symmetry"): [PLANE.raw[0][1]],
    ("after", "symmetry"): [SECOND.raw[0][2]],
    ("before", "rows"): [FIRST.A[0][0], FIRST.A[0][2], FIRST.A[1][1], FIRST.A[2][1], FIRST.A[1][0]],
    ("after", "rows"): [PLANE.A[0][0], PLANE.A[0][1], PLANE.A[1][2], PLANE.A[2][2], PLANE.A[2][0]],
    ("before", "zero-score"): PLANE.scores[0],
    ("after", "zero-score"): SECOND.scores[0],
    ("before", "company"): [PLANE.A[2][1]],
    ("after", "company"): [SECOND.A[0][0]],
    ("before", "equal-weight"): [WORKED.A[0][1], *WORKED.V[1], *WORKED.V[2]],
    ("after", "equal-weight"): [SECOND.A[2][0], *SECOND.V[0], SECOND.A[2][1], *SECOND.V[1]],
    ("before", "most-similar"): [*WORKED.Q[0], *WORKED.K[0], *WORKED.K[1]],
    ("after", "most-similar"): [*SECOND.Q[2], *SECOND.K[0], *SECOND.K[2]],
    ("before", "output-word"): PLANE.Z[0],
    ("after", "output-word"): SECOND.Z[1],
    ("before", "cross"): [WRITTEN, SOURCE],
    ("after", "cross"): [SOURCE, WRITTEN],
}


@pytest.mark.parametrize(("name", "concept"), NUMBERS)
def test_the_numbers_of_a_question_are_those_of_its_example(name, concept):
    text = asked(name, concept).text
    place = 0
    for value in NUMBERS[name, concept]:
        found = re.search(rf"(?<![\d.−]){re.escape(number(value))}(?![\d]|\.\d)", text[place:])
        assert found, f"{number(value)} in: {text[place:]}"
        place += found.end()


def shifted(scores):
    moved = [s - min(scores) for s in scores]
    return [m / sum(moved) for m in moved]


def without_negative(scores, place):
    kept = [s for s in scores if s >= 0]
    return math.exp(scores[place]) / sum(map(math.exp, kept))


#: What an option that begins with a number says, by the confusion it rests on.
FIGURES = {
    ("before", "rows"): {
        "": 1 - FIRST.A[0][0] - FIRST.A[0][2],
        "rows": 1 - FIRST.A[1][1] - FIRST.A[2][1],
        "symmetry": FIRST.A[1][0],
        "negative-weight": FIRST.A[0][0] + FIRST.A[0][2] - 1,
    },
    ("after", "rows"): {
        "": 1 - PLANE.A[0][0] - PLANE.A[0][1],
        "rows": 1 - PLANE.A[1][2] - PLANE.A[2][2],
        "symmetry": PLANE.A[2][0],
        "negative-weight": PLANE.A[0][0] + PLANE.A[0][1] - 1,
    },
    ("before", "zero-score"): {
        "": PLANE.softmax(PLANE.scores[0])[1],
        "zero-score": 0,
        "divide-by-sum": shifted(PLANE.scores[0])[1],
        "negative-weight": without_negative(PLANE.scores[0], 1),
    },
    ("after", "zero-score"): {
        "": SECOND.softmax(SECOND.scores[0])[2],
        "zero-score": 0,
        "divide-by-sum": shifted(SECOND.scores[0])[2],
        "negative-weight": without_negative(SECOND.scores[0], 2),
    },
}


@pytest.mark.parametrize(("name", "concept"), FIGURES)
def test_each_figure_is_what_its_confusion_computes(name, concept):
    for option in asked(name, concept).options:
        said = re.match(r"−?[\d.]+\d|\d", option.text)
        assert said[0] == number(FIGURES[name, concept][option.confusion]), option.text


def test_what_the_questions_presuppose_is_so():
    # The scores behind the gap and the blot are negative; the printed rows sum to one.
    assert FIRST.raw[0][1] < 0
    assert PLANE.raw[0][2] < 0
    for row in (FIRST.A[0], PLANE.A[0]):
        assert sum(round(weight, 2) for weight in row) == pytest.approx(1)
    # One key is nearer, another scores higher, because it is longer.
    for model, query, near, high in ((WORKED, 0, 0, 1), (SECOND, 2, 0, 2)):
        q, k = model.Q[query], model.K
        assert cosine(q, k[near]) > cosine(q, k[high])
        assert model.raw[query][near] < model.raw[query][high]
        assert math.hypot(*k[near]) < math.hypot(*k[high])
    # Equal weights, and the second value of the later form is the longer.
    assert WORKED.A[0][1] == pytest.approx(WORKED.A[0][2])
    assert WORKED.A[0][0] < WORKED.A[0][1]
    assert SECOND.A[2][0] == pytest.approx(SECOND.A[2][1])
    assert math.hypot(*SECOND.V[1]) > math.hypot(*SECOND.V[0])
    # No answer about symmetry holds by accident.
    assert PLANE.raw[1][0] != PLANE.raw[0][1] == 0
    assert SECOND.raw[2][0] != SECOND.raw[0][2] == 0
    # A newcomer takes from all, and changes no score.
    for row in (PLANE.scores[2], SECOND.scores[0]):
        grown = Computed.softmax([*row, max(row) + 1])
        assert all(new < old for new, old in zip(grown, Computed.softmax(row), strict=False))


def test_a_mask_read_the_other_way_round_leaves_the_last_token_nothing():
    mask = [[key <= query for key in range(4)] for query in range(4)]
    assert [seen for seen in mask[-1] if not seen] == []  # what is True is hidden
    assert any(not seen for seen in mask[0])


def test_shuffled_tokens_have_the_same_outputs():
    forward, backward = (Computed(example.plane, rows) for rows in (PLANE.X, PLANE.X[::-1]))
    for one, other in zip(forward.Z, backward.Z[::-1], strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize(
    ("name", "size", "wrong"), [("before", 64, 512), ("after", 64, 1024)]
)  # fmt: skip
def test_the_scale(name, size, wrong):
    question = asked(name, "scale")
    assert f"√{size}" in right(question).text
    assert number(math.sqrt(size)) in right(question).text
    (other,) = [option.text for option in question.options if option.confusion == "scale"]
    assert f"√{wrong}" in other
    assert number(math.sqrt(wrong), 1) in other


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("before", {"": (3, 5), "direction": (5, 3), "decoder": (3, 3), "cross": (8, 8)}),
        ("after", {"": (5, 3), "direction": (3, 5), "decoder": (5, 5), "cross": (8, 8)}),
    ],
)
def test_the_shape_of_cross_attention(name, shapes):
    for option in asked(name, "cross").options:
        rows, columns = shapes[option.confusion]
        assert option.text == f"{rows} rows, {columns} columns"


def test_html_is_safe():
    assert html("a < b & *c* W_q don't") == (
        "a &lt; b &amp; <em>c</em> <var>W</var><sub>q</sub> don’t"
    )


# --- Moodle: read by a parser of GIFT ------------------------------------------------------------

VENDOR = ROOT / "vendor" / "gift-pegjs"


def test_the_parser_is_the_one_of_its_readme():
    rows = re.findall(r"\| ([\w.-]+) \| `([0-9a-f]{64})` \|", (VENDOR / "README.md").read_text())
    assert {name for name, _ in rows} == {path.name for path in VENDOR.iterdir()} - {"README.md"}
    for name, digest in rows:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


@pytest.fixture(scope="module")
def parse():
    engine = MiniRacer()
    source = (VENDOR / "pegjs-gift.js").read_text(encoding="utf-8")
    engine.eval(f"const module = {{exports: {{}}}};\n{source}")

    def parsed(text: str):
        answer = json.loads(
            engine.eval(
                "(() => { try { return JSON.stringify({questions: module.exports.parse("
                f"{json.dumps(text)})}}); }} catch (error) {{ return JSON.stringify("
                "{error: String(error.message)}); } })()"
            )
        )
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer["questions"]

    yield parsed
    engine.close()


@pytest.mark.parametrize("name", FORMS)
def test_moodle_reads_every_question(name, parse):
    category, *questions = parse(tool.gift(name))
    assert category["type"] == "Category"
    assert category["title"] == tool.category(name)
    assert tool.guarded(tool.category(name)) == tool.category(name)
    assert len(questions) == len(FORMS[name])
    for place, (found, question) in enumerate(zip(questions, FORMS[name], strict=True), 1):
        assert found["type"] == "MC"
        assert found["title"] == f"{name} {place:02d} {question.title}"
        assert found["stem"] == {"format": "html", "text": html(question.text)}
        assert found["globalFeedback"]["text"] == f"To read: {tool.chapter(question.chapter)}."
        for choice, option in zip(found["choices"], question.options, strict=True):
            assert choice["isCorrect"] == (not option.confusion)
            assert choice["weight"] is None
            assert choice["text"]["text"] == html(option.text)
            assert choice["feedback"]["text"] == tool.feedback(option)


@pytest.mark.parametrize("sign", "~=#{}:")
def test_what_is_not_guarded_is_noticed(sign, parse, monkeypatch):
    """Each sign of the format, unguarded in an option, breaks the file or changes the answer."""
    odd = replace(
        inventory.before[0],
        options=tuple(
            replace(option, text=f"1 {sign} 2 {sign}{sign}", reason=f"{sign} is a sign: {sign}.")
            for option in inventory.before[0].options
        ),
    )
    monkeypatch.setitem(FORMS, "before", (odd,))
    _, found = parse(tool.gift("before"))
    assert [choice["text"]["text"] for choice in found["choices"]] == [
        html(option.text) for option in odd.options
    ]
    monkeypatch.setattr(tool, "guarded", lambda text: text)
    try:
        _, spoilt = parse(tool.gift("before"))
    except (ValueError, KeyError):
        return
    if sign == ":":
        return  # Moodle asks for it in titles alone; guarded everywhere it does no harm
    assert spoilt != found


# --- Canvas: the same as text2qti makes of the same questions ------------------------------------

NAMESPACE = {"q": tool.QTI, "p": tool.PACKAGE, "c": tool.CANVAS}


def opened(package: bytes) -> tuple[etree._Element, etree._Element, etree._Element]:
    """A package as an importer goes through it: the manifest names a test and what belongs to it."""
    with zipfile.ZipFile(io.BytesIO(package)) as folder:
        assert folder.testzip() is None
        manifest = etree.fromstring(folder.read("imsmanifest.xml"))
        (test,) = manifest.xpath("//p:resource[@type='imsqti_xmlv1p2']", namespaces=NAMESPACE)
        (path,) = test.xpath("p:file/@href", namespaces=NAMESPACE)
        (other,) = test.xpath("p:dependency/@identifierref", namespaces=NAMESPACE)
        (meta,) = manifest.xpath(f"//p:resource[@identifier='{other}']/p:file/@href", namespaces=NAMESPACE)  # fmt: skip
        assert {"imsmanifest.xml", path, meta} <= set(folder.namelist())
        return manifest, etree.fromstring(folder.read(path)), etree.fromstring(folder.read(meta))


def one(node, path: str) -> str:
    (found,) = node.xpath(path, namespaces=NAMESPACE)
    return found if isinstance(found, str) else "".join(found.itertext()).strip()


def graded(item, chosen: str) -> tuple[float, list[str]]:
    """Points and feedback for a choice, by the item's own rules, one after another."""
    points, shown = 0.0, []
    for rule in item.xpath("q:resprocessing/q:respcondition", namespaces=NAMESPACE):
        (test,) = rule.xpath("q:conditionvar/*", namespaces=NAMESPACE)
        kind = etree.QName(test).localname
        if kind == "varequal" and test.text != chosen:
            continue
        assert kind in ("other", "varequal")
        for score in rule.xpath("q:setvar", namespaces=NAMESPACE):
            points = float(score.text)
        for link in rule.xpath("q:displayfeedback/@linkrefid", namespaces=NAMESPACE):
            shown.append(one(item, f"q:itemfeedback[@ident='{link}']//q:mattext"))
        if rule.get("continue") == "No":
            break
    return points, shown


def read(package: bytes) -> list[dict]:
    """Each question of a package: texts, what each choice earns, and what is said to it."""
    _, test, _ = opened(package)
    questions = []
    for item in test.xpath("//q:item", namespaces=NAMESPACE):
        labels = item.xpath(".//q:response_label", namespaces=NAMESPACE)
        questions.append(
            {
                "title": item.get("title"),
                "type": one(item, ".//q:qtimetadatafield[q:fieldlabel='question_type']/q:fieldentry"),
                "points": float(one(item, ".//q:qtimetadatafield[q:fieldlabel='points_possible']/q:fieldentry")),
                "text": one(item, "q:presentation/q:material/q:mattext"),
                "options": [one(label, ".//q:mattext") for label in labels],
                "outcomes": [graded(item, label.get("ident")) for label in labels],
            }
        )  # fmt: skip
    return questions


@pytest.mark.parametrize("name", FORMS)
def test_canvas_reads_every_question(name):
    found = read(tool.qti(name))
    assert len(found) == len(FORMS[name])
    for place, (item, question) in enumerate(zip(found, FORMS[name], strict=True), 1):
        assert item["title"] == f"{place:02d} {question.title}"
        assert (item["type"], item["points"]) == ("multiple_choice_question", 1)
        assert item["text"] == html(question.text)
        assert item["options"] == [html(option.text) for option in question.options]
        for (points, shown), option in zip(item["outcomes"], question.options, strict=True):
            assert points == (0 if option.confusion else 100)
            general = f"To read: {tool.chapter(question.chapter)}."
            assert shown == [general, tool.feedback(option)]


@pytest.mark.parametrize("name", FORMS)
def test_names_are_unique_and_links_lead_somewhere(name):
    manifest, test, meta = opened(tool.qti(name))
    idents = [f"{etree.QName(node).localname} {node.get('ident')}" for node in test.iter() if node.get("ident") not in (None, "response1", "general_fb") and not node.get("ident").endswith("_fb")]  # fmt: skip
    assert len(set(idents)) == len(idents)
    for item in test.xpath("//q:item", namespaces=NAMESPACE):
        own = set(item.xpath(".//q:response_label/@ident", namespaces=NAMESPACE))
        told = item.xpath(".//q:varequal/text()", namespaces=NAMESPACE)
        assert set(told) == own
        links = item.xpath(".//q:displayfeedback/@linkrefid", namespaces=NAMESPACE)
        assert set(links) == set(item.xpath("q:itemfeedback/@ident", namespaces=NAMESPACE))
    assert meta.get("identifier") == name
    assert one(meta, "c:points_possible") == str(len(FORMS[name]))
    assert one(meta, "c:quiz_type") == {"before": "practice_quiz", "after": "assignment"}[name]
    assert manifest.get("identifier")


def source_for_text2qti(name: str) -> str:
    """A form as text2qti reads it."""
    lines = [f"Quiz title: {tool.TITLES[name]}", ""]
    for place, question in enumerate(FORMS[name], 1):
        lines += [f"Title: {place:02d} {question.title}", "Points: 1"]
        lines += [
            f"{place}. {html(question.text)}",
            f"... To read: {tool.chapter(question.chapter)}.",
        ]
        for letter, option in zip("abcd", question.options, strict=True):
            lines.append(f"{'' if option.confusion else '*'}{letter}) {html(option.text)}")
            lines.append(f"... {tool.feedback(option)}")
        lines.append("")
    return "\n".join(lines)


def plain(text: str) -> str:
    """HTML without paragraphs, which text2qti adds, and with the characters that it makes entities."""
    return entities.unescape(re.sub(r"</?p>", "", text)).strip()


@pytest.mark.parametrize("name", FORMS)
def test_text2qti_makes_the_same_of_the_same_questions(name):
    quiz = Quiz(source_for_text2qti(name), config=Config())
    theirs, ours = QTI(quiz).zip_bytes(), tool.qti(name)
    for mine, other in zip(read(ours), read(theirs), strict=True):
        assert mine["title"] == other["title"]
        assert (mine["type"], mine["points"]) == (other["type"], other["points"])
        assert plain(mine["text"]) == plain(other["text"])
        assert list(map(plain, mine["options"])) == list(map(plain, other["options"]))
        for (points, shown), (points_2, shown_2) in zip(mine["outcomes"], other["outcomes"], strict=True):  # fmt: skip
            assert points == points_2
            assert list(map(plain, shown)) == list(map(plain, shown_2))
    # No element and no attribute that a package which Canvas imports does not have in that place.
    for mine, other in zip(opened(ours), opened(theirs), strict=True):
        assert shape(mine) <= shape(other), shape(mine) - shape(other)
        known = orders(other)
        for path, rows in orders(mine).items():
            for row in rows:
                assert any(follows(row, theirs) for theirs in known[path]), (path, row)


def shape(root) -> set[str]:
    """The paths of all elements and attributes below a root."""
    found = set()
    for node in root.iter(etree.Element):
        up = [etree.QName(each).text for each in (node, *node.iterancestors())]
        path = "/".join(reversed(up))
        found |= {path, *(f"{path}@{name}" for name in node.attrib if "schemaLocation" not in name)}
    return found


def orders(root) -> dict[str, set[tuple[str, ...]]]:
    """For each path, in which order its elements have their children, repetitions left out."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for node in root.iter(etree.Element):
        up = [etree.QName(each).localname for each in (node, *node.iterancestors())]
        names = [etree.QName(child).localname for child in node.iterchildren(etree.Element)]
        row = tuple(name for i, name in enumerate(names) if not i or names[i - 1] != name)
        found.setdefault("/".join(reversed(up)), set()).add(row)
    return found


def follows(row: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether a row is the other with pieces left out."""
    rest = iter(other)
    return all(name in rest for name in row)


def test_orders_are_compared():
    assert follows(("a", "c"), ("a", "b", "c"))
    assert not follows(("c", "a"), ("a", "b", "c"))


def test_what_is_not_of_the_format_is_noticed(monkeypatch):
    package = tool.qti("before")
    condition = tool.condition
    monkeypatch.setattr(
        tool,
        "condition",
        lambda test, then, go_on="Yes": condition(test, then.replace("100", "0"), go_on),
    )  # fmt: skip
    assert all(points == 0 for item in read(tool.qti("before")) for points, _ in item["outcomes"])
    assert not all(points == 0 for item in read(package) for points, _ in item["outcomes"])


# --- the files -----------------------------------------------------------------------------------


def test_the_same_bytes_at_every_run(tmp_path):
    first, second = (tool.write(tmp_path / each, paper=False) for each in "ab")
    assert [path.name for path in first] == [
        "before.gift", "before-qti.zip", "after.gift", "after-qti.zip",
    ]  # fmt: skip
    for one_file, other in zip(first, second, strict=True):
        assert one_file.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", FORMS)
def test_paper_has_every_question_and_no_answer(name):
    page = tool.form(name)
    for question in FORMS[name]:
        assert f"<p>{html(question.text)}</p>" in page
        for option in question.options:
            assert f"<span>{html(option.text)}</span>" in page
            assert html(option.reason) not in page
    assert 'class="right"' not in page
    assert "class=right" not in page


def test_the_key_has_every_reason():
    page = tool.key()
    for _, question in EACH:
        for option in question.options:
            assert html(option.reason) in page
    assert page.count("class=right") == len(EACH)
    for name, form in FORMS.items():
        row = "".join(f"<td>{tool.LETTERS[question.right]}</td>" for question in form)
        assert row in tool.letters(name)
