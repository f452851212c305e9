"""A Debian with nothing on it, made by debootstrap, and copies of it that cost nothing.

Needs root and the Debian mirror that this machine uses; how this machine reaches it (proxies,
certificates, pip's settings) is how a root reaches it. Made once, in a cache; what is written
to a copy is in the copy's own layer.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vmha_ocf.backends.process.command import Result

CACHE = Path(os.environ.get("VMHA_PACKAGES_CACHE", "/var/cache/vmha-packages"))
RELEASE = os.environ.get("VMHA_DEBIAN_RELEASE", "bookworm")
MIRROR = os.environ.get("VMHA_DEBIAN_MIRROR", "http://deb.debian.org/debian")
SECURITY = "http://deb.debian.org/debian-security"
LIMIT = 900.0
"""Seconds for one command inside: a slow mirror is no failure."""

TAKE_SOURCES = (
    "mkdir /root/vmha-ocf && tar -C /source -c --exclude=./.git --exclude=./build "
    "--exclude='./.[mv]*' --exclude=__pycache__ . | tar -C /root/vmha-ocf -x"
)
"""Inside, where the repository is shared as ``/source``."""

_APT = """\
APT::Install-Recommends "false";
Acquire::Languages "none";
DPkg::Options { "--force-unsafe-io"; };
"""
_OF_THIS_MACHINE = (
    "etc/apt/apt.conf.d/*proxy*",
    "etc/apt/apt.conf.d/*artifact*",
    "etc/pip.conf",
    "etc/resolv.conf",
    "etc/ssl/certs/ca-certificates.crt",
    "usr/local/share/ca-certificates/*",
)
_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/root",
    "DEBIAN_FRONTEND": "noninteractive",
}
_PASSED_ON = ("http_proxy", "https_proxy", "no_proxy", "PIP_INDEX_URL")
_ENTER = """set -e
root=$1; shift
if [ "$1" ]; then mount -t overlay -o "$1" overlay "$root"; fi; shift
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount --bind /dev "$root/dev"
for shared in "$1" "$2"; do
    from=${shared%%:*}; to=$root${shared#*:}
    [ -z "$shared" ] || { mkdir -p "$to"; mount --bind "$from" "$to"; }
done
shift 2
exec chroot "$root" "$@"
"""


def missing() -> str:
    """What keeps this machine from making one; empty if nothing does."""
    if os.geteuid() != 0:
        return "root is needed"
    absent = [name for name in ("debootstrap", "unshare", "chroot") if not shutil.which(name)]
    return f"not installed: {', '.join(absent)}" if absent else ""


@dataclass(frozen=True)
class CleanRoot:
    """``layers``, the topmost first, and a folder for what is written; none: the folder itself."""

    folder: Path
    layers: tuple[Path, ...] = ()
    shared: str = ""
    """``FROM:TO``: a folder of this machine that is seen inside."""

    @property
    def root(self) -> Path:
        return self.folder / "root" if self.layers else self.folder

    @property
    def own(self) -> Path:
        """What was written to it."""
        return self.folder / "own"

    @property
    def lowerdir(self) -> str:
        """All of it, as an overlay takes what is below it. Not to be written to any more."""
        return ":".join(map(str, (self.own, *self.layers)))

    def copy(self, folder: Path, shared: str = "") -> CleanRoot:
        """Another one on top of this one, which must not be written to any more."""
        for name in ("own", "work", "root"):
            (folder / name).mkdir(parents=True)
        below = (self.own, *self.layers) if self.layers else (self.folder,)
        return CleanRoot(folder, below, shared)

    def run(
        self,
        *argv: str,
        env: Mapping[str, str] | None = None,
        input: str = "",
        timeout: float = LIMIT,
    ) -> Result:
        """Run inside, in namespaces of its own: what is left running dies with it."""
        layers = ":".join(map(str, self.layers))
        overlay = f"lowerdir={layers},upperdir={self.own},workdir={self.folder}/work"
        archives = f"{CACHE}/archives:/var/cache/apt/archives"
        unshare = ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child=KILL"]
        enter = ["sh", "-c", _ENTER, "sh", str(self.root), overlay if layers else ""]
        with _archives(argv):
            done = subprocess.run(
                [*unshare, *enter, archives, self.shared, *argv],
                capture_output=True,
                text=True,
                input=input,
                timeout=timeout,
                check=False,
                env=_environment() | dict(env or {}),
            )
        return Result(done.returncode, done.stdout, done.stderr)

    def must(self, *argv: str, env: Mapping[str, str] | None = None, input: str = "") -> str:
        done = self.run(*argv, env=env, input=input)
        assert done.rc == 0, f"{' '.join(argv)} ended with {done.rc}:\n{_end(done)}"
        return done.stdout

    def install(self, *packages: str) -> None:
        """As `apt-get install`; a path is a file inside."""
        self.must("apt-get", "-q", "-y", "install", *packages)


@contextmanager
def _archives(argv: Sequence[str]) -> Iterator[None]:
    """All roots share apt's archives, whose own lock waits for nobody."""
    with (CACHE / "archives.lock").open("w") as lock:
        if any("apt-get" in word for word in argv):
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def clean_root() -> CleanRoot:
    """The one in the cache, made if it is not there. Raises AssertionError with what it said."""
    base = CACHE / RELEASE
    (CACHE / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    if not base.is_dir():
        _make(base)
    return CleanRoot(base)


def _make(base: Path) -> None:
    unfinished = base.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    argv = ["debootstrap", "--variant=minbase", RELEASE, str(unfinished), MIRROR]
    made = subprocess.run(argv, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert made.returncode == 0, (
        f"debootstrap ended with {made.returncode}:\n{made.stdout[-2000:]}"
    )
    for pattern in _OF_THIS_MACHINE:
        for source in Path("/").glob(pattern):
            target = unfinished / source.relative_to("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    (unfinished / "etc/apt/apt.conf.d/90tests").write_text(_APT)
    (unfinished / "etc/apt/sources.list").write_text(
        f"deb {MIRROR} {RELEASE} main\ndeb {SECURITY} {RELEASE}-security main\n"
    )
    # Nothing is started in a root: neither by the installation nor later.
    policy = unfinished / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    CleanRoot(unfinished).must("apt-get", "-q", "update")
    unfinished.rename(base)


def _environment() -> dict[str, str]:
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return _ENVIRONMENT | passed


def _end(done: Result) -> str:
    return "\n".join((done.stdout + done.stderr).splitlines()[-40:])
