#!/usr/bin/env bash
# Docker Compose 2, which Debian 12 does not have: the next release's package, unpacked into a folder and not installed.
# Needs the machine's own Debian mirror; where that fails, the tests that ask Compose are skipped and say so.
#
#   .ci/compose.sh <folder>     prints "export DOCKER_CONFIG=..."
set -euo pipefail

dir=$(realpath -m "${1:?a folder}")
plugin=$dir/docker-config/cli-plugins/docker-compose

if [ ! -x "$plugin" ]; then
  apt=$dir/apt
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$(dirname "$plugin")"
  mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk '$2 ~ /bookworm|stable/ && $3 == "main" { print $1; exit }')
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" >"$apt/sources.list"
  options=(-qq -o "Dir::Etc::sourcelist=$apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update >&2
  (cd "$apt" && apt-get "${options[@]}" download docker-compose >&2 && dpkg -x docker-compose_*.deb unpacked)
  cp "$apt/unpacked/usr/libexec/docker/cli-plugins/docker-compose" "$plugin"
  rm -rf "$apt"
fi
echo "export DOCKER_CONFIG=$dir/docker-config"
