"""The paper's claims as a table: what each says, how we know that it says so, and the contrasts that test it.

`verdicts` tests them; a direction never follows a number. A claim of several parts holds if all of them do. Nothing
here imports more than the standard library.
"""

from collections.abc import Mapping
from types import MappingProxyType

from ppgn_bench.claims.conditions import OF_CONDITIONS
from ppgn_bench.claims.parts import Claim
from ppgn_bench.claims.release import RELEASE
from ppgn_bench.claims.samplers import SAMPLERS
from ppgn_bench.claims.training import TRAINING

BASES: Mapping[str, str] = MappingProxyType(
    {
        "T": "read in the paper's own text",
        "C": "read in the authors' released code",
        "S": "read in other people's summaries of the paper",
        "M": "from memory, unverified: a hypothesis",
        "I": "inferred from the released code",
    }
)


_TOGETHER = {**SAMPLERS, **TRAINING, **RELEASE, **OF_CONDITIONS}
CLAIMS: Mapping[str, Claim] = MappingProxyType({f"C{n}": _TOGETHER[f"C{n}"] for n in range(1, len(_TOGETHER) + 1)})
