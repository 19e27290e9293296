import ClusterModel
import Manifest

/// What is said of a manifest.
enum ValidationText {
    static func valid(_ spec: ClusterSpec) -> String {
        let canary = spec.canary.map { " and \($0.replicas) of the canary" } ?? ""
        let instances = "\(spec.asterisk.replicas) instance\(spec.asterisk.replicas == 1 ? "" : "s")\(canary)"
        let nodes = "\(spec.nodes.count) node\(spec.nodes.count == 1 ? "" : "s")"
        return "Cluster \(spec.name) is valid: \(nodes), \(instances).\n"
    }

    /// One line a problem.
    static func problems(_ errors: ManifestErrors) -> String {
        errors.problems.map { $0.description.printable + "\n" }.joined()
    }
}

/// `-o json` of `validate`, and of every command whose manifest is wrong.
struct ValidationDocument: Encodable {
    let apiVersion = "dialtone/v1"
    let kind = "Validation"
    let valid: Bool
    let problems: [Problem]

    init(problems: [Problem]) {
        valid = problems.isEmpty
        self.problems = problems
    }
}
