#!/bin/sh
# Brings every node to the image and settings of compose.yaml, one after the other: the next one only when the one before is ready again.
# Stops at the first that does not become ready; the others then run on as they were.
#
#   docker/rolling-upgrade.sh               builds the image, replaces the nodes that differ
#   docker/rolling-upgrade.sh --no-build    takes BOUNCEACTORS_IMAGE as it is
#   docker/rolling-upgrade.sh --restart     replaces all nodes, also those that do not differ
set -eu
cd "$(dirname "$0")"

build=true
recreate=
for argument; do
    case $argument in
    --no-build) build=false ;;
    --restart) recreate=--force-recreate ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0" >&2 && exit 64 ;;
    esac
done

if docker compose version >/dev/null 2>&1; then
    compose() { docker compose -f compose.yaml --profile scale "$@"; }
else
    compose() { docker-compose -f compose.yaml --profile scale "$@"; }
fi

wait_until_ready() {
    for container; do
        waited=0
        until [ "$(docker inspect --format '{{.State.Health.Status}}' "$container")" = healthy ]; do
            waited=$((waited + 1))
            if [ $waited -gt 180 ]; then
                echo "$container is not ready after 180 s; nothing more is replaced. Its log:" >&2
                docker logs --tail 30 "$container" >&2
                exit 1
            fi
            sleep 1
        done
    done
    # HAProxy takes a node in again after two checks.
    sleep 5
}

if $build; then
    compose build node1
fi

for node in node1 node2 node3; do
    echo "$node"
    # shellcheck disable=SC2086 # empty, or one word
    compose up -d --no-deps --no-build $recreate "$node"
    wait_until_ready "$(compose ps -q "$node")"
done

extra=$(compose ps -q node)
count=$(echo "$extra" | grep -c . || true)
for container in $extra; do
    echo "node ($container)"
    docker stop --time 85 "$container" >/dev/null
    docker rm "$container" >/dev/null
    compose up -d --no-deps --no-build --no-recreate --scale "node=$count" node
    # shellcheck disable=SC2046 # one word per container
    wait_until_ready $(compose ps -q node)
done
echo "all nodes are ready"
