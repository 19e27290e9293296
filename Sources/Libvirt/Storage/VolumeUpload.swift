import CLibvirt
import Glibc

/// An upload under way.
///
/// Unchecked: a stream may be used from any thread, one at a time; ``LibvirtConnection`` awaits each piece before the next.
final class VolumeUpload: @unchecked Sendable {
    /// The most that one message of libvirt's protocol is given to carry, in bytes.
    static let pieceSize = 256 * 1024

    private let handle: Handle
    private let object: String
    private let stream: virStreamPtr
    private let length: UInt64
    private var sent: UInt64 = 0
    private var isOver = false

    /// Begins an upload of `length` bytes, once the volume is known to have room for them.
    ///
    /// libvirt's own dir pool does not refuse content that is longer than the volume: it lets the file grow.
    init(_ handle: Handle, volume name: String, pool: String, length: UInt64) throws(LibvirtError) {
        self.handle = handle
        self.length = length
        object = "volume '\(name)' in pool '\(pool)'"
        stream = try handle.withVolume(name, inPool: pool) { volume, object throws(LibvirtError) in
            let capacity = try handle.describe(volume: volume, pool: pool, object).capacity
            guard length <= capacity else {
                throw handle.refusal(
                    .invalidArgument, "virStorageVolUpload", object,
                    "the content is \(length) bytes long, and the volume holds \(capacity)")
            }
            let stream = try handle.unwrap("virStreamNew", object, virStreamNew(handle.pointer, 0))
            do throws(LibvirtError) {
                try handle.change("virStorageVolUpload", object, virStorageVolUpload(volume, stream, 0, length, 0))
            } catch {
                virStreamFree(stream)
                throw error
            }
            return stream
        }
    }

    deinit {
        if !isOver { virStreamAbort(stream) }
        virStreamFree(stream)
    }

    /// Sends one piece, of at most ``pieceSize`` bytes.
    func send(_ piece: UnsafeRawBufferPointer) throws(LibvirtError) {
        var rest = piece
        while !rest.isEmpty {
            let start = rest.baseAddress?.assumingMemoryBound(to: CChar.self)
            let sent = try handle.change("virStreamSend", object, virStreamSend(stream, start, rest.count))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(sent)))
            self.sent += UInt64(sent)
        }
    }

    /// What an upload is told that nobody wants any more; called between two pieces.
    func cancelled() -> LibvirtError {
        handle.refusal(
            .operationAborted, "virStorageVolUpload", object, "cancelled after \(sent) of \(length) bytes")
    }

    /// Ends the upload; only then is it known that all of it was written.
    func finish() throws(LibvirtError) {
        isOver = true
        try handle.change("virStreamFinish", object, virStreamFinish(stream))
    }
}

extension LibvirtError {
    /// What the C library says of a file of this machine; only right after the call that failed.
    static func file(_ path: String, function: String, uri: String) -> LibvirtError {
        LibvirtError(
            code: .systemError, message: String(cString: strerror(errno)), function: function, object: "file '\(path)'",
            uri: uri)
    }
}
