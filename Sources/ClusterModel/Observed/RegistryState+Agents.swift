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
