import ClusterModel
import FoundationEssentials
import Lab
import Manifest
import Planning
import Reconciler
import Simulation
import TestSupport
import Testing

/// Carries steps out through the ports to a lab's systems, and holds what `predict` and `settle` foresaw against what is then observed there.
final class LabForesight {
    private let lab: LabSession
    let ports: Ports
    private let leadership: Leadership
    private var planner: Planner
    private(set) var compared: Set<ActionKind> = []
    private(set) var waitedFor: Set<WaitKind> = []

    init(_ lab: LabSession, _ manifest: ManifestText) async throws {
        self.lab = lab
        planner = try Self.planner(lab, manifest)
        ports = try Connect.ports(to: planner.desired.spec) { _ in LabContents(LabVolumes(directory: lab.directory)) }
        let record = LeaderRecord(name: "comparison", pid: 1, since: Clock().now())
        leadership = try #require(try await ports.registry.acquire(record, seconds: 3600))
    }

    private static func planner(_ lab: LabSession, _ manifest: ManifestText) throws -> Planner {
        let files = [try lab.write(manifest), "\(lab.directory)/lab.yaml"]
        let sources = files.map { ManifestSource(name: $0, bytes: Array(readText($0).utf8)) }
        return Planner(desired: try Manifest.load(sources: sources).expanded(), allowDestroy: 1000)
    }

    func change(to manifest: ManifestText) throws { planner = try Self.planner(lab, manifest) }

    func leave() { planner.desired = planner.desired.spec.emptied() }

    func giveUp() async throws { try await ports.registry.release(leadership) }

    private var names: Names { planner.desired.names }

    private func observe() async -> Observed {
        await Observer(ports: ports).observe(planner.desired.spec, previous: nil)
    }

    /// Step after step, until nothing is left to do.
    /// - Parameter isEnough: whether it has gone far enough before.
    func comeToRest(_ what: String, until isEnough: () -> Bool = { false }) async throws {
        var last = Step()
        for _ in 0..<60 {
            let observed = await observe()
            last = planner.step(observed, now: Clock().now())
            guard !last.isConverged else {
                #expect(last.holds == [], "\(what)")
                return
            }
            try await carryOut(last, observed, what)
            if isEnough() { return }
        }
        Issue.record("\(what): no end is in sight: \(last)")
    }

    /// The first operations of the actions of a step and no more: a process that was cut short.
    func cut(after count: Int) async throws {
        let now = Clock().now()
        for action in planner.step(await observe(), now: now).actions {
            for operation in Procedure(action, cluster: names.cluster, at: now).operations.prefix(count) {
                try await perform(operation)
            }
        }
    }

    private func carryOut(_ step: Step, _ before: Observed, _ what: String) async throws {
        let now = Clock().now()
        var foreseen = before
        foreseen.predict(step.actions, names, at: now)
        for action in step.actions {
            let kind = ActionKind(action)
            var next = await observe()
            next.predict([action], names, at: now)
            for operation in Procedure(action, cluster: names.cluster, at: now).operations {
                try await perform(operation)
            }
            compared.insert(kind)
            let found = Likeness(await observe(), names, .moving).differences(from: Likeness(next, names, .moving))
            #expect(found == [], "\(what): \(kind) \(action.target)")
        }
        try await settle(foreseen, now, "\(what): \(step.actions.map { "\(ActionKind($0)) \($0.target)" })")
    }

    /// What the step's waits come to; the systems need a while for it.
    private func settle(_ predicted: Observed, _ now: Instant, _ what: String) async throws {
        var foreseen = predicted
        var instances: Set<String> = []
        while true {
            let all = planner.step(foreseen, now: now).waits
            waitedFor.formUnion(all.map(WaitKind.init))
            // A canary's step has a time of its own, which goes by from look to look.
            let waits = all.filter { WaitKind($0) != .rollout }
            guard !waits.isEmpty else { break }
            instances.formUnion(waits.compactMap { $0.instance(names) })
            foreseen.settle(waits, names, at: now)
        }
        try await acknowledge(foreseen)
        let expected = Likeness(foreseen, names, .atRest)
        var found: [String] = []
        _ = try? await eventually(what, deadline: .seconds(20), every: .milliseconds(100)) {
            found = Likeness(await observe(), names, .atRest).differences(from: expected, waitedFor: instances)
            return found == [] ? true : nil
        }
        #expect(found == [], "\(what), settled")
    }

    /// No Kamailio is in this lab: what stands beside it is played, in its own words.
    private func acknowledge(_ foreseen: Observed) async throws {
        guard let shares = await observe().registry.value?.shares else { return }
        for (name, record) in foreseen.registry.value?.dispatchers ?? [:]
        where record.revision == shares.revision && names.ordinal(kamailio: name) == nil {
            try await lab.etcdctl(
                "put", names.dispatchersPrefix + name,
                #"{"schema":1,"revision":\#(shares.revision),"kamailio":"5.6.3","route":1}"#)
        }
    }

    private func perform(_ operation: Reconciler.Operation) async throws {
        switch operation.stamped(at: Clock().now()) {
        case .hypervisor(let name, let operation):
            try await #require(ports.hypervisors[name]).perform(operation) { _, _ in }
        case .registry(let operation): try await ports.registry.perform(operation, under: leadership)
        case .units(let operation): try await ports.units.perform(operation)
        }
    }
}
