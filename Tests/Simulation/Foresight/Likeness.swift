import ClusterModel
import Provisioning

/// An observation as facts that can be held against those of another one. What is left out, and why, stands here and nowhere else.
///
/// - When a system was read: of the reading, not of the world.
/// - Machine ids: the scheduler gives them; a machine is called by the node that it is.
/// - The order of reservations: the network's own.
/// - `since` and `version` of a registration: the announcer writes down when it came and what answered.
/// - How many calls are up, once time has passed: callers' affair. That a drain ends with none is asked for apart.
/// - Image files of this machine: no action touches them.
/// - States of machines that are gone, once time has passed: they are said, never acted on, and when they end is the scheduler's affair.
public struct Likeness: Sendable {
    private let names: Names
    private let moment: Moment
    private var facts: [String: String] = [:]
    /// What the systems bring about for an instance or a node by themselves, by its name.
    private var byThemselves: [String: Set<String>] = [:]

    public enum Moment: Sendable {
        /// The same clock, and nothing moves.
        case still
        /// The guests have come up: whether one has an agent that tells its name is the image's affair, so a name that was not foreseen says nothing.
        case settled
        /// Real systems that go on by themselves, right after an action: what agents and machines do is not looked at. `startedAt` is of the moment just
        /// before the start, and not of the action's beginning.
        case moving
        /// Real systems at rest: as `settled`, with `startedAt` as in `moving`.
        case atRest
    }

    public init(_ observed: Observed, _ names: Names, _ moment: Moment = .still) {
        self.names = names
        self.moment = moment
        for (name, reading) in observed.hypervisors {
            facts["libvirt \(name)"] = reading.reason
            if let state = reading.value { add(state, name) }
        }
        facts["etcd"] = observed.registry.reason
        if let state = observed.registry.value { add(state) }
        facts["fleet"] = observed.units.reason
        if let state = observed.units.value { add(state) }
    }

    /// What differs from what was foreseen; empty: nothing does.
    /// - Parameter instances: those, and the nodes, whose coming or going was waited for; what the systems do by themselves for others, nobody foresaw. `nil`: all.
    public func differences(from foreseen: Likeness, waitedFor instances: Set<String>? = nil) -> [String] {
        var unforeseen: Set<String> = []
        if let instances {
            for (name, keys) in byThemselves.merging(foreseen.byThemselves, uniquingKeysWith: { $0.union($1) })
            where !instances.contains(name) { unforeseen.formUnion(keys) }
        }
        return Set(facts.keys).union(foreseen.facts.keys).subtracting(unforeseen).sorted().compactMap { key in
            let (now, expected) = (facts[key], foreseen.facts[key])
            return now == expected ? nil : "\(key): foreseen \(expected ?? "nothing"), observed \(now ?? "nothing")"
        }
    }

    private mutating func add(_ state: HypervisorState, _ name: String) {
        for (domain, value) in state.domains {
            let key = "libvirt \(name) domain \(domain)"
            facts[key] = "\(value.uuid) \(value.run) \(value.persistent ? "persistent" : "transient")"
            if moment == .still { facts["\(key) guest"] = value.guestHostname }
            facts["\(key) hardware"] = value.hardware.map { CanonicalJSON.text($0) }
            facts["\(key) running"] = value.running.map { CanonicalJSON.text($0) }
            switch value.mark {
            case nil: continue
            case .unreadable(let reason, _): facts["\(key) mark"] = reason
            case .readable(var mark):
                if moment == .moving || moment == .atRest {
                    mark.startedAt = mark.startedAt.map { _ in Instant(seconds: 0) }
                }
                facts["\(key) mark"] = CanonicalJSON.text(mark)
            }
        }
        facts["libvirt \(name) pool"] = state.pool.map { "\($0.active)" }
        for volume in state.pool?.volumes ?? [] { facts["libvirt \(name) volume \(volume)"] = "there" }
        facts["libvirt \(name) network"] = state.network.map { "\($0.active)" }
        for reservation in state.network?.reservations ?? [] {
            facts["libvirt \(name) reservation \(reservation.mac) \(reservation.name) \(reservation.address)"] = "there"
        }
    }

    private mutating func add(_ state: RegistryState) {
        facts["etcd leader"] = state.leader?.name
        facts["etcd shares"] = state.shares.map { CanonicalJSON.text($0) }
        facts["etcd rollout"] = state.rollout.map {
            "\(CanonicalJSON.text($0.version)) \($0.state) \($0.step) \($0.verdicts.count)"
        }
        for (target, time) in state.destructions { facts["etcd destruction of \(target)"] = "\(time.milliseconds)" }
        for key in state.keys { add("etcd key \(key)", "there", of: instance(key: key)) }
        for (key, reason) in state.malformed { add("etcd malformed \(key)", reason, of: instance(key: key)) }
        for (name, record) in state.instances {
            let place = "\(record.address):\(record.port) \(record.node)"
            add(
                "etcd instance \(name)",
                "\(place) \(record.track) \(record.image) \(record.health) \(record.unit) \(record.probe?.extension ?? "")",
                of: name)
        }
        for (name, record) in state.dispatchers { add("etcd dispatcher \(name)", "\(record.revision)", of: name) }
        for (name, calls) in state.calls {
            add("etcd calls \(name)", moment == .still ? "\(calls.calls)" : "counted", of: name)
        }
    }

    private func instance(key: String) -> String? {
        for prefix in [names.instancesPrefix, names.callsPrefix, names.dispatchersPrefix] where key.hasPrefix(prefix) {
            return String(key.dropFirst(prefix.count))
        }
        return nil
    }

    private mutating func add(_ state: UnitsState) {
        func node(_ machine: String) -> String { state.machines[machine]?.node ?? machine }
        func instance(_ unit: String) -> String {
            names.ordinal(announcer: unit).map { names.instance($0) }
                ?? names.ordinal(dispatcher: unit).map { names.kamailio($0) } ?? unit
        }
        for (name, unit) in state.units {
            let mark =
                unit.mark.map { CanonicalJSON.text($0) } ?? unit.kamailio.map { CanonicalJSON.text($0) } ?? "foreign"
            let order = "\(unit.intact ? "intact" : "changed") \(unit.launched ? "launched" : "not launched")"
            facts["fleet unit \(name)"] = "\(order) \(mark)"
            let run =
                switch unit.run {
                case .running(let machine): "running on \(node(machine))"
                case .failed(let machine): "failed on \(node(machine))"
                case .stopped(let machine): "stopped on \(node(machine))"
                case .unreported: "unreported"
                }
            add("fleet run of \(name)", run, of: instance(name))
        }
        for name in state.lingering { add("fleet lingering \(name)", "there", of: instance(name)) }
        if moment == .still { for ghost in state.ghosts { facts["fleet ghost \(ghost)"] = "there" } }
        guard moment != .moving else { return }
        for machine in state.machines.keys { add("fleet machine \(node(machine))", "there", of: node(machine)) }
    }

    private mutating func add(_ key: String, _ value: String, of instance: String?) {
        if let instance {
            guard moment != .moving else { return }
            byThemselves[instance, default: []].insert(key)
        }
        facts[key] = value
    }
}
