/// Puts bytes into volumes that are there. Apart from the rest of libvirt, since not every driver takes uploads.
public protocol VolumeContents: Sendable {
    func write(
        _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
    ) async throws(PortError)
    /// The volume was deleted.
    func discard(pool: String, volume: String) async
}

public enum VolumeSource: Sendable {
    case bytes([UInt8])
    /// A file of this machine, by path.
    case file(String)
}
