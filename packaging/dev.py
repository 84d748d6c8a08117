#!/usr/bin/env python3
"""Set-up and tasks. Needs Python 3.11 or newer and pip, nothing else.

python3 packaging/dev.py run      set up, then start Fingerpost (arguments after it go to the program)
python3 packaging/dev.py test     set up, then run the tests (arguments after it go to pytest)
python3 packaging/dev.py check    ruff, mypy --strict, import-linter
python3 packaging/dev.py bench    run the benchmarks in tests/bench
python3 packaging/dev.py clean    remove the environment and all caches
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
WINDOWS = sys.platform == "win32"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if WINDOWS else "bin/python")
CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", "tests/artifacts")

# What Qt's X11 plugin loads at start: the wheel does not carry these libraries.
DEBIAN_RUN = (
    "libdbus-1-3",
    "libegl1",
    "libfontconfig1",
    "libgl1",
    "libxcb-cursor0",
    "libxcb-icccm4",
    "libxcb-image0",
    "libxcb-keysyms1",
    "libxcb-randr0",
    "libxcb-render-util0",
    "libxcb-shape0",
    "libxcb-xinerama0",
    "libxkbcommon-x11-0",
)
# The virtual desktop the window is tested on.
DEBIAN_TEST = (
    *DEBIAN_RUN,
    "at-spi2-core",
    "dbus-daemon",
    "fonts-noto-core",
    "mousepad",
    "openbox",
    "picom",
    "x11-utils",
    "x11-xserver-utils",
    "xauth",
    "xdotool",
    "xterm",
    "xvfb",
)


class SetupError(Exception):
    """Something the person has to do first; `str()` says what."""


def main() -> int:
    """Run one task; the exit code is the task's own."""
    tasks = {"run": run, "test": test, "check": check, "bench": bench, "clean": clean}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=tasks)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to the program or to pytest")
    options = parser.parse_args()
    try:
        return tasks[options.task](options.arguments)
    except SetupError as error:
        print(f"dev.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def run(arguments: list[str]) -> int:
    """Start the program."""
    need_debian_packages(DEBIAN_RUN)
    prepare(["engine", "mlx"])
    return call([str(PYTHON), "-m", "app", *arguments])


def test(arguments: list[str]) -> int:
    """Run the tests, on Linux on a message bus of their own so that no desktop service is touched or left behind."""
    need_debian_packages(DEBIAN_TEST)
    prepare(["engine", "mlx", "dev"])
    command = [str(PYTHON), "-m", "pytest", *(arguments or ["-n", "2", "--dist", "loadfile"])]
    if shutil.which("dbus-run-session"):
        command = ["dbus-run-session", "--", *command]
    return call(command)


def check(arguments: list[str]) -> int:
    """Run every static check; all of them, also when one fails."""
    prepare(["engine", "mlx", "dev"])
    tools = ("ruff check .", "ruff format --check .", "mypy", "lint-imports")
    failed = 0
    for tool in tools:
        print(f"== {tool}", flush=True)
        name, *options = tool.split()
        failed |= call([str(PYTHON.with_name(name + PYTHON.suffix)), *options])
    return 1 if failed else 0


def bench(arguments: list[str]) -> int:
    """Run the benchmarks one after the other, those named in `arguments` or all."""
    need_debian_packages(DEBIAN_TEST)
    prepare(["engine", "mlx", "dev"])
    failed = 0
    for script in sorted((ROOT / "tests" / "bench").glob("bench_*.py")):
        if not arguments or script.stem.removeprefix("bench_") in arguments:
            print(f"== {script.name}", flush=True)
            failed |= call([str(PYTHON), str(script)])
    return 1 if failed else 0


def clean(arguments: list[str]) -> int:
    """Remove what the other tasks made."""
    for path in (ENVIRONMENT, *(ROOT / name for name in CACHES), *ROOT.rglob("__pycache__")):
        shutil.rmtree(path, ignore_errors=True)
    return 0


def call(command: list[str]) -> int:
    """Run a command from the project's root and return its exit code."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def prepare(extras: list[str]) -> None:
    """Make the environment and install the project with `extras`, unless that was done for this very project file.

    Raises:
        SetupError: Python is too old, no environment could be made, or pip failed.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python gets to see first
        raise SetupError(f"Fingerpost needs Python 3.11 or newer; this is {platform.python_version()}")
    wanted = [extra for extra in extras if extra]
    digest = hashlib.sha256()
    digest.update((ROOT / "pyproject.toml").read_bytes())
    digest.update(f"{sys.version_info[:2]} {platform.machine()}".encode())
    stamp = ENVIRONMENT / "fingerpost-stamp.txt"
    have = stamp.read_text(encoding="utf-8").split() if stamp.exists() and PYTHON.exists() else []
    if have[:1] == [digest.hexdigest()] and set(wanted) <= set(have[1:]):
        return
    if have[:1] == [digest.hexdigest()]:
        wanted = sorted(set(wanted) | set(have[1:]))
    print("Setting up Fingerpost in .venv; the first time this takes some minutes.", flush=True)
    if not PYTHON.exists():
        make_environment()
    stamp.unlink(missing_ok=True)
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if call([*pip, "--editable", f".[{','.join(wanted)}]"]) != 0:
        raise SetupError("pip could not install what Fingerpost needs; its last lines above say why")
    stamp.write_text(" ".join([digest.hexdigest(), *wanted]), encoding="utf-8")


def make_environment() -> None:
    """Make `.venv` with pip in it. Debian's Python comes without ensurepip, its pip can still install into one."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - only whether it is there
    except ImportError:
        venv.create(ENVIRONMENT, clear=True, with_pip=False)
        if call([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "--quiet", "pip"]) != 0:
            raise SetupError("there is neither ensurepip nor pip: install python3-venv, then run this again") from None
    else:
        venv.create(ENVIRONMENT, clear=True, with_pip=True)


def need_debian_packages(packages: tuple[str, ...]) -> None:
    """On Debian and Ubuntu, name the missing system packages and offer to install them. Elsewhere do nothing.

    Raises:
        SetupError: packages are missing and were not installed.
    """
    if not (sys.platform == "linux" and shutil.which("dpkg-query") and shutil.which("apt-get")):
        return
    missing = [name for name in packages if name not in installed_debian_packages(packages)]
    if not missing:
        return
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    install = [*([] if root else ["sudo"]), "apt-get", "install", "--yes", "--no-install-recommends", *missing]
    print(f"Missing system packages: {' '.join(missing)}", flush=True)
    if sys.stdin.isatty():
        agreed = input(f"Install them now with {' '.join(install[:3])}? [Y/n] ").strip().lower() in ("", "y", "yes")
    else:
        agreed = root  # Nobody to ask; a root shell without a terminal is a container or a build machine.
    if not agreed:
        raise SetupError(f"install them, then run this again: {' '.join(install)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    prefix = install[: install.index("apt-get") + 1]
    for command in ([*prefix, "update", "--quiet=2"], [*prefix, "--quiet=2", *install[len(prefix) :]]):
        if subprocess.run(command, env=environment, check=False).returncode != 0:
            raise SetupError(f"the packages could not be installed: {' '.join(install)}")


def installed_debian_packages(packages: tuple[str, ...]) -> set[str]:
    """Which of `packages` are installed. Names that dpkg does not know are left out."""
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages]
    listing = subprocess.run(query, capture_output=True, text=True, check=False).stdout
    return {line.split()[0] for line in listing.splitlines() if line.endswith(" installed")}


if __name__ == "__main__":
    sys.exit(main())
