import ClusterModel
import Etcd
import Fleet
import FoundationEssentials
import Provisioning
import Synchronization
import TestSupport

/// fleet's API as far as Dialtone uses it, for more nodes than a lab has addresses: every machine is there from the beginning, a unit that is
/// put runs at once on its node's machine, and an instance registers in etcd when its announcer is put. Pages are of 100, as fleet's are.
final class FleetStandIn: Sendable {
    private struct State {
        var units: [String: FleetUnit] = [:]
        /// Answers by their target, until a unit changes.
        var answers: [String: [UInt8]] = [:]
    }

    private let state = Mutex(State())
    private let machines: [FleetMachine]
    /// Machine ids by node.
    private let machineOf: [String: String]
    private let etcd: EtcdClient
    private let server = Mutex<ReplayServer?>(nil)

    var url: String { server.withLock { $0?.url } ?? "" }

    static func start(cluster: String, nodes: Int, etcd: EtcdClient) async throws -> FleetStandIn {
        let fleet = FleetStandIn(cluster: cluster, nodes: nodes, etcd: etcd)
        let server = try await ReplayServer.start { [weak fleet] request in
            guard let fleet else { return ReplayResponse(status: 503) }
            return try await fleet.answer(request)
        }
        fleet.server.withLock { $0 = server }
        return fleet
    }

    private init(cluster: String, nodes: Int, etcd: EtcdClient) {
        self.etcd = etcd
        let names = Names(cluster: cluster)
        var machineOf: [String: String] = [:]
        for number in 1...nodes {
            let node = names.node(number)
            machineOf[node] = Identity.uuid(cluster: cluster, node: node).filter { $0 != "-" }
        }
        self.machineOf = machineOf
        machines = machineOf.sorted { $0.value < $1.value }.map { node, id in
            FleetMachine(id: id, primaryIP: "10.128.1.1", metadata: ["dialtone-node": node])
        }
    }

    func stop() async { await server.withLock { $0.take() }?.stop() }

    private func answer(_ request: ReplayRequest) async throws -> ReplayResponse {
        let item = request.path.split(separator: "/").last.map(String.init) ?? ""
        switch (request.method, item) {
        case ("GET", "machines"), ("GET", "units"), ("GET", "state"): return page(item, of: request.target)
        case ("GET", _):
            guard let unit = state.withLock({ $0.units[item] }) else {
                return .json(#"{"error":{"code":404,"message":"unit does not exist"}}"#, status: 404)
            }
            return ReplayResponse(headers: Self.json, body: Array(try JSONEncoder().encode(unit)))
        case ("PUT", _): return try await put(item, request.body)
        default: return ReplayResponse(status: 405)
        }
    }

    private static let json = ["content-type": "application/json"]

    private struct Body: Decodable {
        var desiredState: FleetUnit.State
        var options: [UnitOption]
    }

    private func put(_ name: String, _ body: [UInt8]) async throws -> ReplayResponse {
        let body = try JSONDecoder().decode(Body.self, from: Data(body))
        let mark = UnitMark(options: body.options.map { UnitFile.Option($0.section, $0.name, $0.value) })
        let unit = FleetUnit(
            name: name, options: body.options, desiredState: body.desiredState, currentState: body.desiredState,
            machineID: mark.flatMap { machineOf[$0.node] })
        state.withLock {
            $0.units[name] = unit
            $0.answers = [:]
        }
        if let mark, mark.component == .announcer { try await register(mark, announcer: name) }
        return ReplayResponse(status: 201)
    }

    private struct Instance: Encodable {
        var schema = 1
        var address: String
        var port: Int
        var node: String
        var track: Track
        var image: String
        var version = "20.9.0"
        var health = "answering"
        var unit: String
        var boot = "c0ffee00c0ffee00c0ffee00c0ffee00"
        var since: String
    }

    private struct Calls: Encodable {
        var schema = 1
        var calls = 0
        var at: String
    }

    /// What the announcer beside an instance does.
    private func register(_ mark: UnitMark, announcer: String) async throws {
        let names = Names(cluster: mark.cluster)
        let number = announcer.dropLast(".service".count).split(separator: "-").last.flatMap { Int($0) } ?? 0
        let now = Timestamp.text(Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)))
        let instance = Instance(
            address: "\(mark.inputs.address)", port: mark.inputs.ports.sip, node: mark.node, track: mark.track,
            image: mark.inputs.image, unit: mark.announces ?? "", since: now)
        let name = names.instance(number)
        try await etcd.put(names.instancesPrefix + name, CanonicalJSON.text(instance))
        try await etcd.put(names.callsPrefix + name, CanonicalJSON.text(Calls(at: now)))
    }
}

// Listings.
extension FleetStandIn {
    private static let pageSize = 100

    private func page(_ kind: String, of target: String) -> ReplayResponse {
        let body = state.withLock { state in
            if let known = state.answers[target] { return known }
            let number = target.split(separator: "=").dropFirst().first.flatMap { Int($0) } ?? 1
            let units = state.units.values.sorted { $0.name < $1.name }
            let answer =
                switch kind {
                case "machines": Self.encode(Page(machines: Self.part(machines, number), next: machines.count, number))
                case "units": Self.encode(Page(units: Self.part(units, number), next: units.count, number))
                default: Self.encode(Page(states: Self.part(units, number).map(run), next: units.count, number))
                }
            state.answers[target] = answer
            return answer
        }
        return ReplayResponse(headers: Self.json, body: body)
    }

    private func run(_ unit: FleetUnit) -> Fleet.UnitState {
        Fleet.UnitState(
            name: unit.name, hash: "0123456789012345678901234567890123456789", machineID: unit.machineID ?? "",
            systemdLoadState: "loaded", systemdActiveState: "active", systemdSubState: "running")
    }

    private struct Page: Encodable {
        var machines: [FleetMachine]?
        var units: [FleetUnit]?
        var states: [Fleet.UnitState]?
        var nextPageToken: String?

        init(
            machines: [FleetMachine]? = nil, units: [FleetUnit]? = nil, states: [Fleet.UnitState]? = nil,
            next count: Int,
            _ number: Int
        ) {
            self.machines = machines
            self.units = units
            self.states = states
            nextPageToken = number * pageSize < count ? "\(number + 1)" : nil
        }
    }

    private static func part<Item>(_ all: [Item], _ number: Int) -> [Item] {
        Array(all.dropFirst((number - 1) * pageSize).prefix(pageSize))
    }

    private static func encode(_ page: Page) -> [UInt8] {
        // Strings and lists of them: nothing that JSON cannot say, and an empty answer would show it.
        (try? JSONEncoder().encode(page)).map { Array($0) } ?? []
    }
}
