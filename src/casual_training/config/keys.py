"""What the models of the config are made of: closed maps of keys, and types that say in words what they expect.

An error of pydantic's names a type; a person needs the place, the value and what to write instead. So each type carries
a phrase that completes "KEY has VALUE, but must be ...", and sentences.py makes the sentence.
"""

import contextlib
import math
import re
from collections.abc import Callable
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

KEYS_AND_VALUES = "keys and values"
OF_WHAT_IS_INSIDE = ("unknown_key", "missing", "union_tag_invalid", "union_tag_not_found")  # errors of a map
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,3})?", re.I)  # also those that YAML reads as texts
PLAIN_WORD = r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}"
A_PLAIN_WORD = "a plain word of at most 60 letters, digits, _ and -, starting with a letter or digit"


def expected(phrase: str) -> WrapValidator:
    """Make the validator that says `phrase` where a value is of the wrong kind; what is wrong inside it stays."""

    def validate(value: Any, handler: Callable) -> Any:
        try:
            return handler(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            if isinstance(value, dict | list) and not any(_is_about_the_whole(one, value) for one in found):
                raise
            if any(one["type"] == "finite_number" for one in found):
                raise PydanticCustomError("not_finite", "give a finite number") from None
            raise unexpected(phrase, meant=_number_meant(value, handler)) from None

    return WrapValidator(validate)


def _number_meant(value: Any, handler: Callable) -> float | int | None:
    """Return the number that a text stands for, if it would be right in the place of the text."""
    if isinstance(value, str) and NUMBER.fullmatch(value):
        number = float(value)
        for meant in (number, int(number) if number.is_integer() else number):
            with contextlib.suppress(ValidationError):
                handler(meant)
                return meant
    return None


def _is_about_the_whole(error: dict, value: dict | list) -> bool:
    if error["type"] in OF_WHAT_IS_INSIDE:
        return False
    return not any(_is_in(part, value) for part in error["loc"][:2])  # the first may be the branch of a union


def _is_in(part: int | str, value: dict | list) -> bool:
    return part in value if isinstance(value, dict) else type(part) is int and part < len(value)


def unexpected(phrase: str, **context: Any) -> PydanticCustomError:
    """Make the error of a value that must be something else."""
    return PydanticCustomError("expected", "must be {phrase}", {"phrase": phrase, **context})


def distinct(phrase: str) -> BeforeValidator:
    """Make the validator that refuses a list with two equal items; of numbers, 2 and 2.0 are equal."""

    def validate(value: Any) -> Any:
        if isinstance(value, list):
            seen = [(isinstance(item, bool), item) for item in value]
            if any(item in seen[:place] for place, item in enumerate(seen)):
                raise unexpected(phrase)
        return value

    return BeforeValidator(validate)


class Keys(BaseModel):
    """A map of known keys: an unknown one is refused, and so is a value that is only nearly of its type."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
    phrase: ClassVar[str] = KEYS_AND_VALUES
    renamed: ClassVar[dict[str, str]] = {}  # old key -> what it is called now

    @classmethod
    def advice(cls, key: Any) -> str:
        """Return more about a key that is not known here, if there is more; the known ones are named in any case."""
        return ""

    @model_validator(mode="wrap")
    @classmethod
    def _refuse_unknown_keys(cls, value: Any, handler: Callable) -> Any:
        if isinstance(value, BaseModel):
            return handler(value)
        if not isinstance(value, dict):
            raise unexpected(cls.phrase)
        for key in value:
            if key not in cls.model_fields:
                context = {"key": key, "known": sorted(cls.model_fields), "advice": cls.advice(key)}
                context["renamed"] = cls.renamed.get(key, "")
                raise PydanticCustomError("unknown_key", "unknown key", context)
        return handler(value)


def named(values: Any, phrase: str, least: int = 1) -> Any:
    """Make the type of a map from plain words, which may become folders, to values of a type; `least` or more."""

    def validate(value: Any, handler: Callable) -> Any:
        if not isinstance(value, dict) or len(value) < least:
            raise unexpected(phrase)
        for name in value:
            if not isinstance(name, str) or not re.fullmatch(PLAIN_WORD, name):
                raise unexpected(A_PLAIN_WORD, value=name)
        return handler(value)

    return Annotated[dict[str, values], WrapValidator(validate)]


def whole(least: int, most: int | None = None, phrase: str | None = None) -> Any:
    """Make the type of a whole number in a range."""
    words = phrase or (f"a whole number, {least} or more" if most is None else f"a whole number from {least} to {most}")
    return Annotated[int, Field(ge=least, le=most), expected(words)]


def number(phrase: str, **bounds: float) -> Any:
    """Make the type of a finite number; `bounds` are those of pydantic's Field: gt, ge, lt, le."""
    return Annotated[float, Field(**bounds), expected(phrase)]


def require_plain(value: Any, place: str) -> None:
    """Raise ValueError, one sentence, unless JSON can hold a value: as JSON a run is handed on, arguments included.

    It cannot hold a number that is not finite, a key that is no text, half a surrogate pair, or a date.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"config: {place} is {value}; give a finite number")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise ValueError(f"config: {place} has the key {key!r}, but must have texts as keys; give it in quotes")
            require_plain(item, f"{place}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            require_plain(item, f"{place}.{index}")
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"config: {place} is {value!r}; give a text (in quotes), a number, true, false or null")
    elif isinstance(value, str) and not _is_unicode(value):
        raise ValueError(f"config: {place} is {value!r}, which is no whole character; give another text")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


PlainWord = Annotated[str, StringConstraints(pattern=f"^{PLAIN_WORD}$"), expected(A_PLAIN_WORD)]
Name = Annotated[str, expected("a name")]
DIFFERENT_NAMES = "a list of different names"
Names = Annotated[list[Name], Field(min_length=1), expected(DIFFERENT_NAMES), distinct(DIFFERENT_NAMES)]
Flag = Annotated[bool, expected("true or false")]
