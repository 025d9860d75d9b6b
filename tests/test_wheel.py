"""What is shipped: the wheel holds `tracking` alone, and a bare project runs on it."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SETTINGS = """
SECRET_KEY = "k" * 60
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "tracking",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tracking.middleware.AffiliateMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [{
    "BACKEND": "django.template.backends.django.DjangoTemplates",
    "APP_DIRS": True,
    "OPTIONS": {"context_processors": [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]},
}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "shop.sqlite3"}}
"""

POSTBACK_URL = "https://get.aspr.app/aff_lsr?offer_id=12345&aff_id=AFFILIATE_ID&amount=AMOUNT&adv_unique1=ORDER_ID"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that nothing is left in the checkout."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, names):
        copy = source / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(source)],
        check=True,
        capture_output=True,
    )
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_wheel_ships_tracking_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"tracking"}


def test_the_wheel_ships_every_file_of_tracking(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "tracking").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - shipped == set()


def test_tracking_itself_needs_only_django_and_requests(metadata: Message) -> None:
    needs = [need for need in metadata.get_all("Requires-Dist", []) if "extra ==" not in need]
    assert sorted(need.split(">")[0].lower() for need in needs) == ["django", "requests"]


class BareProject:
    """A project with `tracking` from its wheel, Django and requests; neither `store` nor `config` can be imported."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        installed = folder / "installed"
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(installed)
        (folder / "settings.py").write_text(SETTINGS)
        # -S leaves the .pth files out through which the checkout itself would be found.
        self._path = os.pathsep.join([str(folder), str(installed), sysconfig.get_paths()["purelib"]])

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-S", "-W", "error", "-m", *command],
            cwd=self.folder,
            env={"PYTHONPATH": self._path, "DJANGO_SETTINGS_MODULE": "settings", "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> BareProject:
    project = BareProject(tmp_path_factory.mktemp("project"), wheel)
    migrated = project.run("django", "migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    return project


def test_a_bare_project_passes_its_checks(project: BareProject) -> None:
    checked = project.run("django", "check", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert "no issues" in checked.stdout


def test_a_bare_project_runs_on_the_wheel_and_not_on_the_checkout(project: BareProject) -> None:
    where = project.run("django", "shell", "--no-imports", "--command", "import tracking; print(tracking.__file__)")
    assert str(project.folder) in where.stdout


def test_a_bare_project_can_set_an_offer_up_and_see_its_test_postback(project: BareProject) -> None:
    set_up = project.run("django", "set_offer", "--offer-id", "12345", "--default", "--postback-url", POSTBACK_URL)
    assert set_up.returncode == 0, set_up.stderr
    shown = project.run("django", "send_test_postback", "--dry-run", "--order-id", "TEST-1")
    assert shown.returncode == 0, shown.stderr
    assert "aff_id=1&amount=1.00&adv_unique1=TEST-1" in shown.stdout
