import Glibc

/// A few threads of our own that run blocking calls in the order in which they were queued.
///
/// libvirt's calls block, and Swift's own pool has only as many threads as the machine has cores.
final class WorkerThreads: Sendable {
    private let queue: Queue

    init(count: Int) {
        let queue = Queue()
        self.queue = queue
        for _ in 0..<count {
            startThread { queue.runUntilStopped() }
        }
    }

    /// Queues `job`; once the threads were told to stop, it is run at once by the caller.
    func enqueue(_ job: @escaping @Sendable () -> Void) {
        if !queue.push(job) { job() }
    }

    /// Lets the threads end when all that is queued has run.
    func stop() {
        queue.stop()
    }

    /// The jobs that wait, under one POSIX mutex: a condition variable is needed, and `Synchronization` has none.
    ///
    /// Unchecked: `jobs` and `stopped` are touched only with `monitor` held.
    private final class Queue: @unchecked Sendable {
        private let monitor = Monitor()
        private var jobs: [@Sendable () -> Void] = []
        /// Index of the next job in `jobs`; those before it have been taken.
        private var next = 0
        private var stopped = false

        func push(_ job: @escaping @Sendable () -> Void) -> Bool {
            monitor.locked {
                guard !stopped else { return false }
                jobs.append(job)
                monitor.wakeOne()
                return true
            }
        }

        func stop() {
            monitor.locked {
                stopped = true
                monitor.wakeAll()
            }
        }

        func runUntilStopped() {
            while let job = take() { job() }
        }

        private func take() -> (@Sendable () -> Void)? {
            monitor.locked {
                while next == jobs.count {
                    if stopped { return nil }
                    monitor.wait()
                }
                let job = jobs[next]
                next += 1
                if next == jobs.count {
                    jobs.removeAll(keepingCapacity: true)
                    next = 0
                }
                return job
            }
        }
    }
}

/// Starts a detached thread that runs `body`; signals are left to the threads that ask for them.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    var thread = pthread_t()
    let status = pthread_create(
        &thread, &attributes,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    pthread_sigmask(SIG_SETMASK, &before, nil)
    pthread_attr_destroy(&attributes)
    // Without threads no call can ever be carried, and pthread_create fails only when the process has run out of them.
    precondition(status == 0, "pthread_create: error \(status)")
}
