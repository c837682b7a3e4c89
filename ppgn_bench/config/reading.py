"""A config's file as it is read: plain YAML, and nothing in it that no config has."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ppgn_bench.config.values import LARGEST
from ppgn_bench.errors import UserError, brief

DEEPEST, MOST = 20, 20_000  # mappings and lists inside each other; values in all, an alias's as often as it stands
LONGEST = 4_000  # characters of a text


def read(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file; an empty file is an empty one.

    Raises UserError for no file, for what is no YAML, no mapping, has a key twice or what no config has
    (`require_plain`).
    """
    try:
        content = yaml.load(path.read_bytes(), _Loader)
    except FileNotFoundError:
        raise UserError(f"{path}: this config file is missing") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except Exception as error:  # PyYAML raises whatever a damaged file makes of it, not YAMLError alone
        said = " ".join(str(error).split()).replace('in "<byte string>", ', "at ")
        raise UserError(f"{path}: not YAML: {said}") from None
    require_plain(content, f"{path}: ")
    if not isinstance(content, dict | None):
        raise UserError(f"{path}: must hold a mapping (key: value), got {brief(content)}")
    return content or {}


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, for which a key that stands twice in a mapping is an error: the first would be lost."""

    def compose_mapping_node(self, anchor: Any) -> Any:
        """Raise ConstructorError for the second of two equal keys."""
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
                seen.add(key.value)
        return node


def require_plain(config: object, place: str = "") -> None:
    """Raise UserError for what no config has, before anything walks through it or prints it.

    That is depth, more values than anybody writes (a few aliases of aliases stand for billions), keys that are no text,
    texts with line breaks or control characters, and what is no text, number, truth, list or mapping.
    """
    left: list[tuple[object, int, str]] = [(config, 0, place)]
    for seen in itertools.count(1):
        if not left:
            return
        value, depth, at = left.pop()
        if seen > MOST:
            raise UserError(f"{place}has more than {MOST:,} values; no experiment needs as many")
        if depth > DEEPEST:
            raise UserError(f"{place}has more than {DEEPEST} mappings and lists inside each other")
        if isinstance(value, Mapping):
            for key, own in value.items():
                if wrong := _unusual(key) if isinstance(key, str) else "is a key that is no text; write it in quotes":
                    raise UserError(f"{at}{_shown(key)} {wrong}")
                left.append((own, depth + 1, f"{at.removesuffix(': ') + '.' if depth else at}{key}: "))
        elif isinstance(value, list | tuple):
            left += [(own, depth + 1, at) for own in value]
        elif wrong := _unusual(value):
            raise UserError(f"{at}{_shown(value)} {wrong}")


def _unusual(value: object) -> str:
    """Why a single value can be none of a config; nothing where it can."""
    if isinstance(value, str):
        if len(value) > LONGEST:
            return f"is a text of more than {LONGEST:,} characters"
        return "" if value.isprintable() else "has a line break, or a character that nobody can see"
    if isinstance(value, int):
        return "" if abs(value) <= LARGEST else "is a larger number than any that a config needs"
    return "" if isinstance(value, float | None) else f"is a {type(value).__name__}; write a text in quotes"


def _shown(value: object) -> str:
    """A value in a message; Python prints no whole number of thousands of digits."""
    return hex(value)[:60] if isinstance(value, int) and abs(value) > LARGEST else brief(value)
