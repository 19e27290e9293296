import ClusterModel
import Dispatch
import Glibc

/// Base images as files of this machine; one that did not change is not read twice.
public actor ImageFiles: ImagesPort {
    private var known: [FileVersion: String] = [:]
    private let cache: ImageHashCache?
    /// Nanoseconds that a file must have been left alone for its version to be taken for its content: one of this very moment may be written to again
    /// within one tick of the file system's clock.
    private let settling: Int64

    /// - Parameter cache: what other processes read; `nil`: nothing is kept between them.
    public init(cache: ImageHashCache? = nil) {
        self.init(cache: cache, settling: 2_000_000_000)
    }

    init(cache: ImageHashCache?, settling: Int64) {
        self.cache = cache
        self.settling = settling
    }

    public func describe(_ path: String) async throws(PortError) -> ImageFile {
        if let file = try remembered(path) { return file }
        let result: Result<Content, PortError> = await withCheckedContinuation { continuation in
            // Reading blocks: not on the pool that runs everything else.
            DispatchQueue.global().async { continuation.resume(returning: Self.read(path)) }
        }
        let content = try result.get()
        if let version = content.version, version.changedAt + settling <= content.readAt {
            known[version] = content.file.sha256
            cache?.keep(content.file.sha256, for: version)
        }
        return content.file
    }

    public func remembered(_ path: String) throws(PortError) -> ImageFile? {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw PortError(.refused, "\(path) is no file") }
        let version = FileVersion(status)
        guard let hash = known[version] ?? cache?.hash(of: version) else { return nil }
        known[version] = hash
        return ImageFile(sha256: hash, bytes: version.size)
    }

    private struct Content {
        var file: ImageFile
        /// `nil`: it was written to while it was read.
        var version: FileVersion?
        /// When reading began, in nanoseconds since 1970.
        var readAt: Int64
    }

    private static func read(_ path: String) -> Result<Content, PortError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(failure(path)) }
        defer { close(descriptor) }
        var (before, after, now) = (stat(), stat(), timespec())
        guard fstat(descriptor, &before) == 0 else { return .failure(failure(path)) }
        clock_gettime(CLOCK_REALTIME, &now)
        let hash = ContentHash()
        var bytes: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return .failure(failure(path)) }
            if count == 0 { break }
            buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            bytes += Int64(count)
        }
        let version = FileVersion(before)
        let isSame = fstat(descriptor, &after) == 0 && FileVersion(after) == version && version.size == bytes
        return .success(
            Content(
                file: ImageFile(sha256: hash.finish(), bytes: bytes), version: isSame ? version : nil,
                readAt: now.nanoseconds))
    }

    private static func failure(_ path: String) -> PortError {
        PortError(.refused, "\(path): \(String(cString: strerror(errno)))")
    }
}

/// What tells one content of a file from another without reading it.
struct FileVersion: Hashable, Codable {
    var device: UInt64
    var inode: UInt64
    var size: Int64
    /// Nanoseconds since 1970.
    var modifiedAt: Int64
    /// Of its last change of any kind, which nobody can set back.
    var changedAt: Int64

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedAt = status.st_mtim.nanoseconds
        changedAt = status.st_ctim.nanoseconds
    }
}

extension timespec {
    /// Since 1970; of times that a clock of our days can show.
    fileprivate var nanoseconds: Int64 { Int64(tv_sec) &* 1_000_000_000 &+ Int64(tv_nsec) }
}
