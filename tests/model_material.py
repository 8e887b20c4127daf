"""Small models, packages and a server for the tests of the model store. Nothing here reaches beyond this machine."""

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from visavis.perception.manifest import Manifest, read_manifest

SIZE = 8
DIMENSION = 3


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def tiny_onnx(batch: int | str = 1, *, dimension: int = DIMENSION) -> bytes:
    """The mean of each channel, times a matrix: (batch, 3, 8, 8) to (batch, dimension)."""
    weights = np.arange(3 * dimension, dtype=np.float32).reshape(3, dimension) / 10
    graph = helper.make_graph(
        [
            helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("MatMul", ["flat", "weights"], ["output"]),
        ],
        "tiny",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [batch, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [batch, dimension])],
        [numpy_helper.from_array(weights, "weights")],
    )
    return _serialised(graph)


def prelu_onnx(slopes: NDArray[np.float32], weights: NDArray[np.float32]) -> bytes:
    """A convolution and a PRelu: (1, 3, 8, 8) to (1, channels, 8, 8)."""
    channels = len(weights)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "weights"], ["middle"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            helper.make_node("PRelu", ["middle", "slopes"], ["output"]),
        ],
        "prelu",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, channels, SIZE, SIZE])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(slopes, "slopes")],
    )
    return _serialised(graph)


def pruned_onnx(rng: np.random.Generator, *, end: int = 16) -> bytes:
    """Convolutions of odd counts, with a skip and a gate between them: (1, 3, 8, 8) to (1, ``end``, 8, 8)."""
    shapes = {"a": (13, 3, 3, 3), "b": (13, 1, 3, 3), "c": (16, 13, 1, 1), "d": (13, 16, 1, 1), "e": (end, 13, 1, 1)}
    shapes["gate"] = (13, 13, 1, 1)
    tensors = {name: rng.normal(0, 0.5, shape) for name, shape in shapes.items()}
    tensors |= {f"{name}_bias": rng.normal(0, 0.5, shape[0]) for name, shape in shapes.items() if name != "c"}
    tensors |= {"slopes_a": rng.uniform(-1, 2, (13, 1, 1)), "slopes_c": rng.uniform(-1, 2, (16, 1, 1))}
    nodes = [
        helper.make_node("Conv", ["input", "a", "a_bias"], ["one"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["one", "slopes_a"], ["two"]),
        helper.make_node("Conv", ["two", "b", "b_bias"], ["three"], kernel_shape=[3, 3], pads=[1, 1, 1, 1], group=13),
        helper.make_node("Conv", ["three", "c"], ["four"], kernel_shape=[1, 1]),
        helper.make_node("PRelu", ["four", "slopes_c"], ["five"]),
        helper.make_node("Conv", ["five", "d", "d_bias"], ["six"], kernel_shape=[1, 1]),
        helper.make_node("GlobalAveragePool", ["six"], ["mean"]),
        helper.make_node("Conv", ["mean", "gate", "gate_bias"], ["gated"], kernel_shape=[1, 1]),
        helper.make_node("Sigmoid", ["gated"], ["share"]),
        helper.make_node("Mul", ["six", "share"], ["seven"]),
        helper.make_node("Add", ["seven", "two"], ["eight"]),
        helper.make_node("Conv", ["eight", "e", "e_bias"], ["output"], kernel_shape=[1, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "pruned",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, end, SIZE, SIZE])],
        [numpy_helper.from_array(values.astype(np.float32), name) for name, values in tensors.items()],
    )
    return _serialised(graph)


def _serialised(graph: onnx.GraphProto) -> bytes:
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def entry(
    data: bytes, *sources: str, name: str = "tiny", extra: str = "", batch: int = 1, default: bool = False
) -> str:
    """A `[[model]]` table for a `tiny_onnx`; each source is the inside of a `[[model.source]]`."""
    listed = "".join(f"\n[[model.source]]\n{source}\n" for source in sources)
    return f"""
[[model]]
name = "{name}"
task = "embedding"
version = "7"
runtime = "onnx"
default = {str(default).lower()}
file = "tiny.onnx"
bytes = {len(data)}
sha256 = "{sha256(data)}"
licence = "CC0-1.0"
licence_note = "Made by a test."
provenance = "Made by a test."
{extra}

[model.input]
name = "input"
shape = [{batch}, 3, {SIZE}, {SIZE}]
layout = "NCHW"
channels = "RGB"
mean = [127.5]
divisor = [128.0]

[[model.output]]
name = "output"
shape = [{batch}, {DIMENSION}]

[model.embedding]
alignment = "arcface_112"
dimension = {DIMENSION}
{listed}"""


def manifest(text: str, folder: Path) -> Manifest:
    return read_manifest("schema = 1\n" + text, folder)


def folder_source(folder: str) -> str:
    return f'kind = "folder"\nfolder = "{folder}"'


def url_source(url: str) -> str:
    return f'kind = "url"\nurl = "{url}"'


def pypi_source(artefact: bytes, member: str, requirement: str = "tinyface==1.0", packaging: str = "wheel") -> str:
    return f"""kind = "pypi"
requirement = "{requirement}"
packaging = "{packaging}"
artefact_sha256 = "{sha256(artefact)}"
artefact_bytes = {len(artefact)}
member = "{member}\""""


def npm_source(artefact: bytes, member: str, cut: tuple[int, int] | None = None) -> str:
    span = "" if cut is None else f"\nstart = {cut[0]}\nend = {cut[1]}"
    return f"""kind = "npm"
package = "tinyface@1.0.0"
artefact_sha256 = "{sha256(artefact)}"
artefact_bytes = {len(artefact)}
member = "{member}"{span}"""


def wheel(files: dict[str, bytes], name: str = "tinyface", version: str = "1.0", executable: str = "") -> bytes:
    """A wheel that pip takes."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            item = zipfile.ZipInfo(path)
            item.external_attr = (0o100755 if path == executable else 0o100644) << 16
            archive.writestr(item, data)
    return out.getvalue()


def tarball(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, data in files.items():
            item = tarfile.TarInfo(path)
            item.size = len(data)
            archive.addfile(item, io.BytesIO(data))
    return out.getvalue()


def npm_package(files: dict[str, bytes]) -> bytes:
    about = json.dumps({"name": "tinyface", "version": "1.0.0"}).encode()
    return tarball({"package/package.json": about, **{f"package/{path}": data for path, data in files.items()}})


@dataclass
class Served:
    """How a path is answered.

    ``broken_after`` closes the connection after so many bytes, ``stalled_after`` holds it until ``go_on``; each once.
    """

    data: bytes
    status: int = 200
    ranges: bool = True
    broken_after: int | None = None
    stalled_after: int | None = None
    location: str = ""
    go_on: threading.Event = field(default_factory=threading.Event)
    stalled: threading.Event = field(default_factory=threading.Event)


@dataclass
class Server:
    """A server on the loopback; ``requests`` has the path and the Range header of each request."""

    address: str
    files: dict[str, Served] = field(default_factory=dict)
    requests: list[tuple[str, str | None]] = field(default_factory=list)

    def serve(self, path: str, served: Served) -> str:
        self.files[path] = served
        return self.address + path


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"
    shared: Server

    def do_GET(self) -> None:
        self.shared.requests.append((self.path, self.headers.get("Range")))
        served = self.shared.files.get(self.path)
        if served is None:
            self.send_error(404)
            return
        first = 0
        wanted = self.headers.get("Range")
        if wanted and served.ranges:
            first = int(wanted.removeprefix("bytes=").partition("-")[0])
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {first}-{len(served.data) - 1}/{len(served.data)}")
        else:
            self.send_response(served.status)
        if served.location:
            self.send_header("Location", served.location)
        self.send_header("Content-Length", str(len(served.data) - first))
        self.end_headers()
        self._send(served, first)

    def _send(self, served: Served, first: int) -> None:
        stop = served.broken_after or served.stalled_after
        if stop is None:
            self.wfile.write(served.data[first:])
            return
        self.wfile.write(served.data[first:stop])
        self.wfile.flush()
        if served.broken_after is not None:
            served.broken_after = None
            return
        served.stalled_after = None
        served.stalled.set()
        served.go_on.wait(60)
        self.wfile.write(served.data[stop:])

    def log_message(self, *_: object) -> None:
        pass


class _Listening(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # a killed client breaks its connection


@contextmanager
def serving() -> Iterator[Server]:
    server = Server("")
    handler = type("Handler", (_Handler,), {"shared": server})
    with _Listening(("127.0.0.1", 0), handler) as listening:
        server.address = f"http://127.0.0.1:{listening.server_port}"
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            for served in server.files.values():
                served.go_on.set()
            listening.shutdown()
            thread.join()
