#!/usr/bin/env bash
# Builds the images that stand in for the official ones, on the engine at DOCKER_HOST: a Debian base made by mmdebstrap
# from the package sources this machine itself uses, with its own node binary, Debian's nginx, HAProxy or PostgreSQL on top.
# Needs root. Images and base are kept: a second run takes a moment.
#
#   .ci/images.sh <folder>     prints "export SCALELAB_IMAGE_..." lines
set -euo pipefail

here=$(dirname "$(realpath "$0")")
dir=$(realpath -m "${1:?a folder}")
node=$(realpath "$(command -v node)")
"$here/install.sh" mmdebstrap=mmdebstrap docker=docker.io >&2

# The tag stands for everything an image is made from.
tag=$(cat "$here/Dockerfile" "$here/images.sh" <(sha256sum <"$node") | sha256sum | cut -c1-12)
base=scalelab-ci/base:$tag

have() { docker image inspect "$1" >/dev/null 2>&1; }

# From the machine's own sources, in either of apt's two formats (mmdebstrap wants one file per format), and its
# settings for fetching (a proxy, a frozen mirror).
make_base() {
  local options=() line from
  while read -r line; do options+=("--aptopt=$line"); done \
    < <(apt-config dump | grep -E '^Acquire::(Check|http|https|Retries|ForceIPv)' | grep -vF ' "";' || true)
  from=$(mktemp -d)
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list >"$from/one-line" 2>/dev/null || true
  for line in /etc/apt/sources.list.d/*.sources; do [ ! -e "$line" ] || { cat "$line"; echo; } >>"$from/deb822"; done
  grep -qE '^deb ' "$from/one-line" || rm -f "$from/one-line"
  mmdebstrap --quiet --variant=minbase "${options[@]}" bookworm "$dir/base.tar" "$from"/* >&2
  rm -rf "$from"
  docker import "$dir/base.tar" "$base" >/dev/null
  rm -f "$dir/base.tar"
}

build() { # target
  local image=scalelab-ci/$1:$tag
  if ! have "$image"; then
    have "$base" || make_base
    mkdir -p "$dir/context"
    cp "$node" "$dir/context/node"
    DOCKER_BUILDKIT=0 docker build --quiet --network host --build-arg "BASE=$base" --target "$1" -t "$image" \
      -f "$here/Dockerfile" "$dir/context" >&2
    rm -rf "$dir/context"
  fi
  echo "export SCALELAB_IMAGE_${1^^}=$image"
}

mkdir -p "$dir"
build node
build nginx
build haproxy
build postgres
