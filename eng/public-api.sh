#!/usr/bin/env bash
# Brings PublicAPI.Shipped.txt of every library up to date with its code: members that are public and not listed join, members that are gone leave.
# Read the difference before you commit it: it is what users see (docs/adr/0023-public-api-lists.md). Between releases, move new lines to
# PublicAPI.Unshipped.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

dotnet build -c Release src/ImageTrainer.Cli -v quiet --nologo
for list in src/*/PublicAPI.Shipped.txt; do
  project="$(dirname "$list")"
  log="$(dotnet build -c Release -p:RunAnalyzers=true -p:TreatWarningsAsErrors=false --no-incremental --no-dependencies "$project" -v quiet --nologo)" \
    || { echo "$log"; exit 1; }
  symbols() { sed -n "s/.*warning $1: Symbol '\(.*\)' is .*/\1/p" <<< "$log" | sort -u; }
  { echo '#nullable enable'
    { tail -n +2 "$list"; symbols RS0016; } | LC_ALL=C sort -u | { grep -vxFf <(symbols RS0017) || true; }
  } > "$list.new"
  mv "$list.new" "$list"
  echo "$project: $(($(wc -l < "$list") - 1)) members"
done
