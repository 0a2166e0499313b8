#!/bin/sh
# Puts the drivers that the tests need into a folder: install.sh DIR.
# Needs python3 with venv, npm and mvn; their packages come from the usual registries.
set -eu
dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet 'psycopg[binary]==3.*'
npm install --silent --no-audit --no-fund --prefix "$dir" pg@8 pg-cursor@2 pg-copy-streams@6
mvn --quiet --batch-mode dependency:copy -Dartifact=org.postgresql:postgresql:42.7.4 -DoutputDirectory="$dir" -Dmdep.stripVersion=true
