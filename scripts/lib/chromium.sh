# Chromium with its driver, for the tests of the portal. Source this file; it runs nothing by itself.
#
#   require_chromium   finds them, installs them where it may, or fails and says what to do
# shellcheck shell=bash

require_chromium() {
  if command -v chromedriver >/dev/null; then return 0; fi
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing Chromium with apt-get" >&2
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
      chromium chromium-driver; } </dev/null >&2; then
      return 0
    fi
  fi
  cat >&2 <<'HELP'
Chromium and chromedriver of the same version are missing: the tests of the portal drive a real browser. Install them:
  Debian           sudo apt-get install chromium chromium-driver
  Fedora           sudo dnf install chromium chromedriver
  macOS            brew install --cask chromium chromedriver
HELP
  return 1
}
