#!/bin/sh
# setup.sh FOLDER puts Apache Flink (the jars of PyPI's apache-flink-libraries) and the classes of this folder into
# FOLDER. What is there already and is newer than its source is kept. Needs pip and a JDK of 17 or newer.
set -eu
version=2.3.0
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
if [ ! -d "$version" ]; then
    rm -rf get
    mkdir -p get/jars
    python3 -m pip download -q --no-deps --no-binary :all: -d get "apache-flink-libraries==$version"
    tar -xzf get/*.tar.gz -C get/jars --strip-components=2 --wildcards '*/deps/lib/*'
    mv get/jars "$version"
    rm -rf get
fi
if [ ! -e classes/complete ] || [ -n "$(find "$here/setup.sh" "$here/src" -newer classes/complete)" ]; then
    rm -rf classes
    mkdir classes
    javac -nowarn -cp "$version/lib/*" -d classes "$here"/src/rivals/*.java
    cp -r "$here/src/META-INF" "$here/src/log4j2.properties" classes/
    ln -sfn "$version" jars
    touch classes/complete
fi
