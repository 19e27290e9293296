import Reconciler

/// What libvirt's test driver lacks, behind the reconciler's port: the content of volumes.
public struct LabContents: VolumeContents {
    private let volumes: LabVolumes

    public init(_ volumes: LabVolumes) {
        self.volumes = volumes
    }

    public func write(
        _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
    ) async throws(PortError) -> String {
        do {
            switch source {
            case .bytes(let bytes):
                try volumes.store(pool: pool, name: volume, bytes: bytes)
                return ContentHash.of(bytes)
            case .file(let path): return try volumes.store(pool: pool, name: volume, copying: path)
            }
        } catch {
            throw PortError(.refused, "volume \(volume) of pool \(pool): the lab cannot keep its content: \(error)")
        }
    }

    public func discard(pool: String, volume: String) async {
        // What is left here of a volume that is gone from libvirt does no harm: the next one of its name replaces it.
        try? volumes.delete(pool: pool, name: volume)
    }
}
