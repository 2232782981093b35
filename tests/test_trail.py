"""Which statements a call runs: those it runs, and no others."""

import sys
import types

import pytest

from attention_core import bert, trail

SOURCE = '''
"""A module."""

double = lambda x: (
    2 * x
)


class Thing:
    """A thing."""

    size = 1

    def path(
        self,
        up,
    ):
        """Go one way or the other."""
        total = sum(
            x
            for x in range(3)
        )
        if up:
            total += self.size
        else:
            total -= self.size
        for x in [1, 2]: total += x
        with open(__file__):
            return double(
                total
            )

    def never(self):
        return 0
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "trodden.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "trodden", raising=False)
    import trodden

    return trodden


def test_statements_are_those_that_run_in_the_order_of_the_file(module):
    found = trail.statements(lambda: module.Thing().path(True), module)
    assert [(s.function, s.text) for s in found] == [
        ("", "double = lambda x: (\n    2 * x\n)"),
        ("Thing.path", "total = sum(\n    x\n    for x in range(3)\n)"),
        ("Thing.path", "if up:"),
        ("Thing.path", "total += self.size"),
        ("Thing.path", "for x in [1, 2]: total += x"),
        ("Thing.path", "with open(__file__):"),
        ("Thing.path", "return double(\n    total\n)"),
    ]
    assert [s.line for s in found] == sorted(s.line for s in found)
    assert [s.indent for s in found] == [0, 0, 0, 4, 0, 0, 4]


def test_two_ways_differ_in_what_is_on_one_of_them(module):
    up, down = (
        set(trail.statements(lambda up=up: module.Thing().path(up), module)) for up in (True, False)
    )
    assert [repr(s) for s in up - down] == ["Thing.path: total += self.size"]
    assert [repr(s) for s in down - up] == ["Thing.path: total -= self.size"]


def test_other_modules_are_not_followed(module):
    assert trail.statements(lambda: module.Thing().path(True), bert) == ()


def test_what_watched_before_watches_again_even_after_an_error(module):
    before = sys.gettrace()
    with pytest.raises(ZeroDivisionError):
        trail.statements(lambda: 1 / 0, module)
    assert sys.gettrace() is before


def test_a_module_without_source_is_refused():
    with pytest.raises((OSError, TypeError)):
        trail.statements(lambda: None, types.ModuleType("made_up"))
    with pytest.raises(TypeError, match="built-in"):
        trail.statements(lambda: None, sys)


def test_several_modules_are_followed_one_after_the_other(module):
    found = trail.statements(
        lambda: (trail.Statement(1, "f", "g").__repr__(), module.Thing().never()), module, trail
    )
    assert [s.function for s in found] == ["Thing.never", "Statement.__repr__"]
