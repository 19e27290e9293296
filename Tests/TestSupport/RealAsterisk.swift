import FoundationEssentials
import Glibc

/// The Asterisk trees that `make asterisk` leaves.
public enum RealAsterisk {
    private static let directory: String = {
        let environment = ProcessInfo.processInfo.environment
        let caches = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        return environment["DIALTONE_ASTERISK"] ?? caches + "/dialtone/asterisk"
    }()

    /// Whether both versions are there.
    public static let isThere = ["16", "22"].allSatisfy { access("\(directory)/\($0)/version", R_OK) == 0 }

    /// Whether the tests with real ones are run: they are there, or have to be.
    public static let isExpected = isThere || Requirement.asterisk.isDemanded

    /// What the program of this major version says of itself.
    public static func version(_ major: String) async throws -> String {
        let said = try await ChildProcess.run(["\(directory)/\(major)/usr/sbin/asterisk", "-V"])
        guard said.status == 0, said.output.hasPrefix("Asterisk \(major).") else {
            throw SystemCallFailed("asterisk -V of \(major): \(said.output)", code: ENOENT)
        }
        return String(said.output.dropFirst("Asterisk ".count).prefix { !$0.isWhitespace })
    }
}
