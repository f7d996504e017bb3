"""What a browser answers for each widget: its value, in the field that the server reads."""

from dataclasses import dataclass
from typing import Any, Literal

from streamlit.proto.ButtonGroup_pb2 import ButtonGroup
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.NumberInput_pb2 import NumberInput
from streamlit.proto.Selectbox_pb2 import Selectbox
from streamlit.proto.Slider_pb2 import Slider
from streamlit.proto.WidgetStates_pb2 import WidgetState

Value = float | str


@dataclass(frozen=True)
class Widget:
    """A widget on the page and the state that the browser keeps for it."""

    label: str
    fragment_id: str
    state: WidgetState

    def take(self, value: Value) -> None:
        """Set a slider to a number, or a select slider to one of its options."""
        if isinstance(value, str):
            self.state.string_array_value.data[:] = [value]
        else:
            self.state.double_array_value.data[:] = [value]


def read(delta: Delta, known: dict[str, Widget]) -> Widget | None:
    """Return the widget that a delta draws, if any; a known one keeps its state.

    Only where the server sets a value does the browser give up its own.
    """
    kind = delta.new_element.WhichOneof("type")
    if kind not in {"slider", "selectbox", "number_input", "button_group"}:
        return None
    proto: Any = getattr(delta.new_element, kind)
    state = (
        known[proto.id].state
        if proto.id in known and not proto.set_value
        else WidgetState(id=proto.id, **_value(proto))
    )
    return Widget(proto.label, delta.fragment_id, state)


def _value(proto: Slider | Selectbox | NumberInput | ButtonGroup) -> dict[str, Any]:
    """Return the field of a widget's state, by the type of the widget."""
    match proto:
        case Slider(type=Slider.SELECT_SLIDER):
            default = [proto.options[int(index)] for index in proto.default]
            return {"string_array_value": {"data": proto.raw_value or default}}
        case Slider():
            return {"double_array_value": {"data": proto.value or proto.default}}
        case Selectbox():
            chosen = proto.raw_value if proto.set_value else proto.options[proto.default]
            return {"string_value": chosen}
        case NumberInput():
            return _number(proto)
        case ButtonGroup():
            default = [proto.options[index].content for index in proto.default]
            return {
                "string_array_value": {"data": proto.raw_values if proto.set_value else default}
            }


def _number(proto: NumberInput) -> dict[str, Any]:
    field: Literal["value", "default"] = "value" if proto.set_value else "default"
    if not proto.HasField(field):
        return {}
    number = getattr(proto, field)
    if proto.data_type == NumberInput.INT:
        return {"int_value": int(number)}
    return {"double_value": number}
