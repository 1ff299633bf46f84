"""Two checks on what is committed: the links between documents hold, and nothing of a machine has slipped in.

A document links to files that are tracked and to headings that exist; addresses on the web are not fetched.
No tracked file names a path of somebody's machine, a package index or an unfinished end.
"""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

# The patterns are written so that none matches its own source.
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:root|(?:home|Users|opt|mnt)/[\w.-]+)/[\w.]"),
    "a package index": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|registry\.npmjs\.org|proxy\.golang\.org|deb\.debian\.org)\b"
        r"|\b(?:extra[-_])?index[-_]url\b|\bfind[-_]links\b|\btrusted[-_]host\b"
    ),
    "a host of a private network": re.compile(r"https?://[\w.-]+\.(?:internal|corp|lan)\b"),
    "a password in an address": re.compile(r"https?://[^/\s:@\"'{}]+:[^/\s@\"'{}]+@"),
    "an unfinished end": re.compile(r"\b(?:TO[D]O|FIX[M]E)\b"),
}


def problems(repository: Path) -> list[str]:
    """Everything that is wrong, one line each, as `file:line: what`."""
    files = tracked(repository)
    found = [problem for file in files for problem in forbidden_text(repository, file)]
    return found + [problem for file in files if file.suffix == ".md" for problem in broken_links(repository, file)]


def tracked(repository: Path) -> list[Path]:
    """The files that git tracks, relative to the repository; those deleted in the working tree are left out."""
    listed = subprocess.run(
        # In CI the clone may belong to another user than the one who checks it.
        ["git", "-c", f"safe.directory={repository}", "ls-files", "-z"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [Path(name) for name in listed.split("\0") if name and (repository / name).is_file()]


def forbidden_text(repository: Path, file: Path) -> Iterator[str]:
    """Lines of `file` that say what does not belong in the repository."""
    data = (repository / file).read_bytes()
    if b"\0" in data:
        return
    for number, line in enumerate(data.decode(errors="replace").splitlines(), start=1):
        for what, pattern in FORBIDDEN.items():
            if pattern.search(line):
                yield f"{file}:{number}: {what}"
        if f"{repository}/" in line:
            yield f"{file}:{number}: a path of this machine"


def broken_links(repository: Path, file: Path) -> Iterator[str]:
    """Links of a Markdown file that lead to no file of the repository, or to no heading of it."""
    for line, target in links((repository / file).read_text()):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        name, _, anchor = target.partition("#")
        aim = (repository / file.parent / unquote(name)).resolve() if name else repository / file
        if not aim.is_relative_to(repository) or not aim.exists():
            yield f"{file}:{line}: no such file: {target}"
        elif anchor and aim.suffix == ".md" and unquote(anchor) not in headings(aim):
            yield f"{file}:{line}: no such heading: {target}"


def links(text: str) -> Iterator[tuple[int, str]]:
    """Line number and target of each link and image; what stands in code is no link."""
    for block in MarkdownIt("commonmark").enable("table").parse(text):
        for token in block.children or ():
            target = token.attrGet("href") or token.attrGet("src")
            if target:
                yield (block.map or [0])[0] + 1, str(target)


@cache
def headings(file: Path) -> frozenset[str]:
    """The anchors of a Markdown file, made from its headings as code hosts make them."""
    tokens = MarkdownIt("commonmark").parse(file.read_text())
    return frozenset(_anchor(inline) for mark, inline in pairwise(tokens) if mark.type == "heading_open")


def _anchor(inline: Token) -> str:
    text = "".join(child.content for child in inline.children or ())
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
