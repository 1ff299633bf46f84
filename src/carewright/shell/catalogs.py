"""Message catalogues: .po files are kept beside the code and compiled at start, in plain Python.

GNU msgfmt is not on every machine and a compiled file is no source, so nothing compiled is committed. Each owner of
messages (a skill, a workspace, a layer) has its `locale/<language>/LC_MESSAGES/django.po`; together they make one
`django.mo` per language in the data folder, where `LOCALE_PATHS` points. The same words must have the same translation
in all of them.

Format: https://www.gnu.org/software/gettext/manual/html_node/MO-Files.html
"""

import ast
import os
import struct
from collections.abc import Iterable
from pathlib import Path

MO_MAGIC = 0x950412DE
CONTEXT_SEPARATOR = "\x04"
PLURAL_SEPARATOR = "\x00"

Messages = dict[str, str]
"""msgid (with its context and plural, as the .mo file holds them) to msgstr (plural forms joined)."""


LAYERS_OF_SLICES = ("skills", "workspaces")
"""Layers whose folders each have a catalogue of their own."""


class CatalogError(Exception):
    """A .po file cannot be read, or two of them translate the same words differently."""


def owners(package: Path) -> list[Path]:
    """The folders with a catalogue of their own: each layer, skill and workspace, and each app inside one of these."""
    layers = [folder for folder in sorted(package.iterdir()) if (folder / "__init__.py").exists()]
    return layers + [owner for layer in layers for owner in owners_below(layer)]


def owners_below(owner: Path) -> list[Path]:
    """The folders inside `owner` whose messages are not its own."""
    apps = {path.parent for path in owner.rglob("apps.py")} - {owner}
    slices = {path for path in owner.iterdir() if path.is_dir()} if owner.name in LAYERS_OF_SLICES else set()
    return sorted(apps | slices)


def compile_catalogs(*, sources: Iterable[str | Path], target: Path) -> list[Path]:
    """Compile the .po files of each folder in `sources` into `target`; returns the .mo files."""
    by_language: dict[str, Messages] = {}
    for source in sources:
        for path in sorted(Path(source).glob("locale/*/LC_MESSAGES/django.po")):
            _merge(by_language.setdefault(path.parts[-3], {}), read_po(path), path)
    return [_write(messages, target / language / "LC_MESSAGES") for language, messages in by_language.items()]


def read_po(path: Path) -> Messages:
    """The translated messages of one .po file; those marked fuzzy or left empty are not used."""
    messages: Messages = {}
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    for block in blocks:
        lines = [line for line in block.splitlines() if line.strip()]
        if any(line.startswith("#,") and "fuzzy" in line for line in lines):
            continue
        fields = _fields([line for line in lines if not line.startswith("#")], path)
        if "msgid" not in fields:
            continue
        forms = [fields[key] for key in sorted(fields) if key.startswith("msgstr")]
        if all(forms):
            messages[_key(fields)] = PLURAL_SEPARATOR.join(forms)
    return messages


def _fields(lines: list[str], path: Path) -> dict[str, str]:
    """The keywords of one entry with their strings put together."""
    fields: dict[str, str] = {}
    keyword = ""
    for line in lines:
        if not line.startswith('"'):
            keyword, _, line = line.partition(" ")
            fields[keyword] = ""
        try:
            fields[keyword] += ast.literal_eval(line.strip())
        except (SyntaxError, ValueError, KeyError) as error:
            raise CatalogError(f"{path}: cannot read the line {line!r}.") from error
    return fields


def _key(fields: dict[str, str]) -> str:
    context = fields["msgctxt"] + CONTEXT_SEPARATOR if "msgctxt" in fields else ""
    plural = PLURAL_SEPARATOR + fields["msgid_plural"] if "msgid_plural" in fields else ""
    return context + fields["msgid"] + plural


def _merge(into: Messages, messages: Messages, path: Path) -> None:
    for key, text in messages.items():
        if key and into.get(key, text) != text:
            raise CatalogError(f"{path}: {key!r} is translated differently in another app.")
        into.setdefault(key, text)


def _write(messages: Messages, folder: Path) -> Path:
    """Write `django.mo`, whole or not at all: several processes may start at once."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "django.mo"
    content = encode_mo(messages)
    if not path.exists() or path.read_bytes() != content:
        fresh = folder / f"django.mo.{os.getpid()}"
        fresh.write_bytes(content)
        fresh.replace(path)
    return path


def encode_mo(messages: Messages) -> bytes:
    """The binary catalogue: sorted by msgid, no hash table (Python's reader does not use one)."""
    pairs = sorted((key.encode(), text.encode()) for key, text in messages.items())
    ids_at = 28 + 16 * len(pairs)
    ids = b"".join(key + b"\0" for key, _ in pairs)
    texts = b"".join(text + b"\0" for _, text in pairs)
    table = [*_offsets((key for key, _ in pairs), ids_at), *_offsets((text for _, text in pairs), ids_at + len(ids))]
    header = struct.pack("<7I", MO_MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, ids_at)
    return header + struct.pack(f"<{len(table)}I", *table) + ids + texts


def _offsets(strings: Iterable[bytes], start: int) -> Iterable[int]:
    for string in strings:
        yield from (len(string), start)
        start += len(string) + 1
