"""An unfinished training on disk: a checkpoint from which it goes on to the same bytes, and its losses so far.

Both lie beside the output, and whoever writes the results of a finished training removes them.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from ppgn_bench.errors import UserError, brief
from ppgn_bench.storage import files
from ppgn_bench.storage.machine import Meter, Spent
from ppgn_bench.training import history, processes
from ppgn_bench.training.loop import Player, State

KIND = "checkpoint"
MISSING = "nothing"  # in a message, where a header lacks a field
LOSSES_SECONDS, LOSSES_SHARE = 5.0, 0.01  # between two writes of the losses so far, at least; of the time, at most


class Unfinished(NamedTuple):
    """Where an unfinished training is kept, every how many minutes (0: after every iteration), and whose it is.

    made_by: all that decides the results, as JSON has it: a checkpoint that says anything else is refused. stopped:
    asked after every iteration; where it says so, the state is kept and `StoppedError` raised. meter: what it takes;
    what it took before it was stopped is kept with the state. stays: whether it is kept when it is done, too: where
    another seed's training ends its job early, the job's results are removed.
    """

    checkpoint: Path
    losses: Path
    minutes: float
    made_by: Mapping[str, Any]
    stopped: Callable[[], bool]
    meter: Meter
    stays: bool = False

    def remove(self) -> None:
        """Remove both, of a training whose results are written."""
        for path in (self.checkpoint, self.losses):
            path.unlink(missing_ok=True)


def require_same(trainings: Iterable[Unfinished]) -> None:
    """Raise UserError that names each checkpoint of these that is damaged, or of another training: before the first of
    a job's seeds is trained, since each refusal ends the job.
    """
    refused = []
    for own in trainings:
        try:
            if own.checkpoint.exists():
                _require_same(own.checkpoint, files.load_header(own.checkpoint, KIND).get("made_by"), own.made_by)
        except UserError as error:
            refused.append(str(error))
    if refused:
        raise UserError("\n".join(refused))


class StoppedError(Exception):
    """Training was asked to stop; its checkpoint is written."""


@contextmanager
def kept(state: State, unfinished: Unfinished | None) -> Iterator[Callable[[], None]]:
    """Go on from the checkpoint where there is one; give what keeps the state after an iteration, when it is time.

    However the block ends early, the losses so far lie in their file afterwards; of a killed process all but those of
    the last seconds. Several processes go on from it together and stop together; the first one writes. Raises UserError
    for a checkpoint of another training or a damaged one, which stays as it is; StoppedError.
    """
    if unfinished is None:
        yield lambda: None
        return
    if unfinished.checkpoint.exists():
        resume(state, unfinished)
    saved = time.monotonic()
    losses_due = saved + LOSSES_SECONDS

    def keep() -> None:
        """Write the checkpoint, or the losses alone, where it is time; stop where that is asked for."""
        nonlocal saved, losses_due
        now, stop = time.monotonic(), processes.agreed(unfinished.stopped(), state.rng.device)
        if processes.place():
            pass
        elif stop or now - saved >= 60 * unfinished.minutes:
            save(state, unfinished)
            saved = time.monotonic()
        elif now >= losses_due:
            _save_losses(state, unfinished)
            done = time.monotonic()
            losses_due = done + max(LOSSES_SECONDS, (done - now) / LOSSES_SHARE)
        if stop:
            raise StoppedError

    try:
        yield keep
    except BaseException:  # also Ctrl-C
        if not processes.place():
            _save_losses(state, unfinished)
        raise


def save(state: State, unfinished: Unfinished) -> None:
    """Write the checkpoint and the losses so far, each whole or not at all."""
    groups = {name: player.optimizer.state_dict()["param_groups"] for name, player in _players(state).items()}
    header = {"made_by": dict(unfinished.made_by), "terms": history.terms(state.history), "param_groups": groups}
    header["scalers"] = {name: player.scaler.state_dict() for name, player in _players(state).items()}
    header["spent"] = unfinished.meter.spent()._asdict()
    stored = {f"history.{name}": array for name, array in history.arrays(state.history).items()}
    stored |= {name: tensor.detach().cpu().numpy() for name, tensor in _tensors(state).items()}
    files.save_arrays(unfinished.checkpoint, stored, {"kind": KIND, **header})
    _save_losses(state, unfinished)


def resume(state: State, unfinished: Unfinished) -> None:
    """Put a new state, of the same job, the global random streams and the meter where the checkpoint was.

    Raises UserError that names the file where it is damaged, or of another training: then with the first field that
    differs, and both values.
    """
    path = unfinished.checkpoint
    stored, header = files.load_arrays(path, KIND)
    _require_same(path, header.get("made_by"), unfinished.made_by)
    try:
        tensors = {name: torch.from_numpy(array) for name, array in stored.items()}
        for name, player in _players(state).items():
            player.network.load_state_dict(_part(tensors, f"{name}.network"))
            groups = header["param_groups"][name]
            player.optimizer.load_state_dict(
                {"param_groups": groups, "state": _moments(player, _part(tensors, f"{name}.adam"))}
            )
            player.scaler.load_state_dict(header["scalers"][name])
        state.average.load_state_dict(_part(tensors, "average"))
        state.ratio = float(stored["ratio"])
        state.history[:] = history.from_arrays(header["terms"], _part(stored, "history"))
        state.rng.set_state(tensors["streams.own"])
        torch.set_rng_state(tensors["streams.cpu"])
        if state.rng.device.type == "cuda":
            torch.cuda.set_rng_state(tensors["streams.cuda"], state.rng.device)
        unfinished.meter.before = Spent(**header["spent"])
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        detail = str(error).splitlines()[-1].strip()
        raise UserError(f"{path}: not a whole checkpoint ({detail}); delete it to train from the start") from error


def _save_losses(state: State, unfinished: Unfinished) -> None:
    files.save_text(unfinished.losses, history.as_csv(history.log(state.history)))


def _players(state: State) -> dict[str, Player]:
    return {"learner": state.learner} | ({"opponent": state.opponent} if state.opponent else {})


def _tensors(state: State) -> dict[str, Tensor]:
    """All tensors of a state and the random streams, by name."""
    streams = {"own": state.rng.get_state(), "cpu": torch.get_rng_state()}
    if state.rng.device.type == "cuda":
        streams["cuda"] = torch.cuda.get_rng_state(state.rng.device)
    parts: dict[str, Mapping[str, Tensor]] = {"average": state.average.state_dict(), "streams": streams}
    for name, player in _players(state).items():
        adam = player.optimizer.state_dict()["state"]
        parts[f"{name}.network"] = player.network.state_dict()
        parts[f"{name}.adam"] = {f"{index}.{key}": value for index, own in adam.items() for key, value in own.items()}
    named = {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}
    return {"ratio": torch.tensor(state.ratio, dtype=torch.float64)} | named


def _part(stored: Mapping[str, Any], part: str) -> dict[str, Any]:
    return {name.removeprefix(f"{part}."): value for name, value in stored.items() if name.startswith(f"{part}.")}


def _moments(player: Player, stored: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """Adam's state of each parameter, the moments as they lie beside it in memory: the fused step counts on that."""
    parameters = player.optimizer.param_groups[0]["params"]
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in stored.items():
        index, _, key = name.partition(".")
        beside = value if value.dim() == 0 else torch.empty_like(parameters[int(index)]).copy_(value)
        state.setdefault(int(index), {})[key] = beside.detach()
    return state


def _require_same(path: Path, found: Any, expected: Mapping[str, Any]) -> None:
    """Raise UserError that names the first field in which a checkpoint is of another training."""
    there, here = _flat(found), _flat(json.loads(json.dumps(expected)))
    for field in [*here, *there]:
        if there.get(field, MISSING) != here.get(field, MISSING):
            raise UserError(
                f"{path}: checkpoint of another training: {field} is {brief(there.get(field, MISSING))} there and "
                f"{brief(here.get(field, MISSING))} here; delete it to train from the start"
            )


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """Nested fields under dotted names."""
    if not isinstance(value, dict) or not value:
        return {name: value}
    return {key: own for part, inner in value.items() for key, own in _flat(inner, f"{name}.{part}".strip(".")).items()}
