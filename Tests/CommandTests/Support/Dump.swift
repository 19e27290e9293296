import FoundationEssentials
import TestSupport

/// All that the three systems hold, read with virsh, etcdctl and curl.
struct Dump: Equatable, Sendable {
    /// `domain NAME`, `volume POOL/NAME`, `pool NAME`, `network NAME` by their XML; `content POOL/NAME` by its sum.
    var libvirt: [String: String]
    var etcd: [String: Key]
    /// fleet's answers: `units`, `state`, `machines`.
    var fleet: [String: JSON]

    struct Key: Equatable, Sendable {
        var value: String
        var createRevision: Int
        var modRevision: Int
        /// Whether it goes when its writer does.
        var isLeased: Bool
    }

    /// What an agent beside an instance writes by itself, as time goes.
    static func isWrittenByAgents(_ key: String) -> Bool {
        key.contains("/instances/") || key.contains("/calls/")
    }

    /// etcd without what agents write.
    var controllersKeys: [String: Key] { etcd.filter { !Self.isWrittenByAgents($0.key) } }

    /// Names that are in one of both, or differ.
    func differences(from other: Dump) -> [String] {
        func names<V: Equatable>(_ a: [String: V], _ b: [String: V]) -> [String] {
            Set(a.keys).union(b.keys).filter { a[$0] != b[$0] }
        }
        return (names(libvirt, other.libvirt) + names(etcd, other.etcd) + names(fleet, other.fleet)).sorted()
    }
}

extension LabSession {
    func dump() async throws -> Dump {
        async let libvirt = dumpLibvirt()
        async let etcd = dumpEtcd()
        async let fleet = dumpFleet()
        return Dump(libvirt: try await libvirt, etcd: try await etcd, fleet: try await fleet)
    }

    func dumpEtcd() async throws -> [String: Dump.Key] {
        let answer = try JSON(await etcdctl("get", "", "--prefix", "-w", "json"))
        var keys: [String: Dump.Key] = [:]
        for entry in answer["kvs"].array {
            keys[entry["key"].decoded] = Dump.Key(
                value: entry["value"].decoded, createRevision: entry["create_revision"].int ?? 0,
                modRevision: entry["mod_revision"].int ?? 0, isLeased: entry["lease"] != .null)
        }
        return keys
    }

    func dumpFleet() async throws -> [String: JSON] {
        var answers: [String: JSON] = [:]
        for path in ["units", "state", "machines"] { answers[path] = try JSON(await curlFleet(path)) }
        return answers
    }

    func dumpLibvirt() async throws -> [String: String] {
        let domains = try await names("list", "--all", "--name")
        let networks = try await names("net-list", "--all", "--name")
        let pools = try await names("pool-list", "--all", "--name")
        var objects: [String: String] = [:]
        for name in domains {
            objects["domain \(name)"] =
                try await virsh("dumpxml", name) + virsh("dumpxml", "--inactive", name) + virsh("domstate", name)
        }
        for name in networks {
            objects["network \(name)"] = try await virsh("net-dumpxml", name)
        }
        for pool in pools {
            // Sizes say how full the pool is: volumes are told one by one.
            objects["pool \(pool)"] = try await virsh("pool-dumpxml", pool).split(separator: "\n")
                .filter { !$0.contains("<allocation") && !$0.contains("<available") }.joined(separator: "\n")
            for volume in try await volumes(of: pool) {
                objects["volume \(pool)/\(volume)"] = try await virsh("vol-dumpxml", "--pool", pool, volume)
            }
        }
        let sums = try await successful(["sh", "-c", "cd \"$0/volumes\" && find . -type f -exec cksum {} +", directory])
        for line in sums.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2)
            if words.count == 3 { objects["content \(words[2].dropFirst(2))"] = "\(words[0]) \(words[1])" }
        }
        return objects
    }

    /// The volumes of a pool, in their names' order.
    func volumes(of pool: String = "default-pool") async throws -> [String] {
        try await virsh("vol-list", pool).split(separator: "\n")
            .compactMap { $0.split(separator: " ").first.map(String.init) }.sorted()
    }

    /// The domains, in their names' order.
    func domains() async throws -> [String] { try await names("list", "--all", "--name") }

    private func names(_ command: String...) async throws -> [String] {
        try await successful(["virsh", "-q", "-c", libvirt] + command).split(separator: "\n")
            .map { String($0.drop { $0 == " " }).trimmingTrailingSpaces }.filter { !$0.isEmpty }.sorted()
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text = text.dropLast() }
        return String(text)
    }
}

extension JSON {
    /// What stands in base64.
    var decoded: String {
        string.flatMap { Data(base64Encoded: $0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
