"""Each word is defined where it first stands, and each symbol has one sense. Mechanics: words.py."""

from __future__ import annotations

import re

import pytest

from tests import words
from tests.words import Ordinary, Passage, Symbol, Term

# Words of the field. A chapter that uses one has it from the glossary.
FIELD = """
    accuracy, activation, argmax, attention head, autoregressive, backpropagation, batch, beam search,
    bias, checkpoint, corpus, dropout, embedding, epoch, feed-forward, fine-tuning, GELU, gradient,
    GRU, hidden layer, hidden state, hidden unit, hyperparameter, inference, kernel, latent, layer,
    layer norm, learning rate, logit, loss, LSTM, mean pooling, MLP, momentum, NaN, neural network,
    neuron, nucleus, one-hot, optimiser, overfitting, perceptron, perplexity, positional encoding,
    pretraining, pre-training, pruning, quantisation, regularisation, relu, residual, RNN, sampling,
    softmax, tensor, tokeniser, top-k, top-p, transformer, vocabulary, word piece
"""
# What a chapter names and uses for itself alone.
LOCAL = {
    "spread": "the word that everybody uses, and chapter 04 says which measure is meant",
    "distance": "what the experiment of chapter 19 varies",
}


@pytest.fixture(scope="module")
def book() -> list[Passage]:
    return words.passages()


@pytest.fixture(scope="module")
def terms() -> list[Term]:
    return words.glossary()


@pytest.fixture(scope="module")
def notation() -> list[Symbol]:
    return words.registry()


# --- the terms ---------------------------------------------------------------------------------


def test_the_whole_book_is_read(book):
    pages = list(dict.fromkeys(passage.page for passage in book))
    assert pages[0] == "index"
    assert pages[1:] == sorted(pages[1:]) and len(pages) > 25
    kinds = {passage.kind for passage in book}
    assert kinds == {"title", "heading", "outcomes", "caption", "text"}
    assert sum(passage.kind == "caption" for passage in book) > 80


def test_no_term_is_used_before_it_is_defined(book, terms):
    assert not words.early_uses(book, terms)


def test_the_front_page_links_each_term_that_it_uses(book, terms):
    assert not words.front_page_uses(book, terms)


def test_each_phrase_with_a_common_word_is_needed(book, terms):
    assert not words.needless(book, terms)
    spare = Ordinary("key", "a key to nothing", "01", "nowhere")
    late = Ordinary("key", "keys and values", "08", "long defined")
    assert len(words.needless(book, terms, (spare, late))) == 2


def test_common_words_do_not_swallow_the_test():
    assert len(words.ORDINARY) < 25
    assert all(len(each.reason) > 5 and " " in each.phrase for each in words.ORDINARY)


def test_each_entry_is_used_and_linked_in_a_chapter(book, terms):
    chapters = [passage for passage in book if passage.page != "index"]
    linked = words.definitions(chapters, terms)
    used = words.uses(chapters, terms, ())
    assert {term.name for term in terms} == set(linked)
    assert {term.name for term in terms} - words.SIZES == set(used)


def test_each_entry_is_one_sentence_or_two(terms):
    for term in terms:
        text = re.sub(r"`[^`]*`", "", term.definition)
        assert 1 <= len(re.findall(r"\.(?=\s|$)", text)) <= 2, term.name
        assert text.endswith("."), term.name


def test_entries_stand_in_order(terms):
    names = [term.name.lower() for term in terms]
    assert names == sorted(names)
    assert len({name for term in terms for name in term.names}) == sum(
        len(term.names) for term in terms
    )


def named(passage: Passage) -> list[str]:
    """The words in italics that a passage says to be the name of something."""
    return [
        word
        for word in passage.marked
        if re.search(
            rf"\b(?:called|named|call \w+)(?: a| an| the)? {re.escape(word)}"
            rf"|\bis the {re.escape(word)}\.|\b[Tt]he {re.escape(word)} is (?:the|a|an|their|from)\b",
            passage.text,
        )
    ]


def test_what_a_chapter_names_is_in_the_glossary(book, terms):
    known = words.finder(terms)
    found = {name: passage for passage in book for name in named(passage)}
    assert set(LOCAL) <= set(found)
    missing = {name: str(at) for name, at in found.items() if name not in LOCAL and not known(name)}
    assert not missing


def test_words_of_the_field_are_in_the_glossary(book, terms):
    known = words.finder(terms)
    text = " ".join(passage.text for passage in book)
    used = [
        word
        for word in re.split(r",\s+", FIELD.strip())
        if re.search(rf"(?<!\w){re.escape(word)}s?(?!\w)", text, re.IGNORECASE)
    ]
    assert len(used) > 20
    assert [word for word in used if not known(word)] == []


# --- the symbols -------------------------------------------------------------------------------


def test_each_symbol_has_one_meaning_and_says_it(book, notation):
    assert not words.symbol_problems(book, notation)


def test_few_symbols_have_two_meanings(notation):
    assert [row.name for row in notation if len(row.senses) > 1] == ["d", r"\cdot"]


@pytest.mark.parametrize(
    ("formula", "symbols"),
    [
        (r"\textcolor{#D55E00}{q_1} \cdot \textcolor{#E69F00}{k_j}", {"q", r"\cdot", "k", "j"}),
        (r"\sqrt{d_k} + d_\text{model}", {"d_k", "d_model"}),
        (r"d\textcolor{#D55E00}{Q} = W_c W_q", {"d", "Q", "W", "c", "W_q"}),
        (r"\operatorname{softmax}(S + M)_{ij}", {"softmax", "S", "M", "i", "j"}),
        (r"\sum_{j'} e^{s_{1j'}} \text{if } W'", {"j'", "e", "s", "W'"}),
        (r"Z_\text{head} \\ [Z_1, \dots, Z_h]", {"Z_head", "Z", "h"}),
        (r"\begin{aligned} n &= 1 \end{aligned}", {"n"}),
    ],
)
def test_a_formula_is_read(formula, symbols):
    assert words.symbols_of(formula) == symbols


def test_an_unknown_command_is_an_error():
    with pytest.raises(ValueError, match=r"\\aleph is not known"):
        words.symbols_of(r"\aleph_0")


def test_letters_are_read_in_code_and_text():
    passage = words.in_markdown(
        "For x₁ of `n` tokens, `W_q` and √d_k: Kᵀ, `d_query`, a b-c.", "09", 0
    )[0]
    assert words.symbols_in(passage) == {"x", "n", "W_q", "d_k", "K", r"\top"}


# --- each check is shown to fail ---------------------------------------------------------------


TERMS = [
    Term(("key",), "A label."),
    Term(("raw score",), "A product."),
    Term(("score", "scaled score"), "A number."),
    Term(("matrix",), "A table."),
]


def pages(**sources: str) -> list[Passage]:
    return [
        passage
        for page, source in sources.items()
        for passage in words.in_markdown(source, page.removeprefix("p"), 0)
    ]


def faults(*ordinary: Ordinary, **sources: str) -> list[str]:
    found = words.early_uses(pages(**sources), TERMS, ordinary)
    return [fault.split("”")[0].removeprefix("“") for fault in found]


def test_an_early_use_is_found_and_a_late_one_is_none():
    assert faults(p01="A key.\n\nA {term}`key`.") == ["key"]
    assert faults(p01="Keys.", p02="Two {term}`keys <key>`.") == ["key"]
    assert faults(p01="A {term}`key`.\n\nKeys.") == []
    assert faults(p01="Matrices.") == ["matrix"]
    assert faults(p01="A {term}`key` is a key.") == []


def test_the_longest_term_counts():
    assert faults(p01="A {term}`raw score`, two raw\nscores, a raw-score.") == []
    assert faults(p01="A raw score, a {term}`score`.") == ["raw score"]
    assert faults(p01="A scaled score.\n\nA {term}`score`.") == ["score"]


def test_code_formulas_and_addresses_are_not_read():
    assert faults(p01="`key`, $key$, <https://a.org/key>, [a](key.md), {cite:p}`key`.") == []
    assert faults(p01="[a key](a.md)") == faults(p01=":::{dropdown} A key\nText\n:::") == ["key"]
    assert faults(p01="| a |\n|---|\n| key |") == faults(p01="- **key**") == ["key"]


def test_a_title_may_announce_what_its_chapter_defines():
    assert faults(p01="# Keys\n\nText.\n\n## More\n\nA {term}`key`.") == []
    box = ":::{admonition} You will\n:class: outcomes\n- find a key\n:::\n\n"
    assert faults(p01=box + "## More\n\nA {term}`key`.") == []
    assert faults(p01="# Keys", p02="A {term}`key`.") == ["key"]


def test_a_heading_may_announce_what_its_section_defines():
    assert faults(p01="## Keys\n\nText.\n\nA {term}`key`.") == []
    assert faults(p01="## Keys\n\nText.\n\n## More\n\nA {term}`key`.") == ["key"]


def test_a_phrase_with_a_common_word_is_passed_over_on_its_page():
    phrase = Ordinary("key", "the key of the door", "01", "a thing of iron")
    source = "The key of the door."
    assert faults(phrase, p01=source, p02="A {term}`key`.") == []
    assert faults(phrase, p02=source, p03="A {term}`key`.") == ["key"]
    assert faults(phrase, p01=source + " A key.", p02="A {term}`key`.") == ["key"]


def test_the_front_page_must_link():
    front = pages(index="A key, and a {term}`score`.")
    assert len(words.front_page_uses(front, TERMS, ())) == 1
    assert faults(index="A key.", p01="A {term}`key`.") == []


def test_captions_are_read_from_the_stored_outputs(book):
    heatmaps = [p for p in book if p.kind == "caption" and p.page == "08"]
    assert any("Rows sum to one, columns need not." in passage.text for passage in heatmaps)


def test_a_name_in_italics_is_seen():
    (passage,) = words.in_markdown("Such a block is called a *layer*. It is *so*.", "01", 0)
    assert named(passage) == ["layer"]


def symbol_faults(*rows: Symbol, **sources: str) -> list[str]:
    return words.symbol_problems(pages(**sources), list(rows))


def at(name: str, sense: str, *chapters: str) -> Symbol:
    return Symbol(name, (sense,), (frozenset(chapters),))


def test_a_symbol_without_a_line_is_found():
    assert "w is not in the notation" in symbol_faults(p19="Width $w$.")[0]
    assert symbol_faults(at("w", "width", "19"), p19="Width $w$.") == []


def test_a_symbol_in_another_chapter_is_asked_for():
    (fault,) = symbol_faults(at("w", "width", "19"), p19="Width $w$.", p20="A vector $w$.")
    assert "Does it in chapter 20?" in fault


def test_two_lines_or_two_meanings_in_one_chapter_are_found():
    row = at("w", "width", "19")
    assert "two lines" in symbol_faults(row, row, p19="Width $w$.")[0]
    both = Symbol("w", ("width", "vector"), (frozenset({"19"}), frozenset({"19"})))
    assert "two meanings in chapter 19" in symbol_faults(both, p19="Width $w$, a vector.")[0]
    short = Symbol("w", ("width", "vector"), (frozenset({"19"}),))
    assert "2 meanings in 1 places" in symbol_faults(short, p19="Width $w$.")[0]


def test_a_symbol_must_be_explained_and_stand_where_it_is_said_to():
    row = at("w", "width of a kernel", "19")
    assert "does not say" in symbol_faults(row, p19="Take $w$.")[0]
    assert (
        "does not stand in chapter 20"
        in symbol_faults(at("w", "width", "19", "20"), p19="Width $w$.")[0]
    )
    everywhere = Symbol("w", ("width",), (None,))
    assert "throughout" in symbol_faults(everywhere, p19="Width $w$.")[0]


def test_a_word_below_a_symbol_says_which_one():
    row = at("Z", "output", "13")
    assert symbol_faults(row, p13=r"An output $Z_\text{head}$.") == []
    assert "p_right is not" in symbol_faults(row, p13=r"An output $Z$, $p_\text{right}$.")[0]


def test_the_notation_is_read():
    table = ":::{table}\n:class: steady symbols\n\n| a | b | c |\n|---|---|---|\n| $%s$ | %s | %s |\n:::"
    assert words.registry(table % ("w", "width", "chapters 9 and 20")) == [
        at("w", "width", "09", "20")
    ]
    two = words.registry(table % (r"\cdot", "one; two", "throughout; chapter 3"))
    assert two == [Symbol(r"\cdot", ("one", "two"), (None, frozenset({"03"})))]
    with pytest.raises(ValueError, match="must be throughout"):
        words.registry(table % ("w", "width", "here and there"))
