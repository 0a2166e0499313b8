#!/bin/sh
# Puts the libraries that make models into a folder: install.sh DIR.
# Needs python3 with venv; the packages come from the usual registry.
set -eu
dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet 'lightgbm==4.*' 'xgboost-cpu==3.*' 'catboost==1.2.*' scikit-learn pandas skl2onnx onnxruntime 'protobuf==6.*'
