import Glibc
import Synchronization
import TestSupport

/// Stands between Dialtone and one system: it passes everything on, knows each call when its answer comes back, and can strike in that moment, with the
/// effect done and the answer not yet given. It can also be cut, as a network is.
final class Relay: Sendable {
    enum Place: Sendable, Hashable {
        case port(Int)
        case path(String)
    }

    /// A call that was answered.
    struct Call: Sendable {
        /// HTTP: the request as it was sent. libvirt: `procedure NUMBER` and what was sent with it.
        var text: String
        /// When it was answered.
        var at = ContinuousClock.now
    }

    private struct Hook {
        var matches: @Sendable (Call) -> Bool
        var strike: @Sendable () -> Void
    }

    private struct State {
        var listener: Int32?
        /// Counts cuts: a connection of an earlier one ends.
        var epoch = 0
        var isOver = false
        var hooks: [Hook] = []
        var calls: [Call] = []
    }

    let place: Place
    private let target: Place
    private let language: CallTap.Words
    private let state = Mutex(State())

    /// - Parameter path: the unix socket to listen on; without it a free port.
    init(to target: Place, _ words: CallTap.Words, path: String? = nil) throws {
        self.target = target
        language = words
        place = try path.map { .path($0) } ?? .port(freePort())
        try mend()
    }

    deinit { cut() }

    /// Everything that was answered so far, in order.
    var calls: [Call] { state.withLock { $0.calls } }

    /// Strikes once, when the first call that `matches` has taken effect; its answer waits until `strike` is done.
    func when(_ matches: @escaping @Sendable (Call) -> Bool, _ strike: @escaping @Sendable () -> Void) {
        state.withLock { $0.hooks.append(Hook(matches: matches, strike: strike)) }
    }

    /// Refuses connections, and drops those that stand.
    func cut() {
        state.withLock {
            $0.epoch += 1
            if let listener = $0.listener { Sockets.end(listener) }
            $0.listener = nil
        }
        if case .path(let path) = place { unlink(path) }
    }

    /// Takes connections, from the beginning or again after `cut`.
    func mend() throws {
        let listener = try Sockets.listen(place)
        let epoch = state.withLock {
            $0.listener = listener
            return $0.epoch
        }
        // The thread ends with the listener: it holds nothing but what it needs.
        onThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard let self, client >= 0, self.state.withLock({ $0.epoch }) == epoch else {
                    if client >= 0 { close(client) }
                    break
                }
                onThread { self.serve(client, epoch) }
            }
            close(listener)
        }
    }

    private func serve(_ client: Int32, _ epoch: Int) {
        defer { close(client) }
        guard let server = Sockets.connect(target) else { return }
        defer { close(server) }
        var tap = CallTap(language)
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while state.withLock({ $0.epoch }) == epoch {
            var polled = [client, server].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, 2, 50) > 0 else { continue }
            if polled[0].revents != 0 {
                let count = read(client, &buffer, buffer.count)
                guard count > 0 else { return }
                tap.asked(buffer[..<count])
                guard Sockets.write(buffer[..<count], to: server) else { return }
            }
            if polled[1].revents != 0 {
                let count = read(server, &buffer, buffer.count)
                guard count > 0 else { return }
                for text in tap.answered(buffer[..<count]) { note(Call(text: text)) }
                guard Sockets.write(buffer[..<count], to: client) else { return }
            }
        }
    }

    private func note(_ call: Call) {
        let due = state.withLock { state in
            state.calls.append(call)
            let due = state.hooks.filter { $0.matches(call) }
            state.hooks.removeAll { $0.matches(call) }
            return due
        }
        for hook in due { hook.strike() }
    }
}

/// Runs `body` on a thread of its own: it waits in system calls.
private func onThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
        &thread, nil,
        { pointer in
            // Given by `passRetained` below, and taken once.
            if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
    if code == 0 { pthread_detach(thread) } else { context.release() }
}

private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}
