# Sourced by the scripts: where things are built, and what they need.

cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Build output outlives the checkout, so that a fresh clone builds warm.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/footbridge"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

need() { # need COMMAND "how to get it"
    command -v "$1" >/dev/null || { echo "$1 is missing: $2" >&2; exit 1; }
}

need cargo "install Rust 1.95 or newer, https://rustup.rs"
need npm "install Node.js 20 or newer, https://nodejs.org"

# install_npm FOLDER: its dependencies, unless they are those of its lock file already.
install_npm() {
    local stamp="$1/node_modules/.footbridge-lock"
    if ! cmp -s "$1/package-lock.json" "$stamp"; then
        say "npm ci in $1"
        npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >&2
        cp "$1/package-lock.json" "$stamp"
    fi
}

# The client scripts and the start page, which the gateway embeds.
build_client() {
    install_npm client
    say "client scripts and start page"
    npm run build --prefix client --silent >&2
}

# install_debian PACKAGE "what for"
install_debian() {
    local sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    command -v apt-get >/dev/null || { echo "$1 is missing, which $2 need" >&2; exit 1; }
    say "$1, for $2"
    $sudo apt-get update -qq
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$1" >/dev/null
}
