# The Python packages that checks of a running server need. Source this file; it runs nothing by itself.
#
#   require_python_tools   finds Python, brings tests/contract/requirements.txt into target/, sets python and tools
# shellcheck shell=bash disable=SC2034

require_python_tools() {
  python=${PYTHON:-python3}
  "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "$0 needs Python 3.11 or later with venv. On Debian: apt-get install python3-venv" >&2
    return 1
  }
  tools=$PWD/target/contract-tools
  local stamp=$tools/requirements.txt
  if ! cmp --silent tests/contract/requirements.txt "$stamp"; then
    "$python" -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement tests/contract/requirements.txt
    cp tests/contract/requirements.txt "$stamp"
  fi
}
