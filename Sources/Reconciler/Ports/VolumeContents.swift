/// Puts bytes into volumes that are there. Apart from the rest of libvirt, since not every driver takes uploads.
public protocol VolumeContents: Sendable {
    /// - Returns: the SHA-256 of the bytes that were written, in hexadecimal: a file may have changed since somebody looked at it.
    @discardableResult
    func write(
        _ source: VolumeSource, pool: String, volume: String, progress: @escaping Progress
    ) async throws(PortError) -> String
    /// The volume was deleted.
    func discard(pool: String, volume: String) async
}

public enum VolumeSource: Sendable {
    case bytes([UInt8])
    /// A file of this machine, by path.
    case file(String)
}
