"""The page on conditions, docs/conditions.md: `python -m core.traces.condition_reference`."""

from __future__ import annotations

import sys

from core.grammar import DEEPEST, FUNCTIONS
from core.tokens import LONGEST, MOST_TOKENS
from core.traces.quantities import OF_THE_GRADIENT, QUANTITIES, Kind, Quantity

_TITLES: dict[Kind, str] = {
    "Address": "Where",
    "GradientUpdate": "At each gradient update k",
    "Proposal": "Once per t, before the action is applied",
    "EnvironmentStep": "Only after the action: for a search, not for a breakpoint",
}
_HEAD = f"""# Conditions

Generated from core/traces/quantities.py by `python -m core.traces.condition_reference`; do not
edit.

A breakpoint stops a run where a condition holds, before the action is applied; a search finds
every moment of a trace where one holds:

    python main.py search t.trace --where "action_change > 0.1 and true_gain < 0"

## How they are written

| | |
|---|---|
| compare | `<` `<=` `>` `>=` `==` `!=`, also chained: `0.1 < drift <= 0.2` |
| join | `and`, `or`, `not`, parentheses |
| calculate | `+` `-` `*` `/` `%`, {", ".join(f"`{call}`" for call in FUNCTIONS.values())} |
| numbers | `3`, `0.1`, `1e-4` |
| true or false | `true`, `false`, and names such as `refused`: `not finite` is a condition |

- It is a language of its own: nothing of Python is run. A text has at most {LONGEST}
  characters, {MOST_TOKENS} words, and {DEEPEST} levels inside each other.
- A comparison with a missing value does not hold, `!=` neither. `not` turns that around:
  `not gradient_norm > 5` also holds where there is no gradient.
- Division by zero gives a missing value.

## When they are asked

- A condition that names a quantity of gradient updates, and none that is known later, is asked
  at each k.
- A breakpoint asks every other one once per t, at the proposal, with the update whose weights
  act. `t == 120` therefore stops right before the action of t = 120. As k = E has no gradient,
  {", ".join(f"`{name}`" for name in sorted(OF_THE_GRADIENT))} are there those of k - 1 of
  the same branch, which led to it.
- A search asks one that also names quantities of updates at each k, with what is known of its
  t; every other one once per t. `k == 0 and reward < 0` is a search for k = 0.
- A search looks at a moment as soon as all is recorded that the condition names.

## What they may name

Unit 1 is dimensionless. Timings, marked o, are observed and differ from one time to the next;
all else comes out the same when the run is replayed.
"""


def reference() -> str:
    """The whole page, in Markdown."""
    return "\n".join((_HEAD, *(_section(kind, title) for kind, title in _TITLES.items())))


def quantity_rows() -> list[tuple[str, ...]]:
    """The quantities as rows of a table; the first is the heading."""
    rows = [(q.name, q.unit or "true/false", _known(q), q.meaning) for q in QUANTITIES.values()]
    return [("name", "unit", "known", "meaning"), *rows]


def _known(quantity: Quantity) -> str:
    return {
        "Address": "always",
        "GradientUpdate": "at each k",
        "Proposal": "before the action",
        "EnvironmentStep": "after the action",
    }[quantity.kind]


def _section(kind: Kind, title: str) -> str:
    rows = "\n".join(_row(q) for q in QUANTITIES.values() if q.kind == kind)
    return f"### {title}\n\n| name | unit | | meaning |\n|---|---|---|---|\n{rows}\n"


def _row(quantity: Quantity) -> str:
    cells = (
        f"`{quantity.name}`",
        quantity.unit or "true/false",
        "o" if quantity.observed else "",
        quantity.meaning.replace("|", "\\|"),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
