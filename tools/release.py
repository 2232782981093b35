"""Make a release of the book: a version that stays, with its files and their checksums.

    make release VERSION=2026.1 PREPARE=1    write the version where it belongs; commit that
    make release VERSION=2026.1              check it, and build all there is to publish
    make release VERSION=2026.1 TAG=1        and tag the commit

Nothing is pushed or published: what is left to do is printed at the end. In _build/release:

    site/v2026.1/   the copy that stays, for the folder v2026.1 of the published site
    v2026.1/        the files to attach: that folder packed, the PDF, the zip, and SHA256SUMS

The same commit, built by the same programs, gives the same checksums. The list of changes has to
name each number of the prose and each answer that is another one than in the version before.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from _ext import provenance
from tools import answers, built, changed_numbers, changes

RELEASE = ROOT / "_build" / "release"
SUMS = "SHA256SUMS"


# --- what must hold before ------------------------------------------------------------------------


def state_faults(root: Path, version: str) -> list[str]:
    """What is wrong with the version, or with the checkout."""
    if not provenance.VERSION.fullmatch(version):
        return [f"{version!r} is no version: that is the year and a number, as in 2026.1"]
    if not provenance.is_own_repository(root):
        return [f"{root} is no git repository of its own: a release is a commit"]
    found = []
    if left := changed_numbers.git(root, "status", "--porcelain").splitlines():
        found.append(f"the checkout has changes that are in no commit: {', '.join(left[:5])}")
    head = changed_numbers.git(root, "rev-parse", "HEAD").strip()
    tags = changed_numbers.git(root, "tag").splitlines()
    known = [tag.removeprefix("v") for tag in tags if provenance.TAG.fullmatch(tag)]
    if version in known:
        commit = changed_numbers.git(root, "rev-parse", f"v{version}^{{commit}}").strip()
        if commit != head:
            found.append(f"version {version} is commit {commit[:7]} already, and stays that")
    order = provenance.in_order
    if later := [each for each in known if order(each) > order(version)]:
        found.append(f"version {max(later, key=order)} has been released: {version} is before it")
    for file, said in provenance.stated(root).items():
        if said != version:
            found.append(f"{file} says version {said or 'none'}: PREPARE=1 writes it")
    return found


def list_faults(root: Path, version: str) -> list[str]:
    """What is wrong with the version's heading in the list of changes, and with its day."""
    text = (root / "back" / "changes.md").read_text(encoding="utf-8")
    days = changes.days(text)
    if version not in days:
        return [f"back/changes.md has no heading “## {version}, DAY”: PREPARE=1 writes it"]
    found = []
    if next(iter(changes.sections(text))) != version:
        found.append(f"back/changes.md has other news above version {version}")
    if not changes.sections(text)[version].strip():
        found.append(f"back/changes.md says nothing under version {version}")
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    day = cited.get("date-released")
    if not isinstance(day, date) or changes.in_words(day) != days[version]:
        found.append(f"back/changes.md says {days[version]}, and CITATION.cff {day}: PREPARE=1")
    if not days[version].endswith(version[:4]):
        found.append(f"version {version} is not of {days[version]}")
    return found


def before(root: Path, version: str) -> str:
    """The version before, of which this one is a change; empty for the first."""
    order = provenance.in_order
    return next((v for v in provenance.releases_of(root) if order(v) < order(version)), "")


def headline_faults(root: Path, version: str) -> list[str]:
    """Changed numbers and answers that the list does not name, and some that it names wrongly."""
    text = (root / "back" / "changes.md").read_text(encoding="utf-8")
    section = changes.sections(text).get(version, "")
    last = before(root, version)
    numbers = changed_numbers.changed(f"v{last}", root=root) if last else []
    named = changes.numbers_named(section)
    found = [
        f"back/changes.md does not name a changed number:\n  {line}"
        for line in changes.number_lines([n for n in numbers if n.what not in named], root)
    ]
    for page, old, new in sorted(named - {number.what for number in numbers}):
        headline = changes.Change(page, old, new).headline
        found.append(f"back/changes.md says that {headline} in {page}, and it is not so")
    return found + answer_faults(root, version, last, changes.answers_named(section))


def answer_faults(root: Path, version: str, last: str, named: set[str]) -> list[str]:
    """The same for the answers of the exercises, which are stored with each version."""
    path = root / answers.STORED
    stored, today = answers.read(path.read_text(encoding="utf-8")) if path.is_file() else ("", {})
    if stored != version:
        return [f"{answers.STORED} is of version {stored or 'none'}: PREPARE=1 writes it"]
    old: dict = {}
    if last:
        shown = provenance.git(root, "show", f"v{last}:{answers.STORED}")
        old = answers.read(shown)[1] if shown else {}
    other = answers.changed(old, today)
    lines = {name: changes.answer_lines({name: there}, root)[0] for name, there in other.items()}
    found = [
        f"back/changes.md does not name another answer:\n  {line}"
        for name, line in lines.items()
        if name not in named
    ]
    return found + [
        f"back/changes.md names exercise {name}, whose answer is as it was"
        for name in sorted(named - other.keys())
    ]


def faults(root: Path, version: str) -> list[str]:
    """All that keeps the checkout from being this version."""
    found = state_faults(root, version)
    if not provenance.VERSION.fullmatch(version) or not provenance.is_own_repository(root):
        return found
    return found + list_faults(root, version) + headline_faults(root, version)


# --- prepare ----------------------------------------------------------------------------------------


def prepare(root: Path, version: str, day: date) -> list[str]:
    """Write the version and its day where they belong; return the files that are other ones now.

    Raises
    ------
    ValueError
        If a file has no place for them.
    """
    written = []
    for name, pattern in provenance.STATED.items():
        text = (root / name).read_text(encoding="utf-8")
        new, count = pattern.subn(version, text)
        if count != 1:
            raise ValueError(f"{name} has no single place for the version")
        new = cited(new, version, day, root) if name == "CITATION.cff" else new
        written += write(root / name, new)
    path = root / "back" / "changes.md"
    return written + write(path, headed(path.read_text(encoding="utf-8"), version, day))


def write(path: Path, text: str) -> list[str]:
    """Write a file if that changes it; return its name then."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [path.name]


def cited(text: str, version: str, day: date, root: Path) -> str:
    """CITATION.cff with the version's day, and with the version in the entry that is cited."""
    address = provenance.of(root).frozen_url(version)
    url = f"\nurl: {address}" if address else ""
    text = re.sub(r"^(?:date-released|url):.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(version: .*)$", rf"\1\ndate-released: {day}{url}", text, flags=re.MULTILINE)
    head, entry, rest = text.partition("preferred-citation:\n")
    if not entry:
        return text
    kept = re.sub(r"^  (?:version|date-released|year|url): .*\n?", "", rest, flags=re.MULTILINE)
    lines = [f'version: "{version}"', f"date-released: {day}", f"year: {day.year}"]
    if address:
        lines.append(f"url: {address}")
    return f"{head}{entry}{kept.rstrip()}\n" + "".join(f"  {line}\n" for line in lines)


def headed(text: str, version: str, day: date) -> str:
    """The list of changes with a heading for the version: what was in preparation is it now."""
    heading = f"## {version}, {changes.in_words(day)}"
    if version in changes.days(text):
        return re.sub(rf"^## {re.escape(version)}, .*$", heading, text, flags=re.MULTILINE)
    if re.search(rf"^{changes.PREPARING}$", text, re.MULTILINE):
        return re.sub(rf"^{changes.PREPARING}$", heading, text, flags=re.MULTILINE)
    first = re.search(r"^## ", text, re.MULTILINE)
    place = first.start() if first else len(text)
    return f"{text[:place]}{heading}\n\n{text[place:]}"


# --- build --------------------------------------------------------------------------------------------


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def files_of(folder: Path) -> list[Path]:
    """Every file below a folder, in an order that no system changes."""
    return sorted(
        (path for path in folder.rglob("*") if path.is_file()), key=lambda p: p.as_posix()
    )


def sums(paths: list[Path], folder: Path) -> str:
    """Checksums as `sha256sum --check` reads them, from within the folder."""
    return "".join(f"{digest(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths)


def packed(folder: Path, when: int) -> bytes:
    """A folder as a compressed tape archive in which only names and contents make a difference."""
    data = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=data, mtime=when) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path in files_of(folder):
            entry = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
            entry.size, entry.mtime, entry.mode = path.stat().st_size, when, 0o644
            with path.open("rb") as content:
                archive.addfile(entry, content)
    return data.getvalue()


def lay_out(site: Path, version: str, when: int, release: Path = RELEASE) -> Path:
    """Move a built site to where it stays, and write the files beside it; return their folder.

    Raises
    ------
    SystemExit
        If the PDF or the zip is missing.
    """
    downloads = site / "downloads"
    for kind in ("pdf", "zip"):
        if not (downloads / f"{built.NAME}.{kind}").is_file():
            raise SystemExit(f"The site has no {kind}. The PDF needs Chromium: see make pdf.")
    (downloads / SUMS).unlink(missing_ok=True)
    (downloads / SUMS).write_text(sums(files_of(downloads), downloads), encoding="utf-8")
    frozen = release / "site" / f"v{version}"
    old = contents(frozen)
    shutil.rmtree(frozen, ignore_errors=True)
    frozen.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(site, frozen)
    folder = release / f"v{version}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name = f"{built.NAME}-{version}"
    for kind in ("pdf", "zip"):
        shutil.copy(frozen / "downloads" / f"{built.NAME}.{kind}", folder / f"{name}.{kind}")
    (folder / f"{name}.tar.gz").write_bytes(packed(frozen, when))
    (folder / SUMS).write_text(sums(files_of(folder), folder), encoding="utf-8")
    if old:
        new = contents(frozen)
        other = sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        print(f"Other than when it was built last: {', '.join(other[:20]) or 'nothing'}.")
    return folder


def contents(folder: Path) -> dict[str, str]:
    """The checksum of every file below a folder."""
    return {path.relative_to(folder).as_posix(): digest(path) for path in files_of(folder)}


def build(version: str) -> None:
    """Build all that is published, as the copy that stays, from nothing."""
    site = built.SITE
    for folder in (site, site.parent / ".doctrees"):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        subprocess.run(
            ["make", "--no-print-directory", "site", "PYODIDE="],
            cwd=ROOT,
            check=True,
            env={**os.environ, "BOOK_FROZEN": version},
        )
    except subprocess.CalledProcessError:
        raise SystemExit("The site cannot be built.") from None
    finally:
        shutil.rmtree(site.parent / ".doctrees", ignore_errors=True)


def unsound(site: Path) -> list[str]:
    """Links and files of the frozen pages that are not there."""
    from tests.site_checks import faults, pages_of

    pages = {
        path: page for path, page in pages_of(site).items() if path.name != "404.html"
    }  # its links are from the host's root
    return [
        f"{path}: {fault}" for path, page in pages.items() for fault in faults(page, pages, site)
    ]


def left_to_do(book: provenance.Provenance, version: str, folder: Path, tagged: bool) -> list[str]:
    """The commands that are the maintainer's."""
    tag = f"v{version}"
    lines = [] if tagged else [f"git tag -a {tag} -m 'Version {version}'"]
    if book.repository:
        lines.append(f"git push origin {tag}")
    if book.forge == "github":
        lines.append(
            f"# .github/workflows/release.yml builds {tag} again, attaches its files and publishes."
        )
    elif book.release_url(version):
        lines.append(f"# Attach what is in {folder} to {book.release_url(version)}")
    if book.forge != "github":
        place = book.frozen_url(version) or f"the folder {tag} of the published site"
        lines.append(f"# Copy {folder.parent / 'site' / tag} to {place}")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a release of the book.")
    parser.add_argument("version", help="the year and a number, as in 2026.1")
    parser.add_argument("--prepare", action="store_true", help="write the version where it belongs")
    parser.add_argument("--tag", action="store_true", help="tag the commit once all is built")
    asked = parser.parse_args()
    version = asked.version.strip()
    if not provenance.VERSION.fullmatch(version):
        raise SystemExit("\n".join(state_faults(ROOT, version)))
    if asked.prepare:
        prepare_all(version)
        return
    if wrong := faults(ROOT, version):
        raise SystemExit("\n".join(["This is no release yet:", *wrong]))
    build(version)
    head = provenance.of(ROOT, {**os.environ, "BOOK_FROZEN": version})
    when = datetime.fromisoformat(head.day).replace(tzinfo=UTC)
    folder = lay_out(built.SITE, version, int(when.timestamp()))
    if wrong := unsound(RELEASE / "site" / f"v{version}"):
        raise SystemExit("\n".join(["The frozen pages are not sound:", *wrong[:20]]))
    if wrong := state_faults(ROOT, version):
        raise SystemExit("\n".join(["The checkout changed while the site was built:", *wrong]))
    tagged = bool(provenance.git(ROOT, "tag", "--list", f"v{version}"))
    if asked.tag and not tagged:
        changed_numbers.git(ROOT, "tag", "-a", f"v{version}", "-m", f"Version {version}")
        tagged = True
    print(f"\nVersion {version}, of commit {head.short}, is in {folder.relative_to(ROOT)}:\n")
    print((folder / SUMS).read_text(encoding="utf-8"))
    print("Left to do:\n")
    print("\n".join(left_to_do(head, version, folder.relative_to(ROOT), tagged)))


def prepare_all(version: str) -> None:
    """Prepare the checkout, with the answers of every chapter, and say what the list lacks."""
    written = prepare(ROOT, version, datetime.now(UTC).date())
    print("Computing the answer of every exercise: this takes a minute.")
    text = answers.text(version, answers.now(answers.chapters()))
    written += write(ROOT / answers.STORED, text)
    print(f"Written: {', '.join(written) or 'nothing, all was there'}.")
    if wrong := headline_faults(ROOT, version):
        print("\n".join(["", *wrong]))
    print(f"\nRead back/changes.md, commit, and run: make release VERSION={version}")


if __name__ == "__main__":
    main()
