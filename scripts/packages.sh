# shellcheck shell=sh
# SPDX-License-Identifier: MIT
# Shared by quickstart.sh and test.sh: finds and installs missing packages.
# Read by them with `.`, in the root of the repository.

missing=

# want PACKAGE command ...: the Debian package is missing unless the command succeeds.
want()
{
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

have()
{
    command -v "$1" >/dev/null 2>&1
}

have_compiler()
{
    echo '#include <stdio.h>
int main(void) { return 0; }' >"$scratch/try.c"
    for compiler in ${CC:-cc gcc clang}; do
        "$compiler" "$scratch/try.c" -o "$scratch/try" && return 0
    done
    return 1
}

# Meson 1.0 or newer.
have_meson()
{
    case $(meson --version 2>/dev/null) in
    '' | 0.*) return 1 ;;
    esac
}

have_ninja()
{
    have ninja || have ninja-build
}

# Installs the missing packages, or prints the command for it and exits.
install_missing()
{
    [ -n "$missing" ] || return 0
    if ! have apt-get; then
        echo "Missing packages (names of Debian):$missing"
        echo "Install them and run this script again."
        exit 1
    fi
    line="apt-get update && apt-get install -y --no-install-recommends$missing"
    as=
    if [ "$(id -u)" -ne 0 ]; then
        if have sudo && [ -t 0 ]; then
            as=sudo
        elif have sudo && sudo -n true 2>/dev/null; then
            as="sudo -n"
        else
            refuse_to_install
        fi
    fi
    echo "Installing:$missing"
    # shellcheck disable=SC2086 # lists of words
    if ! {
        $as apt-get update -qq &&
            $as env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y -qq --no-install-recommends $missing
    } >"$scratch/apt" 2>&1; then
        tail -n 20 "$scratch/apt"
        refuse_to_install
    fi
}

refuse_to_install()
{
    echo "This script could not install the missing packages. Run"
    if [ "$(id -u)" -eq 0 ]; then echo "    $line"; else echo "    sudo sh -c '$line'"; fi
    echo "and run this script again."
    exit 1
}

# The Meson of an old distribution may be too old.
check_meson()
{
    have_meson && return 0
    echo "Meson 1.0 or newer is required; this is $(meson --version). Run"
    echo "    python3 -m pip install --user --upgrade meson"
    echo "and run this script again with ~/.local/bin first in PATH."
    exit 1
}

# A scratch folder that is removed at the end.
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
