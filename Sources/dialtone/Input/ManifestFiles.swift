import FoundationEssentials
import Glibc
import Manifest

/// The files that a manifest stands in.
struct ManifestFiles: Sendable {
    /// As they were given; a directory stands for the `.yaml` and `.yml` files in it.
    var paths: [String]
    /// A lab's directory, whose `lab.yaml` comes last.
    var lab: String?
    /// Standard input can be read once only; kept for those who read again.
    private(set) var standardInput: [UInt8]?

    /// No more than this is read of one file: what is longer is no manifest (`Manifest` allows half of it).
    private static let most = 16 << 20

    init(_ paths: [String], lab: String?) {
        self.paths = paths
        self.lab = lab
    }

    /// All of them, in order.
    mutating func read() throws(ManifestErrors) -> [ManifestSource] {
        var sources: [ManifestSource] = []
        var problems: [Problem] = []
        for path in paths {
            if path == "-" {
                let bytes = standardInput ?? (try? Self.content(of: STDIN_FILENO)) ?? []
                standardInput = bytes
                sources.append(ManifestSource(name: "-", bytes: bytes))
                continue
            }
            for file in Self.files(at: path, &problems) { Self.read(file, into: &sources, &problems) }
        }
        if let lab {
            let file = "\(lab)/lab.yaml"
            if access(file, F_OK) == 0 {
                Self.read(file, into: &sources, &problems)
            } else {
                problems.append(
                    Problem(
                        file: file, line: 1, column: 1,
                        message: "there is no lab in \(lab); begin one with dialtone lab up --dir \(lab)"))
            }
        }
        guard problems.isEmpty else { throw ManifestErrors(problems: problems) }
        return sources
    }

    private static func read(_ file: String, into sources: inout [ManifestSource], _ problems: inout [Problem]) {
        do throws(ReadError) {
            sources.append(ManifestSource(name: file, bytes: try content(at: file)))
        } catch {
            problems.append(Problem(file: file, line: 1, column: 1, message: error.message))
        }
    }

    /// The file itself, or the manifests of a directory in the order of their names.
    private static func files(at path: String, _ problems: inout [Problem]) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let manifests = names.filter { !$0.hasPrefix(".") && ($0.hasSuffix(".yaml") || $0.hasSuffix(".yml")) }.sorted()
        if manifests.isEmpty {
            problems.append(
                Problem(
                    file: path, line: 1, column: 1, message: "no manifest is in it; allowed are files *.yaml and *.yml")
            )
        }
        return manifests.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
    }

    struct ReadError: Error {
        var message: String
    }

    /// The whole file.
    /// - Parameter most: bytes; what is longer is given up.
    static func content(at path: String, most: Int = most) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadError(message: "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        return try content(of: descriptor, most: most)
    }

    private static func content(of descriptor: Int32, most: Int = most) throws(ReadError) -> [UInt8] {
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw ReadError(message: "cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return content }
            content += buffer.prefix(count)
            guard content.count <= most else {
                throw ReadError(message: "the file has more than \(most >> 20) MiB; allowed are \(most >> 21) MiB")
            }
        }
    }
}
