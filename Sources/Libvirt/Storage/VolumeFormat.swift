/// How a volume's content is laid out, `<format type=...>`.
public enum VolumeFormat: String, Sendable, Hashable, CaseIterable {
    case raw
    case qcow2
}
