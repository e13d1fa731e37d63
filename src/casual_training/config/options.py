"""The options of strategies in the config: each method may have those of its own strategy and no other.

A strategy's file says what it offers as a literal, OPTIONS = {name: JSON schema}, because nobody may import it (and
torch) to check a config. Here the schemas become types.
"""

import functools
import operator
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from casual_training.config.catalogue import Catalogue, StrategyFacts
from casual_training.config.keys import expected, named
from casual_training.config.models import Config, Method

TYPES = {"boolean": bool, "integer": int, "number": float, "string": str, "null": None}
BOUNDS = {"minimum": "ge", "maximum": "le", "exclusiveMinimum": "gt", "exclusiveMaximum": "lt"}


def config_model(catalogue: Catalogue) -> type[Config]:
    """Make the model of a config whose methods have the strategies of a catalogue, with their options."""
    methods = [_method_model(name, facts) for name, facts in catalogue.strategies.items()]
    one_of_them = Annotated[functools.reduce(operator.or_, methods), Field(discriminator="strategy")]
    field = (named(one_of_them, "a map of named methods"), Field(description="The catalogue of methods."))
    return create_model("Config", __base__=Config, __doc__=Config.__doc__, methods=field)


def _method_model(strategy: str, facts: StrategyFacts) -> type[Method]:
    fields: dict[str, Any] = {name: _field(schema) for name, schema in facts.options.items()}
    name = (Literal[strategy], Field(description="Name of a file in src/casual_training/strategies/."))
    return create_model(
        strategy, __base__=Method, __doc__=f"A method of the strategy {strategy}.", strategy=name, **fields
    )


def refuse_unusable(where: str, schema: Any) -> None:
    """Raise ValueError, one sentence, unless a type can be made of the schema of a strategy's option."""
    needed = {"description", "default", "expected"}
    lacking = sorted(needed - schema.keys() if isinstance(schema, dict) else needed)
    if lacking:
        raise ValueError(f"{where} lacks {', '.join(lacking)}; add it, as in strategies/hogwild.py")
    try:
        _type_of(schema)
    except (LookupError, TypeError) as error:
        raise ValueError(
            f"{where} cannot be read ({error}); it may have enum, const, anyOf, type ({', '.join(TYPES)}) "
            f"and {', '.join(BOUNDS)}"
        ) from None


def _field(schema: dict) -> tuple:
    kind = Annotated[_type_of(schema), expected(schema["expected"])]
    return kind, Field(default=schema["default"], description=schema["description"])


def _type_of(schema: dict) -> Any:
    """Return the type that a JSON schema of an option describes: of enum, const, anyOf, type and the bounds."""
    unknown = schema.keys() - {"description", "default", "expected", "enum", "const", "anyOf", "type", *BOUNDS}
    if unknown:
        raise LookupError(f"unknown: {', '.join(sorted(unknown))}")
    if "enum" in schema or "const" in schema:
        return Literal[tuple(schema.get("enum") or [schema["const"]])]
    if "anyOf" in schema:
        return functools.reduce(operator.or_, map(_type_of, schema["anyOf"]))
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    bounds = {BOUNDS[key]: value for key, value in schema.items() if key in BOUNDS}
    types = [Annotated[TYPES[kind], Field(**bounds)] if bounds and kind != "null" else TYPES[kind] for kind in kinds]
    return functools.reduce(operator.or_, types)
