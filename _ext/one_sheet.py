"""One style sheet for the whole site, with the rules that its pages use.

The theme and the extensions bring a dozen style sheets, of which the pages use a small part. At
the end of a build they become one, `_static/site.css`: the same rules in the same order, without

- selectors that need a class, an id or an element that is on no page and in no script. Only what
  must be there counts: states (`:hover`, `[open]`, `:not(...)`) never decide;
- custom properties that nothing reads;
- the icon font, in whose place are the masks of `book.css`.

The sheets as they came are kept beside the doctrees, so that a build in which a single page is
written can still look through all pages and prune from the whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import tinycss2

SHEET = "site.css"
# The theme's page loads these before all others, by name.
FIRST = ("basic.css", "styles/pydata-sphinx-theme.css")
# The theme's `theme.css` does nothing but import `basic.css`.
IMPORTS = ("styles/theme.css",)
# Its icons are masks of our own.
ICON_FONT = "Font Awesome"
# At-rules with rules inside.
GROUPS = ("media", "supports", "layer", "container")


# --- what is in use --------------------------------------------------------------------------


TEMPLATES = Path(__file__).parent / "templates"


@dataclass
class Used:
    """The names on the pages: `.class`, `#id` and element; and the variables they read."""

    names: set[str] = field(default_factory=set)
    variables: set[str] = field(default_factory=set)

    def add_page(self, html: str) -> None:
        for value in re.findall(r'\bclass="([^"]*)"', html):
            self.names.update(f".{name}" for name in value.split())
        self.names.update(f"#{name}" for name in re.findall(r'\bid="([^"]*)"', html))
        self.names.update(name.lower() for name in re.findall(r"<([a-zA-Z][\w-]*)", html))
        self.variables.update(re.findall(r"var\(\s*(--[\w-]+)", html))

    def add_script(self, text: str) -> None:
        """Any word of a script may become a class, an id or an element."""
        for word in re.findall(r"[\w-]+", text):
            self.names.update((word.lower(), f".{word}", f"#{word}"))
        self.variables.update(re.findall(r"--[\w-]+", text))


def pages_in(folder: Path) -> list[Path]:
    """The site's own pages: not the fragments in `_static`, nor JupyterLite's, nor the slides."""
    found = sorted(folder.rglob("*.html"))
    return [
        p for p in found if p.relative_to(folder).parts[0] not in ("_static", "lite", "downloads")
    ]


def in_use(pages: Iterable[str], scripts: Iterable[str]) -> Used:
    used = Used()
    for page in pages:
        used.add_page(page)
    for script in scripts:
        used.add_script(script)
    return used


# --- rules -----------------------------------------------------------------------------------


@dataclass
class Rule:
    """A style rule: its selectors, and its declarations as name and value."""

    selectors: list[str]
    declarations: list[tuple[str, str]]


@dataclass
class Group:
    """An at-rule with rules inside, such as `@media print`."""

    opening: str
    rules: list


@dataclass
class Whole:
    """An at-rule that is kept or dropped as it is."""

    text: str


def needed_rules(css: str, folder: str, used: Used) -> list:
    """The rules of a sheet in `folder` that some page needs; addresses as seen from `_static`."""
    nodes = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return list(_rules(nodes, folder, used))


def _rules(nodes: list, folder: str, used: Used) -> Iterator:
    for node in nodes:
        if node.type == "error":
            raise ValueError(f"a style sheet cannot be read: {node.message}")
        if node.type == "qualified-rule":
            selectors = [_squeezed(part) for part in _parts(node.prelude)]
            selectors = [_text(selector) for selector in selectors if needed(selector, used)]
            if selectors:
                yield Rule(selectors, list(_declarations(node.content, folder)))
        elif node.lower_at_keyword in GROUPS and node.content is not None:
            inside = tinycss2.parse_rule_list(
                node.content, skip_comments=True, skip_whitespace=True
            )
            opening = f"@{node.lower_at_keyword} {_text(_squeezed(node.prelude))}"
            yield Group(opening, list(_rules(inside, folder, used)))
        elif node.lower_at_keyword not in ("charset", "import"):
            text = _at_rule(node, folder)
            if not (text.startswith("@font-face") and ICON_FONT in text):
                yield Whole(text)


def _declarations(content: list, folder: str) -> Iterator[tuple[str, str]]:
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if node.type == "declaration":
            value = _text(_squeezed(_moved(node.value, folder)))
            name = node.name if node.name.startswith("--") else node.lower_name
            yield name, value + ("!important" if node.important else "")
        elif node.type != "error":  # a rule in a rule: as it is
            yield "", _text(_squeezed(_moved([node], folder)))


def _at_rule(node, folder: str) -> str:
    text = f"@{node.lower_at_keyword} {_text(_squeezed(node.prelude))}".rstrip()
    if node.content is None:
        return text + ";"
    return f"{text}{{{_text(_squeezed(_moved(node.content, folder)))}}}"


def _parts(tokens: list) -> list[list]:
    """Tokens cut at their commas."""
    parts: list[list] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _squeezed(tokens: list) -> list:
    """Tokens without comments, and with one space at most between two."""
    kept: list = []
    for token in tokens:
        if token.type == "comment":
            continue
        if token.type == "whitespace":
            if not kept or kept[-1].type == "whitespace":
                continue
            token.value = " "
        for name in ("content", "arguments", "prelude"):
            if isinstance(inside := getattr(token, name, None), list):
                setattr(token, name, _squeezed(inside))
        kept.append(token)
    while kept and kept[-1].type == "whitespace":
        kept.pop()
    return kept


def _text(tokens: list) -> str:
    return tinycss2.serialize(tokens)


def _moved(tokens: list, folder: str) -> list:
    """Tokens whose addresses lead from `_static` where they led from `folder`."""
    if folder == ".":
        return tokens
    for token in tokens:
        if token.type == "url":
            token.representation = f'url("{_address(token.value, folder)}")'
        elif token.type == "function" and token.lower_name == "url":
            for inner in token.arguments:
                if inner.type == "string":
                    inner.representation = f'"{_address(inner.value, folder)}"'
        for name in ("content", "arguments"):
            if isinstance(inside := getattr(token, name, None), list):
                _moved(inside, folder)
    return tokens


def _address(address: str, folder: str) -> str:
    if re.match(r"[a-z]+:|[/#]", address):
        return address.replace('"', "%22")
    parts: list[str] = []
    for part in (PurePosixPath(folder) / address).parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


# --- pruning ---------------------------------------------------------------------------------


def needed(selector: list, used: Used) -> bool:
    """Whether everything that a selector asks for is on some page."""
    before = None
    for token in selector:
        if token.type == "ident":
            if before == ".":
                if f".{token.value}" not in used.names:
                    return False
            elif before != ":" and token.lower_value not in used.names:
                return False
        elif token.type == "hash":
            if f"#{token.value}" not in used.names:
                return False
        elif (
            token.type == "function"
            and token.lower_name in ("is", "where", "has", "matches", "-webkit-any")
            and not any(needed(part, used) for part in _parts(token.arguments))
        ):
            return False
        before = token.value if token.type == "literal" else None
    return True


def _every(rules: list) -> Iterator[Rule | Whole]:
    for rule in rules:
        if isinstance(rule, Group):
            yield from _every(rule.rules)
        else:
            yield rule


def without_unread(rules: list, used: Used) -> list:
    """The rules without the custom properties, and the animations, that nothing asks for."""
    reads: dict[str, set[str]] = {}  # what each custom property reads itself
    seen = set(used.variables)
    animations = ""
    for rule in _every(rules):
        if isinstance(rule, Whole):
            seen.update(re.findall(r"--[\w-]+", rule.text))
            continue
        for name, value in rule.declarations:
            variables = re.findall(r"--[\w-]+", value)
            if name.startswith("--"):
                reads.setdefault(name, set()).update(variables)
            else:
                seen.update(variables)
            if "animation" in name or name.startswith("--"):
                animations += f" {value}"
    fresh = seen
    while fresh:
        fresh = set().union(*(reads.get(name, set()) for name in fresh)) - seen
        seen |= fresh
    return _reading(rules, seen, set(re.findall(r"[\w-]+", animations)))


def _reading(rules: list, seen: set[str], animations: set[str]) -> list:
    kept: list = []
    for rule in rules:
        if isinstance(rule, Group):
            kept.append(Group(rule.opening, _reading(rule.rules, seen, animations)))
        elif isinstance(rule, Whole):
            name = re.search(r"@(?:-webkit-)?keyframes ([\w-]+)", rule.text)
            if name is None or name[1] in animations:
                kept.append(rule)
        else:
            declarations = [d for d in rule.declarations if d[0][:2] != "--" or d[0] in seen]
            kept.append(Rule(rule.selectors, declarations))
    return kept


def written(rules: list) -> str:
    """The rules as text; what is empty is left out."""
    texts = []
    for rule in rules:
        if isinstance(rule, Rule):
            body = ";".join(
                f"{name}:{value}" if name else value for name, value in rule.declarations
            )
            if body:
                texts.append(f"{','.join(rule.selectors)}{{{body}}}")
        elif isinstance(rule, Whole):
            texts.append(rule.text)
        elif body := written(rule.rules):
            texts.append(f"{rule.opening}{{{body}}}")
    return "".join(texts)


def one_sheet(sheets: dict[str, str], used: Used) -> str:
    """The style sheets, in their order, as one that holds what is used."""
    rules = [
        rule
        for name, css in sheets.items()
        for rule in needed_rules(css, PurePosixPath(name).parent.as_posix(), used)
    ]
    return written(without_unread(rules, used)) + "\n"


# --- in the build ----------------------------------------------------------------------------


def shared(app) -> list[str]:
    """The style sheets that every page has, in their order, as paths in `_static`."""
    from light_site import unused

    files = getattr(app.builder, "_orig_css_files", app.builder._css_files)
    files = sorted(files, key=lambda file: file.priority)
    names = [str(file.filename).removeprefix("_static/") for file in files if not unused(file)]
    return [*FIRST, *(name for name in names if "://" not in name)]


def link(app, pagename, templatename, context, doctree) -> None:
    """Give each page the one sheet in place of those it holds."""
    held = {f"_static/{name}" for name in shared(app)}
    context["css_files"] = [f for f in context["css_files"] if str(f.filename) not in held]
    context.setdefault("sheets", []).append(SHEET)


def write(app, exception) -> None:
    """Write the sheet, and tell the pages its version, so that no browser keeps an old one."""
    if exception is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    sheets = originals(static, Path(app.doctreedir) / "sheets", shared(app))
    pages = {page: page.read_text(encoding="utf-8") for page in pages_in(Path(app.outdir))}
    # The templates count as a page: what is offered or not must not change the sheet, as the zip
    # and the PDF that are offered hold it.
    templates = [path.read_text(encoding="utf-8") for path in sorted(TEMPLATES.glob("*.html"))]
    used = in_use([*pages.values(), *templates], scripts_of(pages, Path(app.outdir)))
    css = remembered(sheets, used, Path(app.doctreedir) / "sheets")
    (static / SHEET).write_text(css, encoding="utf-8")
    version(pages, SHEET, css)


def remembered(sheets: dict[str, str], used: Used, folder: Path) -> str:
    """The one sheet; that of the last build where nothing that decides has changed."""
    decides = [
        sheets,
        sorted(used.names),
        sorted(used.variables),
        Path(__file__).read_text("utf-8"),
    ]
    digest = hashlib.sha256(repr(decides).encode()).hexdigest()
    memory = folder / "memory.json"
    known = json.loads(memory.read_text("utf-8")) if memory.is_file() else {}
    if known.get("digest") != digest:
        known = {"digest": digest, "sheets": list(sheets), "css": one_sheet(sheets, used)}
        memory.write_text(json.dumps(known), encoding="utf-8")
    return known["css"]


def originals(static: Path, kept: Path, names: list[str]) -> dict[str, str]:
    """The sheets as they came, moved out of the site: a build writes them when it writes pages."""
    texts = {}
    for name in names:
        new, old = static / name, kept / name
        if new.is_file():
            old.parent.mkdir(parents=True, exist_ok=True)
            new.replace(old)
        texts[name] = old.read_text(encoding="utf-8")
    for name in IMPORTS:
        (static / name).unlink(missing_ok=True)
    return texts


def scripts_of(pages: dict[Path, str], out: Path) -> list[str]:
    """The scripts that the pages load or hold."""
    paths, texts = set(), []
    for page, html in pages.items():
        for address in re.findall(r'<script\b[^>]*\bsrc="([^"?:]+)', html):
            paths.add((page.parent / address).resolve())
        texts += re.findall(r"<script>(.*?)</script>", html, flags=re.DOTALL)
    index = (out / "searchindex.js").resolve()  # the words of the book: no names
    return texts + [p.read_text("utf-8") for p in sorted(paths) if p.is_file() and p != index]


def version(pages: dict[Path, str], name: str, text: str) -> None:
    """Have every page ask for this version of a file that was written after the pages."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    for page, html in pages.items():
        asked = re.sub(rf'(/{re.escape(name)})(\?v=\w+)?"', rf'\1?v={digest}"', html)
        if asked != html:
            page.write_text(asked, encoding="utf-8")
            pages[page] = asked


def setup(app):
    app.connect("html-page-context", link, priority=1000)
    # The theme writes pygments.css at the end of the build.
    app.connect("build-finished", write, priority=1000)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
