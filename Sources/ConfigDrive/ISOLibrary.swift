import CISOFS
import Synchronization

/// Why an image was not made or not read.
public struct ISOError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String
}

/// libisofs, which keeps its settings and its messages for the whole process: one caller at a time.
enum ISOLibrary {
    private static let turn = Mutex(())

    /// Runs `body` alone, with the library initialised.
    static func alone<T: Sendable>(_ body: () throws(ISOError) -> T) throws(ISOError) -> T {
        let result: Result<T, ISOError> = turn.withLock { _ in
            Result { () throws(ISOError) in
                try started.get()
                return try body()
            }
        }
        return try result.get()
    }

    /// The library's answer when it is a success.
    @discardableResult
    static func check(_ what: String, _ status: Int32) throws(ISOError) -> Int32 {
        guard status >= 0 else {
            let message = iso_error_to_msg(status).map { String(cString: $0) } ?? "error \(status)"
            throw ISOError(description: "\(what): \(message)")
        }
        return status
    }

    private static let started = Result { () throws(ISOError) in
        // Neither locale nor standard error of the process are the library's to use.
        try check("iso_init_with_flag", iso_init_with_flag(1))
        var utf8 = Array("UTF-8".utf8CString)
        try check("iso_set_local_charset", iso_set_local_charset(&utf8, 0))
        var never = Array("NEVER".utf8CString)
        var quiet = never
        var prefix: [CChar] = [0]
        try check("iso_set_msgs_severities", iso_set_msgs_severities(&never, &quiet, &prefix))
    }
}
