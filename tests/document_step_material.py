"""The document's step in a browser: a specimen before the camera, held well or badly, and readings by script.

with document_pages(database) as served: ...
visit(..., cameras=TWO, before=held(scene, scale=0.4))          # the flat page on a table; `photo`: photographed well
page.evaluate("Object.assign(held, {photo: 1})")                # while it runs
"""

import base64
import contextlib
import io
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from PIL import Image

from browser_material import BACK, FRONT, Cameras, Served, serving_pages
from reading_material import TODAY, found, page, printed
from visavis.capture.picture import Picture, RgbImage
from visavis.document.flat_page import whole_picture
from visavis.document.portrait import DocumentPortrait
from visavis.document.reading import DocumentReading, PageReading
from visavis.document.reading_summary import PageText, summed_up
from visavis.evaluation.specimens import Fonts, Level, SpecimenKind, draw_specimen, framed_portraits, photograph

__all__ = ["TWO", "Scene", "document_pages", "held", "name_read_once", "one_side", "photographed"]

TWO: Final = Cameras(devices=(FRONT, BACK), most=1280, rate=6.0)
"""A telephone's."""
_DRAWN: Final = date(2026, 11, 22)
_ACTOR: Final = """
globalThis.held = { photo: 0, scale: 0.84, x: 0, y: 0, glare: 0, dark: 0, ...%(how)s };
{
  const load = (data) => Object.assign(new Image(), { src: `data:image/jpeg;base64,${data}` });
  const [photo, page] = [load("%(photo)s"), load("%(page)s")];
  cameras.painters.document = (g, { width, height }) => {
    const how = globalThis.held;
    const t = performance.now() / 1000;
    g.fillStyle = "#4a423b"; g.fillRect(0, 0, width, height);
    if (!photo.complete || !page.complete) return;
    if (how.photo) {
      const size = Math.max(width / photo.width, height / photo.height);
      g.drawImage(photo, 0, 0, photo.width * size, photo.height * size);
      return;
    }
    const [w, h] = [how.scale * width, (how.scale * width * page.height) / page.width];
    g.save();
    g.translate(width * (0.5 + how.x) + Math.sin(t), height * (0.5 + how.y) + Math.cos(t));
    g.rotate(0.02);
    g.drawImage(page, -w / 2, -h / 2, w, h);
    if (how.glare) {
      const at = g.createRadialGradient(-w * 0.2, -h * 0.2, 0, -w * 0.2, -h * 0.2, w * how.glare);
      at.addColorStop(0, "#fff"); at.addColorStop(0.7, "#fff"); at.addColorStop(1, "rgba(255,255,255,0)");
      g.fillStyle = at; g.fillRect(-w / 2, -h / 2, w, h);
    }
    g.restore();
    if (how.dark) { g.fillStyle = `rgba(0,0,0,${how.dark})`; g.fillRect(0, 0, width, height); }
  };
}
"""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One passport's page as JPEG: ``photo``: photographed well, upright; ``page``: flat, with nothing around it."""

    photo: bytes = field(repr=False)
    page: bytes = field(repr=False)


def photographed(portraits: Path, fonts: Fonts) -> Scene:
    bearer = framed_portraits(portraits)[1]
    specimen = draw_specimen(
        SpecimenKind.TD3_PAGE, rng=random.Random(11), fonts=fonts, portraits=[bearer], today=_DRAWN
    )
    for seed in range(4, 60):
        taken = photograph(specimen, level=Level.GOOD_PHONE, rng=random.Random(seed))
        across = taken.quad[1] - taken.quad[0]
        if taken.picture.pixels.shape[1] > taken.picture.pixels.shape[0] and across[0] > abs(across[1]):
            return Scene(photo=_jpeg(taken.picture.pixels, 1600), page=_jpeg(specimen.page, 1400))
    raise AssertionError("of so many photographs one lies upright along the page")


def _jpeg(pixels: RgbImage, longer: int) -> bytes:
    out = io.BytesIO()
    shown = Image.fromarray(pixels)
    shown.thumbnail((longer, longer))
    shown.save(out, "JPEG", quality=88)
    return out.getvalue()


def held(scene: Scene, **how: float) -> str:
    """A script for `browser_material.visit`. ``scale``: of the page, in parts of the picture's width; ``x``, ``y``: off
    its middle, likewise; ``glare``: the reach of a reflection, in parts of the page; ``dark``: 0..1.
    """
    photo, page_ = (base64.b64encode(data).decode() for data in (scene.photo, scene.page))
    return _ACTOR % {"photo": photo, "page": page_, "how": json.dumps(how)}


def name_read_once(pictures: Sequence[Picture], *, today: object) -> DocumentReading:
    """A passport whose name stands in its zone alone, so that its holder may mend it; the portrait fills the first."""
    pixels = pictures[0].pixels
    face = SimpleNamespace(face=SimpleNamespace(inter_eye_px=60.0), quad=whole_picture(pixels).quad)
    read = replace(
        page(found(), printed(name=None)),
        flat=whole_picture(pixels) if len(pictures) > 1 else None,
        portrait=cast("DocumentPortrait", face) if len(pictures) > 1 else None,
    )
    return summed_up([read], [PageText()], today=TODAY)


def one_side(pictures: Sequence[Picture], *, today: object) -> DocumentReading:
    """Of one picture, the side that does not say whose it is; with a second one, all of it."""
    if len(pictures) > 1:
        return name_read_once(pictures, today=today)
    return summed_up([PageReading(advice=("document_side_missing",))], [PageText()], today=TODAY)


@contextlib.contextmanager
def document_pages(database: str, **more: Any) -> Iterator[Served]:
    with serving_pages(database, **more) as served:
        served.paper.read = name_read_once  # type: ignore[method-assign]  # as its own, for one object
        yield served
