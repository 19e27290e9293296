import FoundationEssentials
import Glibc

/// Network and mounts that libvirtd, dnsmasq and the virtual machines of one lab have for themselves.
///
/// Neither has a name: both are gone with the last process in them, and bridge, taps, firewall rules and mounts with them. As root libvirt's
/// directories are compiled in; here they are bound to the lab's own.
struct LabNamespace: Sendable {
    /// Does nothing but hold the namespaces, so that a libvirtd that is started anew finds the same ones.
    let child: LabChild
    private let id: String

    /// Words before a command that is to run inside.
    var enter: [String] { LabNamespace.enter(child.identity.pid) }

    static func enter(_ pid: Int32) -> [String] { ["nsenter", "--target", "\(pid)", "--net", "--mount", "--"] }

    /// Returns once it is made.
    ///
    /// - Parameter id: the lab's; it stands in the mounts of every process inside (`ProcessIdentity.marked`).
    static func start(_ layout: LabLayout, id: String, environment: [String: String]) async throws(LabError)
        -> LabNamespace
    {
        for name in directories {
            let path = "\(layout.libvirt)/\(name)"
            // dnsmasq reads its files again as nobody.
            guard mkdir(path, 0o755) == 0 || errno == EEXIST, chmod(path, 0o755) == 0 else {
                throw .system("mkdir \(path)", errno)
            }
        }
        try LabFile.replace(layout.libvirt + "/etc/qemu.conf", with: Array(qemuConfiguration.utf8))
        let ready = layout.libvirt + "/ready"
        unlink(ready)
        let child = try LabChild(
            name: "namespace",
            command: ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script, "sh"]
                + [layout.libvirt, mountTag(id), ready],
            environment: environment, log: layout.log("namespace"))
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end, child.exitStatus == nil, !Task.isCancelled {
            if access(ready, F_OK) == 0 { return LabNamespace(child: child, id: id) }
            try? await Task.sleep(for: .milliseconds(10))
        }
        await child.stop()
        throw LabError(
            "a network and mounts of the lab's own cannot be made; is this a container without the right to? "
                + LabLogs.tail(layout.log("namespace")))
    }

    /// Ends everything that runs inside, machines included.
    func end() async {
        await ProcessIdentity.endAll { ProcessIdentity.mounted(id) }
        await child.stop()
    }

    /// The source of a mount that only processes of this lab see.
    static func mountTag(_ id: String) -> String { "dialtone-lab-\(id)" }

    /// In the order in which they are made; Debian's libvirt-daemon-system brings the last one.
    private static let directories = ["etc", "lib", "run", "log", "cache", "log/qemu"]

    /// Everything as root and as it is: there is no user, security driver or cgroup to be had, and no virtlogd.
    private static let qemuConfiguration = """
        user = "root"
        group = "root"
        dynamic_ownership = 0
        remember_owner = 0
        security_driver = "none"
        namespaces = []
        cgroup_controllers = []
        stdio_handler = "file"

        """

    /// Where the host has no directory of libvirt's, its parent is put together anew with the same content, so that one can be made in it and the
    /// host does not get it. `/sys` holds the content meanwhile: it is always there, and no directory of libvirt's or the lab's lies in it.
    ///
    /// `/sys` is mounted anew, since it shows the interfaces of the network in which it was mounted. The user is one without whom the QEMU
    /// driver does not start (Debian's libvirt-daemon-system makes it, which is more than a lab needs).
    private static let script = #"""
        set -e
        directory=$1 tag=$2 ready=$3
        mirror() {
            mount --rbind "$1" /sys
            mount -t tmpfs -o mode=755 "$tag" "$1"
            for entry in /sys/* /sys/.[!.]*; do
                copy=$1/${entry##*/}
                if [ -L "$entry" ]; then
                    cp -P "$entry" "$copy"
                elif [ -d "$entry" ]; then
                    mkdir "$copy"
                    mount --rbind "$entry" "$copy"
                elif [ -e "$entry" ]; then
                    : >"$copy"
                    mount --bind "$entry" "$copy"
                fi
            done
            umount --lazy /sys
        }
        bind() {
            [ -d "$2" ] || mirror "${2%/*}"
            mkdir -p "$2"
            mount --bind "$directory/$1" "$2"
        }
        lend() {
            getent "$1" libvirt-qemu >/dev/null && return
            { cat "/etc/$1"; echo "$2"; } >"$directory/$1"
            mount --bind "$directory/$1" "/etc/$1"
        }
        bind etc /etc/libvirt
        bind lib /var/lib/libvirt
        bind run /run/libvirt
        bind log /var/log/libvirt
        bind cache /var/cache/libvirt
        lend passwd libvirt-qemu:x:64055:64055::/nonexistent:/usr/sbin/nologin
        lend group libvirt-qemu:x:64055:
        mount -t sysfs -o ro "$tag" /sys
        ip link set lo up
        : >"$ready"
        exec sleep infinity
        """#
}
