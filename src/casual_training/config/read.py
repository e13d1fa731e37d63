"""Reads config files, later ones over earlier ones."""

from pathlib import Path
from typing import Any

import yaml


def read_config(files: list[Path]) -> dict:
    """Read config files, later ones over earlier ones: maps are merged, lists and values replaced.

    Raises:
        ValueError: a file cannot be read or is no map of keys and values; one sentence that names it.
    """
    config: dict = {}
    for file in files:
        try:
            overlay = yaml.safe_load(Path(file).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"cannot read the config file {file}: {error}") from None
        except yaml.YAMLError as error:
            raise ValueError(f"{file} is not valid YAML: {' '.join(str(error).split())}") from None
        except (ValueError, LookupError, AttributeError, RecursionError) as error:
            # PyYAML lets these through: a 13th month, what is no number under the tag of one, nesting without end.
            raise ValueError(f"{file} holds a value that cannot be read ({error}); see config.yaml") from None
        if not isinstance(overlay, dict):
            raise ValueError(f"{file} must hold keys and values at its top level; see config.yaml")
        _refuse_circles(overlay, file)
        _merge(config, overlay)
    return config


def _merge(config: dict, overlay: dict) -> None:
    for key, value in overlay.items():
        if isinstance(value, dict) and isinstance(config.get(key), dict):
            _merge(config[key], value)
        else:
            config[key] = value


def _refuse_circles(value: Any, file: Path, outer: tuple[int, ...] = ()) -> None:
    """Refuse a map or list that an alias puts into itself, which no merge and no check would come to the end of."""
    if id(value) in outer:
        raise ValueError(f"{file} holds an alias of what it stands in; write out what is meant")
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            _refuse_circles(item, file, (*outer, id(value)))
