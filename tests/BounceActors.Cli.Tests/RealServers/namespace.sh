# Starts a mail server in namespaces of its own: the unpacked packages (eng/install-test-servers.sh) lie over /usr, the
# test's configuration and users over /etc, and nothing it writes reaches the machine. Everything ends with stdin,
# so that no server outlives the tests, however they end.
#
#   unshare --mount --pid --fork --kill-child --mount-proc sh namespace.sh WORK SERVERS
set -eu
work=$1
servers=$2
chmod 755 "$work"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$servers/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$work/etc:/etc" /etc
for directory in /var/spool /var/lib /run; do
    mount -t tmpfs tmpfs "$directory"
done
sh "$work/start.sh" >"$work/output" 2>&1 </dev/null &
cat >/dev/null
