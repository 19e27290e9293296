import ClusterModel
import Crypto

/// What identifies a node towards libvirt: derived from names alone, so that every run gives the same.
public enum Identity {
    /// UUID version 5 (RFC 9562, section 5.5) of `urn:dialtone:1:CLUSTER:NODE` in the URL namespace.
    public static func uuid(cluster: String, node: String) -> String {
        let namespace: [UInt8] = [
            0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8,
        ]
        var bytes = Array(Insecure.SHA1.hash(data: namespace + name(cluster, node)).prefix(16))
        bytes[6] = bytes[6] & 0x0f | 0x50
        bytes[8] = bytes[8] & 0x3f | 0x80
        return bytes.hexadecimal(inGroupsOf: [4, 2, 2, 2, 6], separator: "-")
    }

    /// A MAC address with the prefix `52:54:00` that QEMU's guests use.
    public static func mac(cluster: String, node: String) -> String {
        let tail = SHA256.hash(data: name(cluster, node)).prefix(3)
        return "52:54:00:" + tail.hexadecimal(inGroupsOf: [1, 1, 1], separator: ":")
    }

    private static func name(_ cluster: String, _ node: String) -> [UInt8] {
        Array("urn:dialtone:1:\(cluster):\(node)".utf8)
    }
}

/// Hashes of values, as names and for comparison.
public enum Digest {
    public static func sha256(_ bytes: some Collection<UInt8>) -> String {
        func digest(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
            var hash = SHA256()
            hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            return hash.finalize().hexadecimal
        }
        return bytes.withContiguousStorageIfAvailable(digest) ?? Array(bytes).withUnsafeBufferPointer(digest)
    }

    public static func hexadecimal(_ bytes: [UInt8]) -> String { bytes.hexadecimal }

    /// HMAC-SHA-256: does not tell a text that is easy to guess to whoever reads the hash without its key.
    public static func keyed(_ text: String, key: String) -> String {
        let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8)))
        return "hmac-sha256:" + code.hexadecimal
    }
}

extension Sequence<UInt8> {
    var hexadecimal: String { hexadecimal(inGroupsOf: [], separator: "-") }

    /// - Parameter groups: how many bytes stand together; a separator comes between them.
    func hexadecimal(inGroupsOf groups: [Int], separator: Unicode.Scalar) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * 32 + groups.count)
        var group = groups[...]
        for byte in self {
            if group.first == 0 {
                text.append(UInt8(ascii: separator))
                group.removeFirst()
            }
            if let left = group.first { group[group.startIndex] = left - 1 }
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
