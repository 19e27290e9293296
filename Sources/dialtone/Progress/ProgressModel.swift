import ClusterModel
import Reconciler

/// What goes on, as lines: those that stay, and those that are drawn anew. Pure; time is an argument.
struct ProgressModel: Sendable {
    /// Whether lines can be drawn anew. Without that, what begins is a line too, and no line says when.
    var isLive: Bool
    /// Whether it goes on for ever: then holds, and that nothing is left to do, are said when they come about. Elsewhere
    /// the plan before and the summary after say it.
    var isContinuous: Bool
    var style = Style.plain
    private var isConverged = false
    /// What was carried out, in the order of its end.
    private(set) var done: [Action] = []
    /// In the order of their beginning.
    private var running: [Running] = []
    private var waits: [Wait] = []
    private var holds: Set<Hold> = []
    /// Reasons of what could not be read, by source, and when that was said last.
    private var unknowns: [String: (reason: String, saidAt: Instant)] = [:]
    /// For whom it was said last that this one stands by.
    private var leader: String?

    /// Seconds after which it is said again that a source is unknown.
    private static let reminder = 30

    private struct Running: Sendable {
        var action: Action
        var since: Instant
        var bytes: (done: Int64, total: Int64)?
    }

    init(isLive: Bool, isContinuous: Bool, style: Style = .plain) {
        self.isLive = isLive
        self.isContinuous = isContinuous
        self.style = style
    }

    var isBusy: Bool { !running.isEmpty }

    /// Takes a report in and returns what is to be said of it.
    mutating func handle(_ report: Report, at now: Instant) -> [String] {
        switch report {
        case .looked(let step, let observed):
            return look(step, observed, at: now)
        case .began(let action):
            // Whoever acts leads; that another one does after it is news, whoever it is.
            leader = nil
            running.append(Running(action: action, since: now))
            // Why something is taken away may be known only now: which counts of calls were not believed, say.
            let why = action.isDestructive ? ": \(action.reason.printable)" : ""
            return isLive ? [] : ["begin: \(action.phrase)\(why)"]
        case .finished(let action, let error):
            let ended = running.first { $0.action.target == action.target }
            running.removeAll { $0.action.target == action.target }
            let time = isLive ? ended.map { " (\(now.seconds(since: $0.since)) s)" } ?? "" : ""
            if let error {
                return [style.paint("failed:", .red) + " \(action.phrase): \(error.message.printable)\(time)"]
            }
            done.append(action)
            return [style.paint("done:", .green) + " \(action.phrase)\(time)"]
        case .remarked(_, let text):
            return [style.paint("note:", .yellow) + " \(text.printable)"]
        case .standingBy(let record):
            let text = record?.text ?? "another controller"
            defer { leader = text }
            return leader == text ? [] : ["stand by: \(text) leads"]
        case .deposed:
            return [style.paint("deposed:", .red) + " the leader's lease is lost; nothing more is begun"]
        }
    }

    /// Bytes of an upload.
    mutating func transferred(_ target: String, _ done: Int64, of total: Int64) {
        guard let index = running.firstIndex(where: { $0.action.target == target }) else { return }
        running[index].bytes = total > 0 ? (done, total) : nil
    }

    /// What goes on now, one line each: no more than `most`, the last of which then says how many there are.
    func live(at now: Instant, most: Int = .max) -> [String] {
        guard isLive else { return [] }
        var lines = running.map { entry in
            let bytes = entry.bytes.map {
                ", \(Bytes.text($0.done)) of \(Bytes.text($0.total)) (\($0.done * 100 / $0.total) %)"
            }
            return "  \(entry.action.phrase), \(max(0, now.seconds(since: entry.since))) s\(bytes ?? "")"
        }
        if running.isEmpty {
            lines += waits.map { wait in
                let age = max(0, now.seconds(since: wait.since ?? now))
                return "  wait: \(wait.phrase), \(age) s of \(wait.limit) s"
            }
        }
        guard lines.count > most else { return lines }
        return lines.prefix(most - 1) + ["  and \(lines.count - most + 1) more"]
    }

    private mutating func look(_ step: Step, _ observed: Observed, at now: Instant) -> [String] {
        var lines: [String] = []
        let before = Set(waits.map(\.subject))
        if !isLive { lines += step.waits.filter { !before.contains($0.subject) }.map { "wait: \($0.brief)" } }
        waits = step.waits
        lines += unknown(observed, at: now)
        guard isContinuous else { return lines }
        lines += step.holds.filter { !holds.contains($0) }.map { style.paint("!", .yellow) + " " + $0.line }
        holds = Set(step.holds)
        let wasConverged = isConverged
        isConverged = step.isConverged && holds.isEmpty && unknowns.isEmpty
        if isConverged, !wasConverged { lines.append(style.paint("converged", .green)) }
        return lines
    }

    private mutating func unknown(_ observed: Observed, at now: Instant) -> [String] {
        var lines: [String] = []
        let sources = observed.unknownSources
        for unknown in sources {
            if let said = unknowns[unknown.source], said.reason == unknown.reason,
                now.seconds(since: said.saidAt) < Self.reminder
            {
                continue
            }
            unknowns[unknown.source] = (unknown.reason, now)
            lines.append(style.paint("unknown:", .yellow) + " " + unknown.line(at: now))
        }
        for source in unknowns.keys.sorted() where !sources.contains(where: { $0.source == source }) {
            unknowns[source] = nil
            lines.append("known again: \(source)".printable)
        }
        return lines
    }
}

extension Wait {
    /// `node a-node-1 boots and joins, at most 300 s`
    fileprivate var brief: String { "\(phrase), at most \(limit) s" }
}
