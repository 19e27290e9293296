import ClusterModel
import Planning
import Testing

@testable import dialtone

@Suite("A cluster's status, shown")
struct StatusViewTests {
    private let planner = Planner(
        desired: ClusterSpec(
            name: "a", connections: Connections(etcd: ["http://e:2379"], fleet: "unix:/f"),
            hypervisors: [HypervisorSpec(name: "hv1")],
            nodes: NodesSpec(
                count: 2, image: "dialtone-0123.qcow2", addresses: [1, 2].map { Samples.mark($0).inputs.address }),
            asterisk: AsteriskSpec(replicas: 1, workload: Workload(image: "asterisk:20.9"))
        ).expanded())

    /// Two nodes, of which one has joined and carries an instance with calls; a ghost on a machine that is gone.
    private var observed: Observed {
        let marks = [1, 2].map(Samples.mark)
        let domains = Dictionary(
            uniqueKeysWithValues: marks.map {
                ($0.node, DomainState(uuid: $0.node, run: .running, mark: .readable($0)))
            })
        let instance = UnitMark(
            cluster: "a", component: .asterisk, track: .stable, node: "a-node-1",
            inputs: Samples.inputs(1, "asterisk:20.9"), hash: "hash-1", putAt: Samples.now.advanced(bySeconds: -500))
        let record = InstanceRecord(
            address: "10.0.0.11", port: 5060, node: "a-node-1", track: .stable, image: "asterisk:20.9",
            version: "20.9.0", health: "answering", unit: "hash-1", since: Samples.now.advanced(bySeconds: -400))
        return Observed(
            hypervisors: [
                "hv1": .known(HypervisorState(domains: domains, pool: nil, network: nil), at: Samples.now)
            ],
            registry: .known(
                RegistryState(
                    leader: LeaderRecord(name: "host-1", pid: 4711, since: Samples.now),
                    instances: ["a-asterisk-1": record], calls: ["a-asterisk-1": CallsRecord(calls: 37, oldest: nil)],
                    shares: Samples.shares([.init(name: "a-asterisk-1", address: "10.0.0.11:5060", track: .stable)])),
                at: Samples.now),
            units: .known(
                UnitsState(
                    machines: ["m1": MachineState(node: "a-node-1")],
                    units: [
                        "a-asterisk-1": UnitState(
                            mark: instance, intact: true, launched: true, run: .running(machine: "m1"))
                    ],
                    ghosts: ["a-asterisk-9.service on machine m9"]),
                at: Samples.now))
    }

    private func status(_ change: (inout Observed) -> Void = { _ in }) -> ClusterStatus {
        var observed = observed
        change(&observed)
        var status = ClusterStatus(planner, observed, now: Samples.now)
        // What the planner makes of this world is the planner's affair, and tested there.
        status.step = Step(
            actions: [Action(.startNode(Samples.node(3)), reason: "is not running")],
            waits: [
                Wait(
                    .join(node: "a-node-2"), since: Samples.now.advanced(bySeconds: -9), limit: 300,
                    assumes: "boots and joins")
            ], holds: [Hold("a-node-4", .calls, action: "restart", because: "3 calls are up on it")])
        return status
    }

    @Test("Nodes, instances, shares, leader, ghosts, and what goes on now")
    func text() throws {
        try Golden.expect(StatusText(status: status()).text, is: "status.txt")
    }

    @Test("The JSON document, field by field")
    func document() throws {
        try Golden.expect(JSONText.of(StatusDocument(status())), is: "status.json")
    }

    @Test("What cannot be read is unknown, never no")
    func unknown() throws {
        let status = status {
            $0.units = .unknown(
                reason: "it does not answer", last: .init(value: UnitsState(), at: Samples.now.advanced(bySeconds: -70))
            )
            $0.registry = .unknown(reason: "no endpoint answers", last: nil)
        }
        try Golden.expect(StatusText(status: status).text, is: "status-unknown.txt")
        let document = StatusDocument(status)
        #expect(document.nodes.map(\.joined) == [nil, nil])
        #expect(document.unknowns.map(\.source) == ["etcd", "fleet"])
        #expect(!document.converged)
    }

    @Test("Without its node's hypervisor, it is unknown whether an instance is up")
    func withoutHypervisor() {
        let status = status { $0.hypervisors["hv1"] = .unknown(reason: "no route to host", last: nil) }
        #expect(status.overview.instances.map(\.isUp) == [nil])
        #expect(status.overview.instances.map(\.calls) == [37])
    }

    @Test("On one line it is one document a line")
    func line() {
        let text = JSONText.of(StatusDocument(status()), lines: false)
        #expect(text.split(separator: "\n").count == 1)
        #expect(text.hasSuffix("}\n"))
    }
}
