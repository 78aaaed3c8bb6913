#!/bin/sh
# Makes the secrets of a deployment, once, as files in docker/secrets. What is there already stays as it is.
#
#   docker/init.sh [DIRECTORY]
#
# The directory is for its owner only. The files in it can be read by all: a container gets single files of it, and reads them as a user
# that this machine need not know.
set -eu

directory=${1:-$(dirname "$0")/secrets}
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"
umask 077

# keep FILE: standard input becomes the file, without a line end. Whole or not at all.
keep() {
    tr -d '\n' >"$1.new"
    chmod 444 "$1.new"
    mv "$1.new" "$1"
}

random() {
    head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n'
}

# api_key N: a new key; its hash is what the service gets to know.
api_key() {
    key="ba_$(random)"
    printf %s "$key" | sha256sum | cut -d ' ' -f 1 | keep "Auth__Keys__$1__Hash"
}

[ -s postgres_password ] || random | keep postgres_password
[ -s Storage__ConnectionString ] ||
    printf 'Host=postgres;Database=bounceactors;Username=bounceactors;Password=%s' "$(cat postgres_password)" | keep Storage__ConnectionString
# Recipients are found again by it only: keep a copy where backups are.
[ -s Storage__KeySecret ] || head -c 32 /dev/urandom | base64 | keep Storage__KeySecret
[ -s grafana_password ] || random | keep grafana_password
if [ ! -s metrics_key ]; then
    api_key 1
    printf %s "$key" | keep metrics_key
fi

# The cluster's own authority: whoever holds a certificate of it is a node.
if [ ! -s cluster.crt ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=BounceActors cluster' \
        -keyout authority.key -out authority.crt 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=BounceActors node' -keyout cluster.key -out node.csr 2>/dev/null
    openssl x509 -req -in node.csr -CA authority.crt -CAkey authority.key -CAcreateserial -days 3650 -out cluster.crt 2>/dev/null
    rm -f node.csr authority.srl
    chmod 400 authority.key
    chmod 444 authority.crt cluster.key cluster.crt
fi

if [ ! -s Auth__Keys__0__Hash ]; then
    api_key 0
    echo "API key of the operator (may do everything; shown once):"
    echo "$key"
fi
