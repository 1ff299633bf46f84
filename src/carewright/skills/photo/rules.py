"""From what a camera made to what the chart keeps: a small upright square, with nothing in it but the picture.

Plain Python with Pillow: bytes in, bytes out. No store, no web.
"""

import io
import struct

from PIL import Image, ImageOps

from carewright.core.sentences import sentence
from carewright.skills.photo.model import NoPicture

SIDE_PX = 256
"""Sharp at 128 pixels on a dense screen; some 10 KB."""
MOST_PIXELS = 60_000_000
"""More than the cameras of phones and tablets make (48 megapixels): a file that claims more is no photo."""
FEWEST_PX = 32
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82
FACE = (0.5, 0.35)
"""Where a picture that is no square is cut, from the left and from the top: faces are above its middle."""

_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, Image.DecompressionBombError)
"""What Pillow raises for a file that is no picture or a broken one; UnidentifiedImageError is an OSError."""


def portrait(content: bytes) -> bytes:
    """The picture as the chart keeps it: a JPEG of SIDE_PX × SIDE_PX without metadata. NoPicture."""
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as sent:
            _require_size(sent)
            sent.draft("RGB", (2 * SIDE_PX, 2 * SIDE_PX))  # a JPEG is decoded no larger than needed
            square = _square(sent)
    except NoPicture:
        raise
    except _BROKEN as error:
        raise NoPicture(
            sentence("This file is no picture that can be read. Take it again, or choose a JPEG or PNG file.")
        ) from error
    made = io.BytesIO()
    square.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _require_size(sent: Image.Image) -> None:
    """Before anything is decoded: a small file may claim a picture that fills the memory."""
    if sent.width * sent.height > MOST_PIXELS:
        raise NoPicture(sentence("This picture is too large. Take it with fewer megapixels, or make it smaller."))
    if min(sent.size) < FEWEST_PX:
        raise NoPicture(sentence("This picture is too small to know somebody by. Choose another."))


def _square(sent: Image.Image) -> Image.Image:
    """Upright, cut around the face, on white where it is transparent; a new picture, so that no comment comes along."""
    upright = ImageOps.exif_transpose(sent).convert("RGBA")
    cut = ImageOps.fit(upright, (SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS, centering=FACE)
    square = Image.new("RGB", cut.size, "white")
    square.paste(cut, mask=cut.getchannel("A"))
    return square
