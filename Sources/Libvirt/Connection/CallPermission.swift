/// Whether the calls of a task may begin: asked on the connection's thread right before each, and not only when it was queued.
///
/// A process that was stopped in between, and wakes, must not do what somebody else has taken over meanwhile.
public enum CallPermission {
    /// `nil`: always. `false` fails the call, which has not begun, with `LibvirtError.Code.operationAborted`.
    @TaskLocal public static var isGiven: (@Sendable () -> Bool)?
}
