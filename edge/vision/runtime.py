"""ONNX Runtime sessions of a pack, all on one execution provider that computes what the CPU computes."""
from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from edge.models.errors import HoldsCode, ModelBroken, ModelShape, NotMiniFASNet, NotTensors
from edge.models.manifest import Manifest

log = logging.getLogger(__name__)

CPU = "CPUExecutionProvider"
PROVIDERS = {"cpu": CPU, "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}
SAME = 0.01
"""How far another provider's outputs may be from the CPU's, as a share of the largest of them."""
DYNAMIC = 64
"""What a free dimension is set to for that comparison."""


class Model:
    """One network: float32 in, float32 out. `file` is its name in the manifest."""

    def __init__(self, pack: str, file: str, session: Any) -> None:
        self.pack, self.file, self._session = pack, file, session
        self._input = session.get_inputs()[0].name
        self.input_shape = tuple(session.get_inputs()[0].shape)
        self.outputs = [output.name for output in session.get_outputs()]

    def run(self, blob: np.ndarray, outputs: list[str] | None = None) -> list[np.ndarray]:
        """All outputs, or the named ones, of one input."""
        answer: list[np.ndarray] = self._session.run(outputs, {self._input: blob})
        return answer

    def check(
        self, given: Sequence[int], wanted: Mapping[str, tuple[int | None, ...] | None] | int,
    ) -> list[tuple[int, ...]]:
        """Run once: a named output must have its shape (None: any length, or any shape), or a single one `wanted` axes;
        all must be numbers. The shapes that came out.

        Raises ModelShape, ModelBroken.
        """
        # A wrong number of outputs shows before a wrong input, which would hide it.
        names = list(wanted) if isinstance(wanted, Mapping) else self.outputs
        if isinstance(wanted, int) and len(names) != 1:
            raise ModelShape(pack=self.pack, file=self.file, wanted="1 output", got=f"{len(names)} outputs")
        if missing := [name for name in names if name not in self.outputs]:
            raise ModelShape(
                pack=self.pack, file=self.file, wanted=", ".join(missing), got=", ".join(self.outputs)[:200])
        try:
            answers = self.run(np.full(given, 0.5, np.float32), names)
        except Exception as error:  # whatever ONNX Runtime says, it is about this file
            raise ModelBroken(pack=self.pack, file=self.file, why=short(error)) from error
        for name, answer in zip(names, answers, strict=True):
            shape = wanted[name] if isinstance(wanted, Mapping) else (1, *([None] * (wanted - 1)))
            if shape is not None and not _fits(answer.shape, shape):
                raise ModelShape(pack=self.pack, file=self.file, wanted=_said(shape), got=_said(answer.shape))
            if not np.isfinite(answer).all():
                raise ModelBroken(pack=self.pack, file=self.file, why="NaN")
        return [answer.shape for answer in answers]


def open_models(manifest: Manifest, paths: Mapping[str, Path]) -> tuple[dict[str, Model], str]:
    """Models by file name, and the provider that all of them run on, as records name it. Raises ModelBroken.

    The best provider of the manifest that this machine has is taken, if it computes what the CPU computes with every
    model; otherwise the log says what differed, and the next one is tried.
    """
    sources = {name: _source(manifest, name, path) for name, path in paths.items()}
    on_cpu = {name: _session(manifest, name, source, CPU) for name, source in sources.items()}
    sessions, chosen = on_cpu, CPU
    for provider in _candidates(manifest):
        other = _elsewhere(manifest, sources, provider, on_cpu)
        if other is not None:
            sessions, chosen = other, provider
            break
    models = {name: Model(manifest.id, name, session) for name, session in sessions.items()}
    return models, f"onnxruntime {onnxruntime.__version__} {chosen}"


def short(error: Exception) -> str:
    """The first line of an error, at most 200 characters."""
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__


def _candidates(manifest: Manifest) -> list[str]:
    """The manifest's providers that are here and come before the CPU, best first."""
    wanted = [PROVIDERS[name] for name in manifest.execution.providers]
    here = onnxruntime.get_available_providers()
    return [name for name in wanted[: wanted.index(CPU) if CPU in wanted else None] if name in here]


def _elsewhere(
    manifest: Manifest, sources: Mapping[str, str | bytes], provider: str, on_cpu: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Sessions on a provider, or None when it cannot run a model or computes something else than the CPU."""
    sessions = {}
    for name, source in sources.items():
        try:
            sessions[name] = _session(manifest, name, source, provider)
            apart = _apart(sessions[name], on_cpu[name])
        except Exception as error:  # drivers raise what they like; the CPU is there
            log.warning("%s cannot run %s of pack %s: %s", provider, name, manifest.id, short(error))
            return None
        if not apart <= SAME:
            log.warning("%s computes %s of pack %s differently (%.3f); not used", provider, name, manifest.id, apart)
            return None
    return sessions


def _apart(session: Any, cpu: Any) -> float:
    """The largest difference of the outputs of two sessions, as a share of the largest output."""
    given = cpu.get_inputs()[0]
    shape = [size if isinstance(size, int) else DYNAMIC if axis > 1 else 1 for axis, size in enumerate(given.shape)]
    blob = np.linspace(0, 255, int(np.prod(shape)), dtype=np.float32).reshape(shape)
    pairs = zip(session.run(None, {given.name: blob}), cpu.run(None, {given.name: blob}), strict=True)
    return max(float(np.abs(a - b).max() / max(float(np.abs(b).max()), 1e-6)) for a, b in pairs)


def _source(manifest: Manifest, name: str, path: Path) -> str | bytes:
    """A path for ONNX Runtime; of a .pth and of YuNet the graph itself, made anew each time (a tenth of a second): a
    copy on the disk would be a file whose hash nobody names."""
    if manifest.engine.startswith("yunet") and name == manifest.file("detector").name:
        from edge.models.yunet import free_size

        return free_size(path.read_bytes())
    if path.suffix != ".pth":
        return str(path)
    from edge.models.minifasnet import to_onnx

    try:
        return to_onnx(path.read_bytes())
    except (NotTensors, HoldsCode, NotMiniFASNet) as error:
        raise ModelBroken(pack=manifest.id, file=name, why=error) from None


def _session(manifest: Manifest, name: str, source: str | bytes, provider: str) -> Any:
    """One thread: the recorder and the page share these cores."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(source, options, providers=[provider])
    except Exception as error:
        raise ModelBroken(pack=manifest.id, file=name, why=short(error)) from error


def _fits(shape: tuple[int, ...], wanted: tuple[int | None, ...]) -> bool:
    return len(shape) == len(wanted) and all(
        want is None or got == want for got, want in zip(shape, wanted, strict=True))


def _said(shape: Sequence[int | None]) -> str:
    return " x ".join("n" if size is None else str(size) for size in shape)
