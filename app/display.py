"""Whether a window can open here: Qt aborts the process on a bad display, so we ask first."""

from __future__ import annotations

import ctypes
import os
import socket
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from core.errors import InputError

_SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108  where X servers listen
_FIRST_PORT = 6000
_TIMEOUT = 3.0
_REMEDY = "set DISPLAY to a running X server, or add --offscreen"
_LIBRARIES = "apt-get install libxcb-cursor0 libxkbcommon-x11-0, or make setup"


class DisplayError(InputError):
    """No window can open here."""


def check_display(environment: Mapping[str, str] = os.environ) -> None:
    """Raise DisplayError where Qt would abort; trust a platform that the user named."""
    if environment.get("QT_QPA_PLATFORM") or not sys.platform.startswith("linux"):
        return
    if environment.get("WAYLAND_DISPLAY") and _wayland_answers(environment):
        return
    display = environment.get("DISPLAY", "")
    if not display:
        raise DisplayError(
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)",
            "log in to a desktop, use ssh -X, or add --offscreen for a picture and a film",
        )
    _reach(display)
    _shake_hands(display)


def x_address(display: str) -> tuple[socket.AddressFamily, str | tuple[str, int]]:
    """The socket of an X display such as :0, :0.1 or host:10.0; else ValueError."""
    host, separator, rest = display.rpartition(":")
    number = rest.split(".")[0]
    if not separator or not number.isdecimal() or int(number) > 59_000:
        raise ValueError("not of the form host:number")
    if host in {"", "unix"}:
        path = _SOCKETS / f"X{number}"
        # Linux servers may listen on the abstract name alone.
        return socket.AF_UNIX, str(path) if path.exists() else f"\0{path}"
    return socket.AF_INET, (host.removeprefix("tcp/"), _FIRST_PORT + int(number))


def _reach(display: str) -> None:
    try:
        family, address = x_address(display)
        with closing(socket.socket(family, socket.SOCK_STREAM)) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(address)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise DisplayError(
            f"no X server answers at DISPLAY={display} ({reason})", _REMEDY
        ) from error


def _shake_hands(display: str) -> None:
    """A server may answer and yet refuse us; only a handshake with its cookie tells."""
    try:
        ctypes.CDLL("libxcb-cursor.so.0")
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        missing = str(error).split(":")[0]
        raise DisplayError(f"Qt needs {missing} to open a window", _LIBRARIES) from error
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise DisplayError(
            f"the X server at DISPLAY={display} refuses the connection (code {refused})",
            "check XAUTHORITY or xhost, or add --offscreen",
        )


def _wayland_answers(environment: Mapping[str, str]) -> bool:
    path = Path(environment.get("XDG_RUNTIME_DIR", ""), environment["WAYLAND_DISPLAY"])
    try:
        with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
    except OSError:
        return False
    return True
