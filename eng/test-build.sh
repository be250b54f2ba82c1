#!/usr/bin/env bash
# Builds fresh clones in awkward places: with a NuGet folder named without a slash at its end, in paths with spaces, beside another clone, from a
# source tree that cannot be written. Each console must answer. Called by ./dev test-build; ends with 'N passed, N failed'.
set -uo pipefail
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
unset IMAGETRAINER_BACKBONES
fallback="$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')"

passed=0
failed=0
check() {
  local name="$1" start=$SECONDS
  shift
  if "$@" > "$work/log" 2>&1; then passed=$((passed + 1)); echo "ok      $name ($((SECONDS - start)) s)"
  else failed=$((failed + 1)); echo "FAILED  $name"; tail -n 20 "$work/log" | sed 's/^/        /'; fi
}

clone() { git clone -q "$repository" "$1"; }
build() { dotnet build -c Release "$1/src/ImageTrainer.Cli" "${@:2}"; }
answers() { "$1/bin/ImageTrainer.Cli/release/ImageTrainer.Cli" sample-data "$work/pictures$RANDOM" --per-class 2; }

in_nuget_folder() { clone "$work/plain" && NUGET_PACKAGES="${fallback%/}" build "$work/plain" && answers "$work/plain/artifacts"; }

with_spaces() { clone "$work/a clone with spaces" && build "$work/a clone with spaces" && answers "$work/a clone with spaces/artifacts"; }

second_clone() { clone "$work/a clone with spaces (2)" && build "$work/a clone with spaces (2)" && answers "$work/a clone with spaces (2)/artifacts"; }

# Root may write where permissions say no, so the tree is mounted read-only where that is allowed; anybody else gets by with permissions.
read_only() {
  clone "$work/source" || return
  local elsewhere="$work/built elsewhere" command
  command="dotnet build -c Release '$work/source/src/ImageTrainer.Cli' --artifacts-path '$elsewhere'"
  if [ "$(id -u)" -eq 0 ]; then
    unshare --mount bash -c "mount --bind '$work/source' '$work/source' && mount -o remount,bind,ro '$work/source' \
      && ! touch '$work/source/written' && $command" || return
  else
    chmod -R a-w "$work/source" && bash -c "$command" || return
    chmod -R u+w "$work/source"
  fi
  [ -z "$(git -C "$work/source" status --porcelain)" ] && [ ! -e "$work/source/artifacts" ] && answers "$elsewhere"
}

check "NUGET_PACKAGES without a slash at its end" in_nuget_folder
check "a path with spaces" with_spaces
check "a second clone beside it" second_clone
check "a read-only source tree, --artifacts-path" read_only
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
