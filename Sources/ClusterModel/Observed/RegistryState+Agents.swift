extension RegistryState {
    /// An instance registers, as its announcer does it.
    public mutating func register(_ name: String, _ record: InstanceRecord, _ names: Names) {
        instances[name] = record
        calls[name] = CallsRecord(calls: 0, oldest: nil)
        uncounted[name] = nil
        for key in names.keys(ofInstance: name) {
            keys.insert(key)
            if !malformed.isEmpty { malformed[key] = nil }
        }
    }

    /// A dispatcher has the shares in force, and says so.
    public mutating func acknowledge(_ dispatcher: String, _ names: Names) {
        guard let revision = shares?.revision else { return }
        var record = dispatchers[dispatcher] ?? DispatcherRecord(revision: revision, kamailio: "", route: 1)
        record.revision = revision
        dispatchers[dispatcher] = record
        keys.insert(names.dispatchersPrefix + dispatcher)
        countAnew()
    }

    /// Announcers count again once something else is in force: what they say is of now.
    public mutating func countAnew() {
        guard let shares else { return }
        let moment = CallsRecord.Moment(shares: shares.revision, dispatchers: dispatchers.mapValues(\.revision))
        for member in shares.instances where member.state != .in { calls[member.name]?.countedAfter = moment }
    }

    /// The calls of an instance have ended, and nobody knows of any.
    public mutating func endCalls(of instance: String) {
        calls[instance] = CallsRecord(calls: 0, oldest: nil)
        uncounted[instance] = nil
        for dispatcher in traffic.keys { traffic[dispatcher]?.dialogs[instance] = nil }
        countAnew()
    }

    /// A dispatcher's key lapses.
    public mutating func unregister(dispatcher name: String, _ names: Names) {
        dispatchers[name] = nil
        let key = names.dispatchersPrefix + name
        keys.remove(key)
        malformed[key] = nil
    }

    /// An instance's keys lapse.
    public mutating func unregister(_ name: String, _ names: Names) {
        instances[name] = nil
        calls[name] = nil
        uncounted[name] = nil
        for key in names.keys(ofInstance: name) {
            keys.remove(key)
            malformed[key] = nil
        }
    }
}
