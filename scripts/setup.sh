#!/bin/sh
# Everything a fresh checkout needs on Debian with Node: system packages, npm packages, the build.
# Plain sh and nothing else, because npm runs it before anything is installed. Safe to run again, and quick when nothing is missing.
#
# Usage: sh scripts/setup.sh [none|demo|test]
#   none   what agents and console need (the default)
#   demo   and the lab: a Redis server, kept from starting, and network tools
#   test   and a browser with its fonts
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

mode=${1:-none}
case $mode in
    none | demo | test) ;;
    -h | --help) sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0"; exit 0 ;;
    *) printf 'setup: unknown mode "%s"; use none, demo or test\n' "$mode" >&2; exit 2 ;;
esac

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin # ip, ethtool and iptables live there, and an ordinary PATH lacks it

command -v node >/dev/null || die 'Node.js is missing; install Node 20.19 or later'
node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a === 20 && +b >= 19) ? 0 : 1)' ||
    die "Node $(node --version) is too old; install Node 20.19 or later"

# --- system packages ---------------------------------------------------------------------------------------------------
packages=
reasons=
need() { # PACKAGES REASON
    packages="$packages $1"
    reasons="$reasons
  $1: $2"
}
[ -e /usr/include/pcap/pcap.h ] || need libpcap-dev 'headers of the portable capture backend'
{ command -v g++ && command -v make && command -v python3; } >/dev/null || need 'g++ make python3' 'compile the native npm packages'
command -v ip >/dev/null || need iproute2 'network namespaces and routes'
if [ "$mode" != none ]; then
    command -v ethtool >/dev/null || need ethtool 'offloads of the lab'
    command -v nft >/dev/null || need nftables 'packet loss in the lab'
    command -v redis-server >/dev/null || need redis-server 'the service that the demo and the tests mirror'
    command -v redis-cli >/dev/null || need redis-tools 'a client of that service'
    command -v tcpdump >/dev/null || need tcpdump 'look at packets'
    command -v ps >/dev/null || need procps 'look at processes'
fi
if [ "$mode" = test ]; then
    command -v iptables >/dev/null || need iptables 'firewall rules of a test'
    command -v nginx >/dev/null || need nginx 'a service that the tests mirror'
    [ -d /usr/lib/postgresql ] || need postgresql 'a database of the console'
    [ -x "${CHROMIUM_PATH:-/usr/bin/chromium}" ] || need chromium 'browser tests'
    [ -d /usr/share/fonts/truetype/liberation ] || [ -d /usr/share/fonts/truetype/liberation2 ] || need fonts-liberation 'text in browser tests'
    [ -d /usr/share/fonts/truetype/dejavu ] || need fonts-dejavu-core 'text in browser tests'
fi

# Installing a server must not start it: policy-rc.d is what package scripts ask first. Whatever was there comes back.
policy=/usr/sbin/policy-rc.d
mark='# of parallax setup'
log=
forbid_services() {
    trap allow_services EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    [ ! -e $policy ] || mv $policy $policy.parallax-setup
    printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >$policy
    chmod 755 $policy
}
allow_services() {
    rm -f "$log"
    if grep -qs "$mark" $policy; then rm -f $policy; fi
    [ ! -e $policy.parallax-setup ] || mv $policy.parallax-setup $policy
}
[ ! -w /usr/sbin ] || allow_services # after a run that was killed

if [ -n "$packages" ]; then
    packages=${packages# }
    how="install them as root with:
  apt-get update && apt-get install --no-install-recommends $packages"
    [ "$(id -u)" = 0 ] || die "these Debian packages are missing:$reasons
and this user may not install any; $how"
    command -v apt-get >/dev/null || die "these Debian packages are missing:$reasons
and there is no apt-get here; install what corresponds to them: $packages"
    say "installing Debian packages: $packages"
    export DEBIAN_FRONTEND=noninteractive
    forbid_services
    log=$(mktemp)
    # shellcheck disable=SC2086 # a list of words
    if ! { apt-get -qq update && apt-get -qq -y -o DPkg::Lock::Timeout=120 install --no-install-recommends $packages; } </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        die "apt-get failed; repair it, or $how"
    fi
    allow_services
    trap - EXIT INT TERM
    # Nor shall it start with the machine: the lab runs its own.
    for service in redis-server nginx; do
        case " $packages " in *" $service "*) if [ -d /run/systemd/system ]; then systemctl disable --quiet $service || true; fi ;; esac
    done
fi

# --- npm packages ------------------------------------------------------------------------------------------------------
stamp=node_modules/.parallax-setup
want="$(sha256sum package-lock.json | cut -c1-64) $(node --version)"
have=
[ ! -f $stamp ] || have=$(cat $stamp)
if [ "$have" != "$want" ] || [ ! -d node_modules/.bin ]; then
    command -v npm >/dev/null || die 'npm is missing; it comes with Node.js'
    say 'installing npm packages (about a minute)'
    # The tools of the build are development packages, whatever NODE_ENV says.
    npm ci --include=dev --include=optional --no-audit --no-fund --loglevel=error </dev/null || die 'npm ci failed; its message is above'
    printf '%s\n' "$want" >$stamp
fi

# --- build -------------------------------------------------------------------------------------------------------------
say 'building what has changed (about a minute the first time)'
node scripts/build.mjs </dev/null || die 'the build failed; its message is above'
