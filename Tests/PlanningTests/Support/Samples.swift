import ClusterModel

extension ClusterSpec {
    /// A cluster named `a` with addresses from 10.0.0.11 on, on one hypervisor named `h`.
    static func sample(
        nodes: Int = 3, replicas: Int = 3, canary: Int = 0, weight: Int = 10, perNode: Int = 1,
        maxUnavailable: Int = 1, maxDestroy: Int = 3, image: String = "asterisk:20",
        hypervisors: [String] = ["h"], addresses: Int? = nil
    ) -> ClusterSpec {
        let first = IPv4(number: 0x0A00_000B)
        let last = addresses ?? nodes + 3
        return ClusterSpec(
            name: "a", connections: Connections(etcd: ["http://10.0.0.2:2379"], fleet: "http://10.0.0.2:49153"),
            hypervisors: hypervisors.map { HypervisorSpec(name: $0) },
            nodes: NodesSpec(
                count: nodes, image: "/images/base.qcow2",
                addresses: (0..<last).map { IPv4(number: first.number + UInt32($0)) },
                maxUnavailable: maxUnavailable),
            asterisk: AsteriskSpec(
                replicas: replicas, workload: Workload(image: image), perNode: perNode,
                maxUnavailable: maxUnavailable),
            canary: canary == 0
                ? nil : CanarySpec(replicas: canary, workload: Workload(image: "asterisk:22"), weight: weight),
            safety: SafetySpec(maxDestroy: maxDestroy),
            locations: [
                "spec.nodes.addresses": "cluster.yaml:7:20", "spec.nodes.image": "cluster.yaml:6:14",
            ])
    }

    func with(_ change: (inout ClusterSpec) -> Void) -> ClusterSpec {
        var spec = self
        change(&spec)
        return spec
    }
}

extension Instant {
    static let start = Instant(seconds: 1_800_000_000)
}

extension HypervisorState {
    /// A libvirt with a pool and a network 10.0.0.1/16, and nothing in them.
    static let empty = HypervisorState(
        domains: [:], pool: PoolState(active: true, volumes: []),
        network: NetworkState(active: true, address: IPv4("10.0.0.1"), prefix: 16, reservations: []))
}
