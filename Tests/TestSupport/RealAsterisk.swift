import FoundationEssentials
import Glibc

/// The Asterisk trees that `make asterisk` leaves.
public enum RealAsterisk {
    /// Whether both versions are there.
    public static let isThere: Bool = {
        let environment = ProcessInfo.processInfo.environment
        let caches = environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? "/root") + "/.cache"
        let directory = environment["DIALTONE_ASTERISK"] ?? caches + "/dialtone/asterisk"
        return ["16", "22"].allSatisfy { access("\(directory)/\($0)/version", R_OK) == 0 }
    }()
}
