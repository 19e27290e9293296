import ClusterModel

/// One hypervisor's objects by what they must not share.
struct HypervisorIndex {
    private(set) var owned: Set<String> = []
    /// Base images of ours that a node has been started from: they are whole.
    private(set) var wholeImages: Set<String> = []
    private(set) var domainByUUID: [String: String] = [:]
    private(set) var reservationByAddress: [IPv4: Reservation] = [:]
    private(set) var reservationByMAC: [String: Reservation] = [:]

    init(_ state: HypervisorState) {
        for (name, domain) in state.domains {
            domainByUUID[domain.uuid] = name
            guard let mark = domain.nodeMark else { continue }
            owned.formUnion(mark.owns.volumes)
            if mark.startedAt != nil, let image = mark.owns.image { wholeImages.insert(image) }
        }
        for reservation in state.network?.reservations ?? [] {
            reservationByAddress[reservation.address] = reservation
            reservationByMAC[reservation.mac] = reservation
        }
    }
}
