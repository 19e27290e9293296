import Glibc
import Reconciler

/// Who gives an order.
enum Person {
    /// `name@host`, by the system's own word.
    static var name: String {
        let name = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "\(geteuid())"
        return "\(name)@\(ProcessIdentity.hostname)"
    }
}
