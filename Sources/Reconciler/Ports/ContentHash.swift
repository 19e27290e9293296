import Crypto
import Provisioning
import Synchronization

/// The SHA-256 of content that comes piece by piece, in order, from whatever thread.
public final class ContentHash: Sendable {
    private let hash = Mutex(SHA256())

    public init() {}

    public func add(_ piece: UnsafeRawBufferPointer) {
        hash.withLock { $0.update(bufferPointer: piece) }
    }

    /// Of all that came, in hexadecimal.
    public func finish() -> String {
        Digest.hexadecimal(Array(hash.withLock { $0.finalize() }))
    }

    public static func of(_ bytes: [UInt8]) -> String { Digest.sha256(bytes) }
}
