/// Whether the calls of a task may begin: asked on the connection's thread when its turn comes, and again right before each call to libvirt that changes
/// something, one after the other (``Turnstile``).
///
/// A process that was stopped in between, and wakes, must not do what somebody else has taken over meanwhile.
public struct CallPermission: Sendable {
    /// The task's; `nil`: always. No bare function: see `SendPermission.current`.
    @TaskLocal public static var current: CallPermission?

    /// `false` fails the call, which has not begun, with `LibvirtError.Code.operationAborted`.
    public let isGiven: @Sendable () -> Bool

    public init(isGiven: @escaping @Sendable () -> Bool) {
        self.isGiven = isGiven
    }
}
