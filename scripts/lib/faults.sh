# What makes things go wrong, for scripts/faults. Source this file; it runs nothing by itself.
#
#   require_fault_tools   finds libfaketime and strace, installs them where it may, or fails and says what to do; sets
#                         faketime_library
# shellcheck shell=bash disable=SC2034

require_fault_tools() {
  if find_fault_tools; then return 0; fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing libfaketime and strace with apt-get" >&2
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      faketime strace; } </dev/null >&2 || true
    if find_fault_tools; then return 0; fi
  fi
  cat >&2 <<'HELP'
libfaketime (sets a program's clock) or strace (lets its disk fail) is missing. Install them:
  Debian, Ubuntu   sudo apt-get install faketime strace
  Fedora           sudo dnf install libfaketime strace
HELP
  return 1
}

find_fault_tools() {
  local file
  for file in /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib*/faketime/libfaketimeMT.so.1; do
    if [[ -f $file ]]; then faketime_library=$file; fi
  done
  [[ -n ${faketime_library:-} ]] && command -v strace >/dev/null
}
