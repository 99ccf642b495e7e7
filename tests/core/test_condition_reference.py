from __future__ import annotations

import re
from pathlib import Path

from core.traces.condition_reference import quantity_rows, reference
from core.traces.quantities import QUANTITIES, search_condition

ROOT = Path(__file__).parents[2]


def test_the_committed_page_on_conditions_is_current() -> None:
    assert (ROOT / "docs" / "conditions.md").read_text() == reference(), (
        "python -m core.traces.condition_reference > docs/conditions.md"
    )


def test_page_and_list_explain_every_quantity() -> None:
    for name, quantity in QUANTITIES.items():
        assert f"| `{name}` |" in reference()
        assert quantity.meaning
    assert [row[0] for row in quantity_rows()[1:]] == list(QUANTITIES)


def test_the_conditions_on_the_page_can_be_read() -> None:
    spans = re.findall(r"`([^`]+)`", reference())
    examples = [span for span in spans if " " in span and re.search("[<>=]|not ", span)]
    assert len(examples) >= 4
    for example in examples:
        search_condition(example)
