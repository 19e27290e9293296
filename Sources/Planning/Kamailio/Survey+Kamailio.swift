import ClusterModel

// The Kamailios that are ours, and whom the shares have to reach.
extension Survey {
    /// One of our Kamailios as it stands.
    struct Kamailio {
        let name: String
        let ordinal: Int
        let unit: UnitState
        let mark: KamailioMark
        /// From when on it can have the shares in force: its unit was put and its node was started by then.
        let begun: Instant
    }

    /// - Parameter units: those with a Kamailio's mark.
    static func kamailios(
        _ units: [(name: String, unit: UnitState)], _ names: Names, startedAt: (String) -> Instant?
    ) -> ([Kamailio], [(name: String, mark: KamailioMark)]) {
        var found: [Kamailio] = []
        var dispatchers: [(name: String, mark: KamailioMark)] = []
        for (name, unit) in units {
            guard let mark = unit.kamailio, mark.cluster == names.cluster else { continue }
            if mark.component == .dispatcher {
                dispatchers.append((name, mark))
            } else if let ordinal = names.ordinal(kamailio: name) {
                found.append(
                    Kamailio(
                        name: name, ordinal: ordinal, unit: unit, mark: mark,
                        begun: max(mark.putAt, startedAt(mark.node) ?? mark.putAt)))
            }
        }
        return (found.sorted { $0.ordinal < $1.ordinal }, dispatchers.sorted { $0.name < $1.name })
    }

    func kamailio(_ name: String) -> Kamailio? { kamailios.first { $0.name == name } }

    /// What is wrong with its units, so that it or the agent beside it does not run; `nil`: nothing is.
    func disorder(of standing: Kamailio) -> String? {
        if !standing.unit.launched { return "somebody stopped it" }
        let dispatcher = desired.names.dispatcher(of: standing.name).flatMap { units?.units[$0] }
        guard let dispatcher else { return "its dispatcher is not there" }
        let isRight = dispatcher.kamailio?.serves == standing.mark.hash && dispatcher.intact && dispatcher.launched
        return isRight ? nil : "its dispatcher was changed"
    }

    /// Whether one of ours has yet to be brought or mended before it can have anything in force: that is waited for first.
    func isOnItsWay(_ name: String) -> Bool {
        guard let standing = kamailio(name) else { return false }
        return !hasJoined(standing.mark.node) || !standing.unit.intact || disorder(of: standing) != nil
    }

    /// Whose word a revision of the shares needs to be in force. One of ours that is proved not to run deals nothing.
    var expectedDispatchers: [String] {
        desired.spec.dispatchers.filter { name in
            guard desired.names.ordinal(kamailio: name) != nil else { return true }
            return !isProvedSilent(name)
        }
    }

    private func isProvedSilent(_ name: String) -> Bool {
        guard let standing = kamailio(name) else {
            return units?.lingering.contains(name) == false && registry?.dispatchers[name] == nil
        }
        return isProvedOff(standing.mark.node)
    }
}
