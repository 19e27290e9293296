import ClusterModel

extension Wait {
    var noun: String {
        switch subject {
        case .join: "node"
        case .registration, .departure, .drain: "instance"
        case .lapse: "key"
        case .rollout: "step"
        case .acknowledgement: "dispatcher"
        }
    }

    /// `node a-node-1 boots and joins`
    var phrase: String {
        // What is assumed of the parts of something begins with a noun of its own.
        let isOfParts =
            switch subject {
            case .departure, .drain: true
            case .join, .registration, .lapse, .rollout, .acknowledgement: false
            }
        return "\(noun) \(target)\(isOfParts ? ":" : "") \(assumes)".printable
    }

    /// Its line in a plan, without the symbol; says for how long it has lasted, if it has begun before `now`.
    func line(at now: Instant) -> String {
        let age = began(before: now).map { ", begun \(now.seconds(since: $0)) s ago" } ?? ""
        return "wait: \(phrase)\(callsUp(at: now)), at most \(limit) s\(age)"
    }
}

extension Wait {
    /// `, 3 are up, the oldest 754 s old`
    private func callsUp(at now: Instant) -> String {
        guard let calls else { return "" }
        let oldest = calls.oldest.map { ", the oldest \(max(0, now.seconds(since: $0))) s old" } ?? ""
        return ", \(calls.calls) \(calls.calls == 1 ? "is" : "are") up\(oldest)"
    }

    /// When it began; `nil`: it begins at `now` or, in a plan, after that.
    func began(before now: Instant) -> Instant? {
        since.flatMap { $0 < now ? $0 : nil }
    }
}

extension Hold {
    /// `create a-node-1 because ...`, without the symbol.
    var line: String {
        // The planners speak of several to come as `nodes` and say in the action how many.
        let what =
            action.hasSuffix(target) || (target == "nodes" && action.contains("node")) ? action : "\(action) \(target)"
        let place = location.map { " (\($0))" } ?? ""
        return "held: \(what) because \(because)\(place)".printable
    }
}

extension Change {
    /// `memory: 2048 MiB -> 4096 MiB (changed by others)`
    func line(note: String = "") -> String {
        "\(field): \(from) -> \(to)\(note)\(by == .others ? " (changed by others)" : "")".printable
    }
}

extension Plan.Unknown {
    /// `fleet: it does not answer (last known 20 s ago)`
    func line(at now: Instant) -> String {
        let age = lastKnown.map { " (last known \(max(0, now.seconds(since: $0))) s ago)" } ?? ""
        return "\(source): \(reason)\(age)".printable
    }
}

extension Observed {
    /// What could not be read, in a fixed order.
    var unknownSources: [Plan.Unknown] {
        func last<T>(_ reading: Reading<T>?) -> Instant? {
            if case .unknown(_, let last) = reading { last?.at } else { nil }
        }
        return unknowns.map { source, reason in
            let lastKnown =
                switch source {
                case "etcd": last(registry)
                case "fleet": last(units)
                default: last(hypervisors.first { source == "libvirt (\($0.key))" }?.value)
                }
            return Plan.Unknown(source: source, reason: reason, lastKnown: lastKnown)
        }
    }
}
