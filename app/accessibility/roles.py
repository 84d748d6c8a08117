"""What the three systems call the parts of a window -> `ElementRole`. Roles that are not listed are ``other``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.protocol import ElementRole

_ATSPI: dict[ElementRole, tuple[int, ...]] = {
    "window": (23, 28, 69),
    "dialog": (2, 9, 16, 19, 22, 101),
    "menu_bar": (34,),
    "menu": (33, 41),
    "menu_item": (8, 35, 45, 59),
    "tool_bar": (63,),
    "button": (43, 129),
    "toggle_button": (62,),
    "check_box": (7,),
    "radio_button": (44,),
    "switch": (130,),
    "link": (88,),
    "text_field": (60, 61, 76, 77, 79, 12),
    "password_field": (40,),
    "combo_box": (11,),
    "list": (31, 98, 121),
    "list_item": (32, 122, 123),
    "table": (55, 92),
    "row": (90, 47, 58),
    "cell": (56,),
    "column_header": (10, 57),
    "tree": (65, 66),
    "tree_item": (91,),
    "tab": (37,),
    "tab_list": (38,),
    "slider": (51, 15, 74),
    "spin_box": (52,),
    "progress_bar": (42, 103),
    "scroll_bar": (48,),
    "image": (26, 27, 4, 13),
    "label": (29, 73, 81, 116, 1, 64, 104, 117, 118),
    "heading": (83,),
    "group": (20, 39, 46, 53, 49, 68, 71, 72, 85, 87, 94, 99, 102, 105, 109, 110, 18, 30, 36, 24, 6),
    "document": (82, 93, 95, 96, 25, 84),
    "status_bar": (54,),
    "separator": (50,),
}
"""AtspiRole, https://docs.gtk.org/atspi2/enum.Role.html"""

_UIA: dict[ElementRole, tuple[int, ...]] = {
    "window": (50032,),
    "menu_bar": (50010,),
    "menu": (50009,),
    "menu_item": (50011,),
    "tool_bar": (50021, 50040),
    "button": (50000, 50031),
    "check_box": (50002,),
    "radio_button": (50013,),
    "link": (50005,),
    "text_field": (50004,),
    "combo_box": (50003,),
    "list": (50008,),
    "list_item": (50007,),
    "table": (50028, 50036),
    "row": (50029,),
    "column_header": (50035,),
    "tree": (50023,),
    "tree_item": (50024,),
    "tab": (50019,),
    "tab_list": (50018,),
    "slider": (50015,),
    "spin_box": (50016,),
    "progress_bar": (50012,),
    "scroll_bar": (50014,),
    "image": (50006,),
    "label": (50020, 50022, 50037),
    "group": (50026, 50033, 50034, 50039),
    "document": (50030,),
    "status_bar": (50017,),
    "separator": (50038,),
}
"""UIA_ControlTypeIds, https://learn.microsoft.com/windows/win32/winauto/uiauto-controltype-ids"""

_AX: dict[ElementRole, tuple[str, ...]] = {
    "window": ("AXWindow",),
    "dialog": ("AXSheet", "AXDialog", "AXSystemDialog"),
    "menu_bar": ("AXMenuBar",),
    "menu": ("AXMenu",),
    "menu_item": ("AXMenuItem", "AXMenuBarItem"),
    "tool_bar": ("AXToolbar",),
    "button": ("AXButton", "AXMenuButton", "AXDisclosureTriangle"),
    "toggle_button": ("AXToggle", "AXToggleButton"),
    "check_box": ("AXCheckBox",),
    "radio_button": ("AXRadioButton",),
    "switch": ("AXSwitch",),
    "link": ("AXLink",),
    "text_field": ("AXTextField", "AXTextArea", "AXSearchField"),
    "password_field": ("AXSecureTextField",),
    "combo_box": ("AXComboBox", "AXPopUpButton"),
    "list": ("AXList", "AXContentList"),
    "table": ("AXTable",),
    "row": ("AXRow", "AXTableRow"),
    "cell": ("AXCell",),
    "column_header": ("AXSortButton",),
    "tree": ("AXOutline", "AXBrowser"),
    "tree_item": ("AXOutlineRow",),
    "tab": ("AXTabButton",),
    "tab_list": ("AXTabGroup",),
    "slider": ("AXSlider",),
    "spin_box": ("AXIncrementor",),
    "progress_bar": ("AXProgressIndicator", "AXBusyIndicator", "AXLevelIndicator"),
    "scroll_bar": ("AXScrollBar",),
    "image": ("AXImage",),
    "label": ("AXStaticText",),
    "heading": ("AXHeading",),
    "group": ("AXGroup", "AXScrollArea", "AXSplitGroup", "AXLayoutArea", "AXRadioGroup", "AXDrawer"),
    "document": ("AXWebArea",),
    "separator": ("AXSplitter",),
}
"""NSAccessibility roles and subroles, of which the subrole says more where it is listed."""


def _by_code(table: Mapping[ElementRole, tuple[int, ...]]) -> Mapping[int, ElementRole]:
    return MappingProxyType({code: role for role, codes in table.items() for code in codes})


_BY_ATSPI, _BY_UIA = _by_code(_ATSPI), _by_code(_UIA)
_BY_AX = MappingProxyType({name: role for role, names in _AX.items() for name in names})


def atspi_role(code: int) -> ElementRole:
    """Of an AtspiRole."""
    return _BY_ATSPI.get(code, "other")


def uia_role(control_type: int, *, is_password: bool, can_toggle: bool) -> ElementRole:
    """Of a control type. A button that keeps its state is a ``toggle_button``."""
    role = _BY_UIA.get(control_type, "other")
    if is_password:
        return "password_field"
    return "toggle_button" if role == "button" and can_toggle else role


def ax_role(role: str, subrole: str) -> ElementRole:
    """Of a role and its subrole, which may be empty."""
    return _BY_AX.get(subrole) or _BY_AX.get(role, "other")
