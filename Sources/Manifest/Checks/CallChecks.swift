import ClusterModel

/// What the words about calls must be to one another.
struct CallChecks {
    let spec: SpecDraft

    /// Words of a rule that a call must fit.
    private static let conditions = ["called", "caller", "source", "header"]

    func run(_ findings: inout Findings) {
        checkNames(&findings)
        checkDoubles(&findings)
        checkDiscovery(&findings)
        let rules = spec.canary?.value.match
        for (index, rule) in (rules?.value ?? []).enumerated() {
            let draft = rule.value
            let path = "spec.canary.match[\(index)]"
            if let value = draft.value, draft.header == nil {
                findings.report("\(path).value stands without header; allowed is with it", at: value.key)
            } else if Self.conditions.allSatisfy({ findings.places["\(path).\($0)"] == nil }) {
                findings.report(
                    "\(path) names nothing that a call must have; allowed are called, caller, source and header, one or more",
                    at: rule.place)
            }
        }
        checkKamailio(&findings)
        let ours = spec.kamailio?.value.replicas?.value ?? 0
        guard spec.kamailio?.value.external == nil, ours == 0 else { return }
        // What nothing acts on is never ignored.
        for (path, place) in [
            ("spec.canary.match", rules?.key), ("spec.canary.steps", spec.canary?.value.steps?.key),
            ("spec.emergencyNumbers", spec.emergencyNumbers?.key),
        ] {
            guard let place else { continue }
            findings.report(
                "\(path) needs something that deals the calls; allowed is with spec.kamailio.replicas or external",
                at: place)
        }
    }

    private func checkKamailio(_ findings: inout Findings) {
        guard let written = spec.kamailio else { return }
        let kamailio = written.value
        let replicas = kamailio.replicas?.value ?? 0
        let places = findings.places
        func isWritten(_ word: String) -> Bool { places["spec.kamailio.\(word)"] != nil }
        if !isWritten("external"), !isWritten("replicas") {
            findings.report(
                "spec.kamailio has neither replicas nor external; allowed are one or both, or no spec.kamailio",
                at: written.key)
        }
        if let asked = kamailio.replicas, replicas > 0, !isWritten("image") {
            findings.report(
                "spec.kamailio.replicas is \(replicas), and spec.kamailio.image is missing; allowed is with the image that they run",
                at: asked.place)
        }
        if let asked = kamailio.replicas, let nodes = spec.nodes?.value.count?.value, replicas > nodes {
            findings.report(
                "spec.kamailio.replicas is \(replicas), more than \(nodes) nodes carry, one each; allowed are \(nodes), or a "
                    + "larger spec.nodes.count",
                at: asked.place)
        }
        for (word, place) in [
            ("image", kamailio.image?.key), ("runtime", kamailio.runtime?.key), ("listen", kamailio.listen?.key),
            ("trusted", kamailio.trusted?.key),
        ] where replicas == 0 {
            // What nothing acts on is never ignored.
            guard let place else { continue }
            findings.report(
                "spec.kamailio.\(word) is about replicas, and there are none; allowed is with replicas", at: place)
        }
        let last = 5060 + 10 * ((spec.asterisk?.value.perNode?.value ?? 1) - 1)
        if let listen = kamailio.listen, (5060...last).contains(listen.value), listen.value % 10 == 0 {
            findings.report(
                "spec.kamailio.listen is \(listen.value), which instances of Asterisk have on each node; allowed is a port of its "
                    + "own, such as \(KamailioSpec.defaultPort)",
                at: listen.place)
        }
        checkSets(kamailio, &findings)
    }

    private func checkSets(_ kamailio: KamailioDraft, _ findings: inout Findings) {
        for (index, item) in (kamailio.external?.value ?? []).enumerated() {
            guard let written = item.value.sets else { continue }
            let sets = written.value.sets
            guard Set([sets.stable, sets.canary, sets.draw, sets.rules]).count < 4 else { continue }
            findings.report(
                "spec.kamailio.external[\(index)].sets are \(sets.text), of which two are the same; allowed are four numbers",
                at: written.place)
        }
    }

    private func checkNames(_ findings: inout Findings) {
        var seen: [String: Int] = [:]
        for (index, item) in (spec.kamailio?.value.external?.value ?? []).enumerated() {
            guard let name = item.value.name else { continue }
            if let first = seen[name.value] {
                findings.report(
                    "spec.kamailio.external[\(index)].name is \(name.value.quoted), which item [\(first)] has already; allowed is "
                        + "a name of its own",
                    at: name.place)
            }
            seen[name.value] = seen[name.value] ?? index
        }
    }

    private func checkDiscovery(_ findings: inout Findings) {
        guard let places = spec.discovery?.value else { return }
        for (index, place) in places.enumerated()
        where places.prefix(index).contains(where: { $0.value == place.value }) {
            findings.report(
                "spec.discovery[\(index)] is \(place.value.quoted) once more; allowed is each once", at: place.place)
        }
        if let first = places.first, !places.contains(where: { $0.value == "dialtone" }) {
            findings.report(
                "spec.discovery is without dialtone, by which instances are looked after; allowed is dialtone, or "
                    + "dialtone and kamailio-etcd-dispatcher",
                at: first.place)
        }
    }

    private func checkDoubles(_ findings: inout Findings) {
        var seen: [String: Int] = [:]
        for (index, number) in (spec.emergencyNumbers?.value ?? []).enumerated() {
            if let first = seen[number.value] {
                findings.report(
                    "spec.emergencyNumbers[\(index)] is what item [\(first)] is already; allowed is each once",
                    at: number.place)
            }
            seen[number.value] = seen[number.value] ?? index
        }
    }
}
