import ClusterModel

// Objects, not values: they are handed from planner to planner, have many parts, and are looked at again where they stand.
extension Survey {
    /// One of our nodes as it stands.
    final class Node {
        let name: String
        let ordinal: Int
        private(set) var hypervisor: String
        private(set) var domain: DomainState
        private(set) var mark: NodeMark
        /// Whether a machine that says it is this node takes units.
        var hasMachine = false
        /// The instances that are pinned to it, in their numbers' order.
        var instances: [Instance] = []
        /// What it was last found to need: found again while neither it changes nor what it is held against.
        var judged: (site: NodeSite, address: IPv4, judgement: NodeJudgement)?
        /// It stands no more.
        var isGone = false

        init(_ name: String, _ ordinal: Int, _ hypervisor: String, _ domain: DomainState, _ mark: NodeMark) {
            self.name = name
            self.ordinal = ordinal
            self.hypervisor = hypervisor
            self.domain = domain
            self.mark = mark
        }

        func stand(_ hypervisor: String, _ domain: DomainState, _ mark: NodeMark) {
            self.hypervisor = hypervisor
            self.domain = domain
            self.mark = mark
            judged = nil
        }

        /// Whether its domain runs, its machine takes units and, where a guest agent answers, the guest has the node's name: one that has
        /// another was not configured by its drive.
        var hasJoined: Bool {
            hasMachine && domain.run == .running && (domain.guestHostname.map { $0 == name } ?? true)
        }

        /// As it was applied.
        var definition: NodeDefinition {
            NodeDefinition(
                name: name, hypervisor: hypervisor, uuid: domain.uuid, mark: mark, upload: nil, userData: nil)
        }

        var reference: NodeReference {
            NodeReference(name: name, hypervisor: hypervisor, uuid: domain.uuid, owns: mark.owns)
        }
    }

    /// One of our instances as it stands: its units, and what etcd says of it.
    final class Instance {
        let name: String
        /// `nil`: its name is none that we would give.
        let ordinal: Int?
        /// The name of its announcer; `nil`: it can have none.
        let announcerName: String?
        private(set) var unit: UnitState
        private(set) var mark: UnitMark
        /// Its announcer's unit, where that is ours.
        private(set) var announcer: UnitState?
        /// Whether its announcer is as it should be.
        private(set) var isAnnounced = false
        /// What its announcer was told.
        private(set) var announcing = AnnouncerInputs()
        /// What is registered under its name, of whatever unit.
        var record: InstanceRecord?
        var calls: CallsRecord?
        /// Its place in the shares; `nil`: it is not in them.
        var member: Shares.Member?
        /// From when on it can have registered: its unit was put and its node was started by then.
        private(set) var begun: Instant
        /// Whether its node has joined.
        private(set) var isHoused = false
        /// It stands no more.
        var isGone = false

        init(_ name: String, _ ordinal: Int?, announcer: String?, _ unit: UnitState, _ mark: UnitMark) {
            self.name = name
            self.ordinal = ordinal
            announcerName = announcer
            self.unit = unit
            self.mark = mark
            begun = mark.putAt
        }

        func stand(_ unit: UnitState, _ mark: UnitMark) {
            self.unit = unit
            self.mark = mark
        }

        func stand(beside announcer: UnitState?) {
            let told = announcer?.mark
            self.announcer = announcer
            isAnnounced = announcer?.intact == true && announcer?.launched == true && told?.announces == mark.hash
            announcing = told?.announcing ?? AnnouncerInputs()
        }

        func follow(_ node: Node?) {
            begun = max(mark.putAt, node?.mark.startedAt ?? mark.putAt)
            isHoused = node?.hasJoined ?? false
        }

        /// Held off from new calls.
        var isDraining: Bool { member?.state == .draining }

        /// It says that it has no calls.
        var isIdle: Bool { calls?.calls == 0 }

        /// Numbers' order; those of other names last.
        static func isBefore(_ a: Instance, _ b: Instance) -> Bool {
            (a.ordinal ?? .max, a.name) < (b.ordinal ?? .max, b.name)
        }
    }
}
