import Glibc

/// 254 loopback addresses that this lab has for itself, as long as it lives.
///
/// Labs tell each other by a TCP socket on the first address. With real machines the nodes are on a network of their own, with the same
/// numbers under 10: a machine cannot have a loopback address, and what this host runs in a node's place cannot have the machine's.
final class LabNetwork: Sendable {
    /// The first three numbers of the loopback addresses, as `127.93.7`.
    private let loopback: String
    /// The first three numbers of the nodes' addresses: those of loopback, or as `10.93.7`.
    let prefix: String
    private let descriptor: Int32

    private static let claimPort: UInt16 = 59_090

    var gateway: String { "\(prefix).1" }
    /// The addresses that nodes get, as a manifest writes them.
    var range: String { "\(prefix).11-\(prefix).210/24" }

    /// Where what runs on the node of that address answers.
    func serviceAddress(of node: String) -> String {
        node.hasPrefix("\(prefix).") ? loopback + node.dropFirst(prefix.count) : node
    }

    /// Takes the first network that no other lab has, beginning at one that depends on `seed`.
    init(seed: String, hypervisor: LabHypervisor = .test) throws(LabError) {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in seed.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        let count: UInt64 = 63 * 256
        for step in 0..<count {
            let index = (hash % count + step) % count
            // 127.64.0 to 127.126.255: systemd-resolved and Debian's hostname use addresses of 127.0.
            let second = UInt32(64 + index / 256)
            let third = UInt32(index % 256)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { throw .system("socket", errno) }
            let address = 127 << 24 | second << 16 | third << 8 | 1
            guard (try? LabPorts.bind(descriptor, address: address, port: Self.claimPort)) != nil,
                listen(descriptor, 1) == 0
            else {
                close(descriptor)
                continue
            }
            loopback = "127.\(second).\(third)"
            prefix = hypervisor == .qemu ? "10.\(second).\(third)" : loopback
            self.descriptor = descriptor
            return
        }
        throw LabError("every network from 127.64.0.0 to 127.126.255.0 is taken by another lab")
    }

    deinit { close(descriptor) }
}
