"""What a metric is, and short ways to write entries of its table. Nothing here imports more than a name needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ppgn_bench.lookup import Name
from ppgn_bench.metrics.orders import Orders

JUDGED = frozenset(
    {
        *("features", "logits", "half_size_logits", "quarter_size_logits", "halfway_features", "halfway_logits"),
        *("modes", "accepted", "distances", "pictures"),
        *("said", "shown", "probability", "nearest_fill_probability", "mean_fill_probability", "original_probability"),
    }
)  # of a set: what the judge says
OF_CONDITIONS = ("final.", "asked.", "said.", "unit.", "context.")  # how arrays of `asked` begin


@dataclass(frozen=True)
class Metric:
    """One number per set of samples or of chains.

    function: of arrays; reads: its keyword -> array of `inputs`; run: "quality", where each chain starts from a state
    of its own, or "mixing", where all start from one common state; direction: "higher", "lower" or "real" (the value of
    real images is the best); transform: the scale of its intervals, "none", "log" or "logit"; margin: the smallest
    difference that matters, on the natural scale, as a ratio where the transform is "log"; orders: what it must see in
    the controls; where it fails one on a data set it is not admitted there: it is marked in every table, and no claim
    that rests on it is decided; real: the value of real images where it is known beforehand, else the control "real"
    tells it; gated: the samplers of which a worse value over training seeds is a regression. They are few, since five
    seeds can part little once it is corrected for how many comparisons are made; sized: whether it hangs on how many
    images there are, so that controls must be as many; on_request: whether it is measured only where a config names it.
    """

    title: str
    function: Name
    reads: Mapping[str, str]
    unit: str
    direction: str
    margin: float
    transform: str = "none"
    run: str = "quality"
    orders: Orders = ()
    real: float | None = None
    gated: tuple[str, ...] = ()
    sized: bool = True
    on_request: bool = False

    @property
    def of_full_splits(self) -> bool:
        """Whether it reads training images, or takes distances to real images of a class: it needs some of each."""
        return any(
            array.startswith("training.") or array.endswith(("features", "pictures", "compared"))
            for array in self.reads.values()
        )

    @property
    def known_modes(self) -> bool:
        """Whether it reads modes or what is accepted, and so needs a data set whose modes are known."""
        return any(array.endswith((".modes", ".accepted")) for array in self.reads.values())

    @property
    def known_classes(self) -> bool:
        """Whether it reads what the judge should see, and so needs targets that are classes."""
        needed = {f"{of}.{name}" for of in ("sample", "chain") for name in ("labels", "accepted")}
        return not needed.isdisjoint(self.reads.values())

    @property
    def asks_judge(self) -> bool:
        """Whether it reads what the judge says; else it is the same for every judge."""
        return any(array.partition(".")[2] in JUDGED for array in self.reads.values())

    @property
    def asks_factor_judge(self) -> bool:
        """Whether it reads what the judge of factors says, and that alone."""
        return any(array.startswith("said.") for array in self.reads.values())

    @property
    def asks_inception(self) -> bool:
        """Whether it reads what Inception says."""
        return any("inception" in array for array in self.reads.values())

    @property
    def of_conditions(self) -> frozenset[str]:
        """The arrays that it reads of `asked`, which only some targets have."""
        return frozenset(array for array in self.reads.values() if array.startswith(OF_CONDITIONS))


def share(
    title: str,
    function: Name,
    reads: Mapping[str, str],
    orders: Orders = (),
    gated: tuple[str, ...] = (),
    sized: bool = True,
) -> Metric:
    """Return a share of which more is better."""
    return Metric(title, function, reads, "share", "higher", 0.05, "logit", orders=orders, gated=gated, sized=sized)


def failing(title: str, function: Name, reads: Mapping[str, str], run: str = "quality") -> Metric:
    """Return a share of which less is better."""
    return Metric(title, function, reads, "share", "lower", 0.05, "logit", run)


def steps(title: str, function: Name, reads: Mapping[str, str], run: str = "quality") -> Metric:
    """Return a number of steps, compared as a ratio."""
    return Metric(title, function, reads, "steps", "lower", 1.25, "log", run)


def reads(**arrays: str) -> Mapping[str, str]:
    """Return what a metric reads: its keyword -> array of `inputs`."""
    return MappingProxyType(arrays)
