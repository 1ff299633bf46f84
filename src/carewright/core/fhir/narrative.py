"""The human-readable text of a resource: XHTML that a page may show without risk.

FHIR R4, https://hl7.org/fhir/R4/narrative.html, rules txt-1 (only these elements and attributes) and txt-2 (not
empty). Links may lead to the web, to mail, inside the text or to a resource; pictures to the web or the
resource. A style may not fetch anything from elsewhere.
"""

import re
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"
_ELEMENT_NAMES = """
a abbr acronym b big blockquote br caption cite code col colgroup dd dfn div dl dt em h1 h2 h3 h4 h5 h6 hr i img li
ol p pre q samp small span strong sub sup table tbody td tfoot th thead tr tt ul var
"""
_ATTRIBUTE_NAMES = """
abbr accesskey align alt axis bgcolor border cellhalign cellpadding cellspacing cellvalign char charoff charset cite
class colspan compact coords dir frame headers height href hreflang hspace id lang longdesc name nowrap rel rev rowspan
rules scope shape span src start style summary tabindex title type valign value vspace width xml:lang xmlns
"""
_ELEMENTS, _ATTRIBUTES = frozenset(_ELEMENT_NAMES.split()), frozenset(_ATTRIBUTE_NAMES.split())
_UNSAFE_LINK = re.compile(r"\s*(?!https?:|ftp:|mailto:|tel:|urn:|data:\s*image/)[a-z][a-z0-9+.\-]*:", re.IGNORECASE)
_UNSAFE_STYLE = re.compile(
    r"""url\s*\(\s*['"]?\s*(?!data:\s*image/)(?:[a-z][a-z0-9+.\-]*:|//)|expression\s*\(|javascript:|@import|\\""",
    re.IGNORECASE,
)


def problem(div: str) -> str:
    """What is wrong with a narrative and what to do, with the rule's key; "" if nothing is."""
    found: list[str] = []
    seen = {"depth": 0, "content": 0}

    def start(name: str, attributes: dict[str, str]) -> None:
        if seen["depth"] == 0 and (name != "div" or attributes.get("xmlns") != XHTML):
            found.append(f'The text must be one <div xmlns="{XHTML}">.')
        seen["depth"] += 1
        seen["content"] |= name == "img"
        if name not in _ELEMENTS:
            found.append("The text holds an element that FHIR does not allow there. Use plain formatting only. (txt-1)")
        if not _attributes_are_safe(attributes):
            found.append("The text holds an attribute or link that FHIR does not allow there. Leave it out. (txt-1)")

    def end(_: str) -> None:
        seen["depth"] -= 1

    def text(data: str) -> None:
        seen["content"] |= not data.isspace()

    def doctype(*_: object) -> None:
        found.append("The text must not hold a document type. Leave it out.")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(_without_named_characters(div), True)
    except expat.ExpatError:
        return "The text is not well-formed XHTML. Close every element and write & as &amp;."
    if not found and not seen["content"]:
        found.append("The text is empty. Write what the resource says, or leave `text` out. (txt-2)")
    return found[0] if found else ""


def _attributes_are_safe(attributes: dict[str, str]) -> bool:
    return all(
        name in _ATTRIBUTES
        and not (name in {"href", "src", "cite", "longdesc"} and _UNSAFE_LINK.match(value))
        and not (name == "style" and _UNSAFE_STYLE.search(value))
        for name, value in attributes.items()
    )


_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z][A-Za-z0-9]*;")


def _without_named_characters(div: str) -> str:
    """HTML's named characters (`&nbsp;`), which FHIR allows and XML does not know, count as one character."""
    return _NAMED.sub("\N{NO-BREAK SPACE}", div)
