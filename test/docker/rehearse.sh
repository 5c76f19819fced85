#!/usr/bin/env bash
# usage: rehearse.sh        npm run test:docker
# Carries out deploy/docker/Dockerfile where there is no engine for containers: its steps, one after the other, over this
# machine's own root, which stays as it is (an overlay, in a world that ends with this). Then works in what came of it as the
# image would: its entry point, its user, its environment, nothing writable but /tmp and a volume.
# What is not shown: the base image (this machine's Debian and Node stand for it), and how an engine puts layers together.
# Exit status 77, with the reason, where it cannot be done.
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
file=deploy/docker/Dockerfile

skip() {
  echo "SKIP: $*" >&2
  exit 77
}

if [[ ${1:-} != inside ]]; then
  [[ -e /etc/debian_version ]] || skip 'the images are made of Debian'
  bash test/cluster/world check
  work=$(mktemp -d)
  # Empty again once the mounts are gone. Nothing is ever deleted in it: what is mounted there is this machine's own.
  trap 'rmdir "$work"' EXIT
  status=0
  # No network namespace: npm and apt fetch what they install.
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    bash "$0" inside "$work" || status=$?
  exit "$status"
fi
work=$2

# What the engine is sent: .dockerignore leaves out all but these.
mapfile -t context < <(sed -n 's/^!//p' .dockerignore)
mount -t tmpfs tmpfs "$work"
mkdir "$work"/{upper,work,root,volume}
chown 1000:1000 "$work/volume"
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/upper,workdir=$work/work" "$work/root" ||
  skip 'no overlay can be mounted here'
root=$work/root
mount -t proc proc "$root/proc"
# As much of /dev as a container has.
mount -t tmpfs tmpfs "$root/dev"
for device in null zero full random urandom; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
inside() { chroot "$root" "$@"; }

# instructions STAGE: of one stage of the Dockerfile, an instruction a line.
instructions() {
  sed -e ':join' -e '/\\$/{N;s/\\\n */ /;b join' -e '}' "$file" | grep -v '^#' | awk -v stage="$1" '/^FROM /{n++} n==stage'
}
# argument STAGE INSTRUCTION: what stands behind it.
argument() { instructions "$1" | sed -n "s/^$2 //p"; }

echo '== the stage that builds'
mkdir -p "$root$(argument 1 WORKDIR)"
tar --create --exclude=dist --exclude=node_modules --exclude=build --exclude='*.tsbuildinfo' "${context[@]}" |
  tar --extract --no-same-owner --directory "$root$(argument 1 WORKDIR)"
argument 1 RUN | while read -r command; do
  echo "RUN $command"
  directory=/
  [[ $command == apt-get* ]] || directory=$(argument 1 WORKDIR)
  inside env HOME=/root bash -o pipefail -c "cd '$directory' && $command" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
  }
done

echo '== the stage that works'
argument 2 RUN | while read -r command; do
  echo "RUN $command"
  inside bash -o pipefail -c "$command" >"$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
  }
done
du --summarize --human-readable "$root/galapagos"
mkdir -p "$root/volume"
mount --bind "$work/volume" "$root/volume"
mount -t tmpfs tmpfs "$root/tmp"
mount -o remount,ro "$root"

mapfile -t environment < <(argument 2 ENV | tr ' ' '\n')
mapfile -t entry < <(argument 2 ENTRYPOINT | node -p 'JSON.parse(fs.readFileSync(0, "utf8")).join("\n")')
mapfile -t health < <(instructions 2 | sed -n 's/^HEALTHCHECK.* CMD //p' | node -p 'JSON.parse(fs.readFileSync(0, "utf8")).join("\n")')
as_user() {
  # Here tini is not the first process, as it is in a container.
  chroot --userspec="$(argument 2 USER)" "$root" env --ignore-environment PATH="$PATH" TINI_SUBREAPER=1 "${environment[@]}" "$@"
}
healthy() { as_user "${health[@]}"; }

echo "== galapagos --version: $(as_user "${entry[@]}" --version)"
! as_user touch /galapagos/x 2>/dev/null
! healthy 2>/dev/null
as_user "${entry[@]}" init /volume/run --preset quickstart --seed rehearsal
as_user env JOB_COMPLETION_INDEX=0 "${entry[@]}" worker /volume/run >"$work/volume/log" 2>&1 &
for _ in {1..600}; do
  grep -qs '"msg":"published"' "$work/volume/log" && break
  sleep .1
done
grep --max-count=1 '"msg":"joined"' "$work/volume/log"
grep --max-count=1 '"msg":"published"' "$work/volume/log"
healthy
echo '== healthy; SIGTERM'
pkill --signal TERM --full '^/usr/bin/tini -- galapagos worker'
status=0
wait $! || status=$?
grep '"msg":"left"' "$work/volume/log"
[[ $status == 75 ]]
as_user "${entry[@]}" fsck /volume/run
echo '== every step was carried out, and the worker gave back what it held and ended with 75'
