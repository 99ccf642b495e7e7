#!/bin/sh
# Set up what Psiscope needs: `sh .ci/setup.sh run` to use it, `sh .ci/setup.sh test` to work on it.
# Debian libraries (installed where that is allowed, else the one line to type), a virtual environment
# in .venv, the packages of pyproject.toml as pinned in constraints.txt. Does nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
purpose=${1:-run}
PIP_ARGS=${PIP_ARGS:-}

say() { printf 'set-up: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Prints what may run apt-get: nothing for root, "sudo" where it asks no password; fails otherwise.
apt_prefix() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" -eq 0 ] && return 0
    command -v sudo >/dev/null && sudo -n true 2>/dev/null && echo sudo
}

apt_install() {
    if ! prefix=$(apt_prefix); then
        command -v apt-get >/dev/null || fail "these Debian packages, or what your system calls them, are missing: $*"
        fail "Debian packages are missing; type: sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    fi
    say "installing Debian packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    $prefix apt-get -qq update || fail "apt-get update failed: check the network and /etc/apt"
    $prefix apt-get -qq install -y --no-install-recommends "$@" >/dev/null ||
        fail "apt-get could not install: $*"
}

# Whether a shared library is known to the loader, or a file matches the pattern.
present() {
    case $1 in
        /*) for file in $1; do [ -e "$file" ] && return 0; done; return 1 ;;
        *) case $libraries in *"	$1 "*) return 0 ;; esac; return 1 ;;
    esac
}

missing_libraries() {
    [ "$(uname -s)" = Linux ] && [ -x /sbin/ldconfig ] || return 0
    libraries=$(/sbin/ldconfig -p)
    while read -r use package sign; do
        case $use in run | "$purpose") present "$sign" || printf ' %s' "$package" ;; esac
    done <assets/debian-packages.txt
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_environments() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

# Sets $python to a Python of at least 3.11.
find_python() {
    for python in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$python" >/dev/null && new_enough "$python"; then return 0; fi
    done
    return 1
}

environment_works() { [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1; }

missing_python() {
    if environment_works; then return 0; fi
    if ! find_python; then printf ' python3 python3-venv'; return 0; fi
    makes_environments "$python" || printf ' python3-venv'
}

install_system_packages() {
    packages=$(missing_python)$(missing_libraries)
    # shellcheck disable=SC2086 # one word per package
    [ -z "$packages" ] || apt_install $packages
}

make_environment() {
    if environment_works; then return 0; fi
    find_python || fail "Python 3.11 or newer is missing: install it, or name it: make PYTHON=/path/to/python3.11"
    say "making the virtual environment .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || fail "$python could not make a virtual environment: install its venv module"
}

# The packages asked for, one a line: those to use Psiscope, and for `test` those to work on it.
wanted() {
    .venv/bin/python - "$purpose" <<'PYTHON'
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extra = project["optional-dependencies"]["dev"] if sys.argv[1] == "test" else []
print(*project["dependencies"], *extra, sep="\n")
PYTHON
}

install_packages() {
    wanted >.venv/wanted.txt
    cat .venv/wanted.txt constraints.txt >.venv/asked.txt
    if cmp -s .venv/asked.txt ".venv/installed-$purpose.txt"; then return 0; fi
    say "installing the pinned Python packages"
    quiet=-q
    [ -t 1 ] && quiet=
    # shellcheck disable=SC2086 # PIP_ARGS holds several words
    .venv/bin/python -m pip install --disable-pip-version-check --no-input $quiet \
        -c constraints.txt -r .venv/wanted.txt $PIP_ARGS ||
        fail "pip could not install the packages: check the network, or name a mirror: make PIP_ARGS='--index-url URL'"
    mv .venv/asked.txt ".venv/installed-$purpose.txt"
}

case $purpose in run | test) ;; *) fail "use: sh .ci/setup.sh run|test" ;; esac
install_system_packages
make_environment
install_packages
