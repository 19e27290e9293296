import ClusterModel
import Reconciler
import Synchronization

/// Shows what goes on, on standard error: lines drawn anew on a terminal, plain ones elsewhere.
final class ProgressDisplay: Sendable {
    private struct State {
        var model: ProgressModel
        /// Lines below the cursor's place that are drawn anew.
        var drawn = 0
        var lastStep = Step()
    }

    private let stream: Streams
    private let clock = Clock()
    private let state: Mutex<State>

    init(isContinuous: Bool, stream: Streams = .error) {
        self.stream = stream
        let style = Style.standard(stream)
        state = Mutex(
            State(
                model: ProgressModel(
                    isLive: stream.isTerminal && style.canMove, isContinuous: isContinuous, style: style)))
    }

    /// What the loop tells.
    var listener: Loop.Listener {
        Loop.Listener(
            report: { report in self.take(report) },
            progress: { target, done, total in
                self.state.withLock { $0.model.transferred(target, done, of: total) }
            })
    }

    /// What was carried out so far.
    var done: [Action] { state.withLock { $0.model.done } }

    /// What was left when the loop looked last.
    var left: Step { state.withLock { $0.lastStep } }

    /// Draws the time that goes by, until `body` ends; then only lines that stay are left.
    func during<Value: Sendable>(_ body: () async -> Value) async -> Value {
        let ticker = Task {
            while !Task.isCancelled {
                self.state.withLock { self.redraw(&$0, adding: []) }
                try? await Task.sleep(for: .milliseconds(500))
            }
        }
        let value = await body()
        ticker.cancel()
        await ticker.value
        state.withLock { erase(&$0) }
        return value
    }

    /// A line that stays.
    func say(_ line: String) {
        state.withLock { redraw(&$0, adding: [line]) }
    }

    private func take(_ report: Report) {
        state.withLock { state in
            if case .looked(let step, _) = report { state.lastStep = step }
            let lines = state.model.handle(report, at: clock.now())
            redraw(&state, adding: lines)
        }
    }

    private func redraw(_ state: inout State, adding lines: [String]) {
        // What scrolled out at the top could not be erased any more.
        let (rows, columns) = stream.size
        let live = state.model.live(at: clock.now(), most: max(1, rows - 2)).map {
            $0.count < columns ? $0 : String($0.prefix(columns - 2)) + "…"
        }
        guard !lines.isEmpty || !live.isEmpty || state.drawn > 0 else { return }
        stream.write(Self.erasure(state.drawn) + (lines + live).map { $0 + "\n" }.joined())
        state.drawn = live.count
    }

    private func erase(_ state: inout State) {
        stream.write(Self.erasure(state.drawn))
        state.drawn = 0
    }

    /// ECMA-48: up so many lines, and erase from there to the end of the screen.
    private static func erasure(_ lines: Int) -> String {
        lines == 0 ? "" : "\u{1b}[\(lines)A\u{1b}[J"
    }
}
