import FoundationEssentials
import TestSupport

/// One controller's way to the systems of a lab, through relays.
final class Route: Sendable {
    let libvirt: Relay
    let etcd: Relay
    let fleet: Relay
    private let uri: String

    /// - Parameter etcd: a relay that is there already. Instances are made for one address of etcd: controllers of one cluster name the same.
    init(_ name: String = "route", to lab: LabSession, etcd shared: Relay? = nil) throws {
        let socket = lab.files.file("\(name).sock")
        let sides = lab.libvirt.split(separator: "=", maxSplits: 1)
        uri = "\(sides[0])=\(socket)"
        libvirt = try Relay(to: .path(String(sides[1])), .libvirt, path: socket)
        etcd = try shared ?? Relay(to: .port(Self.port(lab.etcd)), .http)
        fleet = try Relay(to: .port(Self.port(lab.fleet)), .http)
    }

    /// What makes `dialtone` take this way.
    var flags: [String] { ["--libvirt", uri, "--etcd", url(etcd), "--fleet", url(fleet)] }

    /// For the end of a test.
    func end() {
        for relay in [libvirt, etcd, fleet] { relay.cut() }
    }

    /// Calls that change something, of all three systems.
    var writes: [Relay.Call] { (libvirt.calls + etcd.calls + fleet.calls).filter(\.writes) }

    private func url(_ relay: Relay) -> String {
        if case .port(let port) = relay.place { "http://127.0.0.1:\(port)" } else { "" }
    }

    private static func port(_ url: String) -> Int { Int(url.split(separator: ":").last ?? "") ?? 0 }
}

extension LabSession {
    /// A lab, and a way to its systems that can be cut.
    static func routed<Result>(_ body: (LabSession, Route) async throws -> Result) async throws -> Result {
        try await run { lab in
            let route = try Route(to: lab)
            defer { route.end() }
            return try await body(lab, route)
        }
    }

    /// `dialtone` by a route.
    @discardableResult
    func dialtone(
        _ arguments: String..., by route: Route, deadline: Duration = .seconds(60)
    ) async throws -> Output {
        try await dialtone(arguments + route.flags, deadline: deadline)
    }

    /// `dialtone` by a route, left running.
    func start(_ arguments: String..., by route: Route) throws -> ChildProcess {
        try start(arguments + route.flags)
    }
}

/// Calls to the systems, in their own words.
extension Relay.Call {
    /// libvirt's numbers of the calls that Dialtone makes (`remote_protocol.x`).
    enum Procedure: Int, CaseIterable {
        case defineXML = 11
        case create = 9
        case shutdown = 33
        case destroy = 12
        case undefineFlags = 231
        case setMetadata = 264
        case volumeCreateXML = 93
        case volumeDelete = 94
        case networkUpdate = 291
    }

    func isCall(_ procedure: Procedure, about words: String = "") -> Bool {
        text.hasPrefix("procedure \(procedure.rawValue)\n") && text.contains(words)
    }

    func isPut(_ unit: String) -> Bool { text.hasPrefix("PUT /fleet/v1/units/\(unit)") }

    func isDelete(_ unit: String) -> Bool { text.hasPrefix("DELETE /fleet/v1/units/\(unit)") }

    /// A transaction that has to do with this key.
    func isTransaction(_ key: String) -> Bool {
        text.hasPrefix("POST /v3/kv/txn") && text.contains(Data(key.utf8).base64EncodedString())
    }

    /// Whether it changes something; of etcd, whether it is a controller's transaction.
    var writes: Bool {
        text.hasPrefix("PUT /fleet") || text.hasPrefix("DELETE /fleet") || text.hasPrefix("POST /v3/kv/txn")
            || Procedure.allCases.contains { isCall($0) }
    }
}

extension Relay {
    /// What an error names of it.
    var words: String {
        switch place {
        case .port(let port): "127.0.0.1:\(port)"
        case .path(let path): path
        }
    }
}
