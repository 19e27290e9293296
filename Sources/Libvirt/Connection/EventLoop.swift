import CEpoll
import CLibvirt
import Glibc
import Synchronization

/// libvirt's event loop (`virEventRegisterImpl`), on epoll and a thread of its own.
///
/// Each call over a connection takes the watch of its socket away and puts it back. libvirt's own loop, on GLib, is woken by both, and by the answer
/// that another call waits for: with a thousand calls that costs as much as the calls do. Here a watch that is put back is looked at only when it
/// stays so for a moment.
final class EventLoop: Sendable {
    private let poll = cepoll_create()
    /// Written to when the thread has to look anew.
    private let alarm = cepoll_eventfd()
    private let state = Mutex(State())

    private struct State {
        var watches: [Int32: Watch] = [:]
        var timers: [Int32: Timer] = [:]
        /// What was taken away: given back by the thread, never within the call that takes it away.
        var retired: [Retired] = []
        var lastID: Int32 = 0
        /// When watches that were put back are looked at again, milliseconds; `nil`: there are none.
        var settlesAt: Int64?
        /// When the thread wakes by itself, milliseconds; `nil`: it does not, or is awake.
        var wakesAt: Int64?

        mutating func nextID() -> Int32 {
            lastID += 1
            return lastID
        }
    }

    // Unchecked: the pointers are libvirt's own, and are handed back to it as they are.
    private struct Retired: @unchecked Sendable {
        var opaque: UnsafeMutableRawPointer?
        var free: virFreeCallback?
    }

    private struct Watch: @unchecked Sendable {
        var descriptor: Int32
        /// Of the connection that was opened when libvirt gave it.
        var mark: SocketMark?
        /// libvirt's bits; 0: it is not to be looked at for now.
        var events: Int32
        /// Whether epoll looks at it.
        var isListed: Bool
        var callback: virEventHandleCallback?
        var retired: Retired
    }

    private struct Timer: @unchecked Sendable {
        /// Milliseconds from one time to the next; negative: it rests.
        var interval: Int32
        var deadline: Int64
        var callback: virEventTimeoutCallback?
        var retired: Retired
    }

    /// Starts the thread.
    func run() {
        watch(alarm, as: 0, Self.readable)
        startThread {
            while true { self.turn() }
        }
    }

    // What libvirt calls, from any thread.

    func add(
        _ descriptor: Int32, _ events: Int32, _ callback: virEventHandleCallback?,
        _ opaque: UnsafeMutableRawPointer?, _ free: virFreeCallback?
    ) -> Int32 {
        let retired = Retired(opaque: opaque, free: free)
        let mark = SocketMark.current
        return state.withLock { state in
            let id = state.nextID()
            guard events == 0 || watch(descriptor, as: id, events) else { return -1 }
            state.watches[id] = Watch(
                descriptor: descriptor, mark: mark, events: events, isListed: events != 0, callback: callback,
                retired: retired)
            return id
        }
    }

    func update(watch id: Int32, _ events: Int32) {
        state.withLock { state in
            guard let watch = state.watches[id], watch.events != events else { return }
            if watch.isListed { unwatch(watch.descriptor) }
            state.watches[id]?.isListed = false
            state.watches[id]?.events = events
            guard events != 0, let moment = settleSoon(&state) else { return }
            ring(ifLaterThan: moment, state)
        }
    }

    func remove(watch id: Int32) -> Int32 {
        state.withLock { state in
            guard let watch = state.watches.removeValue(forKey: id) else { return -1 }
            if watch.isListed { unwatch(watch.descriptor) }
            state.retired.append(watch.retired)
            ring()
            return 0
        }
    }

    func add(
        every interval: Int32, _ callback: virEventTimeoutCallback?, _ opaque: UnsafeMutableRawPointer?,
        _ free: virFreeCallback?
    ) -> Int32 {
        let retired = Retired(opaque: opaque, free: free)
        return state.withLock { state in
            let id = state.nextID()
            let deadline = Self.now() + Int64(interval)
            state.timers[id] = Timer(interval: interval, deadline: deadline, callback: callback, retired: retired)
            if interval >= 0 { ring(ifLaterThan: deadline, state) }
            return id
        }
    }

    func update(timer id: Int32, every interval: Int32) {
        state.withLock { state in
            let deadline = Self.now() + Int64(interval)
            state.timers[id]?.interval = interval
            state.timers[id]?.deadline = deadline
            if interval >= 0 { ring(ifLaterThan: deadline, state) }
        }
    }

    func remove(timer id: Int32) -> Int32 {
        state.withLock { state in
            guard let timer = state.timers.removeValue(forKey: id) else { return -1 }
            state.retired.append(timer.retired)
            ring()
            return 0
        }
    }

    /// Hangs up a connection's sockets: whoever reads there finds their end.
    func hangUp(_ mark: SocketMark) {
        state.withLock { state in
            // With the lock held the number is still that socket's: libvirt takes the watch away before it closes a socket.
            for watch in state.watches.values where watch.mark === mark {
                shutdown(watch.descriptor, Int32(SHUT_RDWR))
            }
        }
    }

    // The thread.

    private func turn() {
        let timeout = state.withLock { state in
            settle(&state)
            let next = state.timers.values.filter { $0.interval >= 0 }.map(\.deadline).min()
            state.wakesAt = [next, state.settlesAt].compactMap { $0 }.min()
            return state.wakesAt.map { Int32(clamping: max(0, $0 - Self.now())) } ?? -1
        }
        var ids = [Int32](repeating: 0, count: 16)
        var events = [UInt32](repeating: 0, count: 16)
        let count = cepoll_wait(poll, &ids, &events, 16, timeout)
        state.withLock { $0.wakesAt = nil }
        for index in 0..<Int(max(0, count)) { handle(ids[index], events[index]) }
        // A failing poll must not become a busy loop; it is tried again after a tenth of a second.
        if count < 0, errno != EINTR { usleep(100_000) }
        fireTimers()
        for retired in state.withLock({ state in
            defer { state.retired = [] }
            return state.retired
        }) {
            retired.free?(retired.opaque)
        }
    }

    /// When that will be, unless it is settled already that something will.
    @discardableResult
    private func settleSoon(_ state: inout State) -> Int64? {
        guard state.settlesAt == nil else { return nil }
        state.settlesAt = Self.now() + Self.moment
        return state.settlesAt
    }

    /// Looks again at what was put back, or has been told, and has stayed.
    private func settle(_ state: inout State) {
        guard let time = state.settlesAt, time <= Self.now() else { return }
        state.settlesAt = nil
        for (id, watch) in state.watches where watch.events != 0 && !watch.isListed {
            state.watches[id]?.isListed = self.watch(watch.descriptor, as: id, watch.events)
        }
    }

    private func handle(_ id: Int32, _ events: UInt32) {
        guard id != 0 else {
            var count: UInt64 = 0
            _ = read(alarm, &count, MemoryLayout<UInt64>.size)
            return
        }
        // Taken away meanwhile: then nothing is said any more. Else it rests for a moment: what has come may be for a call that reads it itself,
        // and until then it would be told again and again.
        let told = state.withLock { state -> Watch? in
            guard let watch = state.watches[id], watch.isListed else { return nil }
            unwatch(watch.descriptor)
            state.watches[id]?.isListed = false
            settleSoon(&state)
            return watch
        }
        guard let watch = told else { return }
        watch.callback?(id, watch.descriptor, Self.libvirtEvents(events), watch.retired.opaque)
    }

    private func fireTimers() {
        let now = Self.now()
        let due = state.withLock { state in
            state.timers.filter { $0.value.interval >= 0 && $0.value.deadline <= now }.keys.sorted()
        }
        for id in due {
            let timer = state.withLock { state in
                if let interval = state.timers[id]?.interval { state.timers[id]?.deadline = now + Int64(interval) }
                return state.timers[id]
            }
            timer?.callback?(id, timer?.retired.opaque)
        }
    }

    private func ring(ifLaterThan deadline: Int64, _ state: borrowing State) {
        if state.wakesAt.map({ $0 > deadline }) ?? true { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(alarm, &one, MemoryLayout<UInt64>.size)
    }

    @discardableResult
    private func watch(_ descriptor: Int32, as id: Int32, _ events: Int32) -> Bool {
        cepoll_watch(poll, descriptor, id, Self.epollEvents(events)) == 0
    }

    private func unwatch(_ descriptor: Int32) { _ = cepoll_unwatch(poll, descriptor) }

    /// Milliseconds that a watch rests before it is looked at again: longer than from one call to the next.
    private static let moment: Int64 = 2

    private static let begin = ContinuousClock.now

    /// Milliseconds of a clock that is never set.
    private static func now() -> Int64 { Int64(begin.duration(to: .now) / .milliseconds(1)) }

    private static let readable = Int32(VIR_EVENT_HANDLE_READABLE.rawValue)

    /// libvirt's bits and epoll's that mean the same.
    private static let bits: [(libvirt: Int32, epoll: UInt32)] = [
        (Int32(VIR_EVENT_HANDLE_READABLE.rawValue), UInt32(CEPOLL_IN)),
        (Int32(VIR_EVENT_HANDLE_WRITABLE.rawValue), UInt32(CEPOLL_OUT)),
        (Int32(VIR_EVENT_HANDLE_ERROR.rawValue), UInt32(CEPOLL_ERR)),
        (Int32(VIR_EVENT_HANDLE_HANGUP.rawValue), UInt32(CEPOLL_HUP)),
    ]

    private static func epollEvents(_ events: Int32) -> UInt32 {
        bits.reduce(0) { events & $1.libvirt == 0 ? $0 : $0 | $1.epoll }
    }

    private static func libvirtEvents(_ events: UInt32) -> Int32 {
        bits.reduce(0) { events & $1.epoll == 0 ? $0 : $0 | $1.libvirt }
    }
}
