# The languages and programs that the guides' samples are written in. Source this file; it runs nothing by itself.
#
#   require_languages   finds them, installs them where it may, or fails and says what to do
# shellcheck shell=bash

require_languages() {
  local pair missing=()
  for pair in curl:curl jq:jq node:nodejs npm:npm php:php-cli ruby:ruby javac:default-jdk-headless; do
    command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  ((${#missing[@]})) || return 0
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing with apt-get: ${missing[*]}" >&2
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      "${missing[@]}"; } </dev/null >&2; then
      return 0
    fi
  fi
  cat >&2 <<HELP
The samples of the guides are run in their languages. Install what is missing, on Debian:
  sudo apt-get install ${missing[*]}
HELP
  return 1
}
