#!/bin/sh
# Puts Postfix, Exim, OpenSMTPD, Dovecot and swaks from Debian where the tests find them (RealServers in tests/BounceActors.Cli.Tests and
# tests/BounceActors.EndToEnd.Tests/MailIn), and in CI installs the container engine for the tests of docker/.
# As packages they exclude each other, and a developer's machine should not get three mail servers: so they are only
# unpacked into a directory, and the tests lay that directory over /usr in a mount namespace of their own.
#
#   eng/install-test-servers.sh [DIRECTORY]     default: $BOUNCE_TEST_SERVERS, else /opt/bounce-test-servers
set -eu

target=${1:-${BOUNCE_TEST_SERVERS:-/opt/bounce-test-servers}}
servers="postfix exim4-daemon-light opensmtpd dovecot-imapd dovecot-pop3d swaks"

# What the tests of docker/ and of cut networks (Network/) need: an engine (they start it themselves, apart from the machine's), what its base images are made from, and
# Prometheus with its checker. A developer's machine is left alone: there these tests are skipped.
if [ "${CI:-}" = true ] && ! { command -v dockerd && command -v docker-compose && command -v haproxy && command -v iptables && command -v ip; } >/dev/null; then
    apt-get update -qq
    # Nothing is to be started by its package.
    RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends docker.io docker-compose haproxy iptables iproute2 openssl >/dev/null
fi
if [ ! -x "$target/usr/bin/promtool" ] || [ ! -x "$target/usr/bin/prometheus" ]; then
    download=$(mktemp -d)
    apt-get update -qq
    (cd "$download" && apt-get download -qq -o APT::Sandbox::User=root prometheus >/dev/null && dpkg -x prometheus_*.deb .)
    mkdir -p "$target/usr/bin"
    mv "$download/usr/bin/promtool" "$download/usr/bin/prometheus" "$target/usr/bin/"
    rm -rf "$download"
fi

if [ -x "$target/usr/sbin/exim4" ] && [ -x "$target/usr/sbin/smtpd" ] && [ -x "$target/usr/sbin/postconf" ] \
    && [ -x "$target/usr/sbin/dovecot" ] && [ -x "$target/usr/lib/dovecot/pop3" ] && [ -x "$target/usr/bin/swaks" ]; then
    echo "test servers: already in $target"
    exit 0
fi

download=$(mktemp -d)
trap 'rm -rf "$download"' EXIT
chmod 755 "$download"
apt-get update -qq
for server in $servers; do
    # With what it depends on, as far as this machine does not have it.
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --download-only --no-install-recommends \
        -o Dir::Cache::archives="$download" -o APT::Sandbox::User=root "$server" >/dev/null
done

mkdir -p "$target"
for package in "$download"/*.deb; do
    dpkg -x "$package" "$target"
done

# Packages from before the merge of /lib into /usr/lib; the tests lay usr over /usr and nothing else.
for directory in lib bin sbin; do
    if [ -d "$target/$directory" ] && [ ! -L "$target/$directory" ]; then
        mkdir -p "$target/usr/$directory"
        cp -a "$target/$directory/." "$target/usr/$directory/"
        rm -rf "${target:?}/$directory"
    fi
done

echo "test servers: $(cd "$target/usr/sbin" && ls exim4 smtpd postconf dovecot | tr '\n' ' ')in $target"
