#!/usr/bin/env bash
# Installs the Debian packages of those commands that are missing. Starts no service: a package's own daemon (nginx on
# port 80, a system-wide dockerd) is not wanted here, nor a database cluster of its own.
#
#   .ci/install.sh nginx=nginx-light dockerd=docker.io ...      (command=package)
set -euo pipefail

missing=()
for pair in "$@"; do
  PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
if [[ " ${missing[*]}" == *' postgresql'* ]]; then
  mkdir -p /etc/postgresql-common/createcluster.d
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
