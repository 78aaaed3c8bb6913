#!/bin/bash
# A container engine of the tests' own, in a network and mount namespace of its own: nothing of this machine's network is touched.
#   engine.sh start PID   runs until that process ends; one at a time on this machine
#   engine.sh images      makes the base images that no registry is needed for, from this machine's files
#   engine.sh try         runs a container as compose.yaml would, and fails where that cannot be
#   engine.sh tidy        removes what tests have made: containers, volumes, the image; the base images stay
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${BOUNCE_TEST_DOCKER:-/var/tmp/bounce-docker}
servers=${BOUNCE_TEST_SERVERS:-/opt/bounce-test-servers}
namespace=bounce-docker
export DOCKER_HOST=unix://$home/docker.sock

start() {
    mkdir -p "$home/data"
    exec 9>"$home/lock"
    flock -w 300 9
    ip netns list | grep -q "^$namespace\b" || ip netns add "$namespace"
    nsenter --net=/run/netns/$namespace ip link set lo up
    rm -f "$home/pid"
    (
        exec 9>&-
        while kill -0 "$1" 2>/dev/null; do sleep 1; done
        kill "$(cat "$home/pid")"
    ) &
    exec nsenter --net=/run/netns/$namespace unshare -m "$here/engine.sh" serve
}

# What this machine lacks is made up for, as far as that is possible, in the engine's own mount namespace.
serve() {
    local other probe=$home/data/probe
    mount --make-rprivate /
    if [ -z "$(ls /sys/fs/cgroup 2>/dev/null)" ]; then
        mount -t cgroup2 none /sys/fs/cgroup
    fi
    if ! iptables -t nat -S >/dev/null 2>&1; then
        for other in iptables-legacy iptables-nft; do
            if $other -t nat -S >/dev/null 2>&1; then
                mount --bind "$(readlink -f "$(command -v $other)")" "$(readlink -f "$(command -v iptables)")"
                break
            fi
        done
    fi
    # On a file system that takes no overlay the engine would copy every layer whole.
    mkdir -p "$probe"/{lower,upper,work,merged}
    if mount -t overlay overlay -o "lowerdir=$probe/lower,upperdir=$probe/upper,workdir=$probe/work" "$probe/merged"; then
        umount "$probe/merged"
        rm -rf "$probe"
    else
        mount -t tmpfs -o size=60% tmpfs "$home/data"
    fi
    exec dockerd --data-root "$home/data" --exec-root "$home/exec" --pidfile "$home/pid" -H "$DOCKER_HOST" --log-level warn
}

try() {
    docker run --rm --read-only --cap-drop ALL --security-opt no-new-privileges:true --memory 64m --pids-limit 20 -p 127.0.0.1:8080:8080 \
        bounce-test/haproxy:current -v
}

tidy() {
    docker ps -aq | xargs -r docker rm -f -v
    docker volume ls -q | xargs -r docker volume rm -f
    docker network prune -f
    docker images -q bounceactors | xargs -r docker rmi -f
    docker image prune -f
}

# rootfs DIRECTORY FILE...: the files, with the libraries that programs among them need.
rootfs() {
    local root=$1 file
    shift
    mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,tmp,run,var,proc,sys,dev}
    ln -sfn usr/bin "$root/bin"
    ln -sfn usr/sbin "$root/sbin"
    ln -sfn usr/lib "$root/lib"
    ln -sfn usr/lib64 "$root/lib64"
    chmod 1777 "$root/tmp"
    for file; do
        echo "$file"
        ldd "$file" 2>/dev/null | grep -o '/[^ ]*' || true
    done | sort -u | while read -r file; do
        (cd / && cp -aL --remove-destination --parents ".$file" "$root/")
    done
    for file in /etc/nsswitch.conf /etc/ssl/certs/ca-certificates.crt /etc/protocols /etc/services /lib/x86_64-linux-gnu/libnss_{files,dns}.so.2; do
        [ ! -e "$file" ] || (cd / && cp -aL --parents ".$file" "$root/")
    done
    printf 'root:x:0:0:root:/root:/bin/sh\napp:x:1654:1654:app:/tmp:/bin/false\npostgres:x:70:70:postgres:/var/lib/postgresql:/bin/sh\nhaproxy:x:99:99:haproxy:/tmp:/bin/false\n' >"$root/etc/passwd"
    printf 'root:x:0:\napp:x:1654:\npostgres:x:70:\nhaproxy:x:99:\n' >"$root/etc/group"
}

# image NAME DIRECTORY [CHANGE...]: a directory becomes an image.
image() {
    local name=$1 root=$2
    shift 2
    local changes=()
    for change; do changes+=(--change "$change"); done
    tar -C "$root" -c . | docker import "${changes[@]}" - "$name" >/dev/null
    echo "$name"
}

images() {
    local work libraries dotnet shell name
    # Made anew only when what they are made from has changed.
    local stamp
    stamp=$( (dotnet --version; cat "$here/engine.sh" "$here"/images/*; cat "$here"/../../../Directory.*.props "$here"/../../../src/*/*.csproj; dpkg-query -W 'postgresql-*' haproxy libc6 2>/dev/null; ls -l "$servers/usr/bin/prometheus") | sha256sum | cut -c 1-16)
    if docker image inspect "bounce-test/sdk:$stamp" >/dev/null 2>&1; then
        for name in sdk runtime postgres haproxy prometheus; do docker tag "bounce-test/$name:$stamp" "bounce-test/$name:current"; done
        echo "base images: as they were"
        return
    fi

    work=$(mktemp -d /var/tmp/bounce-images.XXXXXX)
    trap "rm -rf '$work'" EXIT
    dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
    # What .NET loads by name.
    libraries=$(ls /usr/lib/x86_64-linux-gnu/lib{c.so.6,dl.so.2,pthread.so.0,m.so.6,rt.so.1,resolv.so.2,ssl.so.3,crypto.so.3} /usr/lib64/ld-linux-x86-64.so.2 /usr/lib/x86_64-linux-gnu/libicu{data,i18n,uc}.so.?? /usr/lib/x86_64-linux-gnu/lib{stdc++.so.6,gcc_s.so.1,z.so.1,gssapi_krb5.so.2} 2>/dev/null)
    shell=$(for program in sh mkdir rm cp mv ls cat chmod chown ln sed grep tr head id uname dirname basename readlink sleep env true ldd; do command -v $program; done | grep ^/)

    # Like the chiseled images: no shell.
    rootfs "$work/runtime" $libraries
    mkdir -p "$work/runtime/usr/share/dotnet"
    cp -a "$dotnet"/{dotnet,host,shared} "$work/runtime/usr/share/dotnet/"
    ln -s /usr/share/dotnet/dotnet "$work/runtime/usr/bin/dotnet"
    image "bounce-test/runtime:$stamp" "$work/runtime" "ENV DOTNET_ROOT=/usr/share/dotnet" "ENV DOTNET_RUNNING_IN_CONTAINER=true"

    rootfs "$work/sdk" $libraries $shell /usr/bin/bash
    mkdir -p "$work/sdk/usr/share/dotnet" "$work/sdk/root/.nuget/NuGet"
    # Less what no build of ours uses, translations for the most part.
    tar -C "$dotnet" --exclude='./templates' --exclude='./sdk/*/FSharp' --exclude='./sdk/*/DotnetTools' \
        --exclude='./sdk/*/'{de,es,fr,it,ja,ko,pl,pt-BR,ru,tr,zh-Hans,zh-Hant} -c . | tar -C "$work/sdk/usr/share/dotnet" -x
    ln -s /usr/share/dotnet/dotnet "$work/sdk/usr/bin/dotnet"
    packages "$work"
    printf '<configuration><packageSources><clear /><add key="packages" value="/packages" /></packageSources></configuration>' >"$work/sdk/root/.nuget/NuGet/NuGet.Config"
    image "bounce-test/sdk:$stamp" "$work/sdk" "ENV DOTNET_ROOT=/usr/share/dotnet" "ENV HOME=/root" "ENV DOTNET_RUNNING_IN_CONTAINER=true" \
        "ENV DOTNET_NUGET_SIGNATURE_VERIFICATION=false" "ENV DOTNET_GENERATE_ASPNET_CERTIFICATE=false" "ENV DOTNET_SKIP_FIRST_TIME_EXPERIENCE=true" "ENV PATH=/usr/sbin:/usr/bin"

    local postgres
    postgres=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
    rootfs "$work/postgres" $shell "$postgres"/{postgres,initdb,psql,pg_isready,pg_ctl}
    (cd / && cp -a --parents ".${postgres%/bin}/lib" ./usr/share/postgresql ./usr/share/zoneinfo "$work/postgres/")
    ldd "${postgres%/bin}"/lib/*.so 2>/dev/null | grep -o '=> /[^ ]*' | cut -c 4- | sort -u | while read -r file; do (cd / && cp -aL --parents ".$file" "$work/postgres/"); done
    install -m 755 "$here/images/postgres-entrypoint.sh" "$work/postgres/usr/bin/docker-entrypoint.sh"
    install -d -o 70 -g 70 -m 700 "$work/postgres/var/lib/postgresql" "$work/postgres/var/lib/postgresql/data"
    install -d -o 70 -g 70 -m 3777 "$work/postgres/run/postgresql"
    ln -s /run "$work/postgres/var/run"
    image "bounce-test/postgres:$stamp" "$work/postgres" "ENV PATH=$postgres:/usr/sbin:/usr/bin" "ENV PGDATA=/var/lib/postgresql/data" \
        "ENTRYPOINT [\"docker-entrypoint.sh\"]" "CMD [\"postgres\"]"

    rootfs "$work/haproxy" "$(command -v haproxy)"
    image "bounce-test/haproxy:$stamp" "$work/haproxy" "USER haproxy" "ENTRYPOINT [\"$(command -v haproxy)\"]" \
        "CMD [\"-W\", \"-db\", \"-f\", \"/usr/local/etc/haproxy/haproxy.cfg\"]"

    rootfs "$work/prometheus" "$servers/usr/bin/prometheus"
    mv "$work/prometheus$servers/usr/bin/prometheus" "$work/prometheus/usr/bin/"
    install -d -o 65534 -g 65534 "$work/prometheus/prometheus"
    image "bounce-test/prometheus:$stamp" "$work/prometheus" "USER 65534" "ENTRYPOINT [\"/usr/bin/prometheus\"]" \
        "CMD [\"--config.file=/etc/prometheus/prometheus.yml\", \"--storage.tsdb.path=/prometheus\"]"

    # Those made from what was before.
    docker images --format '{{.Repository}}:{{.Tag}}' 'bounce-test/*' | sed "/:$stamp$/d" | xargs -r docker rmi >/dev/null
    for name in sdk runtime postgres haproxy prometheus; do docker tag "bounce-test/$name:$stamp" "bounce-test/$name:current"; done
}

# The packages that the Dockerfile restores, as a folder the build can restore from without a network.
packages() {
    local work=$1 store=${NUGET_PACKAGES:-$HOME/.nuget/packages} project package
    (cd "$here/../../.." && mkdir -p "$work/src" && cp -a --parents global.json Directory.*.props eng/BannedSymbols.txt src/*/*.csproj "$work/src/")
    mkdir -p "$work/sdk/packages"
    for project in Service Cli; do
        (cd "$work/src/src/BounceActors.$project" && dotnet restore --use-current-runtime -p:PublishReadyToRun=true -v quiet)
    done
    {
        grep -hoE '"path": "[^"]+/[0-9][^"]*"' "$work"/src/src/*/obj/project.assets.json | cut -d '"' -f 4
        # What the SDK downloads beside the references: the compiler ahead of time and the runtime it compiles against.
        tr -d '\n ' <"$work/src/src/BounceActors.Service/obj/project.assets.json" | grep -oE '"name":"[^"]+","version":"\[[^,]+' |
            sed -E 's/"name":"([^"]+)","version":"\[(.*)/\L\1\/\2/' | while read -r package; do [ ! -d "$store/$package" ] || echo "$package"; done
    } | sort -u | while read -r package; do
        cp "$store/$package"/*.nupkg "$work/sdk/packages/"
    done
}

"$@"
