#!/usr/bin/env python3
"""Looks at a built package as a careful installer would, and installs it into an empty root and removes it again:
check_package.py FILE.deb. Prints every fault; exits 1 if there is one."""
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

WANTED = {
    "usr/bin/lianbo": 0o755, "usr/sbin/lianboctl": 0o755, "lib/systemd/system/lianbo.service": 0o644,
    "etc/lianbo/lianbo.conf": 0o640, "usr/share/lianbo/web/shop/index.html": 0o644,
    "usr/share/man/man1/lianbo.1.gz": 0o644, "usr/share/doc/lianbo/copyright": 0o644,
    "usr/share/doc/lianbo/changelog.gz": 0o644, "usr/share/doc/lianbo/operations.md": 0o644,
    "usr/share/doc/lianbo/settings.md": 0o644,
}
HARDENED = ["NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes", "User=lianbo",
            "LimitNOFILE=", "UMask=0077", "CapabilityBoundingSet=\n", "SystemCallFilter="]
faults = []


def fault(words):
    faults.append(words)


def run(*command, ok=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if ok and done.returncode != 0:
        fault(f"{' '.join(map(str, command))} exits {done.returncode}: {(done.stdout + done.stderr)[-800:]}")
    return done


def contents(deb):
    seen = {}
    for line in run("dpkg-deb", "--contents", deb).stdout.splitlines():
        mode, owner, _, _, _, name = line.split(None, 5)
        name = name.split(" -> ")[0].removeprefix("./")
        seen[name.rstrip("/")] = mode
        if owner != "root/root":
            fault(f"{name} belongs to {owner}")
        if "w" in mode[5] + mode[8] and not mode.startswith("l"):
            fault(f"{name} can be written by others: {mode}")
        if mode[0] not in "-d":
            fault(f"{name} is neither a file nor a folder: {mode}")
        if re.match(r"(usr/local|tmp|home|root|var/lib|opt)/", name):
            fault(f"{name} does not belong into a package")
    for name, mode in WANTED.items():
        if name not in seen:
            fault(f"{name} is not in the package")
        elif sum(1 << (8 - i) for i, c in enumerate(seen[name][1:10]) if c != "-") != mode:
            fault(f"{name} has the mode {seen[name]}, not {mode:o}")


def control(deb, folder):
    run("dpkg-deb", "--control", deb, folder / "control")
    said = run("dpkg-deb", "--field", deb).stdout
    for field in ["Package: lianbo", "Version: ", "Architecture: ", "Maintainer: ", "Depends: ", "Installed-Size: ",
                  "Description: "]:
        if field not in said:
            fault(f"the control file has no \"{field}\"")
    for library in ["libc6", "libsqlite3-0", "libpq5", "libssl3", "adduser", "fonts-noto-cjk", "tzdata"]:
        if library not in said:
            fault(f"it does not depend on {library}")
    if "@" in said.replace("<lianbo@localhost>", ""):
        fault("a place was not filled in: " + said)
    if (folder / "control/conffiles").read_text() != "/etc/lianbo/lianbo.conf\n":
        fault("conffiles does not name the settings, so that an upgrade would overwrite them")
    for script in ["postinst", "prerm", "postrm"]:
        path = folder / "control" / script
        if not os.access(path, os.X_OK):
            fault(f"{script} can't be run")
        run("sh", "-n", path)
        if "set -e" not in path.read_text():
            fault(f"{script} goes on after an error")
    return re.search(r"^Version: (.*)$", said, re.M).group(1)


def unpacked(deb, folder, version):
    root = folder / "files"
    run("dpkg-deb", "--extract", deb, root)
    for line in (folder / "control/md5sums").read_text().splitlines():
        digest, name = line.split("  ", 1)
        if hashlib.md5((root / name).read_bytes()).hexdigest() != digest:
            fault(f"md5sums is wrong about {name}")
    program = root / "usr/bin/lianbo"
    if "not found" in run("ldd", program).stdout:
        fault("a library of the program is not there")
    if run(program, "--version").stdout != f"lianbo {version}\n":
        fault("the program is of another version than the package")
    unit = (root / "lib/systemd/system/lianbo.service").read_text()
    for words in HARDENED:
        if words not in unit:
            fault(f"the unit does not say {words.strip()}")
    if shutil.which("systemd-analyze"):
        # With the program where the unit says it is; it complains about nothing else of ours.
        copy = folder / "lianbo.service"
        copy.write_text(unit.replace("/usr/bin/lianbo", str(program)).replace("Documentation=man:lianbo(1)", "Documentation="))
        said = run("systemd-analyze", "verify", copy, ok=False)
        for line in (said.stdout + said.stderr).splitlines():
            if "lianbo" in line:
                fault(f"systemd-analyze: {line}")
        risk = run("systemd-analyze", "security", "--offline=true", copy, ok=False).stdout
        level = re.search(r"Overall exposure level for lianbo.service: ([0-9.]+)", risk)
        if level and float(level.group(1)) > 2.5:
            fault(f"systemd-analyze security: {level.group(0)}")
    page = gzip.decompress((root / "usr/share/man/man1/lianbo.1.gz").read_bytes()).decode()
    for verb in ["serve", "backup", "restore", "doctor", "migrate", "verify"]:
        if f".SS {verb}" not in page:
            fault(f"the manual page has nothing on {verb}")
    if shutil.which("man"):
        said = run("man", "--warnings", "-l", root / "usr/share/man/man1/lianbo.1.gz", env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
        if said.stderr.strip():
            fault(f"the manual page: {said.stderr.strip()[:300]}")


def installed(deb, folder):
    """Into an empty root, as a package manager would: unpacked, configured, upgraded over itself, removed, purged."""
    root = folder / "root"
    (root / "var/lib/dpkg/updates").mkdir(parents=True)
    (root / "var/lib/dpkg/info").mkdir()
    for name in ["status", "available"]:
        (root / "var/lib/dpkg" / name).touch()
    dpkg = ["dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends", "--force-not-root", "--force-bad-path"]
    run(*dpkg, "--install", deb)
    settings = root / "etc/lianbo/lianbo.conf"
    run(root / "usr/bin/lianbo", "check-config", "--config", settings)
    settings.write_text(settings.read_text() + "# mine\n")
    run(*dpkg, "--force-confold", "--install", deb)
    if "# mine" not in settings.read_text():
        fault("an upgrade threw the settings away")
    # A first day with what the package brings: set up, looked at, served, backed up.
    state = folder / "state"
    (state / "backups").mkdir(parents=True)
    own = ["--config", settings, "--set", f"db.url=sqlite:{state}/lianbo.db", "--set", f"backup.dir={state}/backups",
           "--set", "http.port=0", "--set", f"web.dir={root}/usr/share/lianbo/web"]
    program = root / "usr/bin/lianbo"
    os.umask(0o077)
    run(program, "init", "--name", "Brand", "--owner", "owner", *own)
    run(program, "backup", *own)
    said = run(program, "doctor", *own)
    if "FAIL" in said.stdout:
        fault("doctor on a fresh installation: " + said.stdout)
    run(*dpkg, "--remove", "lianbo")
    if not settings.exists() or program.exists():
        fault("removing must take the program and leave the settings")
    run(*dpkg, "--purge", "lianbo")
    left = [p for p in root.rglob("*") if p.is_file() and "var/lib/dpkg" not in str(p)]
    if left:
        fault(f"purging leaves {left[:3]}")


def main():
    deb = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="lianbo-package-") as name:
        folder = pathlib.Path(name)
        contents(deb)
        version = control(deb, folder)
        unpacked(deb, folder, version)
        installed(deb, folder)
    for words in faults:
        print(words)
    print(f"package: {'ok' if not faults else str(len(faults)) + ' faults'} ({deb.name}, {deb.stat().st_size // 1024} KiB)")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
