import Kamailio

/// Decides what the agent beside Kamailio does: a value that takes events with their time and gives effects. It has no clock, and does nothing itself.
///
/// One thing at a time is asked of Kamailio. A change that comes meanwhile is taken up afterwards, the last one of several alone.
struct DispatchMachine: Sendable {
    let settings: Settings
    private(set) var wanted: DispatchTable?
    /// What Kamailio was last seen to have in force, in this run of it.
    private(set) var inForce: DispatchTable?
    /// What the list file was last written with.
    private var filed: DispatchTable?
    private(set) var run: KamailioRun?
    private(set) var activity = Activity.idle
    /// What etcd has from us.
    private(set) var acknowledged: Acknowledgement?
    private var route: Int?
    private var bound: Int?
    private var isPublishing = false
    private var silences = 0
    /// Nothing is asked of the dispatcher before then.
    private var notBefore: Double = 0
    private var comparedAt: Double = 0
    private var publishAfter: Double = 0
    private var registryAwaySince: Double?
    /// What was said last of a state that lasts.
    private var lastSaid: String?

    init(settings: Settings = Settings()) {
        self.settings = settings
    }

    /// - Parameter now: seconds since 1970; the clock that Kamailio counts `reload_delta` by.
    mutating func handle(_ event: Event, at now: Double) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .shares(let document): take(document, &effects)
        case .noShares: withoutShares("there is no `shares` in etcd", &effects)
        case .wrongShares(let reason): withoutShares("`shares` in etcd is not acted on: \(reason)", &effects)
        case .registryAway(let reason): away(reason, now, &effects)
        case .registryBack: back(now, &effects)
        case .kamailio(let run, let route, let bound):
            self.route = route
            self.bound = bound
            meet(run, &effects)
        case .kamailioSilent(let reason): silent(reason, now, &effects)
        case .commandFailed(let reason):
            // It lives: what is in force is what it was, or is read back before anything is acknowledged.
            activity = .idle
            notBefore = max(notBefore, now + 0.5)
            say("Kamailio refuses: \(reason)", &effects)
        case .listed(let sets): listed(sets, now, &effects)
        case .written: written(&effects)
        case .writeFailed(let reason):
            activity = .idle
            notBefore = now + 1
            say("the list file cannot be written: \(reason)", &effects)
        case .reloaded: reloaded(now, &effects)
        case .reloadRefused:
            // Somebody else's reload. What is in force now is looked at again.
            activity = .idle
            notBefore = now + 0.1
        case .published(let acknowledgement):
            // One that was withdrawn meanwhile is not there.
            if isPublishing { acknowledged = acknowledgement }
            isPublishing = false
        case .publishFailed(let reason):
            isPublishing = false
            acknowledged = nil
            publishAfter = now + 1
            say("nothing can be acknowledged: \(reason)", &effects)
            effects.append(.wake(publishAfter))
        case .acknowledgementLost: acknowledged = nil
        case .tick: break
        }
        proceed(now, &effects)
        return effects
    }

    // MARK: What etcd says

    private mutating func take(_ document: SharesDocument, _ effects: inout [Effect]) {
        do {
            wanted = try DispatchTable(document, sets: settings.sets)
            lastSaid = nil
        } catch {
            withoutShares("`shares` revision \(document.revision) is not acted on: \(error)", &effects)
        }
    }

    /// The last good list stays: what cannot be seen empties nothing. But nothing of it is acknowledged.
    private mutating func withoutShares(_ reason: String, _ effects: inout [Effect]) {
        wanted = nil
        say("\(reason); the list that is in force stays", &effects)
        withdraw(&effects)
    }

    private mutating func away(_ reason: String, _ now: Double, _ effects: inout [Effect]) {
        guard registryAwaySince == nil else { return }
        registryAwaySince = now
        let stays =
            wanted.map { "revision \($0.revision) of `shares` stays in force" } ?? "the list file stays in force"
        effects.append(.say("etcd cannot be reached, and \(stays): \(reason)"))
    }

    private mutating func back(_ now: Double, _ effects: inout [Effect]) {
        guard let since = registryAwaySince else { return }
        registryAwaySince = nil
        effects.append(.say("etcd is back after \(Int(now - since)) s"))
    }

    // MARK: What Kamailio says

    private mutating func meet(_ current: KamailioRun, _ effects: inout [Effect]) {
        silences = 0
        if let before = run, before.isSame(as: current) { return }
        if run != nil { effects.append(.say("Kamailio was restarted (pid \(current.pid))")) }
        run = current
        lastSaid = nil
        forget(&effects)
    }

    private mutating func silent(_ reason: String, _ now: Double, _ effects: inout [Effect]) {
        silences += 1
        activity = .idle
        notBefore = max(notBefore, now + 0.2)
        guard silences >= settings.silences else { return }
        run = nil
        say("Kamailio does not answer: \(reason)", &effects)
        forget(&effects)
    }

    /// What is in force has to be seen anew.
    private mutating func forget(_ effects: inout [Effect]) {
        inForce = nil
        activity = .idle
        withdraw(&effects)
    }

    private mutating func withdraw(_ effects: inout [Effect]) {
        guard acknowledged != nil || isPublishing else { return }
        acknowledged = nil
        isPublishing = false
        effects.append(.withdraw)
    }

    private mutating func listed(_ sets: DispatcherSets, _ now: Double, _ effects: inout [Effect]) {
        silences = 0
        switch activity {
        case .listing(let table):
            comparedAt = now
            if table.isInForce(sets, settings.sets) {
                guard filed?.lines != table.lines else {
                    inForce = table
                    activity = .idle
                    return
                }
                // The file may hold another list, of which a reload did not come about: a restart would take that.
                activity = .filing(table)
            } else {
                if inForce == table {
                    effects.append(.say("somebody changed Kamailio's dispatcher list; it is put right"))
                    withdraw(&effects)
                }
                // From here on either may be in force, until it is read back.
                inForce = nil
                activity = .writing(table)
            }
            filed = nil
            effects.append(.write(table.list(dead: sets.dead)))
        case .verifying(let table):
            comparedAt = now
            activity = .idle
            if table.isInForce(sets, settings.sets) {
                inForce = table
                lastSaid = nil
            } else {
                inForce = nil
                say("Kamailio does not have the list that was written: does it read that file?", &effects)
            }
        case .idle, .filing, .writing, .reloading: return
        }
    }

    private mutating func written(_ effects: inout [Effect]) {
        switch activity {
        case .filing(let table):
            filed = table
            inForce = table
            activity = .idle
        case .writing(let table):
            filed = table
            activity = .reloading(table)
            effects.append(.reload)
        case .idle, .listing, .reloading, .verifying: return
        }
    }

    private mutating func reloaded(_ now: Double, _ effects: inout [Effect]) {
        silences = 0
        // Kamailio counts in whole seconds of its clock.
        notBefore = now.rounded(.down) + Double(settings.reloadDelta)
        guard case .reloading(let table) = activity else { return }
        activity = .verifying(table)
        effects.append(.list)
    }

    // MARK: What follows

    private mutating func proceed(_ now: Double, _ effects: inout [Effect]) {
        guard let run, let wanted else { return }
        if let table = inForce, table.lines == wanted.lines {
            // Another revision of the same lines needs no reload.
            inForce = wanted
            publish(wanted, run, now, &effects)
            guard activity == .idle, now >= comparedAt + settings.audit else { return }
            look(wanted, now, &effects)
        } else if activity == .idle {
            look(wanted, now, &effects)
        }
    }

    private mutating func look(_ table: DispatchTable, _ now: Double, _ effects: inout [Effect]) {
        guard now >= notBefore else { return effects.append(.wake(notBefore)) }
        activity = .listing(table)
        effects.append(.list)
    }

    private mutating func publish(
        _ table: DispatchTable, _ run: KamailioRun, _ now: Double, _ effects: inout [Effect]
    ) {
        let acknowledgement = Acknowledgement(revision: table.revision, run: run, route: route, bound: bound)
        guard !isPublishing, now >= publishAfter, !isSaid(acknowledgement) else { return }
        isPublishing = true
        effects.append(.publish(acknowledgement))
    }

    /// The uptime goes on by itself.
    private func isSaid(_ new: Acknowledgement) -> Bool {
        guard let acknowledged else { return false }
        return acknowledged.revision == new.revision && acknowledged.run.isSame(as: new.run)
            && acknowledged.route == new.route && acknowledged.bound == new.bound
    }

    private mutating func say(_ text: String, _ effects: inout [Effect]) {
        guard lastSaid != text else { return }
        lastSaid = text
        effects.append(.say(text))
    }
}
