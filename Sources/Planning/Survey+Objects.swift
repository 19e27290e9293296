import ClusterModel

// Objects, not values: they are handed from planner to planner, and have many parts.
extension Survey {
    /// One of our nodes as it stands.
    final class Node {
        let name: String
        let ordinal: Int
        let hypervisor: String
        let domain: DomainState
        let mark: NodeMark
        /// Whether its domain runs, its machine takes units and, where a guest agent answers, the guest has the node's name: one that has
        /// another was not configured by its drive.
        let hasJoined: Bool

        init(
            name: String, ordinal: Int, hypervisor: String, domain: DomainState, mark: NodeMark, machine: String?
        ) {
            self.name = name
            self.ordinal = ordinal
            self.hypervisor = hypervisor
            self.domain = domain
            self.mark = mark
            hasJoined =
                domain.run == .running && machine != nil && (domain.guestHostname.map { $0 == name } ?? true)
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

    /// One of our instances as it stands: its main unit, and what etcd says of it.
    final class Instance {
        let name: String
        /// `nil`: its name is none that we would give.
        let ordinal: Int?
        let unit: UnitState
        let mark: UnitMark
        /// From when on it can have registered: its unit was put and its node was started by then.
        let begun: Instant
        /// Its registration, where it is of the unit that stands now and younger than its put and its node's start.
        let registration: InstanceRecord?
        /// Its state in the shares; `nil`: it is not in them.
        let share: Shares.Member.State?
        /// Whether no probe call is asked for, or it went well: only then does it get its first caller.
        let isProbed: Bool
        /// Why its probe call went wrong.
        let probeFailure: String?

        init(
            name: String, ordinal: Int?, unit: UnitState, mark: UnitMark, node: Node?, record: InstanceRecord?,
            share: Shares.Member.State?, probe: String?, now: Instant, limits: Limits
        ) {
            self.name = name
            self.ordinal = ordinal
            self.unit = unit
            self.mark = mark
            self.share = share
            begun = max(mark.putAt, node?.mark.startedAt ?? mark.putAt)
            if let record, let node, node.hasJoined, record.unit == mark.hash,
                limits.isCurrent(record.since, begun: begun, now: now)
            {
                registration = record
            } else {
                registration = nil
            }
            // One that was made to another extension says nothing.
            let made = registration?.probe.flatMap { $0.extension == probe ? $0 : nil }
            isProbed = probe == nil || (made != nil && made?.failure == nil)
            probeFailure = made?.failure
        }

        /// Held off from new calls.
        var isDraining: Bool { share == .draining }

        /// It answers, and nothing says otherwise. One that takes calls already is not down for want of a probe call.
        var isUp: Bool {
            guard registration?.health == "answering", isProbed || share == .in else { return false }
            switch unit.run {
            case .running, .unreported: return true
            case .failed, .stopped: return false
            }
        }
    }
}
