import FoundationEssentials
import Glibc

/// A program that is run to its end and measured as a whole.
struct Program: Sendable {
    var words: [String]

    /// `dialtone`, built beside this program.
    static func dialtone(_ arguments: String...) -> Program {
        Program(words: ["\(directory)/dialtone"] + arguments)
    }

    /// One of `floor/*.c`, built beside this program's directory.
    static func floor(_ name: String, _ arguments: String...) -> Program {
        Program(words: ["\(ProcessInfo.processInfo.environment["BENCH_FLOORS"] ?? "floor")/\(name)"] + arguments)
    }

    private static let directory: String = {
        let path = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return path.split(separator: "/").dropLast().map { "/" + $0 }.joined()
    }()

    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// Milliseconds from its start to its end, all of it.
    func wholeTime() throws -> Double { try run(standardOutput: "/dev/null").milliseconds }

    /// Milliseconds that it says itself, as nanoseconds on its standard output.
    func ownTime() throws -> Double {
        var template = Array("/tmp/bench-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw Failed(description: "mkstemp failed") }
        close(descriptor)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(path) }
        _ = try run(standardOutput: path)
        let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        guard let first = text.split(separator: "\n").first, let nanoseconds = Double(first) else {
            throw Failed(description: "\(words[0]) said '\(text)'")
        }
        return nanoseconds / 1e6
    }

    /// Runs it; what it says on standard error is kept for when it fails.
    @discardableResult
    func run(standardOutput: String = "/dev/null") throws -> (milliseconds: Double, status: Int32) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let errors = "/tmp/bench-errors.\(getpid())"
        defer { unlink(errors) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, standardOutput, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var pid = pid_t()
        let begin = ContinuousClock.now
        let code = posix_spawnp(&pid, words[0], &actions, nil, arguments, environ)
        guard code == 0 else { throw Failed(description: "\(words[0]): \(String(cString: strerror(code)))") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let time = ContinuousClock.now - begin
        guard status == 0 else {
            let said = String(decoding: FileManager.default.contents(atPath: errors) ?? Data(), as: UTF8.self)
            throw Failed(description: "\(words.joined(separator: " ")) ended with \(status >> 8): \(said.suffix(2000))")
        }
        return (time.inMilliseconds, status)
    }
}
