#!/usr/bin/env bash
# Builds the Debian package from what is already built: build/release/lianbo and web/dist. No network.
#   tools/package.sh OUT_FOLDER     prints the package's path
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
out=${1:?where to}
program=build/release/lianbo
[ -x "$program" ] || { echo "build/release/lianbo is not there: ./dev build" >&2; exit 1; }
[ -f web/dist/shop/index.html ] || { echo "web/dist is not there: ./dev web" >&2; exit 1; }

version=$("$program" --version | cut -d' ' -f2)
arch=$(dpkg --print-architecture)
# The same sources give the same package: every file has the time of the last change.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
pkg=$root/lianbo

put() { install -D -m "$1" "$2" "$pkg/$3"; }  # MODE FROM TO
umask 022
put 0755 "$program" usr/bin/lianbo
strip --strip-unneeded --remove-section=.comment --remove-section=.note "$pkg/usr/bin/lianbo"
put 0755 deploy/lianboctl usr/sbin/lianboctl
put 0644 deploy/lianbo.service lib/systemd/system/lianbo.service
put 0640 deploy/lianbo.conf etc/lianbo/lianbo.conf
(cd web/dist && find . -type f -print0 | while IFS= read -r -d '' f; do install -D -m 0644 "$f" "$pkg/usr/share/lianbo/web/$f"; done)
doc=usr/share/doc/lianbo
for f in docs/*.md; do put 0644 "$f" "$doc/$(basename "$f")"; done
put 0644 README.md "$doc/README.md"
put 0644 README.zh-CN.md "$doc/README.zh-CN.md"
{
  printf 'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: Lianbo\n\n'
  printf 'Files: *\nCopyright: Lianbo maintainers\nLicense: Apache-2.0\n On Debian systems the full text is in /usr/share/common-licenses/Apache-2.0.\n'
} >"$pkg/$doc/copyright"
{
  printf 'lianbo (%s) unstable; urgency=medium\n\n' "$version"
  git log -20 --format='  * %s' 2>/dev/null || printf '  * Version %s\n' "$version"
  printf '\n -- Lianbo maintainers <lianbo@localhost>  %s\n' "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")"
} | gzip -9n >"$pkg/$doc/changelog.gz"
mkdir -p "$pkg/usr/share/man/man1"
"$program" docs man | gzip -9n >"$pkg/usr/share/man/man1/lianbo.1.gz"
chmod 0644 "$pkg/$doc/copyright" "$pkg/$doc/changelog.gz" "$pkg/usr/share/man/man1/lianbo.1.gz"

# Which packages its libraries are in, and from which version on.
mkdir -p "$root/debian"
printf 'Source: lianbo\n\nPackage: lianbo\nArchitecture: any\n' >"$root/debian/control"
if command -v dpkg-shlibdeps >/dev/null; then
  libraries=$(cd "$root" && dpkg-shlibdeps -O "$pkg/usr/bin/lianbo" 2>/dev/null | sed -n 's/^shlibs:Depends=//p')
else
  libraries=$(ldd "$pkg/usr/bin/lianbo" | awk '$2=="=>" {print $3}' | xargs -r dpkg -S 2>/dev/null | cut -d: -f1 | sort -u | paste -sd, | sed 's/,/, /g')
fi
[ -n "$libraries" ] || { echo "the program's libraries belong to no package" >&2; exit 1; }

mkdir -p "$pkg/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@LIBRARIES@/$libraries/" \
  -e "s/@SIZE@/$(du -sk --exclude=DEBIAN "$pkg" | cut -f1)/" deploy/debian/control >"$pkg/DEBIAN/control"
for f in postinst prerm postrm; do install -m 0755 "deploy/debian/$f" "$pkg/DEBIAN/$f"; done
echo /etc/lianbo/lianbo.conf >"$pkg/DEBIAN/conffiles"
(cd "$pkg" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 0644 "$pkg/DEBIAN/control" "$pkg/DEBIAN/conffiles" "$pkg/DEBIAN/md5sums"
find "$pkg" -print0 | xargs -0r touch -h -d "@$SOURCE_DATE_EPOCH"

mkdir -p "$out"
file=$out/lianbo_${version}_$arch.deb
dpkg-deb --root-owner-group --build "$pkg" "$file" >/dev/null
echo "$file"
