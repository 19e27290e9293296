/// What carries a lab's nodes.
public enum LabHypervisor: String, Sendable, Hashable, Codable, CaseIterable {
    /// libvirt's own test driver: no machine runs; for an ordinary user.
    case test
    /// Real virtual machines, small and emulated where need be; for root.
    case qemu
}
