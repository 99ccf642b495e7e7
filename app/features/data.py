"""Data sets and trainings: the workspace `data`, and the jobs behind it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from PyQt6.QtCore import QObject

from app.bridge import training_process
from app.bridge.cores import CoreShare
from app.bridge.json_process import JsonProcess
from app.bridge.training_watch import TrainingWatch
from app.desk import Desk
from app.panels.data_page import DataPage
from app.panels.train_dialog import TrainDialog
from app.state.datasets import parse_dataset, parse_listing
from app.state.trainings import ALIVE, Training, with_state
from core.checkpoints.catalogue import list_checkpoints, own_folder
from core.checkpoints.training import TrainingRequest, training_folder
from core.errors import InputError

WORKSPACE = "data"


class Data(QObject):
    """Reads data in a process of its own; starts, follows and stops trainings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._bar = desk.window.message_bar
        self.page = DataPage()
        self.listing, self.details = JsonProcess(self), JsonProcess(self)
        self.watch = TrainingWatch(own_folder(), self)
        # Made before the window gives up a core: these are all there are.
        self._cores = CoreShare()
        self._states: dict[Path, str] = {}
        self._stopping: set[Path] = set()
        self.dialog: TrainDialog | None = None
        desk.window.add_centre(WORKSPACE, self.page)
        self._connect()

    def list_datasets(self) -> None:
        """Look for data sets."""
        if not self.page.datasets.datasets:
            self.page.datasets.show_words("Looking for data sets ...")
        self.listing.ask("datasets", "--json", "--quick")

    def ask(self) -> None:
        """Ask how a checkpoint is to be trained from the data set that is looked at."""
        dataset, theme = self.page.datasets.dataset, self._desk.window.theme
        if dataset is None or dataset.fault or theme is None or self.dialog is not None:
            return
        taken = {folder.name for folder in list_checkpoints()}
        taken |= {training.name for training in self.watch.trainings}
        dialog = TrainDialog(self._desk.window, dataset, self.watch.folder, taken, theme)
        dialog.wanted.connect(self.start)
        dialog.finished.connect(self._forget_dialog)
        self.dialog = dialog
        dialog.show()

    def start(self, request: TrainingRequest, output: Path, *, resume: bool = False) -> None:
        """Train in a process of its own."""
        try:
            process = training_process.start(request, output, resume=resume)
        except InputError as error:
            self._bar.say(str(error))
            return
        self.watch.started[output] = process
        # It may end before it is seen to begin.
        self._states[output] = "starting"
        self._place()
        self.page.trainings.look_at(output)
        self.watch.watch()

    def carry_out(self, name: str, training: Training) -> None:
        """What a button asks for."""
        if name == "stop":
            self._stopping.add(training.output)
            training_process.stop(self._process_of(training))
            self._show_trainings()
        elif name == "resume" and training.request is not None:
            self.start(training.request, training.output, resume=True)
        elif name == "open":
            self.open(training.output)
        elif name == "discard":
            self._bar.say(
                f"Throw away what {training.name} has learnt so far?",
                "Throw it away",
                lambda: self.discard(training),
            )

    def open(self, output: Path) -> None:
        """Run a finished checkpoint live, in the workspace for that."""
        try:
            self._desk.source.run_checkpoint(output)
        except InputError as error:
            self._bar.say(str(error))
            return
        self._desk.window.commands.actions["workspace_debug"].trigger()

    def discard(self, training: Training) -> None:
        """Remove what is unfinished, unless it has been taken up meanwhile."""
        folder = training_folder(training.output)
        if training_process.lives(folder):
            self._bar.say(f"{training.name} is being trained: stop it first.")
            return
        self.watch.started.pop(training.output, None)
        training_process.log_of(training.output).unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        self.watch.look()

    def _connect(self) -> None:
        desk, page = self._desk, self.page
        page.shown.connect(self._begin)
        page.hidden.connect(self._rest)
        page.datasets.refresh_asked.connect(self.list_datasets)
        page.datasets.chosen.connect(lambda name: self.details.ask("datasets", name, "--json"))
        page.datasets.train_asked.connect(self.ask)
        page.trainings.asked.connect(self.carry_out)
        self.listing.answered.connect(self._take_listing)
        self.listing.failed.connect(lambda line: page.datasets.show_words(line))
        self.details.answered.connect(self._take_details)
        self.details.failed.connect(self._fail_details)
        self.watch.changed.connect(self._take_trainings)
        desk.source.changed.connect(self._place)
        desk.window.closing.connect(self._shut_down)
        # One of yesterday may be at work on the engine's core.
        self.watch.look()

    def _begin(self) -> None:
        training_process.remove_old_logs(self.watch.folder)
        self.watch.watch()
        if not self.page.datasets.datasets:
            self.list_datasets()

    def _rest(self) -> None:
        """While something is trained its end is told in any workspace."""
        if not self._alive():
            self.watch.rest()

    def _take_listing(self, content: bytes) -> None:
        try:
            listing = parse_listing(content)
        except InputError as error:
            self.page.datasets.show_words(str(error))
            return
        self.page.datasets.show_folder(listing.folder)
        self.page.datasets.show_datasets(listing.datasets)

    def _take_details(self, content: bytes) -> None:
        try:
            dataset = parse_dataset(content)
        except InputError as error:
            self._fail_details(str(error))
            return
        self.page.datasets.show_details(dataset)
        if self.dialog is not None:
            self.dialog.show_details(dataset)

    def _fail_details(self, line: str) -> None:
        self.page.datasets.show_fault(line)

    def _take_trainings(self, found: tuple[Training, ...]) -> None:
        for training in found:
            before = self._states.get(training.output)
            if before in ALIVE and training.state not in ALIVE:
                self._stopping.discard(training.output)
                self._tell(training)
            if training.state in ("stopped", "killed", "finished"):
                self.watch.started.pop(training.output, None)
            elif training.state == "running" and before != "running":
                self._place()
        self._states = {training.output: training.state for training in found}
        self._show_trainings()
        if self._alive():
            self.watch.watch()
        elif not self.page.isVisible():
            self.watch.rest()

    def _show_trainings(self) -> None:
        """All of them; those that were asked to stop say so until they have."""
        self.page.trainings.show_trainings(
            [
                with_state(training, "stopping")
                if training.output in self._stopping and training.state in ALIVE
                else training
                for training in self.watch.trainings
            ]
        )

    def _tell(self, training: Training) -> None:
        """One that worked does so no longer."""
        if training.state == "finished":
            training_process.log_of(training.output).unlink(missing_ok=True)
            self._bar.tell(
                f"The checkpoint {training.name} is trained.",
                "Open it",
                lambda: self.open(training.output),
            )
        elif training.state in ("failed", "killed"):
            reason = training.line or "its process was ended from outside"
            self._bar.say(f"The training of {training.name} ended: {reason}")

    def _place(self) -> None:
        """Trainings keep off the core of an engine that lives."""
        self._cores.share(self._desk.source.engine_process, self._processes())

    def _processes(self) -> set[int]:
        """Of the trainings that live."""
        alive = [each for each in self.watch.trainings if each.state in ALIVE]
        found = {self._process_of(training) for training in alive}
        return (found | set(self.watch.started.values())) - {0, os.getpid()}

    def _process_of(self, training: Training) -> int:
        if training.state == "running" and training.progress is not None:
            return training.progress.process
        return self.watch.started.get(training.output, 0)

    def _alive(self) -> bool:
        return any(state in ALIVE for state in self._states.values()) or any(
            output not in self._states for output in self.watch.started
        )

    def _forget_dialog(self, _result: int) -> None:
        self.dialog = None

    def _shut_down(self) -> None:
        """The window closes; what is trained goes on, on any core."""
        self._cores.share(None, self._processes())
        self.page.shut_down()
        self.watch.close()
        for process in (self.listing, self.details):
            process.close()
