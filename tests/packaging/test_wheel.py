"""The wheel, in an environment of its own: what is in it, and that it runs without the source tree.

Its dependencies are the installed releases of the runtime lock and nothing else, so a forgotten
dependency or a data file left behind fails here, and no network is needed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.house.source import CODE, ROOT
from tests.packaging.locks import RUNTIME, pins

_COMPILED = shutil.ignore_patterns("__pycache__")
"""What other processes write meanwhile, under names that come and go."""
_SAMPLE = str(ROOT / "specs" / "samples" / "withdrawal.hex")


def _run(*command: str | Path, cwd: Path) -> str:
    run = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert not run.returncode, run.stderr
    return run.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy: setuptools writes beside what it reads."""
    copy = tmp_path_factory.mktemp("source")
    for name in CODE:
        shutil.copytree(ROOT / name, copy / name, ignore=_COMPILED)
    for name in ("tests", "bench"):
        shutil.copytree(ROOT / name, copy / name, ignore=_COMPILED)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", cwd=copy)
    (built,) = (copy / "dist").iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an empty environment and return that environment's `bin`."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python))
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", str(wheel), cwd=home)
    (site,) = (home / "lib").glob("python*/site-packages")
    for part in _dependencies():
        (site / part.name).symlink_to(part)
    _run(*pip, "check", cwd=home)
    return python.parent


def _dependencies() -> Iterator[Path]:
    """Yield the folders and modules that the releases of the runtime lock consist of."""
    for name, pin in pins(RUNTIME).items():
        if pin.is_wanted_here:
            release = distribution(name)
            yield from {
                Path(str(release.locate_file(file.parts[0])))
                for file in release.files or ()
                if file.parts[0] not in {"..", "__pycache__"}
            }


def test_the_wheel_holds_code_and_spec_files_and_neither_tests_nor_bench(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {*CODE, "jinbao-0.2.0.dist-info"}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for folder in CODE
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml", ".json", ".hex"}
    }
    assert "specs/dialects/pos.toml" in wanted
    assert wanted <= set(names)


def test_the_installed_command_decodes_as_the_source_tree_does(
    installed: Path, tmp_path: Path
) -> None:
    words = ("decode", "--dialect", "pos", "--json", _SAMPLE)
    from_wheel = _run(installed / "jinbao", *words, cwd=tmp_path)
    assert from_wheel.startswith('{"ok":true,')
    assert '"mti":"0200"' in from_wheel
    assert from_wheel == _run(sys.executable, "-m", "switch", *words, cwd=ROOT)


def test_the_installed_packages_are_those_of_the_wheel(installed: Path, tmp_path: Path) -> None:
    places = (
        f"import {', '.join(CODE)}; print(*({', '.join(f'{name}.__file__' for name in CODE)},))"
    )
    found = _run(installed / "python", "-c", places, cwd=tmp_path).split()
    assert len(found) == len(CODE)
    assert all(Path(place).is_relative_to(installed.parent) for place in found)
