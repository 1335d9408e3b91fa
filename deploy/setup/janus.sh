#!/bin/sh
# Installs Debian's Janus, which `make bench-peers` measures beside this service. Where that is impossible it says
# so and leaves it: the bench then measures without it.
set -eu

command -v janus >/dev/null 2>&1 && exit 0
leave() {
    echo "没有 Janus，只测本服务 / without Janus, only this service is measured: $1" >&2
    exit 0
}
command -v apt-get >/dev/null 2>&1 || leave "there is no apt-get"
[ "$(id -u)" -eq 0 ] || leave "run once: sudo apt-get install --no-install-recommends janus"
echo "安装 / installing: janus" >&2
# The bench starts its own: Debian's would listen on every interface with its demo rooms.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q --no-install-recommends janus >/dev/null 2>&1 ||
    { apt-get update -q >/dev/null && apt-get install -y -q --no-install-recommends janus >/dev/null; } ||
    leave "apt-get cannot install it"
