#!/usr/bin/env bash
# Packs every package into a folder and proves it from new projects outside the repository: restored with warnings as errors, built, published
# in every way that is promised, and run. Called by ./dev test-packages; ends with 'N passed, N failed'.
set -uo pipefail
repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
work="${1:-$(mktemp -d)}"
mkdir -p "$work"
work="$(cd "$work" && pwd)"
[ $# -gt 0 ] || trap 'rm -rf "$work"' EXIT
feed="$work/feed"
platform="$(dotnet --info | awk '$1 == "RID:" {print $2}')"
case "$platform" in linux-*|osx-*|win-*) ;; *) platform="linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')" ;; esac
version="$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$repository/Directory.Build.props")"

# What the machine has of other packages is used; ours are taken from the feed, and nothing of this is left in the user's own folder.
fallback="$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')"
export NUGET_PACKAGES="$work/packages"

passed=0
failed=0
check() {
  local name="$1"
  shift
  if "$@" > "$work/last.log" 2>&1; then passed=$((passed + 1)); echo "ok      $name"
  else failed=$((failed + 1)); echo "FAILED  $name"; tail -n 20 "$work/last.log" | sed 's/^/        /'; fi
}

pack() {
  local project
  for project in ImageTrainer.Prediction ImageTrainer ImageTrainer.AspNetCore ImageTrainer.Batch ImageTrainer.Batch.Postgres; do
    NUGET_PACKAGES="$fallback" dotnet pack "$repository/src/$project" -c Release -o "$feed" || return
  done
  # The tool of this machine's platform, and the small package that leads to it; a release packs all platforms.
  NUGET_PACKAGES="$fallback" dotnet pack "$repository/src/ImageTrainer.Cli" -c Release -o "$feed" "-p:RuntimeIdentifiers=$platform"
}

# Readme, licence and notices of every package; documentation and symbols of the libraries.
holds() { local listing; listing="$(unzip -Z1 "$1")" || return; shift; local file; for file in "$@"; do grep -qx -- "$file" <<< "$listing" || { echo "$file is missing"; return 1; }; done; }
smaller_than() { local size; size="$(wc -c < "$1")"; echo "$size bytes"; [ "$size" -lt "$2" ]; }

# A new project: its folder, its package, its SDK.
new_project() {
  local folder="$work/$1"
  mkdir -p "$folder"
  cp "$repository/eng/package-tests/$1.cs" "$folder/Program.cs"
  cat > "$folder/$1.csproj" <<PROJECT
<Project Sdk="${3:-Microsoft.NET.Sdk}">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <Nullable>enable</Nullable>
    <ImplicitUsings>enable</ImplicitUsings>
    <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
    <RestoreAdditionalProjectSources>$feed</RestoreAdditionalProjectSources>
    <RestoreFallbackFolders>$fallback</RestoreFallbackFolders>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="$2" Version="$version" />
  </ItemGroup>
</Project>
PROJECT
}

same() { "${@:2}" > "$work/answer" && diff "$1" "$work/answer"; }
publish() { local name="$1" folder="$2"; shift 2; dotnet publish "$work/$name" -c Release -o "$work/out/$folder" "$@"; }
has_natives() { local folder="$work/out/$1"; shift; local file; for file in "$@"; do [ -s "$folder/$file" ] || { echo "$file is missing"; ls "$folder"; return 1; }; done; }

# A build that has to fail, with one error in one sentence, told once.
refuses() {
  dotnet publish "$work/predictor" -c Release -r "$1" -o "$work/out/$1" > "$work/refusal" 2>&1 && { echo "it was built"; return 1; }
  local errors
  errors="$(grep -oE 'error *: .*' "$work/refusal" | sed 's/ \[[^]]*\]$//' | sort -u)"
  echo "$errors"
  [ "$(wc -l <<< "$errors")" -eq 1 ] && grep -q "does not run on $1" <<< "$errors"
}

echo "== packing to $feed"
check "dotnet pack" pack
for package in ImageTrainer.Prediction ImageTrainer ImageTrainer.AspNetCore ImageTrainer.Batch ImageTrainer.Batch.Postgres; do
  check "$package: readme, licence, notices, documentation" holds "$feed/$package.$version.nupkg" \
    README.md LICENSE THIRD-PARTY-NOTICES.md "lib/net10.0/$package.dll" "lib/net10.0/$package.xml"
  check "$package: symbols" holds "$feed/$package.$version.snupkg" "lib/net10.0/$package.pdb"
done
check "ImageTrainer.Prediction: under 1 MB" smaller_than "$feed/ImageTrainer.Prediction.$version.nupkg" 1000000
for package in ImageTrainer.Cli "ImageTrainer.Cli.$platform"; do
  check "$package: readme, licence, notices" holds "$feed/$package.$version.nupkg" README.md LICENSE THIRD-PARTY-NOTICES.md
done

echo "== the tool"
photos="$repository/datasets/surface-defects"
photo="$photos/scratch/scratch-0030.jpg"
tool="$work/tools/imagetrainer"
check "dotnet tool install" dotnet tool install ImageTrainer.Cli --tool-path "$work/tools" --version "$version" --source "$feed"
check "imagetrainer train" env XDG_CACHE_HOME="$work/cache" IMAGETRAINER_OFFLINE=1 "$tool" train "$photos" --run-dir "$work/run"
model="$work/run/model.zip"
"$repository/artifacts/bin/ImageTrainer.Cli/release/ImageTrainer.Cli" predict "$model" "$photo" --json > "$work/tool-answer"
check "imagetrainer predict: as the repository's build" same "$work/tool-answer" "$tool" predict "$model" "$photo" --json

echo "== applications on ImageTrainer.Prediction"
new_project predictor ImageTrainer.Prediction
dotnet run -c Release --project "$repository/eng/package-tests/reference" -- "$model" "$photo" > "$work/expected" 2> "$work/last.log" || cat "$work/last.log"
cat "$work/expected"
[ -s "$work/expected" ] || failed=$((failed + 1))
check "restored and built, warnings are errors" dotnet build "$work/predictor" -c Release
check "run, framework-dependent and portable" same "$work/expected" dotnet "$work/predictor/bin/Release/net10.0/predictor.dll" "$model" "$photo"
try() {
  local name="$1"
  shift
  check "published $name" publish predictor "$name" -r "$platform" "$@"
  check "run, $name" same "$work/expected" "$work/out/$name/predictor" "$model" "$photo"
}
try self-contained --self-contained
try single-file --self-contained -p:PublishSingleFile=true -p:IncludeNativeLibrariesForSelfExtract=true
check "single-file: one file" test "$(find "$work/out/single-file" -type f ! -name '*.pdb' | wc -l)" -eq 1
try ready-to-run --self-contained -p:PublishReadyToRun=true
try trimmed --self-contained -p:PublishTrimmed=true

# Its decoder may round otherwise, so that the label alone must agree.
if ldconfig -p 2> /dev/null | grep -q 'libvips\.so\.42'; then
  check "published with the system's libvips" publish predictor system-libvips -r "$platform" --self-contained -p:ImageTrainerLibvips=system
  check "system's libvips: the packaged one is left out" test ! -e "$work/out/system-libvips/libvips.so.42"
  head -n 1 "$work/expected" > "$work/label"
  check "run, system's libvips" bash -c '"$1" "$2" "$3" > "$4" && head -n 1 "$4" | diff "$5" -' - \
    "$work/out/system-libvips/predictor" "$model" "$photo" "$work/answer" "$work/label"
fi

echo "== other platforms"
check "published for win-x64" publish predictor win-x64 -r win-x64 --self-contained
check "win-x64: both natives" has_natives win-x64 onnxruntime.dll libvips-42.dll
check "published for linux-arm64" publish predictor linux-arm64 -r linux-arm64 --self-contained
check "linux-arm64: both natives" has_natives linux-arm64 libonnxruntime.so libvips.so.42
check "published for osx-arm64" publish predictor osx-arm64 -r osx-arm64 --self-contained
check "osx-arm64: both natives" has_natives osx-arm64 libonnxruntime.dylib libvips.42.dylib
for other in linux-musl-x64 osx-x64 win-x86; do check "$other: refused in one sentence" refuses "$other"; done

echo "== applications on ImageTrainer, on ImageTrainer.Batch and on ImageTrainer.Batch.Postgres"
new_project trainer ImageTrainer
check "trainer: restored and built, warnings are errors" dotnet build "$work/trainer" -c Release
check "trainer: run with the weights of the package" env XDG_CACHE_HOME="$work/cache2" IMAGETRAINER_OFFLINE=1 \
  dotnet "$work/trainer/bin/Release/net10.0/trainer.dll" "$photos" "$work/trained.zip"
check "trainer: its model predicts" "$tool" predict "$work/trained.zip" "$photo"
new_project scorer ImageTrainer.Batch
check "scorer: restored and built, warnings are errors" dotnet build "$work/scorer" -c Release
check "scorer: run" dotnet "$work/scorer/bin/Release/net10.0/scorer.dll" "$model" "$photos" "$work/scores.csv"
check "scorer: brings no database client" test ! -e "$work/scorer/bin/Release/net10.0/Npgsql.dll"
new_project database ImageTrainer.Batch.Postgres
check "database: restored and built, warnings are errors" dotnet build "$work/database" -c Release
check "database: run" dotnet "$work/database/bin/Release/net10.0/database.dll" "$model" "$photos"

new_project web ImageTrainer.AspNetCore Microsoft.NET.Sdk.Web
check "web: restored and built, warnings are errors" dotnet build "$work/web" -c Release
check "web: asked over HTTP" dotnet "$work/web/bin/Release/net10.0/web.dll" "$model" "$photo"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
