import gettext
import os
from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from carewright.shell.catalogs import CatalogError, compile_catalogs, encode_mo, read_po
from carewright.shell.messages import messages_in

SHELL = Path(__file__).parents[1]
SPANISH = SHELL / "locale/es/LC_MESSAGES/django.po"


def write_po(folder: Path, text: str) -> Path:
    path = folder / "locale/es/LC_MESSAGES/django.po"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    return folder


def our_apps() -> list[Path]:
    return [Path(app.path) for app in apps.get_app_configs() if app.name.startswith("carewright.")]


@pytest.mark.parametrize("app", our_apps(), ids=lambda path: path.name)
def test_the_spanish_catalogue_of_an_app_holds_every_message_and_no_other(app: Path) -> None:
    catalogue = app / "locale/es/LC_MESSAGES/django.po"
    translated = set(read_po(catalogue)) - {""} if catalogue.exists() else set()
    messages = messages_in(app)
    assert messages - translated == set(), "not in Spanish yet"
    assert translated - messages == set(), "no longer used"


def test_an_app_inside_an_app_has_its_own_messages(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.py").write_text('gettext("outer")')
    (tmp_path / "inner" / "apps.py").write_text("")
    (tmp_path / "inner" / "b.py").write_text('gettext("inner")')
    assert messages_in(tmp_path) == {"outer"}
    assert messages_in(tmp_path / "inner") == {"inner"}


def test_placeholders_survive_translation() -> None:
    import re

    for message, translated in read_po(SPANISH).items():
        if message:
            wanted = set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", message))
            assert set(re.findall(r"%\(\w+\)[sd]|\{\w+\}", translated)) == wanted, message


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
