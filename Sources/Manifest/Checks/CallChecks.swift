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
        guard spec.kamailio?.value.external == nil else { return }
        // What nothing acts on is never ignored.
        for (path, place) in [
            ("spec.canary.match", rules?.key), ("spec.canary.steps", spec.canary?.value.steps?.key),
            ("spec.emergencyNumbers", spec.emergencyNumbers?.key),
        ] {
            guard let place else { continue }
            findings.report(
                "\(path) needs something that deals the calls; allowed is with spec.kamailio.external", at: place)
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
