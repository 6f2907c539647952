"""Every photo is redrawn or refused in seconds, in little memory, without a byte of the rest."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from portal.photos import develop, pipeline
from portal.photos.pipeline import Developed, DrawingQueue, PhotoRefused, Picture, develop_photo
from tests.photos.samples import (
    BLUE,
    BOSTON,
    CANARY,
    RED,
    WHITE,
    XMP,
    exif,
    heif,
    png,
    png_bomb,
    png_chunk,
    saved,
    scene,
    with_every_canary,
)

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")


def refusal(body: bytes) -> str:
    with pytest.raises(PhotoRefused) as refused:
        develop_photo(body)
    return refused.value.reason


def picture(developed: Developed, side: int = 800) -> Image.Image:
    return Image.open(BytesIO(developed.pictures[side].body)).convert("RGB")


def drawn_here(body: bytes) -> Developed:
    """The same pictures without a process of their own, for many samples that need no limit."""
    gps, pictures = develop.develop(body)
    return Developed(
        {side: Picture(width, height, made) for side, width, height, made in pictures}, gps
    )


def sizes(developed: Developed) -> dict[int, tuple[int, int]]:
    return {side: (made.width, made.height) for side, made in developed.pictures.items()}


def nearest(pixel) -> str:
    """Which of the scene's colours a pixel is, whatever the compression did to it."""
    colours = {"red": RED, "blue": BLUE, "white": WHITE}
    return min(
        colours,
        key=lambda name: sum((a - b) ** 2 for a, b in zip(pixel, colours[name], strict=True)),
    )


def corners(image: Image.Image) -> tuple[str, str, str, str]:
    """Upper left, upper right, lower left, lower right."""
    right, low = image.width - 6, image.height - 6
    return tuple(
        nearest(image.getpixel(place)) for place in ((5, 5), (right, 5), (5, low), (right, low))
    )


UPRIGHT = ("red", "blue", "white", "white")


@pytest.mark.parametrize("kind", KINDS)
def test_a_photo_of_each_format_comes_out_as_three_webp_pictures(kind):
    body = heif() if kind == "HEIF" else saved(scene(), kind)
    developed = develop_photo(body)
    assert sizes(developed) == {144: (144, 144), 800: (64, 64), 1600: (64, 64)}
    for made in developed.pictures.values():
        assert Image.open(BytesIO(made.body)).format == "WEBP"
    assert corners(picture(developed)) == UPRIGHT
    assert developed.gps is None


def test_a_large_photo_is_shrunk_and_keeps_its_shape():
    developed = develop_photo(saved(scene(4000, 3000), "JPEG"))
    assert sizes(developed) == {144: (144, 144), 800: (800, 600), 1600: (1600, 1200)}
    assert developed.size == (1600, 1200)


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_of_metadata_survives(kind):
    body = with_every_canary(kind)
    assert body.count(CANARY) >= (2 if kind == "HEIF" else 4), "the sample itself must carry it"
    developed = develop_photo(body)
    for made in developed.pictures.values():
        opened = Image.open(BytesIO(made.body))
        assert not {"exif", "xmp", "icc_profile", "comment"} & set(opened.info)
        assert CANARY not in made.body
        # Only the chunks with pixels: no EXIF, XMP, ICCP or ANIM, nor VP8X, which announces them.
        assert made.body[12:16] in (b"VP8 ", b"VP8L")
        assert len(made.body) == 8 + int.from_bytes(made.body[4:8], "little")


def test_the_canaries_would_survive_a_plain_copy():
    for kind in ("JPEG", "WEBP"):
        opened = Image.open(BytesIO(with_every_canary(kind)))
        assert CANARY in saved(
            opened,
            kind,
            **{name: opened.info[name] for name in ("exif", "xmp") if name in opened.info},
        )


@pytest.mark.parametrize(
    ("orientation", "seen"),
    [
        (1, ("red", "blue", "white", "white")),
        (2, ("blue", "red", "white", "white")),
        (3, ("white", "white", "blue", "red")),
        (4, ("white", "white", "red", "blue")),
        (5, ("red", "white", "blue", "white")),
        (6, ("white", "red", "white", "blue")),
        (7, ("white", "blue", "white", "red")),
        (8, ("blue", "white", "red", "white")),
        (9, ("red", "blue", "white", "white")),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_is_turned_as_it_was_held(kind, orientation, seen):
    developed = drawn_here(saved(scene(96, 64), kind, exif=exif(orientation)))
    assert corners(picture(developed)) == seen
    assert developed.size == ((64, 96) if 5 <= orientation <= 8 else (96, 64))


def test_a_heif_is_turned_once_by_its_container_and_not_again_by_its_exif():
    assert corners(picture(develop_photo(heif(exif=exif(6), quarter_turns=3)))) == (
        "white",
        "red",
        "white",
        "blue",
    )
    assert corners(picture(develop_photo(heif(exif=exif(6))))) == UPRIGHT


@pytest.mark.parametrize("kind", KINDS)
def test_the_place_is_told_to_whoever_asked(kind):
    body = heif(exif=exif()) if kind == "HEIF" else saved(scene(), kind, exif=exif())
    assert develop_photo(body).gps == BOSTON


@pytest.mark.parametrize(
    ("told", "gps"),
    [
        ({"north": "S", "east": "E"}, (-42.358333, 71.06)),
        ({"lat": (0.0, 0.0, 0.0), "lon": (0.0, 0.0, 0.0)}, None),
        ({"lat": (91.0, 0.0, 0.0)}, None),
        ({"lon": (181.0, 0.0, 0.0)}, None),
        ({"lat": (42.0, 60.0, 0.0)}, None),
        ({"lat": (42.0, 21.0, 61.0)}, None),
        ({"lat": (42.0, 21.0)}, None),
        ({"lat": 42.0}, None),
    ],
)
def test_a_place_that_cannot_be_is_no_place(told, gps):
    assert drawn_here(saved(scene(), "JPEG", exif=exif(**told))).gps == gps


def test_a_place_divided_by_zero_is_no_place():
    whole = exif(lat=(42.0, 21.0, 30.0))
    # 42 is written as the fraction 42/1; the denominator becomes 0.
    broken = whole.replace(
        (42).to_bytes(4, "little") + (1).to_bytes(4, "little"),
        (42).to_bytes(4, "little") + bytes(4),
    )
    broken = broken.replace(
        (42).to_bytes(4, "big") + (1).to_bytes(4, "big"), (42).to_bytes(4, "big") + bytes(4)
    )
    assert broken != whole
    assert develop_photo(saved(scene(), "JPEG", exif=broken)).gps is None


@pytest.mark.parametrize("mode", ["L", "CMYK", "1", "P", "LA", "RGBA", "I;16"])
def test_every_kind_of_pixel_becomes_colours(mode):
    kind = "JPEG" if mode == "CMYK" else "PNG"
    image = (
        scene().convert("I;16").point(lambda value: value * 256)
        if mode == "I;16"
        else scene(mode=mode)
    )
    shown = picture(drawn_here(saved(image, kind)))
    assert shown.size == (64, 64)
    if mode in ("CMYK", "P", "RGBA"):
        assert corners(shown) == UPRIGHT
    if mode in ("L", "LA", "I;16"):
        grey = scene(mode="L")
        for place in ((5, 5), (58, 5), (5, 58)):
            assert abs(shown.getpixel(place)[0] - grey.getpixel(place)) < 12


def test_sixteen_bits_a_colour_are_read():
    line = b"\0" + (b"\xc8\x80\x1e\x00\x1e\x00" * 40)
    shown = picture(develop_photo(png(40, 40, line * 40, depth=16)))
    assert nearest(shown.getpixel((20, 20))) == "red"


def test_what_is_transparent_is_white():
    clear = Image.new("RGBA", (40, 40), (200, 30, 30, 0))
    by_palette = Image.new("P", (40, 40), 0)
    by_palette.putpalette([200, 30, 30])
    for body in (
        saved(clear, "PNG"),
        saved(clear, "WEBP"),
        saved(by_palette, "PNG", transparency=0),
    ):
        assert picture(develop_photo(body)).getpixel((20, 20)) == (255, 255, 255)


def test_a_bomb_is_refused_by_what_it_says_of_itself():
    bomb = png_bomb(9_000, 9_000)
    assert len(bomb) < 90_000
    assert refusal(bomb) == "too_many_pixels"
    assert refusal(png(60_000, 60_000, b"")) == "too_many_pixels"
    assert refusal(png(12_001, 10, b"")) == "too_many_pixels"
    assert refusal(heif(size=(20_000, 20_000))) in ("too_many_pixels", "not_a_photo")


def test_a_picture_that_holds_less_than_it_says_is_damaged():
    assert refusal(png(4_000, 4_000, b"\0" * 100)) == "broken"
    assert refusal(heif(size=(4_000, 4_000))) in ("broken", "not_a_photo")


@pytest.mark.parametrize("kind", KINDS)
def test_half_a_photo_is_refused(kind):
    whole = heif() if kind == "HEIF" else saved(scene(640, 480), kind)
    assert refusal(whole[: len(whole) // 2]) in ("broken", "not_a_photo")
    assert refusal(whole[:12]) in ("broken", "not_a_photo")


def test_nothing_is_refused():
    assert refusal(b"") == "empty"


def test_too_many_bytes_are_not_even_read():
    assert refusal(b"\xff\xd8" + b"\0" * develop.MAX_BYTES) == "too_many_bytes"


@pytest.mark.parametrize(
    "kind", ["GIF", "BMP", "TIFF", "PPM", "ICO", "TGA", "PCX", "AVIF", "JPEG2000", "PDF"]
)
def test_other_formats_are_refused(kind):
    assert refusal(saved(scene(), kind)) == "not_a_photo"


@pytest.mark.parametrize(
    "body",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n",
        b"%PDF-1.7\n",
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04",
        b"\0" * 5_000,
        b"\xff\xd8\xff",
        b"GIF89a/*" + b"\0" * 40,
    ],
)
def test_what_is_no_photo_is_refused(body):
    assert refusal(body) in ("not_a_photo", "broken")


def test_a_photo_that_is_something_else_too_comes_out_as_a_photo_alone():
    tail = b"<script>alert(1)</script>PK\x03\x04"
    for kind in ("JPEG", "PNG", "WEBP"):
        for made in develop_photo(saved(scene(), kind) + tail).pictures.values():
            assert b"<script>" not in made.body
            assert b"PK\x03\x04" not in made.body


def test_an_animation_is_refused():
    frames = [scene(), scene().transpose(Image.Transpose.ROTATE_180)]
    for kind in ("PNG", "WEBP"):
        assert (
            refusal(saved(frames[0], kind, save_all=True, append_images=frames[1:])) == "animated"
        )


def test_of_two_pictures_in_one_jpeg_the_main_one_is_taken():
    """Phones write a second one beside the first, for bright screens."""
    both = saved(scene(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 64), BLUE)])
    assert corners(picture(develop_photo(both))) == UPRIGHT


def test_hostile_words_in_a_png_do_not_matter():
    words = png_chunk(b"zTXt", b"Comment\0\0" + b"\x78\x9c" + b"\xff" * 50) + png_chunk(
        b"eXIf", b"MM\0*" + b"\xff" * 40
    )
    line = b"\0" + bytes(RED) * 40
    developed = develop_photo(png(40, 40, line * 40, more=words + png_chunk(b"tEXt", b"x\0" + XMP)))
    assert nearest(picture(developed).getpixel((20, 20))) == "red"


def test_a_photo_that_takes_too_long_is_refused_and_its_process_is_gone():
    began = time.perf_counter()
    with pytest.raises(PhotoRefused) as refused:
        develop_photo(saved(scene(4_000, 3_000), "PNG"), seconds=0.05)
    assert refused.value.reason == "too_slow"
    assert time.perf_counter() - began < 20


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[1]\n",
        b'{"gps": null, "pictures": [[144, 9, 9, 4]]}\nRIFF',
        b"\xff\xfe\n",
        b"1\n",
    ],
)
def test_an_answer_that_is_not_whole_is_a_refusal(answer):
    with pytest.raises(PhotoRefused) as refused:
        pipeline._read_answer(answer)
    assert refused.value.reason == "broken"


_LIMITS = """
import os, resource, runpy, sys
develop = runpy.run_path(sys.argv[1])
develop["limit_this_process"]()
try:
    held = bytearray(700 << 20)
    print("memory: given")
except MemoryError:
    print("memory: refused")
try:
    with open(sys.argv[2], "wb") as file:
        file.write(b"x")
    print("file: written")
except OSError:
    print("file: refused")
print("seconds:", resource.getrlimit(resource.RLIMIT_CPU)[0])
"""


def test_the_process_cannot_take_more_memory_or_time_nor_write_a_file(tmp_path: Path):
    command = [
        sys.executable,
        "-c",
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + _LIMITS,
    ]
    done = subprocess.run(
        [*command, str(develop.__file__), str(tmp_path / "x")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["memory: refused", "file: refused", "seconds: 9"]


def test_the_process_knows_nothing_of_ours():
    assert set(pipeline._environment()) == {"MALLOC_ARENA_MAX"}
    assert "-I" in pipeline._command()


_MEASURED = """
import resource, sys
from pathlib import Path
from portal.photos.pipeline import develop_photo
shown = develop_photo(Path(sys.argv[1]).read_bytes(), seconds=60)
Path(sys.argv[2]).write_bytes(shown.pictures[800].body)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    ("colour", "more"),
    [(0, b""), (3, png_chunk(b"PLTE", bytes(RED) * 256) + png_chunk(b"tRNS", b"\x80" * 256))],
)
def test_sixty_four_megapixels_stay_within_600_megabytes(colour, more, tmp_path: Path):
    """Gray, and a palette's half-transparent colors, which conversion makes four times as large."""
    photo, small = tmp_path / "photo.png", tmp_path / "small.webp"
    photo.write_bytes(
        png(8_000, 8_000, (b"\0" + b"\x80" * 8_000) * 8_000, colour=colour, more=more)
    )
    # In a process of its own: the peak of a process's children counts every child it ever had.
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(photo), str(small)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 600 * 1024
    shown = Image.open(small)
    assert shown.size == (800, 800)
    assert colour == 0 or abs(shown.convert("RGB").getpixel((400, 400))[1] - 142) < 8, (
        "30 of 255, half through, on white"
    )  # pyright: ignore[reportOptionalSubscript, reportIndexIssue]


def test_only_so_many_photos_are_drawn_at_once_and_the_next_one_waits_its_turn():
    places = DrawingQueue(at_once=1, in_line=1)
    with places.take_turn(), pytest.raises(PhotoRefused) as refused, places.take_turn(0.01):
        raise AssertionError("there was no place")
    assert refused.value.reason == "busy"
    with places.take_turn(0):
        pass


@pytest.mark.parametrize("free_after", [0.2, 60.0])
def test_standing_in_line_and_being_drawn_have_one_deadline(free_after):
    """A photo could wait ten seconds and then be drawn for ten more, and was called too large."""
    photo, places, is_held = (
        saved(scene(4_000, 3_000), "PNG"),
        DrawingQueue(at_once=1, in_line=1),
        threading.Event(),
    )

    def hold_the_place() -> None:
        with places.take_turn():
            is_held.set()
            is_over.wait(free_after)

    is_over, other = threading.Event(), threading.Thread(target=hold_the_place)
    other.start()
    is_held.wait()
    began = time.monotonic()
    with pytest.raises(PhotoRefused) as refused:
        develop_photo(photo, seconds=0.25, queue=places)
    is_over.set()
    other.join()
    assert refused.value.reason == "busy"
    assert time.monotonic() - began < 30


def test_a_place_is_free_again_whatever_became_of_the_photo():
    for _ in range(10):
        with pytest.raises(PhotoRefused, match="empty"):
            develop_photo(b"")
