import Glibc

/// One thing and its floor, measured in turn, so that what else the machine does meets both. Milliseconds.
struct Pairs {
    private var times: [(floor: Double, ours: Double)] = []

    /// Runs both once unmeasured, then `rounds` times, in alternating order.
    static func measure(
        rounds: Int, floor: () async throws -> Double, ours: () async throws -> Double
    ) async throws -> Pairs {
        _ = try await floor()
        _ = try await ours()
        var pairs = Pairs()
        for round in 0..<rounds {
            if round.isMultiple(of: 2) {
                let time = try await floor()
                pairs.times.append((time, try await ours()))
            } else {
                let time = try await ours()
                pairs.times.append((try await floor(), time))
            }
        }
        return pairs
    }

    var floor: Double { Self.median(times.map(\.floor)) }
    var ours: Double { Self.median(times.map(\.ours)) }
    /// The median of the pairs' own ratios.
    var ratio: Double { Self.median(times.map { $0.ours / $0.floor }) }

    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}

/// Milliseconds of this thread's processor that `body` takes: of what is only computed, others' load is no part.
func computing<Value>(_ body: () throws -> Value) rethrows -> Double {
    let begin = processorTime()
    let value = try body()
    let time = processorTime() - begin
    // What was made is taken apart outside.
    withExtendedLifetime(value) {}
    return time
}

private func processorTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e3 + Double(time.tv_nsec) / 1e6
}

/// Milliseconds that `body` takes.
func milliseconds<Value>(_ body: () async throws -> Value) async rethrows -> Double {
    let begin = ContinuousClock.now
    let value = try await body()
    let time = ContinuousClock.now - begin
    withExtendedLifetime(value) {}
    return time.inMilliseconds
}

extension Duration {
    var inMilliseconds: Double { self / .milliseconds(1) }
}
