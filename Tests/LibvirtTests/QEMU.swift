import FoundationEssentials
import Glibc
import TestSupport

/// Whether a daemon with the QEMU driver can be started for these tests, or has to: root is needed for its paths, and the driver's package.
enum QEMU {
    static var isAvailable: Bool {
        let isThere =
            geteuid() == 0
            && directories.contains { FileManager.default.fileExists(atPath: "\($0)/libvirt_driver_qemu.so") }
        return isThere || Requirement.machines.isDemanded
    }

    private static let directories = [
        "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver", "/usr/lib/aarch64-linux-gnu/libvirt/connection-driver",
        "/usr/lib64/libvirt/connection-driver",
    ]
}
