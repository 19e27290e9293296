import ClusterModel

/// One hypervisor's objects by what they must not share.
struct HypervisorIndex {
    private(set) var owned: Set<String> = []
    private(set) var domainByUUID: [String: String] = [:]
    private(set) var reservationByAddress: [IPv4: Reservation] = [:]
    private(set) var reservationByMAC: [String: Reservation] = [:]

    init(_ state: HypervisorState) {
        for (name, domain) in state.domains {
            domainByUUID[domain.uuid] = name
            if let mark = domain.nodeMark { owned.formUnion(mark.owns.volumes) }
        }
        for reservation in state.network?.reservations ?? [] {
            reservationByAddress[reservation.address] = reservation
            reservationByMAC[reservation.mac] = reservation
        }
    }
}
