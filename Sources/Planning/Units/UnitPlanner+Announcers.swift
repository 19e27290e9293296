import ClusterModel

// The announcers beside the instances, and what they bring about: that an instance registers.
extension UnitPlanner {
    /// The announcer beside a standing instance, and the instance's registration.
    func announce(_ instance: Survey.Instance, by announcer: String, into draft: inout Draft) {
        guard survey.hasJoined(instance.mark.node), !mendAnnouncer(announcer, of: instance, into: &draft) else {
            return
        }
        if let failure = instance.probeFailure {
            let standing = instance.isUp ? "; it takes calls since before, and goes on" : ""
            draft.hold(
                instance.name, .environment, "deal calls to",
                because: "probe call failed: \(failure)\(standing)",
                location: survey.desired.spec.locations["spec.asterisk.probe.extension"])
            return
        }
        guard !instance.isUp else { return }
        let (since, limit) = beginning(instance.mark, survey.announcer(announcer)?.mark)
        draft.wait(
            .registration(instance: instance.name), since: since, limit: limit, now: survey.now,
            assumes: survey.desired.announcing.probe == nil
                ? "starts and registers" : "starts, registers and takes its probe call",
            overdue: notRegistered(instance, announcer, after: limit))
    }

    /// Puts the announcer back where it is not as it should be; `false`: it is.
    func mendAnnouncer(_ name: String, of instance: Survey.Instance, into draft: inout Draft) -> Bool {
        let announcer = survey.announcer(name)
        let mark = instance.mark
        if announcer == nil, survey.units?.units[name] != nil {
            draft.hold(
                name, .conflict, "place",
                because: "unit \(name).service is there and is not this cluster's; rename or remove it")
        } else if announcer?.mark?.announces != mark.hash || announcer?.intact != true || announcer?.launched != true {
            // The instance itself stays as it was put, also where a newer version would write it otherwise.
            draft.act(
                .placeAnnouncer(standing(instance, name)),
                announcer == nil ? "its announcer is not there" : "its announcer was changed")
        } else {
            let told = announcer?.mark?.announcing ?? AnnouncerInputs()
            let changes = survey.desired.announcing.changes(from: told)
            guard !changes.isEmpty, draft.isInScope(name, "change") else { return false }
            // Another one registers its instance anew: one after the other.
            guard draft.capacity.take([instance.name]) else {
                draft.refusals.append(draft.capacity.refusal(name, "change"))
                return false
            }
            draft.act(.placeAnnouncer(standing(instance, name)), "the manifest changed", changes)
        }
        return true
    }

    private func standing(_ instance: Survey.Instance, _ announcer: String) -> InstanceDefinition {
        let mark = instance.mark
        return InstanceDefinition(
            name: instance.name, announcer: announcer, cluster: mark.cluster, track: mark.track, inputs: mark.inputs,
            hash: mark.hash, announcing: survey.desired.announcing)
    }

    /// When the wait for a registration began, and how long it may take: a node that was started has to join first.
    func beginning(_ mark: UnitMark, _ announcer: UnitMark?) -> (since: Instant, limit: Int) {
        let put = max(mark.putAt, announcer?.putAt ?? mark.putAt)
        let limits = survey.limits
        guard let startedAt = survey.node(mark.node)?.mark.startedAt,
            startedAt.advanced(bySeconds: limits.join) > put
        else { return (put, limits.registration) }
        return (startedAt, limits.join + limits.registration)
    }

    private func notRegistered(_ instance: Survey.Instance, _ announcer: String, after limit: Int) -> String {
        let said: String =
            switch instance.unit.run {
            case .running: "it runs"
            case .failed: "its service failed"
            case .stopped: "its service is stopped"
            case .unreported: "no state is reported for it"
            }
        if instance.registration != nil, !instance.isProbed {
            return """
                it answers on \(instance.mark.node), and what came of its probe call is not known after \(limit) s; \
                look at the journal of \(announcer)
                """
        }
        if let record = survey.registry?.instances[instance.name], record.unit == instance.mark.hash,
            case let behind = instance.begun.seconds(since: record.since), behind > 0
        {
            return """
                it registered \(behind) s before it was put there or its node was started: \
                if it answers, the clock of \(instance.mark.node) is that far behind; mend it
                """
        }
        return """
            \(said) on \(instance.mark.node), but it has not registered after \(limit) s; \
            look at the journals of \(instance.name) and \(announcer)
            """
    }

    /// Announcers of ours beside which no instance stands.
    func orphans(into draft: inout Draft) {
        let names = survey.desired.names
        let arriving = Set(assignment.places.map(\.ordinal))
        var orphans: [String] = []
        for (name, unit) in survey.units?.units ?? [:] {
            guard let mark = unit.mark, mark.component == .announcer, mark.cluster == names.cluster else { continue }
            if let ordinal = names.ordinal(announcer: name),
                arriving.contains(ordinal) || survey.instance(names.instance(ordinal)) != nil
            {
                continue
            }
            orphans.append(name)
        }
        for name in orphans.sorted() { draft.act(.removeAnnouncer(name: name), "no instance stands beside it") }
    }
}
