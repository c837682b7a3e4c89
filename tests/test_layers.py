"""Who may import whom, in one list, read from the syntax tree; and what a process loads in the end."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import ppgn_bench

PACKAGE = Path(ppgn_bench.__file__).parent
OURS = "ppgn_bench"
HEAVY = ("torch", "pandas", "scipy", "sklearn", "torchmetrics", "torch_fidelity", "torchvision", "matplotlib")
METRICS = tuple(
    f"metrics.{name}"
    for name in (
        "quality",
        "diversity",
        "similarity",
        "mixing",
        "convergence",
        "memorisation",
        "photographs",
        "facets",
        "inpainting",
        "targets",
        "units",
        "moments",
        "pairs",
        "images",
    )
)
SAMPLING = tuple(f"sampling.{name}" for name in ("priors", "conditions", "outputs", "starts", "update"))
CLAIMS = tuple(f"claims.{name}" for name in ("table", "parts", "samplers", "training", "release", "conditions"))
STATISTICS = ("statistics.intervals", "statistics.contrasts")
TABLES = (
    *("data.table", "networks.table", "networks.options", "training.recipes", "sampling.variants", "metrics.table"),
    *("sampling.steering", "sampling.targets", "metrics.metric", "metrics.of_conditions", "worlds.table", "errors"),
    "metrics.of_inception",
)
BELOW_TABLES = (
    *("metrics.orders", "metrics.metric", "metrics.of_conditions", "metrics.of_inception", "sampling.steering"),
    *("lookup", "columns", "errors", "data", "networks"),
)


def _modules() -> dict[str, Path]:
    """Dotted name inside the package -> file; a package stands for its __init__, ours is the empty name."""
    named = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        named[".".join(part for part in parts if part != "__init__")] = path
    return named


MODULES = _modules()
REPORT = tuple(name for name in MODULES if name.split(".")[0] == "report")
CAFFE = tuple(name for name in MODULES if name.split(".")[0] == "caffe")
WORKFLOW = tuple(name for name in MODULES if name.split(".")[0] in ("config", "workflow"))


class Layer(NamedTuple):
    """Modules, what they must not import, and what of that they may; lazy: functions may import it."""

    rule: str
    modules: Iterable[str]
    never: tuple[str, ...]
    but: tuple[str, ...] = ()
    lazy: bool = False


LAYERS = [
    Layer("the sampler's parts take callables and tensors", SAMPLING, (OURS,), but=(f"{OURS}.sampling.outputs",)),
    Layer("metrics take arrays and know no sampler", METRICS, (OURS,), but=tuple(f"{OURS}.{name}" for name in METRICS)),
    Layer("the tables stand alone", TABLES, (OURS,), but=tuple(f"{OURS}.{name}" for name in BELOW_TABLES)),
    Layer("the claims are a table", CLAIMS, (OURS,), but=tuple(f"{OURS}.{name}" for name in CLAIMS)),
    Layer("what the Snakefile reads is light", (*WORKFLOW, *TABLES), HEAVY, lazy=True),
    Layer("statistics take numbers alone", STATISTICS, (OURS,), but=(f"{OURS}.{STATISTICS[0]}",)),
    Layer("an analytic world knows tensors alone", ("worlds.mixtures",), (OURS,)),
    Layer("synthetic inputs are NumPy's alone", ("gate.synthetic",), (OURS, *HEAVY)),
    Layer(
        "Caffe's files are read with NumPy alone",
        CAFFE,
        (OURS, *HEAVY, "safetensors", "pickle", "cv2", "google"),
        but=tuple(f"{OURS}.{name}" for name in (*CAFFE, "errors")),
    ),
    Layer("only config reads YAML", MODULES.keys() - {"config.reading"}, ("yaml",)),
    Layer("only storage reads and writes results", MODULES.keys() - {"storage.files"}, ("safetensors",)),
    Layer(
        "the report draws what the metrics stage wrote",
        REPORT,
        ("torch", "torchvision", "torch_fidelity", "torchmetrics", OURS),
        but=tuple(
            f"{OURS}.{name}"
            for name in ("report", "storage.files", "storage.manifest", "storage.processor", "columns", "errors",
                         *STATISTICS, "claims", "metrics.table", "metrics.controls", "training.recipes",
                         "training.changes", "training.checks", "sampling.variants", "data.captions")
        ),
    ),
]  # fmt: skip


def imports(source: str, package: str, lazy: bool = True) -> Iterator[str]:
    """Dotted names that a module imports, `from a import b` as a.b; without `lazy` none of functions.

    What stands under `if TYPE_CHECKING` is never imported.
    """
    left: list[ast.AST] = [ast.parse(source)]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            start = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{start}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            left.extend(node.orelse)
        elif lazy or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left.extend(ast.iter_child_nodes(node))


def imported(module: str, lazy: bool = True) -> set[str]:
    """What a module of ours imports; names of ours end at the module that they are of."""
    path = MODULES[module]
    whole = f"{OURS}.{module}".rstrip(".")
    package = whole if path.name == "__init__.py" else whole.rpartition(".")[0]
    return {_module(name) for name in imports(path.read_text(), package, lazy)}


def _module(name: str) -> str:
    """ppgn_bench.metrics.METRICS -> ppgn_bench.metrics; the names of others as they are."""
    parts = name.split(".")
    while parts[0] == OURS and len(parts) > 1 and ".".join(parts[1:]) not in MODULES:
        parts.pop()
    return ".".join(parts)


def within(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.rule.replace(" ", "_"))
def test_a_layer_imports_only_what_it_may(layer: Layer) -> None:
    assert set(layer.modules) <= MODULES.keys()
    wrong = [
        f"{module} imports {name}"
        for module in sorted(layer.modules)
        for name in sorted(imported(module, lazy=not layer.lazy))
        if within(name, layer.never) and not within(name, layer.but)
    ]
    assert wrong == []


def test_nothing_that_the_report_can_reach_imports_torch() -> None:
    reached, left = set(), list(REPORT)
    while left:
        module = left.pop()
        reached.add(module)
        names = imported(module)
        assert not [name for name in names if within(name, ["torch"])], module
        ours = {name.partition(".")[2] for name in names if within(name, [OURS])}
        left.extend(ours - reached)
    assert {"storage.files", "statistics.intervals", "metrics.table"} <= reached


@pytest.mark.parametrize(
    ("modules", "heavy"),
    [
        (WORKFLOW, HEAVY),
        (REPORT, ("torch", "torchvision", "torch_fidelity", "torchmetrics")),
        (STATISTICS, ("torch", "pandas", "scipy.stats")),
    ],
    ids=["workflow", "report", "statistics"],
)
def test_importing_the_light_modules_loads_no_heavy_library(modules: tuple[str, ...], heavy: tuple[str, ...]) -> None:
    names = ", ".join(f"{OURS}.{name}" for name in modules)
    program = f"import sys, {names}; print(*sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_imports_are_found_wherever_they_stand() -> None:
    source = """
from typing import TYPE_CHECKING
import a.b as c
from . import d
from ..e import f, g
if TYPE_CHECKING:
    import h
else:
    import i
class J:
    from j import k
try:
    import l
except ImportError:
    pass
def m():
    import n
"""
    outside = {"typing.TYPE_CHECKING", "a.b", "x.y.d", "x.e.f", "x.e.g", "i", "j.k", "l"}
    assert set(imports(source, "x.y", lazy=False)) == outside
    assert set(imports(source, "x.y")) == outside | {"n"}
