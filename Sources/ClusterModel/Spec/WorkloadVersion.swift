/// What tells one version of instances from another: a canary is told by it, and promoted whole.
public struct WorkloadVersion: Sendable, Hashable, Codable {
    public var image: String
    /// `nil`: not known, of a record that an earlier version of Dialtone wrote. It is then any.
    public var env: [String: String]?

    public init(image: String, env: [String: String]? = nil) {
        self.image = image
        self.env = env
    }

    /// Whether a workload may be of this version.
    public func fits(_ workload: Workload) -> Bool {
        image == workload.image && (env == nil || env == workload.env)
    }
}

extension Workload {
    public var version: WorkloadVersion { WorkloadVersion(image: image, env: env) }

    /// This workload with what a promotion made of the version that it replaced: each part that still is as it was replaced becomes as it was
    /// promoted, and each that somebody wrote otherwise stays.
    public func promoted(_ promotion: RolloutRecord.Promotion) -> Workload {
        var workload = self
        if image == promotion.replaces.image { workload.image = promotion.version.image }
        guard let before = promotion.replaces.env, let after = promotion.version.env else { return workload }
        for name in Set(before.keys).union(after.keys) where before[name] != after[name] && env[name] == before[name] {
            workload.env[name] = after[name]
        }
        return workload
    }
}
