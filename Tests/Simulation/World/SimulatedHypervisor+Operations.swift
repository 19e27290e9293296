import ClusterModel
import Reconciler

/// What an operation set off on a hypervisor, for the world around it.
enum DomainChange: Sendable, Hashable {
    case started(String)
    case stopped(String)
}

extension SimulatedHypervisor {
    /// Does what `HypervisorOperation` says, with its preconditions, and no more.
    mutating func perform(
        _ operation: HypervisorOperation, damage: inout [Damage]
    ) throws(PortError) -> [DomainChange] {
        switch operation {
        case .define(let node): try define(node)
        case .reserve(let node):
            try stands(node)
            try reserve(node.owns.reservation)
        case .ensureImage(_, let upload): ensure(upload)
        case .createOverlay(let node, let backing, _, _):
            try stands(node)
            guard domains[node.name]?.isRunning == false else {
                throw PortError(.changed, "domain '\(node.name)' runs: its disk is left alone")
            }
            try createOverlay(node.owns.overlay, on: backing, &damage)
        case .writeDrive(let node, _, let fresh):
            try stands(node)
            let volume = node.owns.drive
            if fresh || volumes[volume] == nil { volumes[volume] = Volume(backing: nil, generation: nextGeneration()) }
        case .start(let name, let uuid, let time): return try start(name, uuid, time)
        case .stop(let node, _):
            guard try isThere(node), domains[node.name]?.isRunning == true else { return [] }
            return stop(node.name)
        case .deleteVolume(let node, let volume):
            _ = try isThere(node)
            delete(volume, &damage)
        case .deleteUnusedImage(let node, let volume):
            _ = try isThere(node)
            if !volumes.values.contains(where: { $0.backing == volume }) { delete(volume, &damage) }
        case .release(let node):
            _ = try isThere(node)
            reservations.removeAll { $0 == node.owns.reservation }
        case .undefine(let node):
            guard try isThere(node) else { return [] }
            if domains[node.name]?.isRunning == true {
                domains[node.name]?.persistent = false
            } else {
                domains[node.name] = nil
            }
        }
        return []
    }

    /// Forces a domain off, by whomever: one that is not defined is gone with it.
    mutating func stop(_ name: String) -> [DomainChange] {
        guard domains[name]?.isRunning == true else { return [] }
        domains[name]?.isRunning = false
        domains[name]?.isStartCut = false
        domains[name]?.guestHostname = nil
        domains[name]?.running = nil
        if domains[name]?.persistent == false { domains[name] = nil }
        return [.stopped(name)]
    }

    private mutating func define(_ node: NodeDefinition) throws(PortError) {
        if let standing = domains[node.name] {
            guard standing.uuid == node.uuid, standing.mark?.cluster == node.mark.cluster else {
                throw PortError(.changed, "domain '\(node.name)' is not this cluster's")
            }
        }
        if let other = domains.first(where: { $0.value.uuid == node.uuid && $0.key != node.name }) {
            throw PortError(.refused, "domain '\(other.key)' has that UUID")
        }
        let inputs = node.mark.inputs
        let owns = node.mark.owns
        var domain = domains[node.name] ?? Domain(uuid: node.uuid)
        domain.mark = node.mark
        domain.persistent = true
        domain.hardware = Hardware(
            memoryMiB: inputs.memoryMiB, vcpus: inputs.vcpus,
            disks: ["\(owns.pool)/\(owns.overlay)", "\(owns.pool)/\(owns.drive)"],
            interfaces: ["\(owns.reservation.mac) \(owns.network)"], boot: inputs.boot)
        domains[node.name] = domain
    }

    private mutating func reserve(_ reservation: Reservation) throws(PortError) {
        if reservations.contains(reservation) { return }
        if let other = reservations.first(where: { $0.mac == reservation.mac || $0.address == reservation.address }) {
            throw PortError(.refused, "\(other.address) is reserved for \(other.mac)")
        }
        reservations.append(reservation)
    }

    /// An overlay is made only after its image's upload: where one lies on it, it is whole.
    private mutating func ensure(_ upload: ImageUpload) {
        if volumes[upload.volume] != nil, volumes.values.contains(where: { $0.backing == upload.volume }) { return }
        volumes[upload.volume] = Volume(backing: nil, generation: nextGeneration())
    }

    private mutating func createOverlay(
        _ volume: String, on backing: String, _ damage: inout [Damage]
    ) throws(PortError) {
        guard volumes[backing] != nil else { throw PortError(.refused, "no volume '\(backing)'") }
        delete(volume, &damage)
        volumes[volume] = Volume(backing: backing, generation: nextGeneration())
    }

    private mutating func delete(_ volume: String, _ damage: inout [Damage]) {
        guard volumes[volume] != nil else { return }
        for user in users(of: volume) {
            damage.append(Damage(description: "volume \(volume) was taken from under \(user), which runs on it"))
        }
        volumes[volume] = nil
    }

    private mutating func start(_ name: String, _ uuid: String, _ time: Instant) throws(PortError) -> [DomainChange] {
        guard let standing = domains[name], standing.uuid == uuid, let owns = standing.mark?.owns else {
            throw PortError(.changed, "domain '\(name)' is no longer the one that was to be started")
        }
        guard !standing.isRunning else { return [] }
        for volume in [owns.overlay, owns.drive] where volumes[volume] == nil {
            throw PortError(.refused, "domain '\(name)': no volume '\(volume)'")
        }
        domains[name]?.mark?.startedAt = time
        domains[name]?.mark?.awaitsRestart = false
        return begin(name)
    }

    mutating func begin(_ name: String) -> [DomainChange] {
        domains[name]?.isRunning = true
        domains[name]?.boot += 1
        let hardware = domains[name]?.hardware
        domains[name]?.running = hardware
        return [.started(name)]
    }

    /// Reads the domain again: the one that was meant, or gone.
    private func isThere(_ node: NodeReference) throws(PortError) -> Bool {
        guard let standing = domains[node.name] else { return false }
        guard standing.uuid == node.uuid, standing.mark?.node == node.name else {
            throw PortError(.changed, "domain '\(node.name)' is no longer the one that was meant")
        }
        return true
    }

    private func stands(_ node: NodeReference) throws(PortError) {
        guard try isThere(node) else { throw PortError(.changed, "domain '\(node.name)' is gone") }
    }
}
