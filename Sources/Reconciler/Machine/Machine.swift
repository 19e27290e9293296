import ClusterModel
import Planning

/// The reconciler as a pure machine: events in, effects out. It holds no clock, does no I/O and draws no chance, so that
/// a simulation drives it and a seed replays. An event only says that it is time to look again.
public struct Machine: Sendable {
    public let settings: Settings
    public private(set) var planner: Planner
    private var observation = Observation.none
    private var leadership = Office.none
    /// Actions of the step in hand that have yet to begin.
    private var queue: [Action] = []
    private var running: [String: Action] = [:]
    private var failures = Failures()
    private var beganAt: Instant?
    private var deadline: Instant?
    private var isStopping = false
    private var hasEnded = false
    /// Whether an action was begun at all.
    private var hasActed = false
    /// Since when a system has not been readable, without a look in between that found all of them.
    private var unreadableSince: Instant?

    /// Under which failures to lead are counted; no object has such a name.
    private static let leadershipName = "leadership"

    /// Seconds that a run in its middle waits for a system that went away: a daemon that is started anew.
    static let patience = 30
    private var lastStep = Step()

    private enum Observation {
        case none
        /// Being read; `again`: something changed meanwhile.
        case underWay(again: Bool)
    }

    private enum Office {
        case none
        /// The answer has yet to come; nothing more is asked for until then.
        case asked(StandBy?)
        case held
        /// Somebody else has it.
        case waiting(StandBy)
    }

    private struct StandBy {
        var since: Instant
        /// `nil`: nobody said who.
        var leader: LeaderRecord?
    }

    public init(planner: Planner, settings: Settings) {
        self.planner = planner
        self.settings = settings
    }

    public mutating func handle(_ event: Event, at now: Instant) -> [Effect] {
        guard !hasEnded else { return [] }
        switch event {
        case .begin:
            beganAt = now
            return observe()
        case .changed, .woke:
            return look()
        case .desired(let planner):
            self.planner = planner
            queue = []
            failures = Failures()
            return look()
        case .observed(let observed):
            return decide(observed, at: now)
        case .leadership(let news):
            return hear(news, at: now)
        case .finished(let target, let error):
            return finish(target, error, at: now)
        case .stop:
            isStopping = true
            queue = []
            // A lease that is asked for has to be given back.
            return running.isEmpty && !isAsking ? end(.stopped(left: lastStep)) : []
        }
    }

    private mutating func observe() -> [Effect] {
        observation = .underWay(again: false)
        return [.observe]
    }

    /// Looks again, unless a look or an action is under way already: those end in a look.
    private mutating func look() -> [Effect] {
        if case .underWay = observation {
            observation = .underWay(again: true)
            return []
        }
        return running.isEmpty && queue.isEmpty && !isAsking ? observe() : []
    }

    private var isAsking: Bool {
        if case .asked = leadership { true } else { false }
    }

    private mutating func decide(_ observed: Observed, at now: Instant) -> [Effect] {
        let again = if case .underWay(again: true) = observation { true } else { false }
        observation = .none
        if isStopping { return running.isEmpty ? end(.stopped(left: lastStep)) : [] }
        if observed.unknowns.isEmpty { unreadableSince = nil }
        var step = planner.step(observed, now: now)
        settings.approval?.confine(&step)
        lastStep = step
        if deadline == nil, settings.mode == .once {
            let limit = settings.timeLimit ?? planner.plan(observed, now: now).bound * 5 / 4 + 60
            deadline = now.advanced(bySeconds: limit)
        }
        let due = step.actions.filter { failures.mayTry($0.target, at: now, settings) }
        var effects: [Effect] = [.report(.looked(step, observed))]
        if due.isEmpty {
            effects += again ? observe() : idle(step, observed, at: now)
        } else if isLate(at: now) {
            effects += endLate(step, observed)
        } else if case .held = leadership {
            queue = due
            effects += startNext(at: now)
        } else {
            effects += ask(at: now)
        }
        return effects
    }

    private mutating func ask(at now: Instant) -> [Effect] {
        // It failed a moment ago, and a change is no reason to ask sooner.
        if let retry = failures.retry(Self.leadershipName, settings), retry > now { return [.wake(at: retry)] }
        switch leadership {
        case .asked, .held: return []
        case .none: leadership = .asked(nil)
        case .waiting(let standBy):
            if settings.mode == .once, now >= standBy.since.advanced(bySeconds: settings.leaseSeconds + 2) {
                return end(.notLeader(standBy.leader))
            }
            leadership = .asked(standBy)
        }
        return [.acquire]
    }

    private mutating func hear(_ news: LeadershipNews, at now: Instant) -> [Effect] {
        switch news {
        case .granted:
            leadership = .held
            failures.forget(Self.leadershipName)
            return isStopping ? end(.stopped(left: lastStep)) : observe()
        case .refused(let other):
            var since = now
            if case .asked(let standBy?) = leadership { since = standBy.since }
            leadership = .waiting(StandBy(since: since, leader: other))
            failures.forget(Self.leadershipName)
            if isStopping { return end(.stopped(left: lastStep)) }
            return [.report(.standingBy(other)), .wake(at: now.advanced(bySeconds: 1))]
        case .failed(let error):
            if case .asked(let standBy?) = leadership { leadership = .waiting(standBy) } else { leadership = .none }
            if isStopping { return end(.stopped(left: lastStep)) }
            failures.count(Self.leadershipName, error, at: now, settings)
            return failures.isGivenUp(Self.leadershipName, settings)
                ? end(.unreachable(["etcd: \(error.message)"]))
                : [.wake(at: failures.next(after: now) ?? now.advanced(bySeconds: 1))]
        case .lost:
            leadership = .none
            queue = []
            return [.report(.deposed)] + look()
        }
    }

    private mutating func startNext(at now: Instant) -> [Effect] {
        var effects: [Effect] = []
        while running.count < settings.parallel, !queue.isEmpty {
            let action = queue.removeFirst()
            running[action.target] = action
            hasActed = true
            effects += [.report(.began(action)), .perform(action, at: now)]
        }
        return effects
    }

    private mutating func finish(_ target: String, _ error: PortError?, at now: Instant) -> [Effect] {
        guard let action = running.removeValue(forKey: target) else { return [] }
        var effects: [Effect] = [.report(.finished(action, error))]
        switch error?.kind {
        case nil:
            failures.forget(target)
        case .notLeader:
            leadership = .none
            queue = []
        case .unreachable, .refused, .changed, .outcomeUnknown:
            if let error { failures.count(target, error, at: now, settings) }
        }
        if isStopping {
            effects += running.isEmpty ? end(.stopped(left: lastStep)) : []
        } else if !queue.isEmpty, !isLate(at: now) {
            effects += startNext(at: now)
        } else if running.isEmpty {
            queue = []
            effects += observe()
        }
        return effects
    }

    /// Nothing can begin now: waits, or comes to an end.
    private mutating func idle(_ step: Step, _ observed: Observed, at now: Instant) -> [Effect] {
        if settings.mode == .continuous {
            // What cannot be read tells of no change: when it is back shows only by looking.
            let isQuiet = step.waits.isEmpty && observed.unknowns.isEmpty
            let soon = isQuiet ? settings.interval : min(2, settings.interval)
            let next = [now.advanced(bySeconds: soon), failures.next(after: now)].compactMap { $0 }.min()
            return [.wake(at: next ?? now.advanced(bySeconds: soon))]
        }
        let unknown = observed.unknowns.map { "\($0.source): \($0.reason)" }
        if !unknown.isEmpty {
            let since = unreadableSince ?? now
            unreadableSince = since
            guard hasActed, now < since.advanced(bySeconds: Self.patience) else { return end(.unreachable(unknown)) }
            return [.wake(at: now.advanced(bySeconds: 1))]
        }
        let retry = step.actions.compactMap { failures.retry($0.target, settings) }.min()
        if step.waits.isEmpty, retry == nil {
            let failed = failures.givenUp(settings)
            if !failed.isEmpty { return end(.failed(failed)) }
            return end(step.holds.isEmpty ? .converged : .held(step.holds))
        }
        if isLate(at: now) { return endLate(step, observed) }
        let poll = now.advanced(bySeconds: 1)
        return [.wake(at: step.waits.isEmpty ? retry ?? poll : poll)]
    }

    private func isLate(at now: Instant) -> Bool {
        deadline.map { now >= $0 } ?? false
    }

    /// Its time is up: nothing more begins, and what runs has ended.
    private mutating func endLate(_ step: Step, _ observed: Observed) -> [Effect] {
        let unknown = observed.unknowns.map { "\($0.source): \($0.reason)" }
        if !unknown.isEmpty { return end(.unreachable(unknown)) }
        let failed = failures.givenUp(settings)
        return end(failed.isEmpty ? .timedOut(left: step) : .failed(failed))
    }

    private mutating func end(_ outcome: Outcome) -> [Effect] {
        hasEnded = true
        return [.release, .end(outcome)]
    }
}
