import FoundationEssentials
import Glibc

/// The dispatcher's list file.
public struct DispatcherList: Sendable, Hashable {
    public var lines: [DispatcherLine]

    public init(_ lines: [DispatcherLine] = []) {
        self.lines = lines
    }

    /// The whole file.
    public var text: String { text(keeping: []) }

    private func text(keeping others: [String]) -> String {
        "# Written by Dialtone from `shares`; changes are overwritten.\n# set destination flags priority attributes\n"
            + (lines.map(\.text) + others).map { $0 + "\n" }.joined()
    }

    /// Writes the file aside, makes it durable and renames it: whoever reads `path` sees the old list or the new one, whole.
    ///
    /// - Parameter others: lines of other sets, which stand in the file as they are.
    public func replace(_ path: String, keeping others: [String] = []) throws(DispatcherFileError) {
        let aside = path + ".new"
        let descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw DispatcherFileError("open \(aside)") }
        do throws(DispatcherFileError) {
            defer { close(descriptor) }
            try DispatcherList.write(Array(text(keeping: others).utf8), to: descriptor, path: aside)
            guard fsync(descriptor) == 0 else { throw DispatcherFileError("fsync \(aside)") }
        } catch {
            unlink(aside)
            throw error
        }
        guard rename(aside, path) == 0 else { throw DispatcherFileError("rename \(aside)") }
        // The rename itself is durable with its directory. A directory that cannot be opened for that loses nothing but this.
        let parent = open(path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ".", O_RDONLY | O_CLOEXEC)
        if parent >= 0 {
            fsync(parent)
            close(parent)
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32, path: String) throws(DispatcherFileError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard written > 0 || errno == EINTR else { throw DispatcherFileError("write \(path)") }
            rest = rest.dropFirst(max(written, 0))
        }
    }
}

/// The list file could not be written; the one before is untouched.
public struct DispatcherFileError: Error, CustomStringConvertible, Sendable {
    public let description: String

    /// With the words of the calling thread's errno.
    init(_ call: String) {
        description = "\(call): \(String(cString: strerror(errno)))"
    }
}
