import ClusterModel

// The announcers beside the instances, and what they bring about: that an instance registers.
extension UnitPlanner {
    /// The announcer beside a standing instance, and the instance's registration.
    func announce(_ instance: Survey.Instance, into draft: inout Draft) {
        guard instance.isHoused, let announcer = instance.announcerName,
            !mendAnnouncer(announcer, of: instance, into: &draft)
        else { return }
        if let failure = survey.probeFailure(of: instance) {
            let standing = survey.isUp(instance) ? "; it takes calls since before, and goes on" : ""
            draft.hold(
                instance.name, .environment, "deal calls to",
                because: "probe call failed: \(failure)\(standing)",
                location: survey.desired.spec.locations["spec.asterisk.probe.extension"])
            return
        }
        guard !survey.isUp(instance) else { return }
        let (since, limit) = beginning(instance)
        draft.wait(
            .registration(instance: instance.name), since: since, limit: limit, now: survey.now,
            assumes: announcing.probe == nil
                ? "starts and registers" : "starts, registers and takes its probe call",
            overdue: notRegistered(instance, announcer, after: limit))
    }

    /// Puts the announcer back where it is not as it should be; `false`: it is.
    func mendAnnouncer(_ name: String, of instance: Survey.Instance, into draft: inout Draft) -> Bool {
        if instance.isAnnounced { return retell(name, of: instance, into: &draft) }
        let announcer = instance.announcer
        if announcer == nil, survey.units?.units[name] != nil {
            draft.hold(
                name, .conflict, "place",
                because: "unit \(name).service is there and is not this cluster's; rename or remove it")
        } else {
            // The instance itself stays as it was put, also where a newer version would write it otherwise.
            draft.act(
                .placeAnnouncer(standing(instance, name)),
                announcer == nil ? "its announcer is not there" : "its announcer was changed")
        }
        return true
    }

    /// Tells an announcer what the manifest says now; `false`: it has been told, or has to wait for its turn.
    private func retell(_ name: String, of instance: Survey.Instance, into draft: inout Draft) -> Bool {
        guard instance.announcing != announcing, case let changes = announcing.changes(from: instance.announcing),
            !changes.isEmpty, draft.isInScope(name, "change")
        else { return false }
        // Another one registers its instance anew: one after the other.
        guard draft.capacity.take([instance.name]) else {
            draft.refusals.append(draft.capacity.refusal(name, "change"))
            return false
        }
        draft.act(.placeAnnouncer(standing(instance, name)), "the manifest changed", changes)
        return true
    }

    private func standing(_ instance: Survey.Instance, _ announcer: String) -> InstanceDefinition {
        let mark = instance.mark
        return InstanceDefinition(
            name: instance.name, announcer: announcer, cluster: mark.cluster, track: mark.track, inputs: mark.inputs,
            hash: mark.hash, announcing: announcing)
    }

    /// When the wait for a registration began, and how long it may take: a node that was started has to join first.
    func beginning(_ instance: Survey.Instance) -> (since: Instant, limit: Int) {
        let mark = instance.mark
        let put = max(mark.putAt, instance.announcer?.mark?.putAt ?? mark.putAt)
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
        if survey.registration(of: instance) != nil, !survey.isProbed(instance) {
            return """
                it answers on \(instance.mark.node), and what came of its probe call is not known after \(limit) s; \
                look at the journal of \(announcer)
                """
        }
        if let record = instance.record, record.unit == instance.mark.hash,
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
        guard !survey.loneAnnouncers.isEmpty else { return }
        let arriving = Set(assignment.places.map { survey.names.announcer($0.ordinal) })
        for name in survey.loneAnnouncers.subtracting(arriving).sorted() {
            draft.act(.removeAnnouncer(name: name), "no instance stands beside it")
        }
    }
}
