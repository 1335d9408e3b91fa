#!/bin/sh
# Installs what only the tests need from the system: a browser, ffprobe, Chinese fonts, network tools,
# PostgreSQL, a judge of DICOM files.
set -eu

packages=
want() { # program, package
    command -v "$1" >/dev/null 2>&1 || packages="$packages $2"
}
want chromium chromium
want ffprobe ffmpeg
want ip iproute2
want nft nftables
# Judges the DICOM files that are written.
want dciodvfy dicom3tools
# Debian keeps the server's programs out of the path. Only the programs are used: the tests start their own.
set -- /usr/lib/postgresql/*/bin/initdb
[ -x "$1" ] || want initdb postgresql
if command -v fc-list >/dev/null 2>&1; then
    [ -n "$(fc-list :lang=zh family 2>/dev/null | head -n 1)" ] || packages="$packages fonts-noto-cjk"
else
    packages="$packages fontconfig fonts-noto-cjk"
fi
[ -n "$packages" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "测试还缺 / the tests still need:$packages — install them with this system's package tool" >&2
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "测试还缺 / the tests still need:$packages — run: sudo apt-get install$packages" >&2
    exit 1
fi
echo "安装 / installing:$packages" >&2
export DEBIAN_FRONTEND=noninteractive
# An index that is there is used first: refreshing it takes longer than the installation.
# shellcheck disable=SC2086
apt-get install -y -q --no-install-recommends $packages >/dev/null 2>&1 ||
    { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends $packages >/dev/null; }
