import ClusterModel

/// What may be done now, or was left: one line each.
enum StepText {
    static func lines(_ step: Step, at now: Instant, _ style: Style) -> [String] {
        step.actions.map { style.paint($0.symbol, $0.color) + " " + $0.line }
            + step.waits.map { style.paint("…", .cyan) + " " + $0.line(at: now) }
            + step.holds.map { style.paint("!", .yellow) + " " + $0.line }
    }
}

extension Action {
    var color: Style.Color {
        switch verb {
        case .create: .green
        case .change: .yellow
        case .replace: .magenta
        case .destroy: .red
        }
    }
}

/// What may be done now, or was left.
struct StepDocument: Encodable {
    var actions: [ActionDocument]
    var waits: [WaitDocument]
    var holds: [HoldDocument]

    init(_ step: Step, at now: Instant) {
        actions = step.actions.map { ActionDocument($0) }
        waits = step.waits.map { WaitDocument($0, at: now) }
        holds = step.holds.map(HoldDocument.init)
    }
}
