#!/usr/bin/env bash
# Makes .venv with exactly the locked packages and the command .venv/bin/rapport. Run again, it only mends what differs.
set -euo pipefail
cd "$(dirname "$0")/.."

find_python() {
    local name
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
            echo "$name"
            return
        fi
    done
    echo "Rapport needs Python 3.11, 3.12 or 3.13. Install one (Debian: apt-get install python3 python3-venv) or set PYTHON=/path/to/it." >&2
    return 1
}

if [ ! -x .venv/bin/pip ]; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        tools/apt_install.sh python3-venv
    fi
    "$python" -m venv .venv
fi
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
touch .venv/complete
echo "Ready: .venv/bin/rapport" >&2
