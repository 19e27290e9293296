import Kamailio

/// A revision of `shares` as lines of the dispatcher's list: a function of the document alone.
struct DispatchTable: Sendable, Hashable {
    let revision: Int
    let lines: [DispatcherLine]
    /// Instances that new calls are held off from.
    let draining: [String]

    /// - Throws: where a name, an address or a rule cannot stand in the list. The whole document is refused then.
    init(_ shares: SharesDocument, sets: KamailioSettings.Sets) throws(SharesError) {
        revision = shares.revision
        draining = shares.draining
        do throws(DispatcherLineError) {
            var lines: [DispatcherLine] = []
            for (track, set) in [(SharesDocument.Track.stable, sets.stable), (.canary, sets.canary)] {
                for instance in shares.instances where instance.track == track {
                    lines.append(
                        try DispatcherLine(
                            set: set, address: instance.address,
                            flags: instance.state == .in ? .probing : .disabled,
                            attributes: [try .init("duid", instance.name)]))
                }
            }
            self.lines = try lines + DispatchTable.draw(shares, sets) + DispatchTable.rules(shares, sets)
        } catch {
            throw SharesError(description: "what it says cannot stand in a dispatcher list: \(error)")
        }
        guard Set(lines.map(\.text)).count == lines.count else {
            throw SharesError(description: "two of its instances have one address and name")
        }
    }

    /// The two pseudo-destinations from which a call's track is drawn. A track of no percent has none, and neither has one without any
    /// instance: the other one gets all.
    private static func draw(
        _ shares: SharesDocument, _ sets: KamailioSettings.Sets
    ) throws(DispatcherLineError) -> [DispatcherLine] {
        func isThere(_ track: SharesDocument.Track) -> Bool { shares.instances.contains { $0.track == track } }
        var weights = [(1, shares.draw.stable), (2, shares.draw.canary)]
        if !isThere(.canary) { weights = [(1, 100)] }
        if !isThere(.stable) { weights = isThere(.canary) ? [(2, shares.draw.canary > 0 ? 100 : 0)] : [] }
        var lines: [DispatcherLine] = []
        for (track, weight) in weights where weight > 0 {
            lines.append(
                try DispatcherLine(
                    set: sets.draw, address: DispatcherLine.nowhere, flags: .unprobed,
                    attributes: [try .init("rweight", "\(weight)"), try .init("track", "\(track)")]))
        }
        return lines
    }

    /// Emergency numbers and rules, in their order.
    private static func rules(
        _ shares: SharesDocument, _ sets: KamailioSettings.Sets
    ) throws(DispatcherLineError) -> [DispatcherLine] {
        var bodies: [[DispatcherLine.Attribute]] = []
        let numbers = shares.emergencyNumbers ?? []
        if !numbers.isEmpty {
            bodies.append([try .init("rule", "emergency"), try .init("numbers", numbers.joined(separator: "/"))])
        }
        for rule in shares.match ?? [] {
            var body = [
                try DispatcherLine.Attribute("rule", "match"), try .init("to", rule.to == .canary ? "2" : "1"),
            ]
            for (name, value) in [
                ("called", rule.called), ("caller", rule.caller), ("source", rule.source), ("header", rule.header),
                ("value", rule.value),
            ] {
                if let value { body.append(try .init(name, value)) }
            }
            bodies.append(body)
        }
        let first = try DispatcherLine.noRule(set: sets.rules)
        var lines = [first]
        for (index, body) in bodies.enumerated() {
            lines.append(
                try DispatcherLine(
                    set: sets.rules, address: DispatcherLine.nowhere, flags: .unprobed,
                    priority: first.priority - 1 - index, attributes: body))
        }
        return lines
    }

    /// The lines to write: what was found dead begins as dead, until it answers a probe.
    ///
    /// - Parameter dead: URIs.
    func list(dead: Set<String>) -> DispatcherList {
        DispatcherList(
            lines.map { line in
                var line = line
                if line.flags == .probing, dead.contains(line.uri) { line.flags.insert(.inactive) }
                return line
            })
    }

    /// Whether these lines are what Kamailio has in force. Whether an instance is alive is Kamailio's own affair; whether it is out is not.
    func isInForce(_ sets: DispatcherSets, _ numbers: KamailioSettings.Sets) -> Bool {
        let ours = [numbers.stable, numbers.canary, numbers.draw, numbers.rules]
        let there = ours.flatMap { set in
            (sets.sets[set] ?? []).map { Standing(set: set, $0) }
        }
        let wanted = lines.map(Standing.init)
        guard there.count == wanted.count else { return false }
        let byKey = Dictionary(there.map { ($0.key, $0.isOut) }) { $0 && $1 }
        return wanted.allSatisfy { line in
            byKey[line.key] == line.isOut
        }
    }

    /// What is compared of a line.
    private struct Standing {
        var key: String
        var isOut: Bool

        init(_ line: DispatcherLine) {
            key = "\(line.set) \(line.uri) \(line.body)"
            isOut = line.flags.contains(.disabled)
        }

        init(set: Int, _ destination: DispatcherSets.Destination) {
            key = "\(set) \(destination.uri) \(destination.attributes)"
            // A pseudo-destination is not probed: one that was found dead makes another split.
            let isPseudo = destination.uri == "sip:\(DispatcherLine.nowhere)"
            isOut = isPseudo ? destination.state != .active : destination.state == .disabled
        }
    }
}

extension DispatcherSets {
    /// URIs that Kamailio found dead, or is about to.
    var dead: Set<String> {
        Set(sets.values.joined().filter { $0.state == .inactive || $0.state == .trying }.map(\.uri))
    }
}
