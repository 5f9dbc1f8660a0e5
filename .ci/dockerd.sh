#!/usr/bin/env bash
# A Docker engine of our own for the tests, on a machine that has none: everything it owns is under one folder.
# Needs root. Leaves another dockerd on the machine alone: own socket, data, containerd namespace, no docker0 bridge and
# no iptables rules (dockerd clears the chains of any other dockerd when it sets up its own). Without those rules
# networks, names and ports published on 127.0.0.1 work as ever; only the way from a container to the outside is missing.
#
#   .ci/dockerd.sh start <folder>     prints "export DOCKER_HOST=..."; does nothing more when it runs already
#   .ci/dockerd.sh stop <folder>
set -euo pipefail

action=${1:?start or stop}
dir=$(realpath -m "${2:?a folder, with a short path}")
host=unix://$dir/docker.sock
export PATH="$PATH:/usr/sbin:/sbin"

answers() { docker -H "$host" version >/dev/null 2>&1; }

# A machine that was started without an init system has no cgroups mounted; dockerd 20.10 takes the v1 controllers.
# Mounted are those that it needs and those in force already, and no more: a controller that is mounted anywhere is in
# force everywhere, and a runtime that sees one in force but not mounted where it looks gives up on statistics.
mount_cgroups() {
  local root=/sys/fs/cgroup name
  if mountpoint -q "$root" && { [ -e "$root/cgroup.controllers" ] || [ -d "$root/memory" ]; }; then return; fi
  mountpoint -q "$root" || mount -t tmpfs -o mode=755 cgroup_root "$root"
  {
    printf '%s\n' cpu cpuacct cpuset memory devices freezer blkio pids
    cut -d: -f2 /proc/self/cgroup | grep . || true # "cpu,cpuacct" where two share a hierarchy, "name=systemd"
  } | sort -u | while read -r name; do
    mkdir -p "$root/${name#name=}"
    mount -t cgroup -o "${name/#name=/none,name=}" cgroup "$root/${name#name=}" || rmdir "$root/${name#name=}"
  done
}

start() {
  "$(dirname "$0")/install.sh" dockerd=docker.io docker=docker.io iptables=iptables
  if ! answers; then
    mkdir -p "$dir"
    mount_cgroups
    echo '{}' >"$dir/daemon.json" # not the machine's own /etc/docker/daemon.json
    setsid dockerd --config-file "$dir/daemon.json" --host "$host" \
      --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" \
      --containerd-namespace scalelab-ci --containerd-plugins-namespace scalelab-ci-plugins \
      --bridge none --iptables=false --ip-masq=false --ip-forward=false \
      </dev/null >"$dir/dockerd.log" 2>&1 &
    local pid=$!
    for _ in $(seq 300); do
      if answers; then break; fi
      if ! kill -0 "$pid" 2>/dev/null; then break; fi
      sleep 0.2
    done
    answers || { tail -n 30 "$dir/dockerd.log" >&2; echo "dockerd did not start" >&2; exit 1; }
  fi
  echo "export DOCKER_HOST=$host"
}

stop() {
  local pid
  pid=$(cat "$dir/docker.pid" 2>/dev/null) || return 0
  # A number left by a crash may belong to another process by now.
  tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--pidfile $dir/docker.pid" || return 0
  kill "$pid"
  for _ in $(seq 150); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.2
  done
  kill -9 "$pid"
}

case $action in
  start) start ;;
  stop) stop ;;
  *) echo "start or stop, not $action" >&2; exit 2 ;;
esac
