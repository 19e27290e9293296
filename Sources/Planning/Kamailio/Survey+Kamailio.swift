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

    /// They are few, and looked at together.
    ///
    /// - Parameter changed: units that may have become some of ours, or may be none any more.
    func lookAtKamailios(among changed: some Sequence<String>) {
        for name in changed {
            if units?.units[name]?.kamailio?.cluster == names.cluster {
                kamailioUnits.insert(name)
            } else {
                kamailioUnits.remove(name)
            }
        }
        (kamailios, dispatchers) = ([], [])
        for name in kamailioUnits.sorted() {
            guard let unit = units?.units[name], let mark = unit.kamailio else { continue }
            if mark.component == .dispatcher {
                dispatchers.append((name, mark))
            } else if let ordinal = names.ordinal(kamailio: name) {
                let begun = max(mark.putAt, node(mark.node)?.mark.startedAt ?? mark.putAt)
                kamailios.append(Kamailio(name: name, ordinal: ordinal, unit: unit, mark: mark, begun: begun))
            }
        }
        kamailios.sort { $0.ordinal < $1.ordinal }
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
