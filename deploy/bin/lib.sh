# shellcheck shell=sh
# What the commands of this folder share. Each of them sources this file, then calls `begin`. It is for processes of their
# own: errors end them. (What may be sourced into somebody's shell, load_config, does so in a subshell.)

# Whoever runs a command by `zsh FILE` wants it to do what sh would do.
[ -z "${ZSH_VERSION:-}" ] || emulate sh
set -eu

: "${uptake_root:=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)}"
started_in=$PWD
cd -- "$uptake_root"
# shellcheck source=deploy/versions.env
. ./deploy/versions.env

cluster=uptake
namespace=uptake
# Docker takes a registry on localhost for a local one, without TLS; deploy/k3d.yaml gives the nodes the same name for it.
registry=localhost:5050
# What begin, load_current and image_tag find out.
program='' dry_run='' yes='' words='' overlay='' context='' values='' tag='' checked='' force=''

say() { printf '%s: %s\n' "$program" "$1" >&2; }

# fail MESSAGE [WAY_OUT]
fail() {
  say "$1"
  [ -z "${2:-}" ] || printf '  %s\n' "$2" >&2
  exit 1
}

# begin FILE ARGUMENT…: reads the options that all commands have. What is no option is left in $words, a line each.
begin() {
  program=${1##*/}
  command_file=$1
  shift
  for word; do
    case $word in
    --help | -h)
      # The comment at the head of the command is its help.
      sed -n '2,/^$/s/^# \{0,1\}//p' "$(path_of "$command_file")"
      exit 0
      ;;
    --dry-run) dry_run=yes ;;
    --yes) yes=yes ;;
    --force-conflicts) force=--force-conflicts ;;
    -*) bad_word "$word" ;;
    *) words="$words$word
" ;;
    esac
  done
  # The commands are printed as one types them at the top of the repository.
  [ -z "$dry_run" ] || [ "$started_in" = "$uptake_root" ] || run cd "$uptake_root"
}

# A path as it was meant in the folder where the command was started.
path_of() {
  case $1 in
  /*) printf '%s\n' "$1" ;;
  *) printf '%s\n' "$started_in/$1" ;;
  esac
}

bad_word() {
  say "does not understand '$1'"
  printf '  %s --help tells what it understands\n' "$program" >&2
  exit 2
}

# For commands without arguments of their own.
no_words() {
  [ -z "$words" ] || bad_word "$(printf '%s' "$words" | head -n 1)"
}

# Words as one would type them.
typed() {
  line=
  for word; do
    case $word in
    '' | *[!A-Za-z0-9_./:=@,+%-]*) word="'$(printf %s "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    line="$line $word"
  done
  printf '%s' "${line# }"
}

# Shows a command line: --dry-run prints it for the next shell, else it is a part of the log.
show() {
  if [ -n "$dry_run" ]; then printf '%s\n' "$1"; else printf '+ %s\n' "$1" >&2; fi
}

# run COMMAND ARGUMENT…
run() {
  show "$(typed "$@")"
  [ -n "$dry_run" ] || "$@"
}

# run_to FILE COMMAND ARGUMENT…: its standard output becomes the file.
run_to() {
  to=$1
  shift
  run mkdir -p "$(dirname -- "$to")"
  show "$(typed "$@") > $(typed "$to")"
  [ -n "$dry_run" ] || "$@" >"$to"
}

# need TOOL…
need() {
  [ -z "$dry_run" ] || return 0
  for tool; do
    command -v "$tool" >/dev/null || fail "$tool is not installed" "'devbox shell' has it, or install it yourself"
  done
}

need_docker() {
  need docker
  [ -n "$dry_run" ] || docker info >/dev/null 2>&1 ||
    fail "Docker does not answer" "start it, and see that 'docker info' works for you"
}

# For commands about the cluster of development itself.
need_cluster() {
  need k3d
  need_docker
  [ -n "$dry_run" ] || k3d cluster list "$cluster" >/dev/null 2>&1 || fail "there is no cluster" "run 'create-cluster' first"
}

# Reads what load_config has written.
load_current() {
  [ -r .env.current ] || fail "no configuration is loaded" "run 'load_config dev' first"
  overlay=$(sed -n 's/^OVERLAY=//p' .env.current)
  context=$(sed -n 's/^KUBE_CONTEXT=//p' .env.current)
  values=$(sed -n 's/^VALUES=//p' .env.current)
  case $overlay in
  dev | prod | aks) [ -n "$context" ] ;;
  *) false ;;
  esac || fail ".env.current cannot be understood" "run 'load_config dev' (or prod, aks) again"
}

# For what there is on a laptop only.
dev_only() {
  load_current
  [ "$overlay" = dev ] ||
    fail "is for the cluster of development, but '$overlay' is loaded" "run 'load_config dev' first"
}

# Loads the configuration and makes sure that its cluster, and no other, is there and answers.
use_cluster() {
  load_current
  need kubectl
  [ -z "$dry_run" ] || return 0
  if ! kubectl config get-contexts --output=name | grep -Fqx -- "$context"; then
    [ "$overlay" != dev ] || fail "there is no cluster" "run 'create-cluster' first"
    fail "kubectl knows no context '$context'" "run 'load_config $overlay --context NAME' with one of 'kubectl config get-contexts'"
  fi
  if [ "$overlay" != dev ]; then
    # Each command names the context. That kubectl is set to the same is a second sign that this cluster is meant.
    current=$(kubectl config current-context) || current=none
    [ "$current" = "$context" ] ||
      fail "'$overlay' is loaded for context '$context', but kubectl is set to '$current'" \
        "run 'kubectl config use-context $context', or 'load_config $overlay --context NAME'"
  fi
  kubectl --context "$context" --request-timeout=10s get --raw /readyz >/dev/null ||
    fail "the cluster of context '$context' does not answer" "$(
      if [ "$overlay" = dev ]; then echo "run 'start-cluster'"; else echo "see whether you can reach it and may use it"; fi
    )"
}

# Asks, once, before anything is changed in a cluster that others use.
confirm() {
  [ "$overlay" != dev ] && [ -z "$yes" ] && [ -z "$dry_run" ] || return 0
  [ -t 0 ] || fail "changes the cluster of context '$context' only after a question" "say --yes where nobody can answer it"
  printf "This changes the cluster of context '%s' (%s). Type its name to go on: " "$context" "$overlay" >&2
  read -r answer || answer=
  [ "$answer" = "$context" ] || fail "nothing was changed"
  yes=yes
}

# on_cluster ARGUMENT…: kubectl, on the loaded cluster.
on_cluster() { run kubectl --context "$context" "$@"; }

# in_namespace ARGUMENT…: the same, in the namespace of the platform.
in_namespace() { on_cluster --namespace "$namespace" "$@"; }

# deploy VERB ARGUMENT…: the program of that name, with the settings that are loaded.
deploy() { with_settings run "$@"; }

# deploy_to FILE VERB ARGUMENT…: the same, into a file.
deploy_to() {
  file=$1
  shift
  with_settings "run_to $file" "$@"
}

with_settings() {
  how=$1
  verb=$2
  shift 2
  set -- "$verb" --overlay "$overlay" "$@"
  while IFS= read -r settings; do
    [ -z "$settings" ] || set -- "$@" --values "$settings"
  done <<END
$values
END
  [ -z "$tag" ] || set -- "$@" --set "images.tag=$tag"
  # $how is split on purpose; no word in it has a space.
  # shellcheck disable=SC2086
  if [ -n "${DEPLOY_BIN:-}" ]; then $how "$DEPLOY_BIN" "$@"; else $how cargo run -q -p deploy -- "$@"; fi
}

# rendered NAME: where manifests of that name are kept, to be looked at later.
rendered() { printf '.uptake/deploy/%s/%s.yaml' "$overlay" "$1"; }

# render NAME COMPONENT…: manifests of these components (without any, of all), after a check of the whole overlay with these settings.
render() {
  manifests=$(rendered "$1")
  shift
  [ -n "$checked" ] || deploy check
  checked=yes
  for component; do
    set -- "$@" --only "$component"
    shift
  done
  deploy_to "$manifests" render "$@"
  [ -z "$dry_run" ] || return 0
  # What waits, looks and makes Secrets does so in one namespace.
  other=$(sed -n 's/^  namespace: *//p' "$manifests" | grep -Fvx -- "$namespace" | head -n 1) || :
  [ -z "$other" ] || fail "the settings say 'namespace: $other', but these commands are for '$namespace'" \
    "leave that setting out, or apply what 'deploy render' prints by other means"
}

# apply NAME COMPONENT…: renders, checks, asks the API server whether it would take all of it, and only then applies.
# Server-side: the server knows which fields are ours, tells of a conflict when somebody else has set one of them, and
# removes what we no longer render of an object.
apply() {
  render "$@"
  apply_rendered "$1"
}

apply_rendered() {
  manifests=$(rendered "$1")
  confirm
  # Nothing can be tried in a namespace that is not there yet.
  [ "$1" = namespace ] || server_side --dry-run=server --filename "$manifests"
  server_side --filename "$manifests"
}

server_side() {
  on_cluster apply --server-side --field-manager=uptake-deploy ${force:+"$force"} "$@" ||
    fail "the API server did not take it" "mend what it says; fields that somebody has set by hand are taken over with --force-conflicts"
}

# rolled_out WORKLOAD…: waits until the new pods serve. Where they do not, the old ones still do.
rolled_out() {
  for workload; do
    in_namespace rollout status "$workload" --timeout=5m ||
      fail "$workload did not become ready" "'kubectl --context $context --namespace $namespace describe pods' says why; 'rollout undo $workload' goes back"
  done
}

# ready CONDITION WHAT…: waits for resources that a controller works on.
ready() {
  condition=$1
  shift
  in_namespace wait --for="condition=$condition" --timeout=5m "$@" ||
    fail "not $condition in time: $*" "'kubectl --context $context --namespace $namespace describe' it to see why"
}

# install RELEASE NAMESPACE VERSION CHART [OPTION…]: a chart, pinned; again, it changes nothing.
install() {
  release=$1
  into=$2
  version=$3
  shift 3
  run helm --kube-context "$context" upgrade --install "$release" "$@" --version "$version" \
    --namespace "$into" --create-namespace --wait --timeout 5m
}

# operator RESOURCE RELEASE …: installs a chart, unless the cluster knows its resources from somebody else: in production
# operators are often shared, or the provider's.
operator() {
  resource=$1
  shift
  if [ "$overlay" != dev ] && [ -z "$dry_run" ] && known "$resource" &&
    ! helm --kube-context "$context" status "$1" --namespace "$2" >/dev/null 2>&1; then
    say "$1 is there, installed by somebody else: left as it is (we are tested with $3)"
    return 0
  fi
  install "$@"
}

# known RESOURCE: whether the cluster has the definition of a custom resource.
known() { [ -n "$(kubectl --context "$context" get customresourcedefinitions "$1" --ignore-not-found --output=name)" ]; }

# Images have the commit as their tag. Where the checkout differs from it, also what it holds, so that no two states of it
# share a tag, and a pod never runs something older than what was just built.
image_tag() {
  need git
  tag=$(git describe --always --dirty --abbrev=12) ||
    fail "images are tagged with the commit, and this is no checkout of git" "clone the repository"
  case $tag in
  *-dirty)
    index=$(mktemp)
    cp "$(git rev-parse --git-path index)" "$index"
    tree=$(GIT_INDEX_FILE=$index git add --all && GIT_INDEX_FILE=$index git write-tree) || fail "git cannot read the checkout"
    rm -f "$index"
    tag=$tag-$(printf %.12s "$tree")
    ;;
  esac
}

# build_and_push IMAGE…: from this checkout, for the cluster of development. Others get what their settings name by digest.
build_and_push() {
  [ "$overlay" = dev ] || return 0
  need_docker
  image_tag
  for image; do
    run env DOCKER_BUILDKIT=1 docker build --file deploy/images/Dockerfile --target "$image" \
      --build-arg "RUST_IMAGE=$RUST_IMAGE" --build-arg "NODE_IMAGE=$NODE_IMAGE" \
      --tag "$registry/uptake/$image:$tag" . || fail "the image $image could not be built"
  done
  for image; do
    run docker push "$registry/uptake/$image:$tag" ||
      fail "the image $image could not be pushed" "'cluster-status' tells whether the cluster and its registry run"
  done
}
