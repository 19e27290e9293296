/// What is to be there, ready for planning.
public struct Desired: Sendable, Hashable, Codable {
    public var spec: ClusterSpec
    /// Instances of each track.
    public var tracks: [Track: TrackSpec]
    public var draw: Shares.Draw
    /// The whole cluster is to go, its keys included.
    public var isLeaving = false

    public struct TrackSpec: Sendable, Hashable, Codable {
        public var replicas: Int
        public var workload: Workload

        public init(replicas: Int, workload: Workload) {
            self.replicas = replicas
            self.workload = workload
        }
    }

    public var names: Names { Names(cluster: spec.name) }
    /// What announcers are told.
    public var announcing: AnnouncerInputs {
        AnnouncerInputs(discovery: spec.discovery, probe: spec.asterisk.probe?.extension)
    }
    public var instances: Int { tracks.values.reduce(0) { $0 + $1.replicas } }
}

extension ClusterSpec {
    /// Who has to have the shares in force: the agents beside our Kamailios, and those beside the Kamailios of others.
    public var dispatchers: [String] {
        let names = Names(cluster: name)
        return (0..<kamailio.replicas).map { names.kamailio($0 + 1) } + kamailio.external
    }

    /// The desired state that this manifest stands for.
    public func expanded() -> Desired {
        var tracks = [
            Track.stable: Desired.TrackSpec(replicas: asterisk.replicas, workload: asterisk.workload)
        ]
        if let canary {
            tracks[.canary] = Desired.TrackSpec(replicas: canary.replicas, workload: canary.workload)
        }
        let weight = (canary?.replicas ?? 0) > 0 ? canary?.weight ?? 0 : 0
        return Desired(spec: self, tracks: tracks, draw: Shares.Draw(stable: 100 - weight, canary: weight))
    }

    /// The same cluster with nothing in it: what `destroy` asks for.
    public func emptied() -> Desired {
        var spec = self
        spec.nodes.count = 0
        spec.asterisk.replicas = 0
        spec.canary = nil
        spec.kamailio.replicas = 0
        var desired = spec.expanded()
        desired.isLeaving = true
        return desired
    }
}
