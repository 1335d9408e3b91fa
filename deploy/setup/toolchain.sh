#!/bin/sh
# Finds the toolchains that the set-up builds on and names, in one sentence each, those that are missing.
# Prints the path of uv on success; uv itself is put into .tools when only a Python is there.
set -eu
cd "$(dirname "$0")/../.."

missing=0
need() { # name, what is wrong, how to get it
    printf '%s: %s\n    %s\n' "$1" "$2" "$3" >&2
    missing=1
}

oldest_python='import sys; raise SystemExit(sys.version_info < (3, 11))'
if command -v uv >/dev/null 2>&1; then
    uv=$(command -v uv)
elif [ -x .tools/bin/uv ]; then
    uv=$PWD/.tools/bin/uv
else
    uv=
    for python in python3 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null 2>&1 && "$python" -c "$oldest_python" 2>/dev/null; then
            echo "没有 uv，装一份到 .tools / no uv on this machine, putting one into .tools" >&2
            "$python" -m venv .tools >&2 && .tools/bin/pip install --quiet 'uv>=0.9' >&2 && uv=$PWD/.tools/bin/uv
            break
        fi
    done
    [ -n "$uv" ] || need uv "没有 uv，也没有 Python 3.11 以上 / neither uv nor a Python of 3.11 or newer (with venv) is here" \
        "Debian: apt install python3 python3-venv;  others: docs.astral.sh/uv"
fi

if ! command -v cargo >/dev/null 2>&1; then
    if [ -x "$HOME/.cargo/bin/cargo" ]; then
        need cargo "装了 Rust 但不在 PATH 里 / Rust is installed but not on PATH" "run: . \"\$HOME/.cargo/env\""
    else
        need cargo "没有 Rust 工具链 / the Rust toolchain is missing" "get it with rustup (rustup.rs), stable 1.88 or newer"
    fi
fi
command -v cc >/dev/null 2>&1 || need cc "没有 C 编译器 / a C compiler is missing" "Debian: apt install build-essential cmake"

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
    need node "没有 Node.js 或 npm / Node.js or npm is missing" "Node.js 20.19 or newer: nodejs.org, or your system's packages"
elif ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
    need node "Node.js $(node --version) 太旧 / is too old" "Node.js 20.19 or newer: nodejs.org, or your system's packages"
fi

[ "$missing" -eq 0 ] || exit 1
printf '%s\n' "$uv"
