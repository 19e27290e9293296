import ClusterModel

/// How closely base images are looked at.
public enum ImageReading: Sendable {
    /// One that nobody has read as it is now is read, which takes seconds for each gibibyte.
    case whole
    /// None is read: one that is not known is taken for what the latest node stands on. For those who show or order something, and build nothing.
    case remembered
}

/// Reads every system once, side by side.
public struct Observer: Sendable {
    let ports: Ports
    let clock: Clock

    public init(ports: Ports, clock: Clock = Clock()) {
        self.ports = ports
        self.clock = clock
    }

    /// What cannot be read is unknown, with the reason, and with what `previous` knew.
    public func observe(
        _ spec: ClusterSpec, previous: Observed?, images reading: ImageReading = .whole
    ) async -> Observed {
        // The slowest first: a libvirt answers for each domain by itself.
        async let domains = hypervisors(previous)
        async let registry = read { () async throws(PortError) in try await ports.registry.observe() }
        async let units = read { () async throws(PortError) in try await ports.units.observe() }
        async let images = images(spec, reading)
        let hypervisors = await domains
        var found = await images.compactMapValues(\.self)
        for path in await images.keys where found[path] == nil {
            found[path] = .known(Self.standing(hypervisors, cluster: spec.name), at: clock.now())
        }
        return Observed(
            hypervisors: hypervisors, registry: await registry.remembering(previous?.registry),
            units: await units.remembering(previous?.units), images: found)
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

    /// - Returns: by path; `nil`: not known without reading it.
    private func images(_ spec: ClusterSpec, _ reading: ImageReading) async -> [String: Reading<ImageFile>?] {
        let path = spec.nodes.image
        guard path.hasPrefix("/"), spec.nodes.count > 0 else { return [:] }
        switch reading {
        case .whole:
            return [path: await read { () async throws(PortError) in try await ports.images.describe(path) }]
        case .remembered:
            let image = await read { () async throws(PortError) in try await ports.images.remembered(path) }
            switch image {
            case .known(let file, let at): return [path: file.map { .known($0, at: at) }]
            case .unknown(let reason, _): return [path: .unknown(reason: reason, last: nil)]
            }
        }
    }

    /// The image of the node that was started last, as far as the name of its volume tells: nothing can be made of it.
    private static func standing(_ hypervisors: [String: Reading<HypervisorState>], cluster: String) -> ImageFile {
        var latest: (at: Instant, image: String)?
        for state in hypervisors.values.compactMap(\.value) {
            for domain in state.domains.values {
                guard case .readable(let mark) = domain.mark, mark.cluster == cluster, let image = mark.owns.image,
                    let at = mark.startedAt
                else { continue }
                if let latest, (latest.at, latest.image) > (at, image) { continue }
                latest = (at, image)
            }
        }
        // `dialtone-<cluster>-<start of the hash>.<format>`
        let name = latest?.image.split(separator: "-").last?.split(separator: ".").first
        return ImageFile(sha256: name.map(String.init) ?? "unread", bytes: 0)
    }
}
