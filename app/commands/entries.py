"""Every command of the window, once: menus, toolbar, keys and palette come from this list.

Whoever carries a command out connects it by its name (`CommandRegistry.connect`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEntry:
    """One command as people meet it."""

    name: str
    text: str
    menu: str
    """A title of MENUS, or a submenu of one: "View > Workspace"."""
    tip: str
    keys: tuple[str, ...] = ()
    """At first; a person may change them."""
    icon: str = ""
    short: str = ""
    """Text on the toolbar; empty: not on the toolbar."""
    checkable: bool = False
    when: str = ""
    """What makes it work, after "Works"; said while it does not."""


def _entry(
    name: str,
    text: str,
    menu: str,
    tip: str,
    *keys: str,
    icon: str = "",
    short: str = "",
    when: str = "",
) -> CommandEntry:
    return CommandEntry(
        name=name,
        text=text,
        menu=menu,
        tip=tip,
        keys=keys,
        icon=icon,
        short=short,
        checkable=name in _CHECKABLE,
        when=when,
    )


_CHECKABLE = frozenset(
    {
        "live",
        "map",
        "play",
        "present",
        "workspace_debug",
        "workspace_compare",
        "workspace_present",
        "workspace_minimal",
        "workspace_data",
    }
)
_LIVE = "while an engine runs or is paused"
_BREAK = "at a pause before the action is applied"
_RECORD = "once a moment is shown"
_MAZE = "where the task is a maze"
_MAP = "while the map of a maze is shown"
_HITS = "after a search that found something"

FILE: tuple[CommandEntry, ...] = (
    _entry("open", "Open a trace ...", "File", "Open a recorded trace", "Ctrl+O", icon="open"),
    _entry(
        "open_checkpoint", "Open a checkpoint ...", "File", "Start a live run of a checkpoint",
        "Ctrl+Shift+O",
    ),
    _entry(
        "repro", "Write a repro ...", "File",
        "Write this moment as a folder that replays headless, bit for bit", "Ctrl+E",
        when=_RECORD,
    ),
    _entry(
        "screenshot", "Save a screenshot", "File", "Write the window to a PNG file", "Ctrl+S",
        icon="camera",
    ),
    _entry("quit", "Quit", "File", "Close the window and end the engine", "Ctrl+Q"),
)  # fmt: skip

EDIT: tuple[CommandEntry, ...] = (
    _entry(
        "undo", "Undo", "Edit", "Take back the last change of settings or breakpoints",
        "Ctrl+Z", when="after a change of settings or breakpoints",
    ),
    _entry(
        "redo_change", "Redo", "Edit", "Make the change again that was taken back",
        "Ctrl+Shift+Z", "Ctrl+Y", when="after an undo",
    ),
    _entry(
        "edit_settings", "Edit the settings", "Edit", "Go to the fields of the settings", "E",
        when=_LIVE,
    ),
    _entry(
        "note", "Note ...", "Edit", "Pin a note to this (t, k)", "N", when=_RECORD,
    ),
    _entry("search", "Search in time ...", "Edit", "Find moments where a condition holds",
           "Ctrl+F", when=_RECORD),
    _entry("first_hit", "First hit", "Edit", "To the first moment found", "Ctrl+F3",
           when=_HITS),
    _entry("next_hit", "Next hit", "Edit", "To the next moment found", "F3", when=_HITS),
    _entry("previous_hit", "Previous hit", "Edit", "To the moment found before this one",
           "Shift+F3", when=_HITS),
)  # fmt: skip

RUN: tuple[CommandEntry, ...] = (
    _entry(
        "run", "Run / pause", "Run", "Run the engine, or pause it", "F5", "Space",
        icon="run", short="Run",
    ),
    _entry(
        "step_over", "Step over", "Run",
        "One environment step t with all its gradient updates", "F10",
        icon="over", short="Over",
    ),
    _entry(
        "step_into", "Step into", "Run",
        "One gradient update k; the action is not applied yet", "F11",
        icon="into", short="Into",
    ),
    _entry(
        "step_out", "Step out", "Run",
        "Finish the updates of this t and apply the action", "Shift+F11",
        icon="out", short="Out",
    ),
    _entry("next_episode", "Next episode", "Run", "Begin the next episode now", "Ctrl+N",
           when="while a live run is shown"),
)  # fmt: skip

GO: tuple[CommandEntry, ...] = (
    _entry(
        "back", "Back one environment step", "Go", "Back to t - 1, from the trace", "Alt+F10",
        "Left", icon="back", short="Back",
    ),
    _entry("forward", "Forward one environment step", "Go", "On to t + 1, from the trace",
           "Right", icon="forward"),
    _entry(
        "back_update", "Back one gradient update", "Go", "Back to k - 1, from the trace",
        "Alt+F11", "Shift+Left",
    ),
    _entry(
        "forward_update", "Forward one gradient update", "Go", "On to k + 1, from the trace",
        "Shift+Right",
    ),
    _entry("back_out", "Back out of the updates", "Go",
           "Back to before the first update of this t, from the trace", "Alt+Shift+F11",
           when=_RECORD),
    _entry("first", "First step of the episode", "Go", "To t = 0 of this episode", "Home"),
    _entry("live", "Live", "Go", "Follow the newest record", "End", icon="live", short="Live"),
    _entry(
        "play", "Play recorded", "Go",
        "Play the recorded steps, at first at the speed of the real robot", "P", icon="play",
        short="Play",
    ),
    _entry("play_slower", "Play slower", "Go", "Play at a slower pace", ",", when=_RECORD),
    _entry("play_faster", "Play faster", "Go", "Play at a faster pace", ".", when=_RECORD),
    _entry("play_backwards", "Play backwards", "Go",
           "Play the recorded steps towards the start", "Shift+P", when=_RECORD),
    _entry("next_particle", "Next particle", "Go",
           "Highlight the next particle of the imagination everywhere", "]", when=_RECORD),
    _entry("previous_particle", "Previous particle", "Go",
           "Highlight the particle before this one everywhere", "[", when=_RECORD),
    _entry("clear_particle", "No particle", "Go", "Highlight no particle", "Esc",
           when="while a particle is selected"),
    _entry("set_reference", "Set the reference here", "Go",
           "Compare every read-out with this (t, k)", "R", when=_RECORD),
    _entry("clear_reference", "Clear the reference", "Go", "Compare with nothing", "Shift+R",
           when="while a reference is set"),
)  # fmt: skip

DEBUG: tuple[CommandEntry, ...] = (
    _entry("accept", "Accept the update", "Debug",
           "Act with the weights of this k: the action is applied", "Return", "Enter",
           when=_BREAK),
    _entry("reject", "Reject the update", "Debug",
           "Back to k - 1 of this t, in a branch of its own", "Del", when=_BREAK),
    _entry("redo_updates", "Redo the updates", "Debug",
           "Make the updates of this t again with the settings as they are now, in a branch "
           "of its own", "Shift+Return", when=_BREAK),
    _entry("breakpoint", "Breakpoint at this t", "Debug", "Pause at this t, or no longer", "F9",
           icon="breakpoint", short="Break", when=_RECORD),
    _entry("breakpoint_condition", "Breakpoint on a condition ...", "Debug",
           "Pause where an expression holds, before the action is applied", "Shift+F9",
           when=_RECORD),
    _entry("fork", "Fork here ...", "Debug",
           "Branch from this (t, k) with other settings, checkpoint or seed", "Ctrl+B",
           icon="fork", short="Fork", when=_RECORD),
    _entry("resume_here", "Resume from here", "Debug",
           "Go on live from this (t, k); what is recorded stays", "Ctrl+Shift+B",
           when=_RECORD),
    _entry("compare", "Compare two branches", "Debug",
           "Two branches side by side, at the same (t, k)", "Ctrl+D",
           when="once there are two branches"),
    _entry("find_divergence", "Find the first divergence", "Debug",
           "The first record and field in which the two branches differ", "Ctrl+Shift+D",
           when="once there are two branches"),
)  # fmt: skip

VIEW: tuple[CommandEntry, ...] = (
    _entry("workspace_debug", "Debug", "View > Workspace", "All panels around the scene",
           "Ctrl+1"),
    _entry("workspace_compare", "Compare", "View > Workspace", "Two branches side by side",
           "Ctrl+2", when="once there is something to compare"),
    _entry("workspace_present", "Present", "View > Workspace", "The scene and what matters",
           "Ctrl+3"),
    _entry("workspace_minimal", "Minimal", "View > Workspace", "The scene and the timeline",
           "Ctrl+4"),
    _entry("workspace_data", "Data and training", "View > Workspace",
           "Local data sets, and checkpoints that are trained from them", "Ctrl+5"),
    _entry("present", "Present, and back", "View",
           "Workspace for a stage; once more for the workspace before", "Ctrl+Shift+P",
           icon="present", short="Present"),
    _entry("fit_timeline", "Whole episode in the timeline", "View",
           "Zoom the timeline out to all of the episode", "F"),
    _entry("map", "Map of the maze", "View", "Show the maze from above, or no longer", "M",
           when=_MAZE),
    _entry("map_layer", "Next colours of the map", "View",
           "What colours the map: value, data, none", "Shift+M", when=_MAP),
    _entry("fit_map", "Whole maze on the map", "View",
           "Zoom the map out to all of the maze", "Shift+F", when=_MAP),
    _entry("reset_layout", "Reset the layout", "View",
           "Put every panel of this workspace back in its place"),
    _entry(
        "theme", "Light / dark", "View", "Change between the light and the dark theme",
        "Ctrl+T", icon="theme",
    ),
)  # fmt: skip

HELP: tuple[CommandEntry, ...] = (
    _entry("palette", "Find a command ...", "Help", "Every command, searchable", "Ctrl+K"),
    _entry("shortcuts", "Keys", "Help", "All commands and their keys on one page", "?", "F1"),
    _entry("change_shortcuts", "Change the keys ...", "Help",
           "Choose the key of each command", "Ctrl+Shift+K"),
)  # fmt: skip

ENTRIES: tuple[CommandEntry, ...] = (*FILE, *EDIT, *RUN, *GO, *DEBUG, *VIEW, *HELP)
MENUS = ("File", "Edit", "Run", "Go", "Debug", "View", "Help")
