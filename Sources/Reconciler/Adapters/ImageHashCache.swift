import FoundationEssentials
import Glibc

/// Hashes of images in a small file of the user's, so that no process reads again what another one has read. It may be lost, damaged or locked away at
/// any time: then images are read.
public struct ImageHashCache: Sendable {
    /// The file.
    let path: String

    /// No more than these are kept: the latest.
    static let most = 64
    /// A longer file is none of ours.
    private static let mostBytes = 1 << 18

    /// - Parameter path: the file; its directory is made when something is kept.
    public init(path: String) {
        self.path = path
    }

    /// In the user's cache directory (XDG Base Directory Specification); `nil`: there is none.
    public init?(environment: [String: String]) {
        func directory(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard let caches = directory("XDG_CACHE_HOME") ?? directory("HOME").map({ $0 + "/.cache" }) else { return nil }
        path = caches + "/dialtone/images.json"
    }

    private struct Document: Codable {
        var format = 1
        /// The latest is the last.
        var images: [Entry]
    }

    private struct Entry: Codable {
        var version: FileVersion
        var sha256: String
    }

    func hash(of version: FileVersion) -> String? {
        let hash = read().last { $0.version == version }?.sha256
        // It becomes part of a volume's name.
        return hash.flatMap { $0.utf8.count == 64 && $0.utf8.allSatisfy(Self.isHexadecimal) ? $0 : nil }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...102).contains(byte) }

    /// Two processes that keep something at once may lose one of both, which is then read again.
    func keep(_ hash: String, for version: FileVersion) {
        // An earlier version of the same file is there no more.
        let others = read().filter { $0.version.device != version.device || $0.version.inode != version.inode }
        let entries = others.suffix(Self.most - 1) + [Entry(version: version, sha256: hash)]
        guard let data = try? JSONEncoder().encode(Document(images: Array(entries))) else { return }
        replace(with: Array(data))
    }

    private func read() -> [Entry] {
        // Whatever lies there: nothing is waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.mostBytes
        else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count, let document = try? JSONDecoder().decode(Document.self, from: Data(bytes)),
            document.format == 1
        else { return [] }
        return document.images
    }

    private func replace(with bytes: [UInt8]) {
        guard let slash = path.lastIndex(of: "/") else { return }
        try? FileManager.default.createDirectory(atPath: String(path[..<slash]), withIntermediateDirectories: true)
        var aside = Array("\(path).XXXXXX".utf8CString)
        let descriptor = mkstemp(&aside)
        guard descriptor >= 0 else { return }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        let isWhole = close(descriptor) == 0 && count == bytes.count
        if !isWhole || rename(aside, path) != 0 { unlink(aside) }
    }
}
