#!/bin/sh
# Stands in for kubectl, helm, k3d, docker, git and cargo in tests of the aliases. It appends its command line to $STAND_IN/log,
# and behaves as the files in $STAND_IN say: `cluster` (there is one), `contexts`, `current`, `secrets/NAME`, `no-daemon`,
# `definitions` (of custom resources), `describe` and `tree` (of git), `rendered`, and `fail`, a pattern of command lines that fail.

line=${0##*/}
for word; do
  case $word in *[\ \{]*) word="'$word'" ;; esac
  line="$line $word"
done
case $line in
'k3d cluster create'*) line="K3S_IMAGE=$K3S_IMAGE K3D_REGISTRY_IMAGE=$K3D_REGISTRY_IMAGE $line" ;;
'docker build '*) line="DOCKER_BUILDKIT=$DOCKER_BUILDKIT $line" ;;
esac
printf '%s\n' "$line" >>"$STAND_IN/log"

if [ -e "$STAND_IN/fail" ]; then
  pattern=$(cat "$STAND_IN/fail")
  # shellcheck disable=SC2254 # (It is a pattern.)
  case $line in
  $pattern)
    echo "${0##*/} was told to fail" >&2
    exit 1
    ;;
  esac
fi

case $line in
'kubectl config get-contexts'*) cat "$STAND_IN/contexts" ;;
'kubectl config current-context') cat "$STAND_IN/current" ;;
*' get customresourcedefinitions '*)
  [ ! -e "$STAND_IN/definitions" ] || echo customresourcedefinition
  ;;
*' get secret '*)
  name=${line#* get secret }
  name=${name%% *}
  [ ! -e "$STAND_IN/secrets/$name" ] || echo "secret/$name"
  ;;
*' create secret generic '*)
  name=${line#* create secret generic }
  name=${name%% *}
  [ ! -e "$STAND_IN/secrets/$name" ] || exit 1
  cat >"$STAND_IN/secrets/$name"
  ;;
'k3d cluster list'*) [ -e "$STAND_IN/cluster" ] ;;
*'k3d cluster create'*)
  touch "$STAND_IN/cluster"
  echo k3d-uptake >>"$STAND_IN/contexts"
  ;;
'k3d cluster delete'*)
  rm "$STAND_IN/cluster"
  : >"$STAND_IN/contexts"
  ;;
'docker info') [ ! -e "$STAND_IN/no-daemon" ] ;;
'docker buildx imagetools inspect'*) printf 'sha256:%064d\n' 7 ;;
'git describe'*) cat "$STAND_IN/describe" ;;
'git rev-parse'*) echo "$STAND_IN/describe" ;;
'git write-tree') cat "$STAND_IN/tree" ;;
cargo*' render '* | cargo*' values '*) cat "$STAND_IN/rendered" ;;
esac
