"""Photos made here, byte by byte if no library would: good, odd, hostile, and with a canary."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image

RED, BLUE, WHITE = (200, 30, 30), (30, 30, 200), (240, 240, 240)
CANARY = b"CANARY-5d1e"
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + CANARY + b"</x:xmpmeta>"
BOSTON = (42.358333, -71.06)
"""What exif() says by default: 42° 21′ 30″ N, 71° 3′ 36″ W."""


def scene(width: int = 64, height: int = 64, mode: str = "RGB") -> Image.Image:
    """Left half red, right half blue, lowest quarter white: every turn is another picture."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    image.paste(WHITE, (0, height * 3 // 4, width, height))
    return image.convert(mode)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """The image in a format of Pillow's."""
    written = BytesIO()
    image.save(written, kind, **options)
    return written.getvalue()


def exif(
    orientation: int | None = None,
    lat: tuple = (42.0, 21.0, 30.0),
    lon: tuple = (71.0, 3.0, 36.0),
    north: str = "N",
    east: str = "W",
) -> bytes:
    """EXIF with a place, perhaps an orientation, and the canary as the camera's name."""
    made = Image.Exif()
    made[0x010F] = CANARY.decode()
    if orientation is not None:
        made[0x0112] = orientation
    made.get_ifd(0x8825).update({1: north, 2: lat, 3: east, 4: lon})
    return made.tobytes()


def with_every_canary(kind: str) -> bytes:
    """A photo of a format with the canary wherever the format has room for words."""
    icc = b"\0" * 36 + b"acsp" + b"\0" * 88 + CANARY
    if kind == "HEIF":
        return heif(exif=exif(), xmp=XMP)
    options: dict = {"exif": exif(), "xmp": XMP, "icc_profile": icc}
    if kind == "JPEG":
        options["comment"] = CANARY
    if kind == "PNG":
        options = {"exif": exif(), "icc_profile": icc, "pnginfo": _png_words()}
    return saved(scene(), kind, **options) + CANARY


def _png_words():
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    words.add_text("Comment", CANARY.decode())
    words.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return words


def png(
    width: int, height: int, pixels: bytes, depth: int = 8, colour: int = 2, more: bytes = b""
) -> bytes:
    """A PNG that claims this size; `pixels` are its unpacked scan lines, any number of them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + more
        + png_chunk(b"IDAT", zlib.compress(pixels, 9))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A small file that unpacks to width × height grey pixels."""
    packer, packed, line = zlib.compressobj(9), b"", b"\0" * (width + 1)
    for _ in range(height):
        packed += packer.compress(line)
    packed += packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", packed)
        + png_chunk(b"IEND", b"")
    )


# `scene()` as one HEVC still, encoded once: nothing installed here can encode HEVC.
_HEVC_SETTINGS = bytes.fromhex(
    "0103700000009000000000001ef000fcfdf8f800000f03600001001840010c01ffff037000000300"
    "90000003000003001eba0240610001002b42010103700000"
    "030090000003000003001ea020810596ea4929ae6e021a0c0800000300c800000300084062000100"
    "074401c172b02240"
)
_HEVC_PICTURE = bytes.fromhex(
    "0000006d2801af09e0e3479cbaaffffe8c6ffffe11a790fdae57b3fffeaacb8eff0aff3fff66ec33"
    "9c36ceb44fde40ecfed2f57fe3a2f3d39557ec01b930bd5f"
    "d53e0f447f9aff21cba9057ec7ad6acdc6e7b248f7560f89a7bbf111de66107a406bfab422acea33"
    "3b76bd59cf8e76a7f0"
)


def heif(
    exif: bytes = b"",
    xmp: bytes = b"",
    size: tuple[int, int] = (64, 64),
    quarter_turns: int | None = None,
) -> bytes:
    """`scene()` as HEIC. `size` is what the container claims.

    `quarter_turns` is how often it is turned counterclockwise when shown.
    """
    items = [(b"hvc1", b"", _HEVC_PICTURE)]
    items += [(b"Exif", b"", struct.pack(">I", 6) + exif)] if exif else []
    items += [(b"mime", b"application/rdf+xml\0", xmp)] if xmp else []
    kind = _box(b"ftyp", b"heic" + b"\0" * 4 + b"mif1heic")
    start = len(kind) + len(_heif_meta(items, 0, size, quarter_turns)) + 8
    return (
        kind
        + _heif_meta(items, start, size, quarter_turns)
        + _box(b"mdat", b"".join(body for *_, body in items))
    )


def _heif_meta(
    items: list[tuple[bytes, bytes, bytes]],
    start: int,
    size: tuple[int, int],
    quarter_turns: int | None,
) -> bytes:
    """The box that names the items and says where in the file they are."""
    infos, places, references = b"", b"", b""
    for number, (kind, more, body) in enumerate(items, 1):
        infos += _box(b"infe", b"\x02\0\0\0" + struct.pack(">HH", number, 0) + kind + b"\0" + more)
        places += struct.pack(">HHHII", number, 0, 1, start, len(body))
        start += len(body)
        if number > 1:
            references += _box(b"cdsc", struct.pack(">HHH", number, 1, 1))
    properties = [
        _box(b"hvcC", _HEVC_SETTINGS),
        _box(b"ispe", b"\0" * 4 + struct.pack(">II", *size)),
    ]
    if quarter_turns is not None:
        properties.append(_box(b"irot", bytes([quarter_turns])))
    used = bytes([len(properties), 0x81, *range(2, len(properties) + 1)])
    parts = [
        _box(b"hdlr", b"\0" * 8 + b"pict" + b"\0" * 13),
        _box(b"pitm", b"\0" * 4 + struct.pack(">H", 1)),
        _box(b"iinf", b"\0" * 4 + struct.pack(">H", len(items)) + infos),
        _box(b"iloc", b"\0" * 4 + b"\x44\0" + struct.pack(">H", len(items)) + places),
        _box(b"iref", b"\0" * 4 + references) if references else b"",
        _box(
            b"iprp",
            _box(b"ipco", b"".join(properties))
            + _box(b"ipma", b"\0" * 4 + struct.pack(">IH", 1, 1) + used),
        ),
    ]
    return _box(b"meta", b"\0" * 4 + b"".join(parts))


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body
