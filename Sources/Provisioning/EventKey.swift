import ClusterModel

extension Names {
    /// The key under `events/` that says when a node or an instance was destroyed or replaced.
    public func eventKey(of target: String, at time: Instant) -> String {
        "\(eventsPrefix)\(Timestamp.text(time))-\(target)"
    }
}
