import ClusterModel
import Dispatch
import Glibc

/// Base images as files of this machine; one that did not change is not read twice by one process.
public actor ImageFiles: ImagesPort {
    private struct Version: Hashable {
        var path: String
        var size: Int
        var inode: UInt
        var seconds: Int
        var nanoseconds: Int
    }

    private var known: [Version: ImageFile] = [:]

    public init() {}

    public func describe(_ path: String) async throws(PortError) -> ImageFile {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.failure(path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw PortError(.refused, "\(path) is no file") }
        let version = Version(
            path: path, size: Int(status.st_size), inode: UInt(status.st_ino), seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec)
        if let file = known[version] { return file }
        let result: Result<ImageFile, PortError> = await withCheckedContinuation { continuation in
            // Reading blocks: not on the pool that runs everything else.
            DispatchQueue.global().async { continuation.resume(returning: Self.read(path)) }
        }
        let file = try result.get()
        known[version] = file
        return file
    }

    private static func read(_ path: String) -> Result<ImageFile, PortError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return .failure(failure(path)) }
        defer { close(descriptor) }
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
        return .success(ImageFile(sha256: hash.finish(), bytes: bytes))
    }

    private static func failure(_ path: String) -> PortError {
        PortError(.refused, "\(path): \(String(cString: strerror(errno)))")
    }
}
