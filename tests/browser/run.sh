#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh DEMO_SITE BUILD_FOLDER [SCRIPT]: the pages in headless Chromium: all tests, or one script. Screenshots of every scene stay in
# BUILD_FOLDER/screenshots for a look. Says SKIPPED and ends with 77 without Chromium, Node.js or puppeteer-core.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
site=$1
build=$(mkdir -p "$2" && cd "$2" && pwd)
packages='puppeteer-core@23.11.1 axe-core@4.10.2'

skip() { echo "SKIPPED: $1"; exit 77; }
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no Chromium (apt install chromium)"
command -v node >/dev/null || skip "no Node.js"
if [ ! -e "$build/node_modules/puppeteer-core/package.json" ] || [ ! -e "$build/node_modules/axe-core/axe.min.js" ]; then
  command -v npm >/dev/null || skip "no npm to get $packages"
  mkdir -p "$build"
  printf '{"private": true}\n' >"$build/package.json"
  (cd "$build" && npm install --no-audit --no-fund --no-save --silent $packages) || skip "npm cannot get $packages"
fi
mkdir -p "$build/screenshots"
export DEMO_SITE="$site" CHROMIUM="$chromium" BUILD="$build"
[ -z "${3:-}" ] || exec node "$(realpath "$3")"
exec node --test --test-concurrency=1 "$here"/*_test.mjs
