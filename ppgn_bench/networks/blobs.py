"""From the arrays of a converted caffemodel to a network's own: "conv5.0" are weights, "conv5.1" biases.

A convolution's weights are [out, in / groups, height, width] there, a deconvolution's [in, out, height, width], a dense
layer's [out, in]: as torch's. What a dense layer reads of a map is channel by channel, as `Tensor.flatten` gives it.
"""

from collections.abc import Mapping, Sequence

from torch import Tensor

from ppgn_bench.errors import UserError, hint

Shape = tuple[int | None, ...]  # None: as many as the file has


def weights_and_biases(
    arrays: Mapping[str, Tensor], shapes: Mapping[str, Shape], outputs: int = 0
) -> dict[str, Tensor]:
    """The arrays of these layers, "<layer>.0" as "<layer>.weight" and "<layer>.1" as "<layer>.bias".

    shapes: layer -> shape of its weights; outputs: the axis of them that has a bias each: 0 of convolutions and dense
    layers, 1 of deconvolutions. Raises UserError for an array that is missing, has another shape, or is not finite.
    """
    found: dict[str, Tensor] = {}
    for layer, shape in shapes.items():
        weights = _of_shape(arrays, f"{layer}.0", shape)
        biases = _of_shape(arrays, f"{layer}.1", (weights.shape[outputs],))
        found |= {f"{layer}.weight": weights, f"{layer}.bias": biases}
    return found


def _of_shape(arrays: Mapping[str, Tensor], name: str, shape: Shape) -> Tensor:
    if name not in arrays:
        raise UserError(f"array {name!r} is missing; {hint(name, arrays)}")
    array = arrays[name].float()
    same = array.dim() == len(shape) and all(want in (None, got) for want, got in zip(shape, array.shape, strict=True))
    if not same:
        wanted = ", ".join("any" if want is None else str(want) for want in shape)
        raise UserError(f"array {name!r}: must have the shape [{wanted}], got {[*array.shape]}")
    if not bool(array.isfinite().all()):
        raise UserError(f"array {name!r}: has NaN or infinite numbers")
    return array


def first_of(chosen: Sequence[int], count: int) -> list[int]:
    """An order of `count` units that begins with the chosen ones. Raises UserError for one that there is not."""
    if (last := max(chosen)) >= count:
        raise UserError(f"classes: there is no unit {last}, the file's last layer has {count}")
    return [*chosen, *(unit for unit in range(count) if unit not in set(chosen))]
