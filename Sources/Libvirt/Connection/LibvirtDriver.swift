/// The hypervisor driver behind a connection, as `virConnectGetType` names it.
public struct LibvirtDriver: Sendable, Hashable {
    /// `QEMU`, `TEST`, ...
    public let name: String

    public init(name: String) {
        self.name = name
    }

    /// libvirt's own test driver: it keeps definitions and states, and runs nothing.
    public var isTest: Bool { name == "TEST" }
}

/// How often an idle daemon is asked for a sign of life, and how many signs it may miss.
public struct KeepAlive: Sendable, Hashable {
    public let intervalSeconds: Int32
    public let count: UInt32

    /// Every five seconds, three times: a frozen daemon is given up after about twenty seconds.
    public init(intervalSeconds: Int32 = 5, count: UInt32 = 3) {
        self.intervalSeconds = intervalSeconds
        self.count = count
    }
}
