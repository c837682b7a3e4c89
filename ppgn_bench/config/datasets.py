"""What an experiment makes of its data sets: where their files lie, and what a folder of the user's own holds.

Files are listed and counted, never read. Nothing imports torch.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ppgn_bench.config.sections import DatasetSettings
from ppgn_bench.data import folder, places
from ppgn_bench.data.table import DATASETS, Dataset
from ppgn_bench.errors import UserError, brief, hint
from ppgn_bench.lookup import Name, resolve
from ppgn_bench.networks.weights import missing

SIZE = 64  # pixels a side: of a folder's images, if the config does not say
CHANNELS = 3


def placed(settings: Mapping[str, DatasetSettings]) -> tuple[dict[str, Dataset], list[str]]:
    """The data sets as a config places them; and of those that are not there or do not fit, why, after the key."""
    found: dict[str, Dataset] = {}
    problems: list[str] = []
    for name, own in settings.items():
        try:
            found[name] = _of_folder(name, own) if own.kind == "folder" else _of_table(name, own)
        except ValueError as error:
            problems.append(f"datasets.{name}{error}")
        except OSError as error:
            problems.append(f"datasets.{name}.root: {error.filename}: cannot be read ({error.strerror})")
    return found, problems


def _of_table(name: str, settings: DatasetSettings) -> Dataset:
    if name not in DATASETS:
        known = hint(name, DATASETS)
        raise ValueError(f": unknown data set {brief(name)} (a folder of yours is kind: folder); {known}")
    entry = DATASETS[name]
    if settings.channels is not None:
        raise ValueError(f".channels: is for kind: folder; images of {name} have {entry.channels}")
    if settings.may_share:
        raise ValueError(f".may_share: is for kind: folder; what splits of {name} share is known")
    if entry.pretrained and settings.budget != 1:
        raise ValueError(f".budget: does nothing on {name}, where nothing is trained; leave it out")
    if entry.from_folder is not None:
        return _of_package(name, entry, entry.from_folder, settings)
    if entry.place is None:
        if settings.root is not None or settings.download:
            raise ValueError(f".{'root' if settings.root else 'download'}: {name} needs no files, so take the key away")
        return entry
    root = _root(settings.root) if settings.root else places.default_root(entry.place)
    if words := places.missing(entry.place, root, settings.download):
        raise ValueError(f".root: {words}")
    listing = "" if settings.download else places.listing(places.found(entry.place, root))
    return replace(entry, arguments={"root": root, "download": settings.download}, listing=listing)


def _of_package(name: str, entry: Dataset, from_folder: Name, settings: DatasetSettings) -> Dataset:
    """A data set whose real images a package ships, or that a config's folder has."""
    if settings.download:
        raise ValueError(f".download: {name} is not downloaded; name the folder of your images as root")
    if settings.root is None:
        if lacking := missing((entry.package,)):
            raise ValueError(f".root: {name} {lacking}; or name a folder of its images")
        return entry
    root = _root(settings.root)
    try:
        splits = resolve(from_folder)(settings.image_size or entry.image_size, root)
    except UserError as error:
        raise ValueError(f".root: {error}") from None
    sizes = {split: len(own.labels) for split, own in splits.items()}
    listing, arguments = places.listing([Path(root)]), {"root": root}
    source = f"the classes of {entry.title}, and photographs of the folder {Path(root).resolve().name}"
    return replace(entry, load=from_folder, source=source, arguments=arguments, listing=listing, split_sizes=sizes)


def _root(said: str) -> str:
    """A folder as the config says it; ~ is the user's own."""
    try:
        return str(Path(said).expanduser())
    except RuntimeError:
        raise ValueError(f".root: {said}: there is no user of this name, so nobody knows the folder") from None


def _of_folder(name: str, settings: DatasetSettings) -> Dataset:
    """A folder of images, one folder a class."""
    if name in DATASETS:
        raise ValueError(f".kind: {name} is a data set of the table (DATASETS), so name your folder otherwise")
    if "+" in name:
        raise ValueError(": has a +, which parts a data set's name from its resolution")
    if settings.root is None:
        raise ValueError(".root: is missing: the folder of your images, with one folder a class")
    if settings.download:
        raise ValueError(".download: a folder of yours is not downloaded, so take the key away")
    root, channels = _root(settings.root), settings.channels or CHANNELS
    try:
        splits = folder.listed(settings.image_size or SIZE, root, channels)
    except UserError as error:
        raise ValueError(f".root: {error}") from None
    return Dataset(
        title=name,
        source=f"images of the folder {Path(root).resolve().name}, decoded while they are used",
        licence="as their owner says",
        load=Name("data.folder:listed"),
        image_size=SIZE,
        channels=channels,
        num_modes=0,
        class_names=splits["train"].classes or (),
        split_sizes={split: len(own.labels) for split, own in splits.items()},
        may_share=settings.may_share,
        arguments={"root": root, "channels": channels},
        listing=places.listing(folder.class_folders(root)),
    )
