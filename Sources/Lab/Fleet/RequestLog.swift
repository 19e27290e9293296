import FoundationEssentials
import Glibc
import Synchronization

/// One JSON line for each request, so that what was written to fleet is proved from outside.
final class RequestLog: Sendable {
    private struct Line: Encodable {
        var time: String
        var method: String
        var path: String
        var status: Int
    }

    private let descriptor: Int32

    /// Appends to `path`; a file that cannot be opened is an error of the system's words.
    init(path: String) throws(LabError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw LabError.system("open \(path)", errno) }
    }

    func append(method: String, path: String, status: Int, at time: Date) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = Line(time: LabTime.text(time), method: method, path: path, status: status)
        // Four plain values cannot fail to encode; a write that fails (disk full) loses a log line, not a request.
        guard var bytes = try? encoder.encode(line) else { return }
        bytes.append(10)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    deinit { close(descriptor) }
}
