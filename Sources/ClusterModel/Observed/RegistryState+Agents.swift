extension RegistryState {
    /// An instance registers, as its announcer does it.
    public mutating func register(_ name: String, _ record: InstanceRecord, _ names: Names) {
        instances[name] = record
        calls[name] = CallsRecord(calls: 0, oldest: nil)
        keys.formUnion([names.instancesPrefix + name, names.callsPrefix + name])
    }

    /// An instance's keys lapse.
    public mutating func unregister(_ name: String, _ names: Names) {
        instances[name] = nil
        calls[name] = nil
        keys.subtract([names.instancesPrefix + name, names.callsPrefix + name])
    }
}
