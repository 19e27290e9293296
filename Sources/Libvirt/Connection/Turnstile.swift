/// Lets calls that change something in one after the other, each asked whether it still may as it goes in.
///
/// A process may be stopped at any moment, and what it has asked by then it goes on to do when it wakes. So between the question and the moment in
/// which the call has left, there is one thread at a time: the next one goes in when the call has ended, or when it has been under way for so long that it
/// has certainly left (a start or a shutdown may take a minute, and others do not wait for that). What is left is the way of one call from the
/// question to write(2) inside libvirt, which nobody but libvirt could guard.
///
/// Unchecked: `turn` and `until` are touched only with `monitor` held.
final class Turnstile: @unchecked Sendable {
    /// How long a call takes at most to leave this process.
    static let passage = Duration.milliseconds(20)

    private let monitor = Monitor()
    /// Counts those who went in.
    private var turn = 0
    /// Until when the last who went in keeps the others out; `nil`: it has come out.
    private var until: Monitor.Instant?

    /// Goes in; `nil`: it may not.
    /// - Returns: what ``leave(_:)`` is told.
    func enter(_ isPermitted: () -> Bool) -> Int? {
        monitor.locked {
            while let until, !until.isPast { _ = monitor.wait(until: until) }
            guard isPermitted() else { return nil }
            turn += 1
            until = Monitor.Instant(after: Self.passage)
            return turn
        }
    }

    func leave(_ number: Int) {
        monitor.locked {
            // Somebody may have gone in meanwhile: then it is for that one to come out.
            guard number == turn else { return }
            until = nil
            monitor.wakeAll()
        }
    }
}
