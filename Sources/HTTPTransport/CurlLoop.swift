import CCurl
import Glibc
import Synchronization

/// One libcurl multi handle and the thread that alone touches it and its transfers. Others leave commands and wake it.
///
/// `@unchecked Sendable` because of `multi`: the thread uses it; others only call `curl_multi_wakeup`, which libcurl allows from any thread, and only
/// under the lock while it is not freed.
final class CurlLoop: @unchecked Sendable {
    private enum Command {
        case add(Transfer)
        case cancel(UInt64)
        case resume(UInt64)
    }

    private struct Inbox {
        /// In the order in which they were left.
        var commands: [Command] = []
        var isClosing = false
        /// The multi handle is freed, or about to be.
        var isFinished = false
        /// Who waits for the end of the thread.
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let multi: UnsafeMutableRawPointer
    private let inbox = Mutex(Inbox())
    private let ids = Atomic<UInt64>(1)
    /// Transfers under way. The thread's own.
    private var transfers: [UInt64: Transfer] = [:]
    /// Their ids by easy handle. The thread's own.
    private var idOfHandle: [UnsafeMutableRawPointer: UInt64] = [:]

    /// curl_global_init, once in the process and before all else.
    private static let libraryIsReady = curl_global_init(Int(CURL_GLOBAL_SSL | CURL_GLOBAL_WIN32)) == CURLE_OK

    /// nil when there is no memory for a multi handle, or no thread to be had.
    static func start() -> CurlLoop? {
        guard libraryIsReady, let multi = curl_multi_init() else { return nil }
        let loop = CurlLoop(multi: multi)
        var thread = pthread_t()
        let retained = Unmanaged.passRetained(loop)
        let code = pthread_create(
            &thread, nil,
            { argument in
                // The loop that `start` retained for us.
                if let argument { Unmanaged<CurlLoop>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, retained.toOpaque())
        guard code == 0 else {
            retained.release()
            curl_multi_cleanup(multi)
            return nil
        }
        pthread_detach(thread)
        return loop
    }

    private init(multi: UnsafeMutableRawPointer) {
        self.multi = multi
    }

    func nextID() -> UInt64 { ids.add(1, ordering: .relaxed).newValue }

    /// Begins the transfer, or fails it at once when the loop is closed.
    func add(_ transfer: Transfer) {
        if !leave(.add(transfer)) { transfer.finish(transfer.failure(.closed, "the HTTP client is closed")) }
    }

    /// Takes the transfer off the wire; nothing happens when it has ended.
    func cancel(_ id: UInt64) { _ = leave(.cancel(id)) }

    /// Lets a paused transfer go on.
    func resume(_ id: UInt64) { _ = leave(.resume(id)) }

    func close() {
        inbox.withLock { inbox in
            inbox.isClosing = true
            if !inbox.isFinished { curl_multi_wakeup(multi) }
        }
    }

    func closeAndWait() async {
        close()
        await withCheckedContinuation { continuation in
            let isFinished = inbox.withLock { inbox in
                if !inbox.isFinished { inbox.waiters.append(continuation) }
                return inbox.isFinished
            }
            if isFinished { continuation.resume() }
        }
    }

    private func leave(_ command: Command) -> Bool {
        inbox.withLock { inbox in
            guard !inbox.isClosing else { return false }
            inbox.commands.append(command)
            curl_multi_wakeup(multi)
            return true
        }
    }
}

// The thread.
extension CurlLoop {
    private func run() {
        blockSignals()
        var running: Int32 = 0
        while let commands = takeCommands() {
            commands.forEach(carryOut)
            curl_multi_perform(multi, &running)
            endWhatIsDone()
            endWhatIsLate()
            // Transfers that ended may have been the last; the next wake-up comes with the next command.
            curl_multi_poll(multi, nil, 0, millisecondsToDeadline(), nil)
        }
        for transfer in transfers.values.sorted(by: { $0.id < $1.id }) {
            end(transfer, transfer.failure(.closed, "the HTTP client was closed"))
        }
        curl_multi_cleanup(multi)
        let waiters = inbox.withLock { inbox in
            defer { inbox.waiters = [] }
            inbox.isFinished = true
            return inbox.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// What was left since the last time; nil when the loop is to end. Transfers that come together with the end are begun, then failed with the rest.
    private func takeCommands() -> [Command]? {
        let (commands, isClosing) = inbox.withLock { inbox in
            defer { inbox.commands = [] }
            return (inbox.commands, inbox.isClosing)
        }
        guard isClosing else { return commands }
        commands.forEach(carryOut)
        return nil
    }

    private func carryOut(_ command: Command) {
        switch command {
        case .add(let transfer):
            guard let handle = transfer.prepare(), curl_multi_add_handle(multi, handle) == CURLM_OK else {
                transfer.finish(transfer.failure(.invalidRequest, "no memory for a transfer"))
                return
            }
            transfers[transfer.id] = transfer
            idOfHandle[handle] = transfer.id
        case .cancel(let id):
            if let transfer = transfers[id] { end(transfer, transfer.failure(.cancelled, "cancelled")) }
        case .resume(let id):
            if let transfer = transfers[id] { curl_easy_pause(transfer.handle, CURLPAUSE_CONT) }
        }
    }

    private func endWhatIsDone() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let code = message.pointee.data.result
            guard let handle = message.pointee.easy_handle, let id = idOfHandle[handle], let transfer = transfers[id]
            else { continue }
            end(transfer, transfer.error(for: code))
        }
    }

    private func endWhatIsLate() {
        let now = ContinuousClock.now
        for transfer in transfers.values {
            if let deadline = transfer.headDeadline, deadline <= now {
                end(transfer, transfer.failure(.timedOut, "no answer in time"))
            }
        }
    }

    private func millisecondsToDeadline() -> Int32 {
        guard let next = transfers.values.compactMap(\.headDeadline).min() else { return 60_000 }
        let left = ContinuousClock.now.duration(to: next)
        return Int32(min(max(0, left / .milliseconds(1)), 60_000).rounded(.up))
    }

    /// Takes the transfer off the wire first, so that its connection can be used again by whoever is told.
    private func end(_ transfer: Transfer, _ error: HTTPError?) {
        transfers[transfer.id] = nil
        if let handle = transfer.handle {
            idOfHandle[handle] = nil
            curl_multi_remove_handle(multi, handle)
        }
        transfer.finish(error)
        transfer.release()
    }

    /// Signals belong to the program's own threads. SIGPIPE above all: OpenSSL writes without MSG_NOSIGNAL, and a blocked one harms nobody.
    private func blockSignals() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
    }
}
