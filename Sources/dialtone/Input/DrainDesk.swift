import ClusterModel
import Planning
import Reconciler

/// Where people give orders about one instance or node.
struct DrainDesk {
    let target: String
    let format: OutputOptions.Format
    let session: Session

    init(_ target: String, _ intent: Intent) throws(CommandError) {
        self.target = target
        format = intent.format
        session = try Session(try intent.load(), lab: intent.lab)
    }

    /// Orders that no new calls are dealt there.
    func order(by person: String, note: String) async throws(CommandError) {
        let observed = await session.observe(images: .remembered)
        let instances = try affected(observed)
        let order = PersonalOrder(by: person, note: note, at: session.clock.now())
        try await session.order { registry throws(PortError) in try await registry.order(order, for: target) }
        report(
            DrainDocument(target, instances, observed.registry.value, order), leader: observed.registry.value?.leader)
    }

    func withdraw() async throws(CommandError) {
        let observed = await session.observe(images: .remembered)
        let overview = Planner(desired: session.spec.expanded()).overview(observed, now: session.clock.now())
        try await session.order { registry throws(PortError) in try await registry.withdrawOrder(for: target) }
        let registry = observed.registry.value
        var document = DrainDocument(target, [], registry, nil)
        document.stillHeld = StillHeld.list(
            without: target, places: overview.instances.map { ($0.name, $0.node) }, orders: registry?.drains ?? [:])
        report(document, leader: registry?.leader)
    }

    /// The instances that the target stands for.
    private func affected(_ observed: Observed) throws(CommandError) -> [String] {
        let overview = Planner(desired: session.spec.expanded()).overview(observed, now: session.clock.now())
        let names = overview.nodes.map(\.name) + overview.instances.map(\.name)
        guard names.contains(target) else {
            if let unknown = observed.unknownSources.first {
                throw CommandError(
                    .unreachable, "whether there is a \(target) is not known; \(unknown.source): \(unknown.reason)")
            }
            let standing = names.isEmpty ? "nothing of it stands" : "there are \(names.joined(separator: ", "))"
            throw CommandError(.usage, "cluster \(session.spec.name) has no instance or node \(target); \(standing)")
        }
        return overview.instances.filter { $0.name == target || $0.node == target }.map(\.name)
    }

    private func report(_ document: DrainDocument, leader: LeaderRecord?) {
        switch format {
        case .json: Streams.output.write(JSONText.of(document))
        case .text:
            let next =
                leader.map { "\($0.name) (pid \($0.pid)) leads, and obeys at once" } ?? "the next apply or run obeys"
            Streams.output.write("\(document.text); \(next).\n".printableLines)
        }
    }
}

/// `drain -o json` and `undrain -o json`; every field is documented in `docs/plan-json.md`.
struct DrainDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Drain"
    var target: String
    var ordered: Bool
    var instances: [Instance]
    var by: String?
    var note: String?
    /// After `undrain`: other orders that still hold calls off.
    var stillHeld: [StillHeld] = []

    struct Instance: Encodable {
        var name: String
        /// Left out: unknown.
        var calls: Int?
    }

    init(_ target: String, _ instances: [String], _ registry: RegistryState?, _ order: PersonalOrder?) {
        self.target = target
        ordered = order != nil
        self.instances = instances.map { Instance(name: $0, calls: registry?.calls[$0]?.calls) }
        by = order?.by
        note = order.flatMap { $0.note.isEmpty ? nil : $0.note }
    }

    var text: String {
        guard ordered else {
            guard !stillHeld.isEmpty else { return "No order holds calls off \(target)" }
            return (["\(target) has no order of its own"] + stillHeld.map(\.text)).joined(separator: "; ")
        }
        guard !instances.isEmpty else { return "\(target) is to get no new calls, and has no instance" }
        let calls = instances.map { "\($0.name) has \($0.calls.map { "\($0)" } ?? "unknown") up" }
        return "\(target) is to get no new calls; \(calls.joined(separator: ", "))"
    }
}

/// An instance that gets no calls by another order than the one that was taken back.
struct StillHeld: Encodable, Equatable {
    var instance: String
    /// The instance or node that the order is about.
    var order: String
    var by: String
    var note: String?

    /// - Parameter places: every instance and its node.
    static func list(
        without target: String, places: [(instance: String, node: String)], orders: [String: PersonalOrder]
    ) -> [StillHeld] {
        places.compactMap { instance, node in
            // The order for an instance holds the one of its node off, and the other way about.
            let other = instance == target ? node : node == target ? instance : nil
            guard let other, let order = orders[other] else { return nil }
            return StillHeld(
                instance: instance, order: other, by: order.by, note: order.note.isEmpty ? nil : order.note)
        }
    }

    var text: String {
        let why = note.map { " (\($0))" } ?? ""
        return "the order for \(order) by \(by)\(why) still holds calls off \(instance): dialtone undrain \(order)"
    }
}
