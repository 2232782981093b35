"""Links for a class: each brings a student the book's newest notebooks, and opens one of them.

nbgitpuller, which the hub's servers have, reads them. The book's page for classes, the hub's own
configuration and the check of both make their links here.
"""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit


def pull(repository: str, branch: str, notebook: str) -> str:
    """What follows a server's address: fetch a branch of the repository, then open a notebook.

    >>> pull("https://example.org/owner/book", "main", "index.ipynb")
    'git-pull?repo=https%3A%2F%2Fexample.org%2Fowner%2Fbook&branch=main&urlpath=lab%2Ftree%2Fbook%2Findex.ipynb'
    """
    opened = f"lab/tree/{quote(folder(repository))}/{quote(notebook)}"
    return f"git-pull?{urlencode({'repo': repository, 'branch': branch, 'urlpath': opened})}"


def folder(repository: str) -> str:
    """The folder that nbgitpuller makes in a student's home: all after the last slash.

    >>> folder("https://example.org/owner/book/")
    'book'
    """
    return repository.rstrip("/").rpartition("/")[2]


def link(hub: str, repository: str, branch: str, notebook: str) -> str:
    """The whole link, which sends each student to a server of her own.

    >>> link("hub.example.org/", "https://example.org/owner/book", "main", "index.ipynb")[:63]
    'https://hub.example.org/hub/user-redirect/git-pull?repo=https%3'
    """
    return f"{address(hub)}/hub/user-redirect/{pull(repository, branch, notebook)}"


def address(typed: str) -> str:
    """The address of a hub, from what somebody typed or copied out of a browser's address line.

    >>> address(" https://hub.example.org/course/hub/login?next=%2F ")
    'https://hub.example.org/course'

    Raises
    ------
    ValueError
        If it names no host of the web.
    """
    whole = typed.strip()
    whole = whole if "://" in whole else f"https://{whole}"
    parts = urlsplit(whole)
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in whole or "@" in whole:
        raise ValueError(
            f"no address of a hub, which begins like https://hub.example.org: {typed!r}"
        )
    path = f"{parts.path}/"
    for own in ("/hub/", "/user/"):  # the hub's own pages, and its users'
        path = path.partition(own)[0] if own in path else path
    return f"{parts.scheme}://{parts.netloc.lower()}{path.rstrip('/')}"
