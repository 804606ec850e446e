#!/usr/bin/env bash
# Opens a broken Compose file in Neovim with the language server, applies the preferred quick fix, and compares the file with what
# `shmlint --fix` writes; then an unsaved override beside it, a script and a manifest.
#
#   editors/neovim-test.sh NVIM SHMLINT
set -euo pipefail
nvim=$(command -v "$1") shmlint=$(realpath "$2")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/.git" "$work/fixed"
cat > "$work/compose.yaml" <<'YAML'
services:
  trainer:
    image: pytorch/pytorch
    command: torchrun --nproc_per_node=2 train.py
    gpus: all
YAML
printf 'docker run --gpus all pytorch/pytorch torchrun --nproc_per_node=2 train.py\n' > "$work/run.sh"
cat > "$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: trainer
spec:
  containers:
    - name: trainer
      image: pytorch/pytorch
      command: [torchrun, --nproc_per_node=2, train.py]
      resources:
        limits:
          nvidia.com/gpu: 2
YAML
cp "$work"/compose.yaml "$work"/run.sh "$work"/pod.yaml "$work/fixed"
(cd "$work/fixed" && "$shmlint" --isolated --fix -q . || true)
(cd "$work" && XDG_CONFIG_HOME=$work/config XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data SHMLINT=$shmlint \
  "$nvim" --headless --clean -l "$here/neovim-test.lua")
for file in compose.yaml run.sh pod.yaml; do
  diff "$work/$file" "$work/fixed/$file"
done
echo '4 passed, 0 failed'
