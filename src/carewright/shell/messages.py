"""The messages of a folder, read from its code: what its .po file must hold. Plain Python, no GNU xgettext.

Python files are read by their syntax tree (calls of gettext and its kin, and of core/sentences.py), templates through
Django's own `templatize`, which turns the translation tags into such calls.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from carewright.core.sentences import has_words
from carewright.shell.catalogs import CONTEXT_SEPARATOR, PLURAL_SEPARATOR, owners_below

_OURS = frozenset({"sentence", "term"})
_PLAIN = frozenset({"gettext", "gettext_lazy", "gettext_noop", "_"}) | _OURS
_PLURAL = frozenset({"ngettext", "ngettext_lazy", "counted"})
_CONTEXT = frozenset({"pgettext", "pgettext_lazy"})
_TEMPLATE_CALL = re.compile(
    r"\b(?:_|n?p?gettext)\((?:[^()\"']|u?\"(?:[^\"\\]|\\.)*\"|u?'(?:[^'\\]|\\.)*')*\)", re.DOTALL
)


def messages_in(app: Path, *, leave_out: tuple[str, ...] = ("tests", "gallery")) -> set[str]:
    """The keys (as `catalogs.Messages` has them) of all messages below the folder `app`, except in some folders.

    A folder below with a catalogue of its own (catalogs.owners_below) is left out too.
    """
    found: set[str] = set()
    others = owners_below(app)
    for path in sorted(app.rglob("*")):
        if set(path.relative_to(app).parts) & set(leave_out) or set(path.parents) & set(others):
            continue
        if path.suffix == ".py":
            found.update(_calls(ast.parse(path.read_text(encoding="utf-8"))))
        elif path.suffix in {".html", ".txt"}:
            for call in _TEMPLATE_CALL.findall(templatize(path.read_text(encoding="utf-8"))):
                found.update(_calls(ast.parse(call)))
    return found


def _calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
        strings = [text for text in texts if isinstance(text, str)]
        if node.func.id in _PLAIN and strings and (node.func.id not in _OURS or has_words(strings[0])):
            yield strings[0]
        elif node.func.id in _PLURAL and len(strings) > 1:
            yield PLURAL_SEPARATOR.join(strings[:2])
        elif node.func.id in _CONTEXT and len(strings) > 1:
            yield CONTEXT_SEPARATOR.join(strings[:2])
