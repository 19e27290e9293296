import FoundationEssentials
import Glibc
import Reconciler

/// The content of volumes, a file for each under the lab's directory. libvirt's test driver does not keep it; with real machines these are the
/// directories of libvirt's own pools.
public struct LabVolumes: Sendable {
    private let root: String

    /// - Parameter directory: the lab's.
    public init(directory: String) {
        root = LabLayout.absolute(directory) + "/volumes"
    }

    /// Where a pool's volumes lie.
    func path(pool: String) -> String { "\(root)/\(pool)" }

    /// Stores a volume's content; one of that name is replaced as a whole.
    public func store(pool: String, name: String, bytes: [UInt8]) throws(LabError) {
        let path = try prepared(pool, name)
        try LabFile.replace(path, with: bytes, mode: 0o600)
    }

    /// Stores a volume's content from a file, without having the whole of it in memory.
    ///
    /// - Returns: the SHA-256 of what was stored.
    @discardableResult
    public func store(pool: String, name: String, copying file: String) throws(LabError) -> String {
        let path = try prepared(pool, name)
        let aside = path + ".new"
        let source = open(file, O_RDONLY | O_CLOEXEC)
        guard source >= 0 else { throw .system("open \(file)", errno) }
        defer { close(source) }
        let target = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw .system("open \(aside)", errno) }
        defer { close(target) }
        let hash = ContentHash()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(source, $0.baseAddress, $0.count) }
            guard count >= 0 || errno == EINTR else { throw .system("read \(file)", errno) }
            if count == 0 { break }
            guard count > 0 else { continue }
            buffer.withUnsafeBytes { hash.add(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            try LabFile.write(Array(buffer[..<count]), to: target, path: aside)
        }
        guard rename(aside, path) == 0 else { throw .system("rename \(aside)", errno) }
        return hash.finish()
    }

    /// Removes a volume's content; none there is no error.
    public func delete(pool: String, name: String) throws(LabError) {
        let path = try self.path(pool, name)
        guard unlink(path) == 0 || errno == ENOENT else { throw .system("unlink \(path)", errno) }
    }

    /// A volume's content; `nil` where there is none.
    public func read(pool: String, name: String) throws(LabError) -> [UInt8]? {
        FileManager.default.contents(atPath: try path(pool, name)).map { Array($0) }
    }

    /// The names of a pool's volumes that have content, in order.
    public func names(pool: String) throws(LabError) -> [String] {
        let path = "\(root)/\(try checked(pool))"
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { !$0.hasSuffix(".new") }
            .sorted()
    }

    private func path(_ pool: String, _ name: String) throws(LabError) -> String {
        "\(root)/\(try checked(pool))/\(try checked(name))"
    }

    private func prepared(_ pool: String, _ name: String) throws(LabError) -> String {
        let path = try self.path(pool, name)
        let parent = "\(root)/\(pool)"
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw LabError("cannot make \(parent): \(error)")
        }
        return path
    }

    private func checked(_ name: String) throws(LabError) -> String {
        guard !name.isEmpty, name != ".", name != "..", !name.contains("/"), !name.contains("\0") else {
            throw LabError("'\(name)' is no name that a file can have")
        }
        return name
    }
}
