import TestSupport
import Testing

/// What most tests do with a cluster.
extension LabSession {
    /// `apply --yes`, which has to end with `status`.
    @discardableResult
    func apply(
        _ manifest: ManifestText, _ more: String..., status: Int32 = 0,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Output {
        let output = try await dialtone(["apply", "-f", try write(manifest), "--yes"] + more)
        #expect(output.status == status, "\(output)", sourceLocation: sourceLocation)
        return output
    }

    /// `plan -o json`, as a document.
    func plan(
        _ manifest: ManifestText, _ more: String..., sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> JSON {
        let output = try await dialtone(["plan", "-f", try write(manifest), "-o", "json"] + more)
        #expect(output.status == 0, "\(output)", sourceLocation: sourceLocation)
        return try JSON(output.stdout)
    }

    /// `status -o json`, as a document.
    func status(_ manifest: ManifestText) async throws -> JSON {
        try JSON(await dialtone("status", "-f", write(manifest), "-o", "json").stdout)
    }

    /// Nothing is left to do: `plan --detailed-exitcode` exits 0.
    func expectConverged(_ manifest: ManifestText, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let output = try await dialtone("plan", "-f", write(manifest), "--detailed-exitcode")
        #expect(output.status == 0, "\(output)", sourceLocation: sourceLocation)
    }

    /// `etcd`'s document under `key`; `null` where there is none.
    func document(_ key: String) async throws -> JSON {
        let text = try await etcdctl("get", key, "--print-value-only")
        return text.isEmpty ? .null : try JSON(text)
    }

    /// The names of a cluster's main units that fleet has, in order.
    func instances(of cluster: String = "e2e") async throws -> [String] {
        try await unitNames().filter { $0.hasPrefix("\(cluster)-asterisk-") }
    }

    /// The names of all units, without `.service`, in order.
    func unitNames() async throws -> [String] {
        let answer = try JSON(await curlFleet("units"))
        return answer["units"].array.compactMap { $0["name"].string?.replacing(".service", with: "") }.sorted()
    }

    /// A unit's option, as fleet has it.
    func option(_ name: String, of unit: String) async throws -> String? {
        let answer = try JSON(await curlFleet("units/\(unit).service"))
        return answer["options"].array.first { $0["name"].string == name }?["value"].string
    }
}

extension JSON {
    /// All actions of a plan's document.
    var actions: [JSON] { self["steps"].array.flatMap { $0["actions"].array } }

    /// `replaceNode e2e-node-1`, of all actions of a plan's document in order.
    var deeds: [String] { actions.map { "\($0["kind"].string ?? "") \($0["target"].string ?? "")" } }

    /// `vcpus by others`, of all changes of the actions of that kind.
    func changes(of kind: String) -> Set<String> {
        Set(
            actions.filter { $0["kind"].string == kind }.flatMap { $0["changes"].array }
                .map { "\($0["field"].string ?? "") by \($0["by"].string ?? "")" })
    }
}
