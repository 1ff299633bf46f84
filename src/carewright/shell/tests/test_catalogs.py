import ast
import gettext
import os
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from carewright.core.sentences import places_of
from carewright.shell.catalogs import PLURAL_SEPARATOR, CatalogError, compile_catalogs, encode_mo, owners, read_po
from carewright.shell.messages import messages_in

SHELL = Path(__file__).parents[1]
PACKAGE = SHELL.parent
TEMPLATES = {"sentence": 1, "term": 1, "counted": 2}
"""How many of the first arguments are templates."""
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w+\}")


def write_po(folder: Path, text: str) -> Path:
    path = folder / "locale/es/LC_MESSAGES/django.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("owner", owners(PACKAGE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_spanish_catalogue_holds_every_message_of_its_folder_and_no_other(owner: Path) -> None:
    catalogue = owner / "locale/es/LC_MESSAGES/django.po"
    translated = set(read_po(catalogue)) - {""} if catalogue.exists() else set()
    messages = messages_in(owner)
    assert messages - translated == set(), "not in Spanish yet"
    assert translated - messages == set(), "no longer used"


def test_every_file_with_words_belongs_to_one_catalogue() -> None:
    listed = owners(PACKAGE)
    assert len(set(listed)) == len(listed)
    assert {path.parents[2].parent for path in PACKAGE.rglob("locale/*/LC_MESSAGES/django.po")} <= set(listed)
    assert {PACKAGE / "core", PACKAGE / "skills" / "visit", PACKAGE / "shell" / "accounts"} <= set(listed)


def test_a_sentence_is_written_out_where_it_is_made() -> None:
    """A template put together from parts would be in no catalogue: its values go into places."""
    made = [
        f"{path.relative_to(PACKAGE)}:{call.lineno}"
        for path in PACKAGE.rglob("*.py")
        if "tests" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if any(not isinstance(text, ast.Constant) for text in call.args[: TEMPLATES.get(call.func.id, 0)])
    ]
    assert made == []


def test_the_messages_of_rules_are_found(tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text(
        'sentence("Same phone.")\nsentence("%(a)s (%(b)s)", a=1, b=2)\nterm("Physical")\n'
        'counted("%(count)s day", "%(count)s days", 3)\nsentence("High " + "low")\n'
    )
    assert messages_in(tmp_path) == {"Same phone.", "Physical", "%(count)s day\0%(count)s days"}


def test_a_skill_has_its_own_messages(tmp_path: Path) -> None:
    layer = tmp_path / "skills"
    for folder in (layer, layer / "visit"):
        folder.mkdir()
        (folder / "__init__.py").write_text(f'sentence("{folder.name}")')
    assert owners(tmp_path) == [layer, layer / "visit"]
    assert [messages_in(owner) for owner in owners(tmp_path)] == [{"skills"}, {"visit"}]


def test_an_app_inside_an_app_has_its_own_messages(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text('gettext("outer")')
    (tmp_path / "inner" / "apps.py").write_text("")
    (tmp_path / "inner" / "b.py").write_text('gettext("inner")')
    assert messages_in(tmp_path) == {"outer"}
    assert messages_in(tmp_path / "inner") == {"inner"}


@pytest.mark.parametrize("owner", owners(PACKAGE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_placeholders_survive_translation(owner: Path) -> None:
    catalogue = owner / "locale/es/LC_MESSAGES/django.po"
    for message, translated in read_po(catalogue).items() if catalogue.exists() else ():
        if message:
            assert set(PLACE.findall(translated)) == set(PLACE.findall(message)), message
        if PLURAL_SEPARATOR in message:
            forms = translated.split(PLURAL_SEPARATOR)
            assert len(forms) == 2, message
            assert all(places_of(form) >= places_of(message) - {"count"} for form in forms), message


def test_the_compiled_catalogue_is_read_by_gettext(tmp_path: Path) -> None:
    (mo,) = compile_catalogs(sources=[SHELL], target=tmp_path)
    with mo.open("rb") as file:
        spanish = gettext.GNUTranslations(file)
    assert spanish.gettext("Sign out") == "Cerrar sesión"
    assert spanish.pgettext("sex", "other") == "otro"
    assert [spanish.ngettext("%(count)d day", "%(count)d days", n) for n in (1, 2)] == [
        "%(count)d día",
        "%(count)d días",
    ]


def test_the_running_product_speaks_spanish() -> None:
    assert apps.is_installed("carewright.shell")
    with translation.override("es"):
        assert translation.gettext("Not yet saved") == "Aún sin guardar"


def test_strings_over_several_lines_quotes_and_fuzzy_entries(tmp_path: Path) -> None:
    app = write_po(
        tmp_path / "a",
        'msgid ""\nmsgstr "Language: es\\n"\n\n#: x.py:1\nmsgid ""\n"say "\n"\\"a\\""\nmsgstr "di \\"a\\"\\n"\n\n'
        '#, fuzzy\nmsgid "b"\nmsgstr "B"\n\nmsgid "c"\nmsgstr ""\n',
    )
    assert read_po(app / "locale/es/LC_MESSAGES/django.po") == {"": "Language: es\n", 'say "a"': 'di "a"\n'}


def test_two_apps_must_agree_on_the_same_words(tmp_path: Path) -> None:
    one = write_po(tmp_path / "one", 'msgid "room"\nmsgstr "sala"\n')
    two = write_po(tmp_path / "two", 'msgid "room"\nmsgstr "cuarto"\n')
    with pytest.raises(CatalogError, match="room"):
        compile_catalogs(sources=[one, two], target=tmp_path / "out")


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    app = write_po(tmp_path / "a", 'msgid "room\nmsgstr "sala"\n')
    with pytest.raises(CatalogError, match="cannot read the line"):
        compile_catalogs(sources=[app], target=tmp_path / "out")


def test_an_unchanged_catalogue_is_left_alone(tmp_path: Path) -> None:
    (mo,) = compile_catalogs(sources=[SHELL], target=tmp_path)
    os.utime(mo, (1, 1))
    compile_catalogs(sources=[SHELL], target=tmp_path)
    assert mo.stat().st_mtime == 1


def test_an_empty_catalogue_is_a_catalogue(tmp_path: Path) -> None:
    (tmp_path / "x.mo").write_bytes(encode_mo({}))
    with (tmp_path / "x.mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("a") == "a"
