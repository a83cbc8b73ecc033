#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh DEMO_SITE BUILD_FOLDER: the pages in headless Chromium. Screenshots of every scene stay in
# BUILD_FOLDER/screenshots for a look. Says SKIPPED and ends with 77 without Chromium, Node.js or puppeteer-core.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
site=$1
build=$2
puppeteer=puppeteer-core@23.11.1

skip() { echo "SKIPPED: $1"; exit 77; }
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no Chromium (apt install chromium)"
command -v node >/dev/null || skip "no Node.js"
if [ ! -e "$build/node_modules/puppeteer-core/package.json" ]; then
  command -v npm >/dev/null || skip "no npm to get $puppeteer"
  mkdir -p "$build"
  printf '{"private": true}\n' >"$build/package.json"
  (cd "$build" && npm install --no-audit --no-fund --no-save --silent "$puppeteer") || skip "npm cannot get $puppeteer"
fi
mkdir -p "$build/screenshots"
DEMO_SITE=$site CHROMIUM=$chromium BUILD=$build exec node --test --test-concurrency=1 "$here"/*_test.mjs
