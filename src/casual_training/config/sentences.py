"""From an error of pydantic's to the sentence that a person reads: what key, what is wrong with it, what to do."""

import difflib
from typing import Any

from pydantic import ValidationError


def sentence(error: ValidationError, config: Any) -> str:
    """Return the sentence of the first error that is nearest to the top level of a config."""
    return min((_sentence(one, config) for one in error.errors(include_url=False)), key=lambda found: found[0])[1]


def _sentence(error: dict, config: Any) -> tuple[int, str]:
    """Return how deep in the config an error is, and its sentence."""
    path, value = _place(error["loc"], config)
    where, context = ".".join(map(str, path)) or "the top level", error.get("ctx", {})
    match error["type"]:
        case "unknown_key":
            words = _unknown_key(where, **context)
        case "missing":
            words = _missing(where, error["loc"][-1])
        case "union_tag_not_found":
            words = _missing(where, _key_of_the_union(context))
        case "union_tag_invalid":
            words = _unknown_name(where, value, context)
        case "not_finite":
            words = f"{where} is {value}; give a finite number"
        case "model_attributes_type" | "model_type":  # of a union, whose key tells which model it is
            words = f"{where} has {value!r}, but must be keys and values"
        case _:
            words = _unexpected(where, context.get("value", value), {"message": error["msg"]} | context)
    return len(path), f"config: {words}"


def _place(location: tuple, config: Any) -> tuple[list, Any]:
    """Return the keys and places that lead to an error, without the branches of unions between them, and the value."""
    path, value = [], config
    for part in location:
        is_there = part in value if isinstance(value, dict) else isinstance(value, list) and type(part) is int
        if is_there:
            path.append(part)
            value = value[part]
    return path, value


def _unknown_key(where: str, key: Any, known: list[str], renamed: str, advice: str) -> str:
    if renamed:
        return f"the key {key!r} in {where} is now {renamed!r}; rename it"
    if advice:
        options = [one for one in known if one != "name"]
        return f"unknown name {key!r} in {where}; {advice}; choose from: {', '.join(options)}"
    close = difflib.get_close_matches(str(key), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
    return f"unknown key {key!r} in {where}; {hint}"


def _missing(where: str, key: str) -> str:
    return f"the key {key!r} is missing in {where}; add it (see config.yaml)"


def _key_of_the_union(context: dict) -> str:
    return context["discriminator"].strip("'")


def _unknown_name(where: str, value: dict, context: dict) -> str:
    key = _key_of_the_union(context)
    names = sorted(name.strip("' ") for name in context["expected_tags"].split(","))
    if not isinstance(value[key], str):
        return f"{where}.{key} has {value[key]!r}, but must be a name; choose from: {', '.join(names)}"
    return f"unknown name {value[key]!r} in {where}.{key}; choose from: {', '.join(names)}"


def _unexpected(where: str, value: Any, context: dict) -> str:
    words = f"{where} has {value!r}, but must be {context.get('phrase') or context['message']}"
    meant = context.get("meant")
    if meant is not None:
        written = str(meant) if isinstance(meant, int) else _as_yaml(value)
        quotes = " without quotes" if written == value else ""
        words += f" ({value!r} is a text in YAML; write {written}{quotes})"
    return words


def _as_yaml(text: str) -> str:
    """Write a number as YAML reads one: with a point and a signed exponent, if it has one."""
    number, e, exponent = text.lower().partition("e")
    if not e:
        return number
    point = "" if "." in number else ".0"
    return f"{number}{point}e{exponent if exponent[0] in '+-' else f'+{exponent}'}"
