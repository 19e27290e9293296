import CLibvirt
import CXML
import Glibc

/// What must be done once for the process, before the first connection is opened.
enum LibvirtRuntime {
    /// Initialises both libraries, silences libvirt's own printing of errors and runs its default event loop on a thread of its own.
    ///
    /// The event loop has to be registered before the first open: keepalive and events depend on it (`virEventRegisterDefaultImpl`).
    static func start() {
        started
    }

    private static let started: Void = {
        xmlInitParser()
        virInitialize()
        virSetErrorFunc(nil) { _, _ in }
        virEventRegisterDefaultImpl()
        startThread {
            while true {
                // A failing poll must not become a busy loop; it is tried again after a tenth of a second.
                if virEventRunDefaultImpl() < 0 { usleep(100_000) }
            }
        }
    }()
}
