"""What `Network` and `Batch` share: frozen, validated, and plain-spoken when refused."""

import difflib
import math
from typing import Any, ClassVar, Self, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, ValidationError

from initviz.runtime.words import listed, quoted


class Spec(BaseModel):
    """A frozen record of validated fields.

    Raises:
        ValueError: one line naming each refused field, what was given and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    choices: ClassVar[dict[str, tuple[str, ...]]] = {}

    def __init__(self, **values: object) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ValueError("; ".join(map(self._explain, error.errors()))) from None

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        """Read a record from JSON; refuses as the constructor does, in one line."""
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            reasons = [str(e.get("ctx", {}).get("error", e["msg"])) for e in error.errors()]
            raise ValueError("; ".join(reasons)) from None

    def replace(self, **changes: object) -> Self:
        """Return a validated copy with some fields changed."""
        return type(self)(**{**self.model_dump(), **changes})

    def changes(self, other: Self) -> dict[str, Any]:
        """Return the fields, with their values, in which `other` differs from this one."""
        return {f: v for f, v in other.model_dump().items() if v != getattr(self, f)}

    @classmethod
    def kind(cls, field: str) -> type:
        """Return the Python type of a field, leaving None aside."""
        annotation = cls.model_fields[field].annotation
        types = [t for t in get_args(annotation) or (annotation,) if t is not type(None)]
        return types[0] if isinstance(types[0], type) else str

    @classmethod
    def bounds(cls, field: str) -> tuple[float, float]:
        """Return the smallest and the largest value allowed in a numeric field."""
        limits = cls.model_fields[field].metadata
        low = next((limit.ge for limit in limits if isinstance(limit, Ge)), -math.inf)
        high = next((limit.le for limit in limits if isinstance(limit, Le)), math.inf)
        return float(low), float(high)  # type: ignore[arg-type]

    @classmethod
    def allowed(cls, field: str) -> str:
        """Return in words which values a field takes."""
        if field in cls.choices:
            return "one of " + listed(cls.choices[field])
        noun = "a whole number" if cls.kind(field) is int else "a finite number"
        low, high = cls.bounds(field)
        if math.isfinite(high):
            return f"{noun} from {low:.10g} to {high:.10g}"
        return noun if math.isinf(low) else f"{noun}, {low:.10g} or more"

    @classmethod
    def nearest(cls, field: str, text: str) -> Any:
        """Return the valid value nearest to a text, or the field's default."""
        default = cls.model_fields[field].default
        if field in cls.choices:
            close = difflib.get_close_matches(text.casefold(), cls.choices[field], 1)
            return close[0] if close else default
        try:
            value = float(text)
        except ValueError:
            return default
        if math.isnan(value):
            return default
        low, high = cls.bounds(field)
        value = min(max(value, low), high)
        if math.isinf(value):
            return default
        return cls.kind(field)(round(value) if cls.kind(field) is int else value)

    @classmethod
    def _explain(cls, error: Any) -> str:
        if not error["loc"]:
            return str(error["ctx"]["error"])
        field = str(error["loc"][0])
        if error["type"] == "extra_forbidden":
            return f"there is no field {quoted(field)}; the fields are {listed(cls.model_fields)}"
        if field not in cls.model_fields:
            return f"{field}: {error['msg']}"
        return f"{field} must be {cls.allowed(field)}; got {quoted(error['input'])}"
