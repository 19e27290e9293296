import ClusterModel

/// What of a cluster is there now, for people to look at. What could not be read is `nil`.
public struct Overview: Sendable, Hashable {
    public var nodes: [Node]
    public var instances: [Instance]
    public var kamailios: [Kamailio]

    public struct Node: Sendable, Hashable {
        public var name: String
        public var hypervisor: String
        public var run: DomainState.Run
        public var hasJoined: Bool?
        public var address: IPv4
        public var startedAt: Instant?
    }

    /// One of ours.
    public struct Kamailio: Sendable, Hashable {
        public var name: String
        public var node: String
        /// `HOST:PORT`, where it takes calls.
        public var address: String
        /// Of the shares, that it has in force; `nil`: it does not say, or etcd could not be read.
        public var revision: Int?
    }

    public struct Instance: Sendable, Hashable {
        public var name: String
        public var track: Track
        public var node: String
        public var image: String
        /// It answers, and nothing says otherwise.
        public var isUp: Bool?
        public var calls: Int?
        /// `HOST:PORT`, once it has registered.
        public var address: String?
        /// Its state in the shares; `nil`: it is not in them, or they could not be read.
        public var share: Shares.Member.State?
        /// What its probe call came to; `nil`: none was asked for, or it has yet to be made.
        public var probe: InstanceRecord.Probe?
    }
}

extension Planner {
    /// The cluster as it was observed.
    public func overview(_ observed: Observed, now: Instant) -> Overview {
        let survey = Survey(desired: desired, observed: observed, now: now, limits: limits)
        let nodes = survey.nodes.map { node in
            Overview.Node(
                name: node.name, hypervisor: node.hypervisor, run: node.domain.run,
                hasJoined: survey.areUnitsRead ? node.hasJoined : nil, address: node.mark.inputs.address,
                startedAt: node.mark.startedAt)
        }
        // Whether an instance is up is also its node's affair: unknown is not no.
        let isKnown = survey.isRegistryRead && observed.hypervisors.values.allSatisfy { $0.value != nil }
        let instances = survey.instances.map { instance in
            Overview.Instance(
                name: instance.name, track: instance.mark.track, node: instance.mark.node,
                image: instance.mark.inputs.image, isUp: survey.isUp(instance) ? true : isKnown ? false : nil,
                calls: instance.calls?.calls,
                address: survey.registration(of: instance).map { "\($0.address):\($0.port)" },
                share: instance.member?.state, probe: survey.registration(of: instance)?.probe)
        }
        let kamailios = survey.kamailios.map { kamailio in
            Overview.Kamailio(
                name: kamailio.name, node: kamailio.mark.node,
                address: "\(kamailio.mark.inputs.address):\(kamailio.mark.inputs.port)",
                revision: survey.registry?.dispatchers[kamailio.name]?.revision)
        }
        return Overview(nodes: nodes, instances: instances, kamailios: kamailios)
    }
}
