/// Whether the requests of a task may go out: asked on curl's thread right before each is sent, and not only when it was asked for.
///
/// A process that was stopped in between, and wakes, must not send what somebody else has taken over meanwhile.
public enum SendPermission {
    /// `nil`: always. `false` fails the request, of which nothing has left, with `HTTPError.Kind.cancelled`.
    @TaskLocal public static var isGiven: (@Sendable () -> Bool)?
}
