/// One libvirt, as far as a cluster cares.
public struct HypervisorState: Sendable, Hashable {
    /// All domains, ours and others', by name.
    public var domains: [String: DomainState]
    /// `nil`: there is no such pool.
    public var pool: PoolState?
    /// `nil`: there is no such network.
    public var network: NetworkState?

    public init(domains: [String: DomainState], pool: PoolState?, network: NetworkState?) {
        self.domains = domains
        self.pool = pool
        self.network = network
    }
}

public struct DomainState: Sendable, Hashable {
    public enum Run: String, Sendable, Hashable {
        case running, paused, off, other
        /// In the middle of its start: it has never run. libvirt is at it, or a libvirtd that was ended in it left it so.
        case starting
    }

    public var uuid: String
    public var run: Run
    /// Whether it is defined and not only running: what runs undefined is gone at its next stop.
    public var persistent: Bool
    /// `nil`: not marked, so not ours.
    public var mark: Mark?
    /// What the domain has at its next start; only of marked domains.
    public var hardware: Hardware?
    /// What the running machine has; `nil`: it is not ours, does not run, or was not looked at this time.
    public var running: Hardware?
    /// The name that the guest gives itself; `nil`: it is not ours, does not run, or no guest agent answers.
    public var guestHostname: String?

    public enum Mark: Sendable, Hashable {
        indirect case readable(NodeMark)
        /// A mark of Dialtone's that this version cannot read: touched by nobody.
        case unreadable(reason: String, cluster: String?)
    }

    public init(
        uuid: String, run: Run, persistent: Bool = true, mark: Mark? = nil, hardware: Hardware? = nil,
        running: Hardware? = nil, guestHostname: String? = nil
    ) {
        self.uuid = uuid
        self.run = run
        self.persistent = persistent
        self.mark = mark
        self.hardware = hardware
        self.running = running
        self.guestHostname = guestHostname
    }

    /// How the domain differs from what was applied: at its next start, or while it runs. What was written anew since its start runs as before until
    /// it is started again.
    public func drift(from applied: Hardware, awaitsRestart: Bool) -> [Change] {
        let next = hardware?.drift(from: applied) ?? []
        guard run == .running, !awaitsRestart, let running else { return next }
        return next + running.drift(from: applied).filter { change in !next.contains { $0.field == change.field } }
    }

    public var nodeMark: NodeMark? {
        if case .readable(let mark) = mark { mark } else { nil }
    }
}

/// The parts of a domain that matter to a node.
public struct Hardware: Sendable, Hashable, Codable {
    /// The most that the guest may have.
    public var memoryMiB: Int
    /// What the guest is left of it: less where somebody took some away.
    public var currentMemoryMiB: Int
    public var vcpus: Int
    /// Volumes of its disks in order, as `POOL/VOLUME`, or a path.
    public var disks: [String]
    /// Its interfaces in order, as `MAC NETWORK`.
    public var interfaces: [String]
    public var boot: Boot

    /// - Parameter currentMemoryMiB: `nil`: all of it.
    public init(
        memoryMiB: Int, currentMemoryMiB: Int? = nil, vcpus: Int, disks: [String], interfaces: [String], boot: Boot
    ) {
        self.memoryMiB = memoryMiB
        self.currentMemoryMiB = currentMemoryMiB ?? memoryMiB
        self.vcpus = vcpus
        self.disks = disks
        self.interfaces = interfaces
        self.boot = boot
    }

    /// What a node made from these inputs has.
    public init(inputs: NodeInputs, owns: Owned) {
        self.init(
            memoryMiB: inputs.memoryMiB, vcpus: inputs.vcpus,
            disks: [owns.pool + "/" + owns.overlay, owns.pool + "/" + owns.drive],
            interfaces: [owns.reservation.mac + " " + owns.network], boot: inputs.boot)
    }

    /// How this, as found, differs from what was applied.
    public func drift(from applied: Hardware) -> [Change] {
        guard self != applied else { return [] }
        var found: [Change] = []
        func compare(_ field: String, _ was: String, _ now: String) {
            if was != now { found.append(Change(field: field, from: now, to: was, by: .others)) }
        }
        compare("memory", applied.memory, memory)
        compare("vcpus", "\(applied.vcpus)", "\(vcpus)")
        compare("disks", applied.disks.listed, disks.listed)
        compare("interfaces", applied.interfaces.listed, interfaces.listed)
        compare("boot", applied.boot.description, boot.description)
        return found
    }

    private var memory: String {
        memoryMiB == currentMemoryMiB ? "\(memoryMiB) MiB" : "\(currentMemoryMiB) of \(memoryMiB) MiB"
    }
}

public struct PoolState: Sendable, Hashable {
    public var active: Bool
    public var volumes: Set<String>

    public init(active: Bool, volumes: Set<String>) {
        self.active = active
        self.volumes = volumes
    }
}

public struct NetworkState: Sendable, Hashable {
    public var active: Bool
    /// The host's own address in it; `nil` where the network has none.
    public var address: IPv4?
    /// In bits.
    public var prefix: Int?
    public var reservations: [Reservation]

    public init(active: Bool, address: IPv4?, prefix: Int?, reservations: [Reservation]) {
        self.active = active
        self.address = address
        self.prefix = prefix
        self.reservations = reservations
    }
}
