"""What a picture becomes, what is refused, and which Attachment is ours."""

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from carewright.skills.photo.fhir import NAME, from_fhir, photo_of, to_fhir, with_photo
from carewright.skills.photo.model import JPEG, NoPicture, Photo
from carewright.skills.photo.rules import MOST_PIXELS, SIDE_PX, portrait

ELSEWHERE = {"contentType": "image/png", "url": "https://example.org/photo.png"}
RED, BLUE = (200, 20, 20), (20, 20, 200)


def picture(*, width: int = 640, height: int = 480, kind: str = "JPEG", mode: str = "RGB", **more: object) -> bytes:
    made = io.BytesIO()
    Image.new(mode, (width, height), "gray").save(made, kind, **more)
    return made.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("JPEG", "RGB"), ("JPEG", "L"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB")]
)
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 2000), (32, 32)])
def test_every_picture_becomes_the_same_small_square(kind: str, mode: str, width: int, height: int) -> None:
    made = portrait(picture(width=width, height=height, kind=kind, mode=mode))
    with Image.open(io.BytesIO(made)) as kept:
        assert (kept.format, kept.size, kept.mode) == ("JPEG", (SIDE_PX, SIDE_PX), "RGB")
    assert len(made) < 30_000


def test_nothing_that_the_camera_wrote_is_kept() -> None:
    exif = Image.Exif()
    exif[0x010E], exif[0x0110] = "Jonas at home", "Camera X"
    exif.get_ifd(0x8825)[1] = "N"
    made = portrait(picture(exif=exif, comment=b"Jonas at home", icc_profile=b"a profile of Jonas"))
    with Image.open(io.BytesIO(made)) as kept:
        assert dict(kept.getexif()) == {}
        assert not {"comment", "exif", "icc_profile", "xmp"} & set(kept.info)
    assert b"Jonas" not in made
    assert b"Exif" not in made


def test_a_picture_taken_sideways_is_turned_upright() -> None:
    sideways = Image.new("RGB", (400, 400), RED)
    sideways.paste(BLUE, (0, 0, 200, 400))  # blue on the left; turned clockwise it is above
    exif = Image.Exif()
    exif[0x0112] = 6
    sent = io.BytesIO()
    sideways.save(sent, "JPEG", exif=exif, quality=95)
    with Image.open(io.BytesIO(portrait(sent.getvalue()))) as kept:
        above, below = kept.getpixel((SIDE_PX // 2, 10)), kept.getpixel((SIDE_PX // 2, SIDE_PX - 10))
    assert isinstance(above, tuple)
    assert isinstance(below, tuple)
    assert above[2] > above[0]
    assert below[0] > below[2]


@pytest.mark.parametrize(
    "sent",
    [
        b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + bytes(40), b"%PDF-1.7",
        b"\xff\xd8\xff" + bytes(100), picture(kind="BMP"), picture()[:400], picture(kind="PNG")[:60],
    ],
    ids=["empty", "text", "svg", "gif", "pdf", "header", "bmp", "cut", "cut-png"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_with_what_to_do(sent: bytes) -> None:
    with pytest.raises(NoPicture, match="Take it again"):
        portrait(sent)


def test_a_small_file_that_claims_a_huge_picture_is_refused_before_it_is_decoded() -> None:
    side = int(MOST_PIXELS**0.5) + 1
    sent = picture(width=side, height=side, kind="PNG", mode="1")
    assert len(sent) < 100_000
    with pytest.raises(NoPicture, match="too large"):
        portrait(sent)


def test_a_speck_is_refused() -> None:
    with pytest.raises(NoPicture, match="too small"):
        portrait(picture(width=640, height=31))


@given(st.binary(max_size=300))
def test_no_bytes_break_it(sent: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x01\x00\x00WEBPVP8 "):
        with pytest.raises(NoPicture):
            portrait(start + sent)


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**6))
def test_a_photo_is_read_back_from_its_attachment(digest: bytes, size: int) -> None:
    photo = Photo(digest=digest.hex(), size=size, taken_at=datetime(2026, 11, 23, 15, 40, tzinfo=UTC))
    assert from_fhir(to_fhir(photo)) == photo


@pytest.mark.parametrize(
    "url", ["", "ni:///sha-256;short", NAME + "é" * 43, "https://example.org/x.jpg", NAME + "!" * 43]
)
def test_an_attachment_from_elsewhere_is_not_ours(url: str) -> None:
    assert from_fhir({"contentType": JPEG, "url": url}) is None


def test_what_came_from_elsewhere_stays() -> None:
    photo = Photo(digest="ab" * 32, size=9, taken_at=None)
    patient = {"resourceType": "Patient", "id": "p", "photo": [ELSEWHERE]}
    taken = with_photo(patient, photo)
    assert photo_of(taken) == photo
    assert with_photo(with_photo(taken, Photo(digest="cd" * 32, size=8, taken_at=None)), None) == patient
    assert "photo" not in with_photo({"resourceType": "Patient", "photo": [to_fhir(photo)]}, None)
