#!/bin/sh
# `make` calls this first: find a Python that is new enough, or say in plain words what to install.
cd "$(dirname "$0")/.." || exit 1

enough='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'
for python in "$GAIWAN_PYTHON" python3 python3.14 python3.13 python3.12 python3.11 python; do
    if [ -n "$python" ] && "$python" -c "$enough" >/dev/null 2>&1; then
        exec "$python" ops/setup.py "$@"
    fi
done

newer='import sys; sys.exit(sys.version_info < (3, 11))'
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$python" -c "$newer" >/dev/null 2>&1; then
        echo "缺少 venv 模块。Debian/Ubuntu：apt-get install python3-venv，然后重试。" >&2
        echo "Python's venv module is missing. On Debian or Ubuntu: apt-get install python3-venv, then try again." >&2
        exit 1
    fi
done
echo "需要 Python 3.11 或更新版本；现有：$(python3 --version 2>&1)。请安装后重试，或设置 GAIWAN_PYTHON=/路径/python3.12。" >&2
echo "Gaiwan needs Python 3.11 or newer; found: $(python3 --version 2>&1). Install one, or set GAIWAN_PYTHON=/path/to/python3.12." >&2
exit 1
