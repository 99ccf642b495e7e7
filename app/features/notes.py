"""Notes: a panel, marks on the t lane, and where a new one is written."""

from __future__ import annotations

from PyQt6.QtCore import QObject, Qt

from app.bridge.note_store import NoteStore
from app.bridge.recorded_run import RecordedRun
from app.desk import Desk
from app.panels.notes_panel import NotesPanel, first_line
from app.state.cursor import Address
from app.state.moment import Moment
from app.state.tips import plain_tip
from core.commands import At
from core.traces.notes import Note


class Notes(QObject):
    """While the shown run's engine lives a note is a command; otherwise it goes to the file."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.panel = NotesPanel()
        self._store = NoteStore(self)
        self._run: RecordedRun | None = None
        self._moment: Moment | None = None
        self._dock = desk.window.add_dock(
            "notes",
            "Notes",
            self.panel,
            area=Qt.DockWidgetArea.LeftDockWidgetArea,
            group="breakpoints",
        )
        self._connect_panel()
        self._connect_desk()

    def write_here(self) -> None:
        """Open the editor for the moment that is shown."""
        if self._moment is not None:
            self._write(address_of(self._moment))

    def keep(self, at: At, text: str) -> None:
        """Write a note, in place of the one there; no text removes it."""
        live = self._desk.source.live_run
        if live is not None and self._desk.source.shows_live_run and live.engine.alive:
            live.engine.send("note", text=text, at=at)
            self._written(at)
        else:
            self._store.write(at, text)

    def delete(self, place: int) -> None:
        """Remove a note, and offer to put it back."""
        note = self.panel.notes[place]
        self.keep(note.at, "")
        self._desk.window.message_bar.tell(
            f"Deleted the note at {where(note.at)}.",
            "Put it back",
            lambda: self.keep(note.at, note.text),
        )

    def _connect_panel(self) -> None:
        panel, store = self.panel, self._store
        panel.set_writable(False)
        panel.write_asked.connect(self.write_here)
        panel.edit_asked.connect(lambda place: self._write(panel.notes[place].at))
        panel.delete_asked.connect(self.delete)
        panel.chosen.connect(self._go_to)
        panel.editor.kept.connect(self.keep)
        store.changed.connect(self._show)
        store.written.connect(self._written)
        store.refused.connect(self._refuse)
        store.unreadable.connect(panel.say)

    def _connect_desk(self) -> None:
        desk, commands = self._desk, self._desk.window.commands
        commands.connect("note", self.write_here)
        commands.set_enabled("note", False)
        desk.follower.moment_changed.connect(self._note_moment)
        desk.follower.history_changed.connect(lambda _history: self._look())
        desk.source.changed.connect(self._look)
        desk.window.closing.connect(self._close)

    def _look(self) -> None:
        run = self._desk.follower.run
        if run is self._run:
            self._store.look()
            return
        self._keep_what_is_written()
        self._run = run
        self.panel.say("")
        self.panel.editor.drop()
        self._store.open(None if run is None else run.path)

    def _written(self, at: At) -> None:
        self.panel.say("")
        if self.panel.editor.at == at:
            self.panel.editor.drop()

    def _refuse(self, note: Note, line: str) -> None:
        if self.panel.editor.at == note.at:
            self.panel.editor.say(line)
        else:
            self.panel.say(line)

    def _write(self, at: At) -> None:
        self._dock.show()
        self._dock.raise_()
        editor = self.panel.editor
        if editor.changed and editor.at != at:
            editor.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
            editor.say("This note is not kept yet: keep or drop it first.")
            return
        texts = {note.at: note.text for note in self.panel.notes}
        self.panel.write(at, texts.get(at, ""), f"Note at {where(at)}")

    def _go_to(self, place: int) -> None:
        at = self.panel.notes[place].at
        address = self._desk.cursor.address
        stays = address is not None and self._store.on_path(at, address.branch)
        branch = address.branch if stays and address is not None else at[0]
        self._desk.driver.go_to(Address(branch=branch, episode=at[1], t=at[2], k=at[3]))

    def _note_moment(self, moment: Moment) -> None:
        before, self._moment = self._moment, moment
        if before is None:
            self._desk.window.commands.set_enabled("note", True)
            self.panel.set_writable(True)
        self.panel.select(address_of(moment))
        there = (moment.branch, moment.episode)
        if before is None or there != (before.branch, before.episode):
            self._show_marks()

    def _show(self) -> None:
        self.panel.show_notes(self._store.notes)
        if self._moment is not None:
            self.panel.select(address_of(self._moment))
        self._show_marks()

    def _show_marks(self) -> None:
        moment = self._moment
        if moment is None:
            return
        tips: dict[int, list[str]] = {}
        for note in self.panel.notes:
            _, episode, t, k = note.at
            if episode == moment.episode and self._store.on_path(note.at, moment.branch):
                tips.setdefault(t, []).append(f"k = {k}: {first_line(note.text)}")
        ts = sorted(tips)
        marks = [plain_tip("\n".join(tips[t])) for t in ts]
        self._desk.views.timeline.set_marks("note", ts, marks)

    def _keep_what_is_written(self) -> None:
        """What is in the editor, as nobody could keep it any more."""
        if self.panel.editor.changed:
            self.panel.editor.keep()

    def _close(self) -> None:
        self._keep_what_is_written()
        self._store.close()


def address_of(moment: Moment) -> At:
    """The record's own address: on a branch, what comes before it began is its parent's."""
    record = moment.after
    if record is None:
        return moment.branch, max(moment.episode, 0), moment.t, 0
    return record.branch, record.episode, record.t, record.k


def where(at: At) -> str:
    """`t = 64, k = 1`, with branch and episode where they are not the first."""
    branch, episode, t, k = at
    words = [f"branch {branch}"] if branch else []
    words += [f"episode {episode}"] if episode else []
    return ", ".join([*words, f"t = {t}", f"k = {k}"])
