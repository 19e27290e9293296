import Foundation
import TestSupport
import Testing

/// What a cluster is made of, without who leads, and without what differs from one making of it to the next: times, revisions, and the numbers of running
/// domains.
extension LabSession {
    func clusterState() async throws -> [String: String] {
        let dump = try await dump()
        var state = dump.libvirt
        for (key, entry) in dump.etcd where !key.contains("/events/") && !key.hasSuffix("/leader") {
            state["key \(key)"] = "\(entry.isLeased ? "leased " : "")\(entry.value)"
        }
        for unit in dump.fleet["units"]?["units"].array ?? [] {
            let options = unit["options"].array.filter { $0["name"].string != "PutAt" }
            state["unit \(unit["name"].string ?? "")"] =
                "\(unit["desiredState"].string ?? "") on \(unit["machineID"].string ?? "nothing"): "
                + options.map { "\($0["name"].string ?? "")=\($0["value"].string ?? "")" }.joined(separator: "\n")
        }
        for entry in dump.fleet["state"]?["states"].array ?? [] {
            state["state of \(entry["name"].string ?? "") on \(entry["machineID"].string ?? "")"] =
                entry["systemdSubState"].string
        }
        for machine in dump.fleet["machines"]?["machines"].array ?? [] {
            state["machine \(machine["id"].string ?? "")"] = machine["primaryIP"].string
        }
        // What the lab keeps of a volume that is gone goes with the lab.
        state = state.filter { name, _ in
            !name.hasPrefix("content ") || state["volume \(name.dropFirst("content ".count))"] != nil
        }
        // A reservation that was put back stands last.
        for name in state.keys where name.hasPrefix("network ") {
            state[name] = state[name]?.split(separator: "\n").sorted().joined(separator: "\n")
        }
        return state.mapValues(Self.normalised)
    }

    private static func normalised(_ text: String) -> String {
        let patterns = [
            #"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"#: "TIME", #"<domain type='test' id='\d+'>"#: "<domain>",
            #"testnet\d+"#: "testnet", #""revision":\d+"#: "\"revision\":N",
        ]
        return patterns.reduce(text) {
            $0.replacingOccurrences(of: $1.key, with: $1.value, options: .regularExpression)
        }
    }

    /// Expects the cluster to be made as it was, with nothing left over; leased keys of agents come in their own time.
    func expectState(
        _ wanted: [String: String], _ what: String, deadline: Duration = .seconds(15),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        var found: [String: String] = [:]
        _ = try? await eventually(what, deadline: deadline, every: .milliseconds(200)) {
            found = try await clusterState()
            return found == wanted ? true : nil
        }
        for name in Set(wanted.keys).union(found.keys).sorted() where wanted[name] != found[name] {
            Issue.record(
                "\(what): \(name) is\n\(found[name] ?? "not there")\nand was\n\(wanted[name] ?? "not there")",
                sourceLocation: sourceLocation)
        }
    }
}
