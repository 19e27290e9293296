import CLibvirt
import CXML

/// What must be done once for the process, before the first connection is opened.
enum LibvirtRuntime {
    /// Initialises both libraries, silences libvirt's own printing of errors and runs its event loop.
    ///
    /// The event loop has to be registered before the first open: keepalive and events depend on it.
    static func start() {
        started
    }

    private static let started: Void = {
        xmlInitParser()
        virInitialize()
        virSetErrorFunc(nil) { _, _ in }
        virEventRegisterImpl(
            { LibvirtRuntime.loop.add($0, $1, $2, $3, $4) }, { LibvirtRuntime.loop.update(watch: $0, $1) },
            { LibvirtRuntime.loop.remove(watch: $0) }, { LibvirtRuntime.loop.add(every: $0, $1, $2, $3) },
            { LibvirtRuntime.loop.update(timer: $0, every: $1) }, { LibvirtRuntime.loop.remove(timer: $0) })
        loop.run()
    }()

    /// Hangs up the sockets of a connection, so that whoever waits for an answer there is let go.
    static func hangUp(_ mark: SocketMark) {
        loop.hangUp(mark)
    }

    private static let loop = EventLoop()
}
