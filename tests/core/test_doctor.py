"""The doctor names each fault of a machine and one command that mends it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from core.doctor import Check, report
from core.doctor.graphics import check_display, check_gl
from core.doctor.installed import check_libraries, check_packages, check_python
from core.doctor.probe import Attempt, attempt
from core.doctor.storage import check_checkpoint, check_data_folder, check_disk
from core.doctor.threads import check_omp_threads, check_torch_threads, check_wait_policy


class Runner:
    """Stands for a new process: answers by back end or platform; remembers what was asked."""

    def __init__(self, **answers: bool) -> None:
        self.answers = answers
        self.environments: list[dict[str, str]] = []

    def __call__(self, code: str, environment: dict[str, str]) -> Attempt:
        self.environments.append(environment)
        name = environment.get("MUJOCO_GL") or environment.get("QT_QPA_PLATFORM", "xcb")
        return Attempt(worked=self.answers.get(name, False), said=f"said by {name}")


def write_project(root: Path, needs: str, pins: str) -> Path:
    (root / "pyproject.toml").write_text(f"[project]\ndependencies = [{needs}]\n")
    (root / "constraints.txt").write_text(pins)
    return root


def test_a_check_that_runs_in_a_new_process_tells_its_last_line() -> None:
    assert attempt("print('noise'); print('answer')") == Attempt(worked=True, said="answer")


def test_a_crash_in_a_new_process_is_a_reason_and_not_a_crash_of_the_doctor() -> None:
    outcome = attempt("import os; os.abort()")
    assert not outcome.worked
    assert "SIGABRT" in outcome.said


def test_an_exception_in_a_new_process_is_told_in_one_line() -> None:
    outcome = attempt("raise RuntimeError('no luck')")
    assert outcome == Attempt(worked=False, said="RuntimeError: no luck")


def test_a_process_that_hangs_is_given_up() -> None:
    outcome = attempt("import threading; threading.Event().wait()", patience=0.2)
    assert outcome == Attempt(worked=False, said="no answer in 0.2 s")


def test_this_python_is_new_enough() -> None:
    assert check_python().state == "ok"


def test_an_old_python_is_refused_with_the_command_that_names_another() -> None:
    check = check_python((3, 9))
    assert check.state == "missing"
    assert check.remedy == "make setup PYTHON=python3.11"


def test_packages_are_compared_with_their_pins_whatever_the_spelling(tmp_path: Path) -> None:
    root = write_project(
        tmp_path, '"PyQt6>=6", "minari[hdf5]>=0.5"', "pyqt6==6.11\nMinari==0.5.4\n"
    )
    have = {"pyqt6": "6.11", "minari": "0.5.4"}
    assert check_packages(root, have.get).state == "ok"


def test_a_missing_package_blocks(tmp_path: Path) -> None:
    root = write_project(tmp_path, '"torch>=2"', "torch==2.13.0\n")
    check = check_packages(root, {}.get)
    assert (check.state, check.fact) == ("missing", "not installed: torch")
    assert check.remedy == "sh .ci/setup.sh run"


def test_another_version_than_pinned_is_told_but_does_not_block(tmp_path: Path) -> None:
    root = write_project(tmp_path, '"torch>=2"', "torch==2.13.0\n")
    check = check_packages(root, {"torch": "2.7.0"}.get)
    assert check.state == "slow"
    assert "torch 2.7.0, not 2.13.0" in check.fact


def test_an_unreadable_list_of_packages_blocks(tmp_path: Path) -> None:
    check = check_packages(tmp_path, {}.get)
    assert check.state == "missing"
    assert check.remedy.startswith("git checkout")


def test_missing_libraries_are_named_by_the_package_that_brings_them(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "debian-packages.txt").write_text(
        "# a comment\nrun  libegl1 libEGL.so.1\nrun  fonts /no/such/*.ttf\ntest xvfb /no/Xvfb\n"
    )
    assert check_libraries(tmp_path, frozenset({"libEGL.so.1"})).fact == "not installed: fonts"
    check = check_libraries(tmp_path, frozenset({"other.so"}))
    assert check.remedy == "sudo apt-get install -y --no-install-recommends libegl1 fonts"


def test_where_there_is_no_loader_to_ask_libraries_do_not_block() -> None:
    assert check_libraries(known=frozenset()).state == "ok"


def test_qt_really_starts_offscreen_under_test() -> None:
    check = check_display()
    assert check.state == "ok"
    assert "offscreen" in check.fact


def test_without_a_display_the_offscreen_way_is_offered() -> None:
    run = Runner(offscreen=True)
    check = check_display({}, run, "linux")
    assert check.state == "slow"
    assert check.remedy == "python main.py gui --offscreen --output runs/first-light"
    assert run.environments == [{"QT_QPA_PLATFORM": "offscreen"}]


def test_a_display_that_does_not_answer_blocks() -> None:
    check = check_display({"DISPLAY": ":77"}, Runner(), "linux")
    assert check.state == "missing"
    assert check.remedy == "export DISPLAY=:0"


def test_a_qt_that_cannot_start_at_all_blocks() -> None:
    check = check_display({}, Runner(), "linux")
    assert check.state == "missing"
    assert check.remedy == "sh .ci/setup.sh run"


def test_mujoco_really_draws_a_frame_here() -> None:
    check = check_gl()
    assert check.state == "ok", check.fact
    assert " ms" in check.fact


def test_the_back_end_of_the_environment_is_tried_first() -> None:
    run = Runner(osmesa=True, egl=True)
    check = check_gl({"MUJOCO_GL": "osmesa", "PYOPENGL_PLATFORM": "egl"}, run, "linux")
    assert (check.state, check.fact) == ("ok", "osmesa: said by osmesa")
    assert run.environments == [{"MUJOCO_GL": "osmesa"}]


def test_a_back_end_that_fails_is_replaced_by_one_that_works() -> None:
    check = check_gl({"MUJOCO_GL": "glfw"}, Runner(egl=True), "linux")
    assert (check.state, check.remedy) == ("slow", "export MUJOCO_GL=egl")


def test_no_opengl_at_all_blocks_and_each_back_end_is_named() -> None:
    check = check_gl({}, Runner(), "linux")
    assert check.state == "missing"
    assert all(name in check.fact for name in ("egl", "osmesa", "glfw"))
    assert check.remedy.startswith("sudo apt-get install")


def test_3d_switched_off_is_told() -> None:
    check = check_gl({"MUJOCO_GL": "off"}, Runner(), "linux")
    assert (check.state, check.remedy) == ("slow", "unset MUJOCO_GL")


@pytest.mark.parametrize(
    ("policy", "state"), [("PASSIVE", "ok"), ("ACTIVE", "slow"), ("", "slow")]
)
def test_only_a_passive_wait_policy_is_fast(policy: str, state: str) -> None:
    assert check_wait_policy({"OMP_WAIT_POLICY": policy}).state == state


@pytest.mark.parametrize(("count", "state"), [("1", "ok"), ("2", "slow"), ("", "slow")])
def test_more_than_one_openmp_thread_is_slow(count: str, state: str) -> None:
    assert check_omp_threads({"OMP_NUM_THREADS": count}).state == state


def test_torch_starts_one_thread_under_test() -> None:
    check = check_torch_threads()
    assert check.state == "ok"
    assert "1 thread" in check.fact


def test_a_torch_of_many_threads_is_slow() -> None:
    check = check_torch_threads(
        {}, lambda code, environment: Attempt(worked=True, said="8 2.13.0")
    )
    assert (check.state, check.fact) == ("slow", "torch 2.13.0 starts 8 threads")


def test_a_torch_that_cannot_be_imported_blocks() -> None:
    failed = Attempt(worked=False, said="ImportError: libgomp")
    check = check_torch_threads({}, lambda code, environment: failed)
    assert check.state == "missing"
    assert "ImportError: libgomp" in check.fact


def test_the_folder_for_runs_is_made_and_left_empty(tmp_path: Path) -> None:
    assert check_data_folder(tmp_path / "new").state == "ok"
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_cannot_be_made_blocks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = check_data_folder(tmp_path / "file" / "folder")
    assert check.state == "missing"
    assert check.remedy.startswith("export XDG_DATA_HOME=")


@pytest.mark.parametrize(("mebibytes", "state"), [(3000, "ok"), (500, "slow"), (10, "missing")])
def test_a_disk_that_runs_full_is_told_in_time(
    tmp_path: Path, mebibytes: int, state: str
) -> None:
    check = check_disk(tmp_path / "not" / "yet", free=mebibytes * 1024**2)
    assert check.state == state


def test_free_space_is_asked_of_the_nearest_folder_that_exists(tmp_path: Path) -> None:
    assert "MiB free" in check_disk(tmp_path / "not" / "yet").fact


def test_a_missing_checkpoint_blocks() -> None:
    check = check_checkpoint("no-such-checkpoint")
    assert (check.state, check.remedy) == ("missing", "git checkout -- assets/checkpoints")


def prescribe(monkeypatch: pytest.MonkeyPatch, *checks: Check) -> None:
    monkeypatch.setattr(
        report, "CHECKS", tuple((lambda check=check: check) for check in checks)
    )


FINE = Check(name="python", state="ok", fact="Python 3.11")
SLOW = Check(
    name="wait-policy", state="slow", fact="spins", remedy="export OMP_WAIT_POLICY=PASSIVE"
)
GONE = Check(
    name="gl", state="missing", fact="no OpenGL", remedy="sudo apt-get install libegl1"
)


def test_what_is_slow_does_not_block_and_its_remedy_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prescribe(monkeypatch, FINE, SLOW)
    assert report.main() == 0
    printed = capsys.readouterr().out
    assert SLOW.remedy in printed
    assert printed.endswith("0 missing, 1 slow, 1 ok\n")


def test_what_is_missing_makes_the_doctor_exit_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prescribe(monkeypatch, FINE, GONE)
    assert report.main(json=True) == 1
    printed = json.loads(capsys.readouterr().out)
    assert sorted(printed) == ["checks", "versions"]
    assert printed["checks"][1] == {
        "name": "gl",
        "state": "missing",
        "fact": "no OpenGL",
        "remedy": "sudo apt-get install libegl1",
    }
    assert sorted(printed["versions"]) == ["gymnasium", "mujoco", "psiscope", "python", "torch"]


def test_every_fault_on_this_machine_comes_with_its_remedy() -> None:
    checks = report.run_doctor()
    assert [check.name for check in checks] == [
        "python",
        "packages",
        "libraries",
        "display",
        "gl",
        "wait-policy",
        "omp-threads",
        "torch-threads",
        "data-folder",
        "disk",
        "checkpoint",
    ]
    assert all(check.remedy for check in checks if check.state != "ok")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the loader of Linux")
def test_the_libraries_of_this_machine_are_known() -> None:
    assert check_libraries().state == "ok"
