/// Whether the requests of a task may go out: asked on curl's thread right before each is sent, and not only when it was asked for.
///
/// A process that was stopped in between, and wakes, must not send what somebody else has taken over meanwhile.
public struct SendPermission: Sendable {
    /// The task's; `nil`: always.
    ///
    /// A value of this type and not the function alone: in optimised builds of Swift 6.3.1 a task-local function crashes when it is set.
    @TaskLocal public static var current: SendPermission?

    /// `false` fails the request, of which nothing has left, with `HTTPError.Kind.cancelled`.
    public let isGiven: @Sendable () -> Bool

    public init(isGiven: @escaping @Sendable () -> Bool) {
        self.isGiven = isGiven
    }
}
