import ClusterModel
import FoundationEssentials
import Libvirt
import Synchronization

extension LibvirtHypervisor {
    func define(_ node: NodeDefinition) async throws {
        if let standing = try await connection.domain(.name(node.name), inactive: true) {
            let mark = ClusterModel.DomainState(standing).nodeMark
            guard standing.summary.uuid.isSame(node.uuid), mark?.cluster == node.mark.cluster else {
                throw PortError(.changed, "domain '\(node.name)' is there and is not this cluster's: it is left alone")
            }
        }
        try await connection.define(try DomainDefinition(node))
    }

    func start(_ name: String, _ uuid: String, at time: Instant) async throws {
        guard let standing = try await connection.domain(.name(name), inactive: true),
            standing.summary.uuid.isSame(uuid),
            var mark = ClusterModel.DomainState(standing).nodeMark
        else {
            throw PortError(.changed, "domain '\(name)' is no longer the one that was to be started")
        }
        guard !standing.summary.state.isActive else { return }
        mark.startedAt = time
        mark.awaitsRestart = false
        try await connection.setMetadata(
            MarkElement.element(mark), key: MarkElement.prefix, uri: MarkElement.namespace, of: .name(name))
        try await connection.start(.name(name))
    }

    /// Asks the guest, and forces it when it has not gone in time. A guest that ends in the same moment is no error.
    func stop(_ node: NodeReference, seconds: Int) async throws {
        try await verify(node)
        guard let state = try await state(of: node), state.isActive else { return }
        await shutdowns.take()
        do {
            try await shutDownOrForce(node, isRunning: state == .running, seconds: seconds)
        } catch {
            await shutdowns.giveBack()
            throw error
        }
        await shutdowns.giveBack()
    }

    private func shutDownOrForce(_ node: NodeReference, isRunning: Bool, seconds: Int) async throws {
        if isRunning, try await hasShutDown(node, seconds: seconds) { return }
        // One that does not run hears nothing: it is not asked.
        Remarks.say(
            isRunning
                ? "the guest of \(node.name) did not shut down within \(seconds) s and was forced off"
                : "\(node.name) was not running, though it had begun to, and was ended")
        do {
            try await connection.destroy(.name(node.name))
        } catch {
            if try await state(of: node)?.isActive == true { throw error }
        }
    }

    /// Asks the guest to shut down and waits for it; `false`: it has to be forced.
    ///
    /// libvirt's call may itself wait a minute for an agent that never answers: the time runs from before it, and ends when the guest is forced.
    private func hasShutDown(_ node: NodeReference, seconds: Int) async throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(seconds)
        let asked = Mutex<Bool?>(nil)
        Task { [connection] in
            let isHeard = (try? await connection.shutdown(.name(node.name))) != nil
            asked.withLock { $0 = isHeard }
        }
        while ContinuousClock.now < deadline {
            guard try await state(of: node)?.isActive == true else { return true }
            // A guest that cannot be asked is forced at once.
            if asked.withLock({ $0 }) == false { return false }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    func undefine(_ node: NodeReference) async throws {
        try await verify(node)
        guard try await state(of: node) != nil else { return }
        try await connection.undefine(.name(node.name))
    }

    private func state(of node: NodeReference) async throws -> Libvirt.DomainState? {
        try await connection.domain(.name(node.name))?.summary.state
    }

    /// Reads the domain again: it is the one that was meant.
    /// - Throws: `PortError.changed` when it is gone, or another has taken its name.
    func standing(_ node: NodeReference) async throws -> Libvirt.DomainState {
        try await verify(node)
        guard let state = try await state(of: node) else {
            throw PortError(.changed, "domain '\(node.name)' is gone: nothing is made for it")
        }
        return state
    }

    /// Reads the domain again: it is the one that was meant, or gone.
    /// - Throws: `PortError.changed` when another has taken its name.
    func verify(_ node: NodeReference) async throws {
        guard let standing = try await connection.domain(.name(node.name), inactive: true) else { return }
        let mark = ClusterModel.DomainState(standing).nodeMark
        guard standing.summary.uuid.isSame(node.uuid), mark?.node == node.name else {
            throw PortError(.changed, "domain '\(node.name)' is no longer the one that was meant: it is left alone")
        }
    }
}

extension UUID {
    func isSame(_ text: String) -> Bool { uuidString.lowercased() == text.lowercased() }
}

extension DomainDefinition {
    /// Emulation keeps what it has translated, up to a gigabyte for each machine, unless it is told a bound.
    private static let translationCacheMiB = 64

    init(_ node: NodeDefinition) throws {
        let inputs = node.mark.inputs
        let owns = node.mark.owns
        guard let uuid = UUID(uuidString: node.uuid) else {
            throw PortError(.refused, "node \(node.name) has no valid UUID: '\(node.uuid)'")
        }
        let boot: DomainDefinition.Boot =
            switch inputs.boot {
            case .disk: .disk
            case .kernel(let path, let initrd, let arguments):
                .kernel(path: path, initrd: initrd, arguments: arguments.isEmpty ? nil : arguments)
            }
        let isEmulated = inputs.virtualization == .qemu
        self.init(
            name: node.name, uuid: uuid, virtualization: isEmulated ? .qemu : .kvm, memoryMiB: inputs.memoryMiB,
            vcpus: inputs.vcpus, boot: boot,
            disks: [
                Disk(source: .volume(pool: owns.pool, name: owns.overlay), format: .qcow2),
                Disk(source: .volume(pool: owns.pool, name: owns.drive), format: .raw, isReadOnly: true),
            ], interfaces: [Interface(network: owns.network, mac: owns.reservation.mac)],
            // Where libvirt keeps its own log of the machine.
            serialLog: "/var/log/libvirt/qemu/\(node.name)-console.log",
            translationCacheMiB: isEmulated ? Self.translationCacheMiB : nil,
            metadata: [MarkElement.element(node.mark)])
    }
}
