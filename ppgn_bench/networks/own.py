"""An encoder of the user's own, from a Python file outside the package, with the heads that the suite adds.

Only this module runs such a file, for a network that a job names; a config named it first.
"""

import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from pydantic import TypeAdapter
from torch import Tensor, nn
from torch.nn import functional as F

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name
from ppgn_bench.networks.classifier import POOLED, Activations
from ppgn_bench.networks.own_options import options_class
from ppgn_bench.networks.sizes import Sizes

DROPOUT = 0.5  # share of the code that the class does not see in training, as of the suite's own classifier
PROBED = 2  # images that a new network is asked about


class Own(nn.Module):
    """Encoder E and class condition C around a module of the user's own, as `Classifier` is of the suite's.

    inner: gives h1 = first(images) and code = encode(h1); here both are divided by their scales, h1 = first(x) / s1,
    h = encode(s1 h1) / s, which `scale` sets after training. The heads tell the class and the pooled image from the
    code. trained: inner stays as it is, in evaluation mode, and only the heads learn.
    """

    h1_scale: Tensor  # s1, s
    code_scale: Tensor

    def __init__(self, name: Name, inner: nn.Module, sizes: Sizes) -> None:
        super().__init__()
        self.name, self.trained = name, bool(getattr(inner, "trained", False))
        self.inner: Any = inner
        self.classes = nn.Linear(sizes.code_size, sizes.num_classes)
        self.pooled = nn.Linear(sizes.code_size, sizes.channels * POOLED**2)
        for scale in ("h1_scale", "code_scale"):
            self.register_buffer(scale, torch.ones(()))

    def train(self, mode: bool = True) -> "Own":
        """As of every module; what is trained already keeps its running means."""
        super().train(mode)
        self.inner.train(mode and not self.trained)
        return self

    def first(self, images: Tensor) -> Tensor:
        """E1: images [n, channel, height, width] in [0, 1] -> h1."""
        h1: Tensor = self.inner.first(images) / self.h1_scale
        return h1

    def encode(self, h1: Tensor) -> Tensor:
        """E2: h1 -> code [n, code]."""
        code: Tensor = self.inner.encode(h1 * self.h1_scale) / self.code_scale
        return code

    def forward(self, images: Tensor) -> Activations:
        """One pass that serves prior and condition alike."""
        learns = not (self.trained and self.training)
        with torch.set_grad_enabled(torch.is_grad_enabled() and learns):
            h1 = self.first(images)
            code = self.encode(h1)
        kept = F.dropout(code, DROPOUT, self.training)
        return Activations(h1, code, self.classes(kept), self.pooled(code))

    def scale(self, h1_mean: Tensor, code_mean: Tensor) -> None:
        """Divide h1 and h by their means; nothing else changes. Raises UserError where one says nothing."""
        for of, mean in (("h1", h1_mean), ("the code", code_mean)):
            if not 0 < float(mean) < torch.inf:
                raise UserError(f"{self.name}: {of} has a mean of {float(mean):g} on the training images")
        self.h1_scale.mul_(h1_mean)
        self.code_scale.mul_(code_mean)
        for head in (self.classes, self.pooled):
            head.weight.mul_(code_mean)


def wrapped(network: Name, sizes: Sizes, options: Mapping[str, Any]) -> Own:
    """A new network around a class of the user's own. options: as JSON has them.

    Raises ValidationError for an option that is unknown or wrong; UserError for a file or class that cannot be run, and
    for what is no h1 or code, asked of two images of noise.
    """
    try:
        known = options_class(network)
    except ValueError as error:
        raise UserError(str(error)) from None
    given = asdict(TypeAdapter(known).validate_python(dict(options)))
    with _said(network, "the file"):
        kind = getattr(_run(_file(network)), network.short)
    with _said(network, "__init__"):
        inner = kind(sizes, **given)
    if not isinstance(inner, nn.Module):
        raise UserError(f"{network}: must be a torch.nn.Module")
    made = Own(network, inner, sizes).eval()
    _require_activations(made, sizes)
    return made.train()


def _file(network: Name) -> Path:
    assert network.file is not None
    return network.file.resolve()


@cache
def _run(path: Path) -> ModuleType:
    """A file's module. Python's own import would take one that was edited within a second from its cache."""
    module = ModuleType(f"{path.stem} of {path.parent}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # where dataclasses and pickle look
    exec(compile(path.read_bytes(), path, "exec"), vars(module))
    return module


def _require_activations(made: Own, sizes: Sizes) -> None:
    """Raise UserError for the first thing in which h1 and code are not what the suite takes them for."""
    shape = (PROBED, sizes.channels, sizes.image_size, sizes.image_size)
    images = torch.rand(shape, generator=torch.Generator().manual_seed(0)).to(memory_format=torch.channels_last)
    h1 = _asked(made, "first", images.requires_grad_())
    if h1.dim() != 4 or len(h1) != PROBED:
        raise UserError(
            f"{made.name}: first must give [n, channel, height, width], got {tuple(h1.shape)}, n = {PROBED}"
        )
    code = _asked(made, "encode", h1)
    if code.shape != (PROBED, sizes.code_size):
        said = f"[n, {sizes.code_size}], since code_size is {sizes.code_size}"
        raise UserError(f"{made.name}: encode must give {said}, got {tuple(code.shape)}, n = {PROBED}")
    if (least := float(code.detach().min())) < 0:
        raise UserError(f"{made.name}: encode must give no negative numbers (let it end with a ReLU), got {least:.3g}")
    if not code.requires_grad or torch.autograd.grad(code.sum(), images, allow_unused=True)[0] is None:
        raise UserError(f"{made.name}: no gradient reaches the images, so no chain could climb it")


@torch.enable_grad()
def _asked(made: Own, method: str, argument: Tensor) -> Tensor:
    """What a method gives. Raises UserError for what it raises, and for what is no tensor of finite numbers."""
    with _said(made.name, method):
        value = getattr(made.inner, method)(argument)
    if not isinstance(value, Tensor):
        raise UserError(f"{made.name}: {method} must give a tensor, got {type(value).__name__}")
    if not bool(value.isfinite().all()):
        raise UserError(f"{made.name}: {method} gives NaN or infinite numbers of images in [0, 1]")
    return value


@contextmanager
def _said(network: Name, what: str) -> Iterator[None]:
    """Whatever the user's code raises is one message, with the last of its lines that was run."""
    try:
        yield
    except Exception as error:
        lines = [
            step.lineno for step in traceback.extract_tb(error.__traceback__) if step.filename == str(_file(network))
        ]
        lines += [error.lineno] if isinstance(error, SyntaxError) else []
        place = f"line {lines[-1]}: " if lines else ""
        said = " ".join(str(error).split())
        raise UserError(f"{network}: {what}: {place}{type(error).__name__}: {said}") from error
