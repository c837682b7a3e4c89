"""Metrics in the features of Inception, for the METRICS table: FID and its kin where the weights are those of FID.

With any other weights the same numbers have names of their own, so that nobody takes them for FID.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ppgn_bench.lookup import Name
from ppgn_bench.metrics import orders
from ppgn_bench.metrics.metric import Metric, reads
from ppgn_bench.metrics.orders import turned

INCEPTION, OWN = "inception", "own_inception"  # how arrays are called: of the weights of FID, of others
DOWNLOAD = "download"  # in place of a file
BEGINS = "6726825d"  # the SHA-256 of the weights of FID, as torch-fidelity names its file


def _distance(title: str, array: str) -> Metric:
    read = reads(real=f"matched.{array}", generated=f"sample.{array}")
    order = turned(orders.REALISM_OF_A_SET)
    function = Name("metrics.quality:frechet_distance")
    return Metric(title, function, read, "squared Inception features", "lower", 1.25, "log", orders=order)


def _kernel(title: str, array: str) -> Metric:
    read = reads(real=f"matched.{array}", generated=f"sample.{array}")
    order = turned(orders.REALISM_OF_A_SET)
    function = Name("metrics.inception_distance:kernel_inception_distance")
    return Metric(title, function, read, "squared MMD", "lower", 0.005, orders=order)


def _score(title: str, array: str) -> Metric:
    read, function = reads(logits=f"sample.{array}_logits"), Name("metrics.quality:inception_score")
    return Metric(title, function, read, "effective classes", "higher", 1.05, "log", orders=orders.REALISM_OF_A_SET)


OF_INCEPTION: Mapping[str, Metric] = MappingProxyType(
    {
        "fid": _distance("FID: torch-fidelity's Inception", INCEPTION),
        "kid": _kernel("KID: torch-fidelity's Inception, subsets of at most 1,000", INCEPTION),
        "inception_is": _score("IS: torch-fidelity's Inception, one split", INCEPTION),
        "fd_own_inception": _distance("FD (own Inception)", OWN),
        "kd_own_inception": _kernel("KD (own Inception), subsets of at most 1,000", OWN),
        "is_own_inception": _score("IS (own Inception), one split", OWN),
    }
)
