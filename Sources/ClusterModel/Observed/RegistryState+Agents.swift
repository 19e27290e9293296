extension RegistryState {
    /// An instance registers, as its announcer does it.
    public mutating func register(_ name: String, _ record: InstanceRecord, _ names: Names) {
        instances[name] = record
        calls[name] = CallsRecord(calls: 0, oldest: nil)
        for key in [names.instancesPrefix + name, names.callsPrefix + name] {
            keys.insert(key)
            malformed[key] = nil
        }
    }

    /// A dispatcher has the shares in force, and says so.
    public mutating func acknowledge(_ dispatcher: String, _ names: Names) {
        guard let revision = shares?.revision else { return }
        var record = dispatchers[dispatcher] ?? DispatcherRecord(revision: revision, kamailio: "", route: 1)
        record.revision = revision
        dispatchers[dispatcher] = record
        keys.insert(names.dispatchersPrefix + dispatcher)
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
        for key in [names.instancesPrefix + name, names.callsPrefix + name] {
            keys.remove(key)
            malformed[key] = nil
        }
    }
}
