"""Tooltips of texts that others wrote."""

from __future__ import annotations

import html


def plain_tip(text: str) -> str:
    """A tooltip that shows a text as it is: Qt would take one with tags for HTML."""
    lines = html.escape(text).replace("\n", "<br>")
    return f"<p style='white-space: pre-wrap'>{lines}</p>"
