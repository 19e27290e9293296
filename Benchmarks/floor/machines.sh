#!/bin/bash
# machines.sh URI DIRECTORY NODE...: makes and starts machines with bare virsh commands until the guest agent of each answers. What they are made from
# is in DIRECTORY, as `save` took it from machines that dialtone had made.
#
#   machines.sh save URI DIRECTORY NODE...     keeps definitions, reservations, drives and the base image
#   machines.sh make URI DIRECTORY NODE...     says on standard output how many nanoseconds it took
#   machines.sh clear URI DIRECTORY NODE...
set -euo pipefail
command=$1 uri=$2 directory=$3
shift 3
v() { virsh --quiet --connect "$uri" "$@"; }
# The volumes of a node's two disks: its overlay, and its drive.
volumes() { sed -n "s/.*<source pool='default' volume='\([^']*\)'.*/\1/p" "$directory/$1.xml"; }

case $command in
save)
    for node; do
        v dumpxml --inactive "$node" >"$directory/$node.xml"
        v net-dumpxml dialtone | sed -n "s/^ *\(<host .*'$node'.*>\)$/\1/p" >"$directory/$node.host"
        { read -r overlay; read -r drive; } < <(volumes "$node")
        v vol-download "$drive" "$directory/$drive" --pool default
    done
    v vol-dumpxml "$overlay" default | sed -n '/<backingStore>/,/<\/backingStore>/s/.*<path>.*\/\(.*\)<\/path>.*/\1/p' >"$directory/base"
    v vol-download "$(cat "$directory/base")" "$directory/image" --pool default
    ;;
make)
    base=$(cat "$directory/base")
    begin=$(date +%s%N)
    v vol-create-as default "$base" "$(stat -c %s "$directory/image")" --allocation 0 --format raw >/dev/null
    v vol-upload "$base" "$directory/image" --pool default
    for node; do
        { read -r overlay; read -r drive; } < <(volumes "$node")
        v define "$directory/$node.xml" >/dev/null
        v net-update dialtone add ip-dhcp-host "$(cat "$directory/$node.host")" --live --config >/dev/null
        v vol-create-as default "$overlay" 1G --allocation 0 --format qcow2 --backing-vol "$base" --backing-vol-format qcow2 >/dev/null
        v vol-create-as default "$drive" "$(stat -c %s "$directory/$drive")" --format raw >/dev/null
        v vol-upload "$drive" "$directory/$drive" --pool default
        v start "$node" >/dev/null
    done
    for node; do
        until v domhostname "$node" --source agent >/dev/null 2>&1; do sleep 0.2; done
    done
    echo $(($(date +%s%N) - begin))
    ;;
clear)
    for node; do
        v destroy "$node" >/dev/null
        v undefine "$node" >/dev/null
        v net-update dialtone delete ip-dhcp-host "$(cat "$directory/$node.host")" --live --config >/dev/null
        volumes "$node" | while read -r volume; do v vol-delete "$volume" --pool default >/dev/null; done
    done
    v vol-delete "$(cat "$directory/base")" --pool default >/dev/null
    ;;
esac
