import ClusterModel

// A survey goes along with a world that is foreseen. What a step changes there is told by its actions and waits alone.
extension Survey {
    /// The immediate effect of a step's actions.
    func predict(_ actions: [Action]) {
        let layout = Layout(observed, names, of: actions)
        var rows = Rows()
        for action in actions {
            if case .forgetCluster = action.kind {
                return changeAll { $0.predict(actions, names, at: now, layout) }
            }
            note(action, layout, &rows)
        }
        change(rows) { $0.predict(actions, names, at: now, layout) }
    }

    /// What the systems do by themselves, as a step's waits assume it.
    func settle(_ waits: [Wait]) {
        var rows = Rows()
        for wait in waits {
            switch wait.subject {
            case .join(let name):
                rows.machines = true
                // Its start ends, and a guest that has another name until then gets its own; else the domain is as it was.
                if let domain = node(name)?.domain, domain.run == .starting || domain.guestHostname != nil {
                    rows.nodes.append(name)
                }
            case .registration(let instance), .drain(let instance): rows.units.append(instance)
            case .departure(let name), .acknowledgement(let name): note(kamailio: name, &rows)
            case .lapse(let key):
                for prefix in [names.instancesPrefix, names.callsPrefix] where key.hasPrefix(prefix) {
                    rows.units.append(String(key.dropFirst(prefix.count)))
                }
            case .rollout: continue
            }
        }
        change(rows) { $0.settle(waits, names, at: now) }
    }

    private func note(_ action: Action, _ layout: Layout, _ rows: inout Rows) {
        switch action.kind {
        case .createNode, .updateNode:
            rows.nodes.append(action.target)
        case .startNode, .restartNode, .completeNode, .replaceNode, .destroyNode:
            rows.nodes.append(action.target)
            rows.machines = true
            for unit in layout.units[action.target] ?? [] { note(unit: unit, &rows) }
        case .placeInstance, .replaceInstance, .removeInstance:
            rows.units.append(action.target)
        case .placeAnnouncer(let instance):
            rows.units.append(instance.name)
        case .removeAnnouncer(let name):
            note(unit: name, &rows)
        case .placeKamailio, .updateKamailio, .removeKamailio:
            note(kamailio: action.target, &rows)
        case .writeShares:
            rows.shares = true
        case .writeRollout, .forgetCluster:
            break
        }
    }

    /// With the agent beside it, where it is a Kamailio of ours.
    private func note(kamailio name: String, _ rows: inout Rows) {
        rows.units.append(name)
        if let dispatcher = names.dispatcher(of: name) { rows.units.append(dispatcher) }
    }

    /// What is done to an announcer is seen at its instance.
    private func note(unit name: String, _ rows: inout Rows) {
        rows.units.append(name)
        if let ordinal = names.ordinal(announcer: name) { rows.units.append(names.instance(ordinal)) }
    }
}
