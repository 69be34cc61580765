"""The virtual environment, exactly as requirements-dev.lock says, and only when it changed."""

import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from ground.install import apt_install
from ground.steps import Failure, run, step

_ROOT = Path(__file__).resolve().parent.parent
_VENV = _ROOT / ".venv"
_LOCK = _ROOT / "requirements-dev.lock"
_PROJECT = (_ROOT / "pyproject.toml", _ROOT / "src/cpctl/__init__.py")


def _unless_made(stamp: Path, sources: Sequence[Path], make: Callable[[], None]) -> None:
    """A stamp holds what was made from, so that a second run reads two files and is done."""
    digest = hashlib.sha256(f"{sys.version} {sys.base_prefix} {_ROOT}".encode())
    for source in sources:
        digest.update(source.read_bytes())
    fingerprint = digest.hexdigest()
    if not stamp.exists() or stamp.read_text("utf-8") != fingerprint:
        make()
        stamp.write_text(fingerprint, "utf-8")


def _require_venv_module() -> None:
    """Debian ships Python without the part that makes virtual environments."""
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python3.{sys.version_info.minor}-venv"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Failure(f"this Python cannot make virtual environments: install {package}")
    apt_install(package)


def _pip_install(*arguments: str) -> None:
    pip = [str(_VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check", "--no-input"]
    run([*pip, "install", "--quiet", *arguments])


def _make_environment() -> None:
    _require_venv_module()
    with step(f"venv: {_VENV.name} with Python {sys.version.split()[0]}"):
        run([sys.executable, "-m", "venv", "--clear", str(_VENV)])
    with step(f"venv: pip install of {_LOCK.name}"):
        _pip_install("--require-hashes", "-r", str(_LOCK))


def _install_project() -> None:
    with step("venv: pip install of cpctl itself, editable"):
        _pip_install("--no-deps", "--no-build-isolation", "-e", str(_ROOT))


def main() -> int:
    try:
        _unless_made(_VENV / "made-from-lock", [_LOCK], _make_environment)
        _unless_made(_VENV / "made-from-project", _PROJECT, _install_project)
    except (Failure, OSError) as failure:
        print(f"venv: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
