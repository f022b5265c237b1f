#!/usr/bin/env bash
# What the tests drive beside Python: PostgreSQL, Chromium, Java for Spark, and a Node client of the intake door. Quick when all is there.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || missing+=(chromium)
command -v java >/dev/null || missing+=(openjdk-17-jre-headless)
command -v node >/dev/null || missing+=(nodejs)
command -v npm >/dev/null || missing+=(npm)
[ ${#missing[@]} = 0 ] || tools/apt_install.sh "${missing[@]}"

if [ tests/sdk/package-lock.json -nt tests/sdk/node_modules/.complete ]; then
    (cd tests/sdk && npm ci --ignore-scripts --no-audit --no-fund --silent)
    touch tests/sdk/node_modules/.complete
fi
