#!/usr/bin/env bash
# Prints the figures of the house: sizes, methods, doc comments, long lines, equal runs, arrows between folders, friends of each assembly; then how
# many files a frozen `train`, a `predict` and a `score` run through, and how often training opens each image (with strace, where that is installed).
# eng/house.sh [sources]   'sources' leaves the runs out, which take a minute
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

house() { dotnet run -c Release --no-build --project tests/ImageTrainer.House.Tests -- "$@"; }
dotnet build -c Release tests/ImageTrainer.House.Tests -v quiet --nologo
house
[ "${1:-}" != sources ] || exit 0

dotnet build -c Release src/ImageTrainer.Cli -v quiet --nologo
binaries="$PWD/artifacts/bin/ImageTrainer.Cli/release"
images="$PWD/datasets/surface-defects"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"

# Without code that was compiled ahead, the runtime compiles each method that runs, and its own tracing says which.
traced() {
  local name="$1"
  shift
  DOTNET_EnableEventPipe=1 DOTNET_EventPipeConfig='Microsoft-Windows-DotNETRuntime:0x10:5' DOTNET_EventPipeOutputPath="$work/$name.nettrace" \
    DOTNET_ReadyToRun=0 "$binaries/ImageTrainer.Cli" "$@" > "$work/$name.log" 2>&1 || { cat "$work/$name.log"; exit 1; }
  printf '\nFiles that a run of %s goes through: ' "$name"
  house executed "$work/$name.nettrace" "$binaries"
}

# Opens of the images themselves, by the number of images; what only asks for a name opens nothing.
counted() {
  local name="$1"
  strace -f -qq -e trace=open,openat -o "$work/$name.strace" "$binaries/ImageTrainer.Cli" train "$images" --run-dir "$work/$name" > "$work/$name.log" 2>&1 \
    || { cat "$work/$name.log"; exit 1; }
  awk -v name="$name" '/= [0-9]+$/ && match($0, /"[^"]*\.(jpg|jpeg|png|bmp|webp)"/) {
      opens[substr($0, RSTART, RLENGTH)]++ } END {
      for (image in opens) { images++; all += opens[image]; if (opens[image] > most) most = opens[image] }
      printf "Opens of each image in a %s train: %.2f in the mean, %d at most, of %d images\n", name, all / images, most, images }' "$work/$name.strace"
}

traced train train "$images" --run-dir "$work/run"
one="$(find "$images" -type f \( -name '*.jpg' -o -name '*.png' -o -name '*.bmp' \) | sort | head -n 1)"
traced predict predict "$work/run/model.zip" "$one"
traced score score "$work/run/model.zip" "$images" --output "$work/scores.csv"
command -v strace > /dev/null || { echo "strace is not installed: opens of images were not counted."; exit 0; }
rm -rf "$work/cache"
echo
counted cold
counted warm
