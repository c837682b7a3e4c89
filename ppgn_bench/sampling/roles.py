"""The roles of a sampler: what its prior and its condition ask for, by their parameters' names, and networks serve.

Nothing here imports torch: the workflow asks every time it is started.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from ppgn_bench.errors import UserError
from ppgn_bench.lookup import Name, parameters
from ppgn_bench.sampling.steering import Expert
from ppgn_bench.sampling.variants import Update


class HasRoles(Protocol):
    """What names the functions and networks of a sampler: a variant, or the job that samples one."""

    @property
    def space(self) -> str:
        """Of the state."""

    @property
    def prior(self) -> Name:
        """Its function."""

    @property
    def experts(self) -> Sequence[Expert]:
        """With the conditions' functions."""

    @property
    def update(self) -> Update:
        """With the start's function."""

    @property
    def networks(self) -> Mapping[str, str]:
        """By role."""


_parameters = cache(parameters)


def prior_roles(sampler: HasRoles) -> tuple[str, ...]:
    """The roles that its prior takes, after the view."""
    return _parameters(sampler.prior)[1:]


def condition_roles(sampler: HasRoles) -> tuple[str, ...]:
    """The roles that its conditions take, after images and target, and those of what is prepared or observed."""
    of = [name for expert in sampler.experts for name in (expert.log_prob, expert.prepared, expert.observed) if name]
    return tuple(dict.fromkeys(role for name in of for role in _parameters(name)[2:]))


def start_roles(sampler: HasRoles) -> tuple[str, ...]:
    """The roles that its start takes, after the random numbers and the real images."""
    return _parameters(sampler.update.start)[2:]


def lacking_roles(sampler: HasRoles) -> str:
    """Which role no network serves, and who asks for it; or which function there is not. Nothing where all is well."""
    try:
        asked = dict.fromkeys(prior_roles(sampler), f"the prior {sampler.prior.short!r} asks for")
        names = " + ".join(repr(expert.log_prob.short) for expert in sampler.experts)
        asked |= dict.fromkeys(condition_roles(sampler), f"the condition {names} asks for")
        asked |= dict.fromkeys(start_roles(sampler), f"the start {sampler.update.start.short!r} asks for")
    except UserError as error:
        return str(error)
    asked |= {"generator": "chains in codes need"} if sampler.space == "code" else {}
    served = ", ".join(sampler.networks) or "none"
    wrong = (f"{who} the role {role!r}, which no network serves; there are {served}" for role, who in asked.items()
             if role not in sampler.networks)  # fmt: skip
    return next(wrong, "")
