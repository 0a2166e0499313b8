#!/bin/sh
# Puts DuckDB into a folder, where it is not there: install.sh DIR. Needs python3 with venv.
set -eu
dir=$1
test -e "$dir/complete" && exit
python3 -m venv "$dir"
"$dir/bin/pip" install --quiet 'duckdb==1.*'
touch "$dir/complete"
