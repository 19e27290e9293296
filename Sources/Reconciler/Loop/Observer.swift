import ClusterModel

/// Reads every system once, side by side.
public struct Observer: Sendable {
    let ports: Ports
    let clock: Clock

    public init(ports: Ports, clock: Clock = Clock()) {
        self.ports = ports
        self.clock = clock
    }

    /// What cannot be read is unknown, with the reason, and with what `previous` knew.
    public func observe(_ spec: ClusterSpec, previous: Observed?) async -> Observed {
        // The slowest first: a libvirt answers for each domain by itself.
        async let hypervisors = hypervisors(previous)
        async let registry = read { () async throws(PortError) in try await ports.registry.observe() }
        async let units = read { () async throws(PortError) in try await ports.units.observe() }
        async let images = images(spec)
        return Observed(
            hypervisors: await hypervisors, registry: await registry.remembering(previous?.registry),
            units: await units.remembering(previous?.units), images: await images)
    }

    private func hypervisors(_ previous: Observed?) async -> [String: Reading<HypervisorState>] {
        await withTaskGroup(of: (String, Reading<HypervisorState>).self) { group in
            for (name, port) in ports.hypervisors {
                group.addTask {
                    (name, await read { () async throws(PortError) in try await port.observe() })
                }
            }
            var readings: [String: Reading<HypervisorState>] = [:]
            for await (name, reading) in group {
                readings[name] = reading.remembering(previous?.hypervisors[name])
            }
            return readings
        }
    }

    private func read<Value>(
        _ body: @Sendable () async throws(PortError) -> Value
    ) async -> Reading<Value> {
        do {
            return .known(try await body(), at: clock.now())
        } catch {
            return .unknown(reason: error.message, last: nil)
        }
    }

    private func images(_ spec: ClusterSpec) async -> [String: Reading<ImageFile>] {
        let path = spec.nodes.image
        guard path.hasPrefix("/"), spec.nodes.count > 0 else { return [:] }
        return [path: await read { () async throws(PortError) in try await ports.images.describe(path) }]
    }
}
