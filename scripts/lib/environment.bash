# What scripts/test and scripts/demo need on the machine: Debian packages, a Python, its own virtual environment.

# command:package
debian_needs=(ip:iproute2 ps:procps sha256sum:coreutils find:findutils)
venv=${venv:-$root/.venv-test}
extras=${extras:-dev,devnet}

install_debian_packages() {
  local need missing=()
  for need in "${debian_needs[@]}"; do
    command -v "${need%%:*}" >/dev/null || [[ -x /usr/sbin/${need%%:*} ]] || missing+=("${need##*:}")
  done
  has_python || missing+=(python3 python3-venv)
  ((${#missing[@]})) && apt_install "${missing[@]}"
  return 0
}

apt_install() {
  if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
    printf '%s: missing: %s. As root: apt-get install %s\n' "$0" "$*" "$*" >&2
    exit 1
  fi
  run_step "apt-get install $*" env DEBIAN_FRONTEND=noninteractive bash -ec \
    'apt-get update -qq; apt-get install -y -qq --no-install-recommends "$@"' apt "$@"
}

pythons() { printf '%s\n' ${PYTHON:-python3.11 python3.12 python3.13 python3}; }

# A Python of the right age that can make virtual environments.
usable_python() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

has_python() {
  local one
  for one in $(pythons); do usable_python "$one" && return 0; done
  return 1
}

find_python() {
  for python in $(pythons); do usable_python "$python" && return 0; done
  echo "$0: no Python 3.11 or later with venv and ensurepip" >&2
  exit 1
}

# What the environment was made from; it is reused while this stays the same.
venv_stamp() { { "$python" -VV; echo "$root"; cat pyproject.toml; } | sha256sum; }

make_venv() {
  local stamp
  stamp=$(venv_stamp)
  [[ -f $venv/stamp && $(<"$venv/stamp") == "$stamp" ]] && return 0
  rm -rf "$venv"
  "$python" -m venv "$venv"
  run_step "pip install -e .[$extras]" "$venv/bin/python" -m pip install \
    --quiet --quiet --disable-pip-version-check --editable ".[$extras]"
  printf '%s\n' "$stamp" >"$venv/stamp"
}

# Fetched before the tests, so that no test waits for a download.
fetch_nodeos_if_wanted() {
  [[ ${NODEOS_FETCH:-1} == 1 && -f src/eoskeeper/devnet/nodeos_binary.py ]] || return 0
  wanted integration || wanted contract || return 0
  run_step "fetch nodeos" "$venv/bin/python" -m eoskeeper.devnet.nodeos_binary
}
