"""What a file is, whatever its name says; which leg of its way a paper is on.

Plain Python with Pillow: bytes in, bytes out. No store, no web, no clock. The signatures of the formats:
PDF (ISO 32000-1, 7.5.2), PNG (https://www.w3.org/TR/png-3/#5PNG-file-signature), JPEG (ITU-T T.81, B.1.1.3),
TIFF (revision 6.0, section 2), RIFF WAVE (RFC 2361), MP3 (ISO/IEC 11172-3, 2.4.1.3; ID3v2, https://id3.org/id3v2.4.0-structure).
"""

import io
import struct
from datetime import timedelta

from PIL import Image

from carewright.core.access.model import Role
from carewright.core.sentences import sentence
from carewright.core.store.model import Resource
from carewright.core.terminology.coding import Coding
from carewright.core.work.legs import Leg
from carewright.core.work.model import End, Kind, Pool
from carewright.skills.incoming import codes
from carewright.skills.incoming.fhir import from_fhir
from carewright.skills.incoming.model import CameAs, Content, NotTaken, Paper, Route, Stage

LARGEST_BYTES = 24 * 1024 * 1024
"""Some 300 pages of a fine fax, or three hours of voicemail."""
MOST_PAGES = 500
MOST_PIXELS = 60_000_000
"""A page of A3 at 400 dots per inch has 31 million; what claims more than twice that fills the memory."""
PDF, PNG, JPEG, TIFF, WAV, MP3 = (
    "application/pdf", "image/png", "image/jpeg", "image/tiff", "audio/wav", "audio/mpeg",
)  # fmt: skip
AUDIO = frozenset({WAV, MP3})
SHOWN = frozenset({PDF, PNG, JPEG, WAV, MP3})
"""What is kept and may be shown in a page; a TIFF becomes a PDF, for browsers show none."""
_PDF_WITHIN = 1024
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError)

TOO_LARGE = sentence("This file is too large: at most 24 MB. Split it.")

MATCH_WITHIN = timedelta(hours=2)
LISTEN_WITHIN = timedelta(minutes=30)
"""Somebody who left a message waits for a call."""
NAME_WITHIN = timedelta(hours=4)
SIGN_WITHIN = timedelta(hours=18)
"""Two working days of nine hours."""
ACT_WITHIN = timedelta(hours=9)
"""Targets of the house, in open hours of the site; no source asks for others."""


def kept(sent: bytes) -> Content:
    """What was sent, as it is kept: its type is read from the bytes. NotTaken."""
    if not sent:
        raise NotTaken(sentence("This file is empty."))
    if len(sent) > LARGEST_BYTES:
        raise NotTaken(TOO_LARGE)
    kind = sniffed(sent)
    if kind is None:
        raise NotTaken(sentence("This is no PDF, picture (PNG, JPEG, TIFF) or recording (WAV, MP3)."))
    if kind in (PNG, JPEG, TIFF):
        return _picture(sent, kind)
    if kind == PDF and b"%%EOF" not in sent[-2 * _PDF_WITHIN :]:
        raise NotTaken(sentence("This PDF is cut off: its end is missing. Have it sent again."))
    return Content(data=sent, content_type=kind)


def sniffed(sent: bytes) -> str | None:
    """The type that the first bytes tell; None for one that is not taken."""
    if sent.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if sent.startswith(b"\xff\xd8\xff"):
        return JPEG
    if sent[:4] in (b"II*\x00", b"MM\x00*"):
        return TIFF
    if sent[:4] == b"RIFF" and sent[8:12] == b"WAVE":
        return WAV
    if b"%PDF-" in sent[:_PDF_WITHIN]:
        return PDF
    return MP3 if sent.startswith(b"ID3") or _mp3_frame(sent) else None


def _mp3_frame(sent: bytes) -> bool:
    """A frame of layer III with a bit rate and a sampling rate that exist."""
    if len(sent) < 4 or sent[0] != 0xFF or sent[1] & 0xE0 != 0xE0:
        return False
    layer_three, version_known = sent[1] & 0x06 == 0x02, sent[1] & 0x18 != 0x08
    return layer_three and version_known and sent[2] & 0xF0 not in (0x00, 0xF0) and sent[2] & 0x0C != 0x0C


def _picture(sent: bytes, kind: str) -> Content:
    """A picture that opens; a TIFF, of which browsers show none, page by page as a PDF. NotTaken."""
    try:
        with Image.open(io.BytesIO(sent), formats=(kind.removeprefix("image/").upper(),)) as picture:
            _require_size(picture)
            if kind != TIFF:
                picture.load()
                return Content(data=sent, content_type=kind)
            return Content(data=_as_pdf(picture), content_type=PDF)
    except NotTaken:
        raise
    except _BROKEN as error:
        raise NotTaken(sentence("This picture is broken or cut off. Have it sent again.")) from error


def _require_size(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_PIXELS:
        raise NotTaken(sentence("This picture is too large. Scan it with fewer dots per inch."))
    if getattr(picture, "n_frames", 1) > MOST_PAGES:
        raise NotTaken(sentence("This file has too many pages. Split it."))


def _as_pdf(picture: Image.Image) -> bytes:
    pages = []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        _require_size(picture)
        pages.append(picture.copy() if picture.mode in ("1", "L", "RGB") else picture.convert("RGB"))
    made = io.BytesIO()
    dots = picture.info.get("dpi", (200, 200))[0]
    pages[0].save(made, "PDF", save_all=True, append_images=pages[1:], resolution=float(dots) or 200.0)
    return made.getvalue()


def kind_named(name: str) -> tuple[Coding, str]:
    """The code and the words of a kind by our name of it. KeyError."""
    return codes.TYPES[name]


def kind_of(paper: Paper) -> str:
    """Our name of a paper's kind; "" while nobody has said it."""
    return next((name for name, (_, words) in codes.TYPES.items() if words == paper.type_words), "")


def leg_of(resource: Resource) -> Leg | None:
    """What is owed for a paper: whose is it, what is it, signed or seen to. None once it is filed or nobody's."""
    paper = from_fhir(resource)
    if paper is None:
        return None
    match paper.stage:
        case Stage.MATCH:
            heard = paper.came_as is CameAs.VOICEMAIL
            return Leg(
                code=codes.MATCH, pool=Pool(role=Role.FRONT_DESK), within=LISTEN_WITHIN if heard else MATCH_WITHIN,
                kind=Kind.CLINICAL if heard else Kind.CLERICAL,
            )  # fmt: skip
        case Stage.NAME:
            return Leg(code=codes.NAME, pool=Pool(role=Role.FRONT_DESK), within=NAME_WITHIN, kind=Kind.CLERICAL)
        case Stage.SIGN:
            return Leg(code=codes.SIGN, pool=Pool(role=Role.PROVIDER), owner=paper.to, within=SIGN_WITHIN)
        case Stage.ACT:
            return Leg(code=codes.ACT, pool=pool_for(paper), within=ACT_WITHIN, kind=_kind(paper))
        case _:
            return None


def pool_for(paper: Paper) -> Pool:
    """Those who see to a paper."""
    roles = {Route.SIGN: Role.PROVIDER, Route.NURSE: Role.NURSE, Route.MA: Role.MA, Route.DESK: Role.FRONT_DESK}
    return Pool(role=roles[paper.route or Route.DESK])


def _kind(paper: Paper) -> Kind:
    return Kind.CLERICAL if paper.route is Route.DESK else Kind.CLINICAL


def ended_as(resource: Resource) -> tuple[End, str]:
    """How the open task of a paper ends: done, or not needed any more and why."""
    paper = from_fhir(resource)
    return (End.NOT_NEEDED, paper.why) if paper is not None and paper.by_mistake else (End.DONE, "")
