import ClusterModel

/// One hypervisor's objects by what they must not share; each list is made when it is first asked for, mostly never.
final class HypervisorIndex {
    let state: HypervisorState

    init(_ state: HypervisorState) {
        self.state = state
    }

    /// Volumes that a node owns.
    private(set) lazy var owned = Set(state.domains.values.flatMap { $0.nodeMark?.owns.volumes ?? [] })

    /// Base images of ours that a node has been started from: they are whole.
    private(set) lazy var wholeImages = Set(
        state.domains.values.compactMap { domain in
            domain.nodeMark.flatMap { $0.startedAt == nil ? nil : $0.owns.image }
        })

    private(set) lazy var domainByUUID = Dictionary(state.domains.map { ($1.uuid, $0) }) { $1 }

    private(set) lazy var reservationByAddress = Dictionary(reservations.map { ($0.address, $0) }) { $1 }

    private(set) lazy var reservationByMAC = Dictionary(reservations.map { ($0.mac, $0) }) { $1 }

    private var reservations: [Reservation] { state.network?.reservations ?? [] }
}
