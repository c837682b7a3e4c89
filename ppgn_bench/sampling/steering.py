"""What chains can be steered by, as one table. A condition is data: it names what is climbed, what it can be asked for,
and the networks that it brings.

Nothing here imports torch: the workflow reads this table every time it is started.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ppgn_bench.lookup import Name


@dataclass(frozen=True)
class Expert:
    """One log p(y | x) that chains climb, with its weight where it is one of a sum.

    log_prob: a function of `conditions`; term: the term of the update that its gradient belongs to, "condition" or, of
    a hole's surroundings, "context" (Eq. 12); prepared: a function of `preparation` that makes what log_prob reads of
    what targets say, once, before the first step; observed: a function of `conditions` of which real images and final
    draws are told.
    """

    log_prob: Name
    weight: float = 1.0
    term: str = "condition"
    prepared: Name | None = None
    observed: Name | None = None


@dataclass(frozen=True)
class Condition:
    """What chains are steered by.

    title: for readers; experts: what they climb; targets: a function of `targets`: data set -> all that it can steer
    to; named: another, (data set, text) -> a target, where there are more than those (None: one of these by its name);
    networks: role -> recipe of what its experts ask for beside the sampler's own networks.
    """

    title: str
    experts: tuple[Expert, ...]
    targets: Name = Name("sampling.targets:classes")
    named: Name | None = None
    networks: Mapping[str, str] = field(default_factory=dict)


def _of(log_prob: str, **own: Any) -> Expert:
    return Expert(Name(f"sampling.conditions:{log_prob}"), **own)


_CONTEXT = _of("known_pixels", term="context", prepared=Name("sampling.preparation:contexts"))

# What a config may steer by, alone or as a sum.
CONDITIONS: Mapping[str, Condition] = MappingProxyType(
    {
        "own_class": Condition("class", (_of("own_class"),)),
        "target_only": Condition("class, the gradient of the released code", (_of("target_only"),)),
        "raw_logit": Condition("class, the gradient of DGN-AM's code", (_of("raw_logit"),)),
        "own_values": Condition(
            title="a factor's value, by a network of its own",
            experts=(_of("own_values"),),
            targets=Name("sampling.targets:values"),
            networks=MappingProxyType({"factors": "factors"}),
        ),
        "hidden_unit": Condition(
            title="hidden unit",
            experts=(
                _of(
                    "hidden_unit",
                    prepared=Name("sampling.preparation:most_selective"),
                    observed=Name("sampling.conditions:unit_activation"),
                ),
            ),
            targets=Name("sampling.targets:units"),
            named=Name("sampling.targets:unit"),
        ),
        "caption": Condition(
            title="caption",
            experts=(_of("caption"),),
            targets=Name("sampling.targets:every_caption"),
            named=Name("sampling.targets:caption"),
            networks=MappingProxyType({"captioner": "captioner"}),
        ),
        "inpainting": Condition(
            title="class in its context",
            experts=(_of("own_class"), _CONTEXT),
            targets=Name("sampling.targets:contexts"),
            named=Name("sampling.targets:context"),
        ),
        "target_unit": Condition(
            title="unit of conv5, the gradient of the released code",
            experts=(
                _of(
                    "target_unit",
                    prepared=Name("sampling.preparation:units_of_conv5"),
                    observed=Name("sampling.conditions:conv5_activation"),
                ),
            ),
            targets=Name("sampling.targets:units_of_conv5"),
            named=Name("sampling.targets:unit_of_conv5"),
        ),
        "target_inpainting": Condition(
            title="class in its context, the gradient of the released code",
            experts=(_of("target_only"), _CONTEXT),
            targets=Name("sampling.targets:contexts"),
            named=Name("sampling.targets:context"),
        ),
        "context": Condition(
            title="context",
            experts=(_CONTEXT,),
            targets=Name("sampling.targets:contexts"),
            named=Name("sampling.targets:bare_context"),
        ),
    }
)
