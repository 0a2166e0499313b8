#!/bin/sh
# setup.sh FOLDER builds the rig of this folder on Feldera's engine, the crate dbsp, in FOLDER. Cargo decides what is to
# do. Needs a cargo that knows the edition of 2024, a C compiler and cmake. JOBS is how many crates are built at a time.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/rig/src"
cd "$1"
cp -pu "$here/Cargo.toml" rig/
cp -pu "$here"/src/*.rs rig/src/
CARGO_TARGET_DIR=$PWD/target nice -n 19 cargo build --quiet --release --jobs "${JOBS:-1}" --manifest-path rig/Cargo.toml
