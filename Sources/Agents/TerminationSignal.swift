import Dispatch
import Glibc

/// SIGTERM, SIGINT and SIGHUP as the end of a wait.
enum TerminationSignal {
    /// Returns at the first of them, or when the task is cancelled.
    static func wait() async {
        let (signals, seen) = AsyncStream<Void>.makeStream()
        let sources = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { seen.yield() }
            source.resume()
            return source
        }
        for await _ in signals { break }
        for source in sources { source.cancel() }
        for number in [SIGTERM, SIGINT, SIGHUP] { signal(number, SIG_DFL) }
    }
}
