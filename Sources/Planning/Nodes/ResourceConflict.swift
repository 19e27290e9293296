import ClusterModel

/// Something that stands where a new node's belongings are to go, and is not ours.
struct ResourceConflict {
    var because: String
    var location: String?

    static func find(for definition: NodeDefinition, _ survey: Survey) -> ResourceConflict? {
        guard let index = survey.index(of: definition.hypervisor) else { return nil }
        let state = index.state
        let owns = definition.mark.owns
        if let name = index.domainByUUID[definition.uuid], name != definition.name {
            return ResourceConflict(because: "domain '\(name)' has the UUID \(definition.uuid) that it would get")
        }
        for volume in owns.volumes
        where state.pool?.volumes.contains(volume) == true && !index.owned.contains(volume) {
            return ResourceConflict(
                because: "volume '\(volume)' of pool '\(owns.pool)' is there and no node owns it; remove or rename it")
        }
        if let other = index.reservationByAddress[owns.reservation.address], other != owns.reservation {
            return ResourceConflict(
                because: """
                    address \(other.address) is reserved for \(other.mac) (\(other.name)) in network '\(owns.network)': take that \
                    reservation away, or write other addresses
                    """, location: survey.desired.spec.locations["spec.nodes.addresses"])
        }
        if let other = index.reservationByMAC[owns.reservation.mac], other != owns.reservation {
            return ResourceConflict(
                because: "MAC \(other.mac) has another reservation in network '\(owns.network)': take that away")
        }
        return nil
    }
}
