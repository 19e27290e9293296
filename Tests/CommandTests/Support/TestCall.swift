import Glibc
import Synchronization
import TestSupport

/// A call that a test has up on one instance, over SIP and UDP.
final class TestCall: Sendable {
    private let descriptor: Int32
    private let host: String
    private let port: Int
    private let id = String(UInt64.random(in: .min ... .max), radix: 16)

    struct Failed: Error {
        var what: String
    }

    /// Calls, and returns once it is answered.
    /// - Parameter address: `HOST:PORT`
    static func begin(to address: String) async throws -> TestCall {
        let parts = address.split(separator: ":")
        guard parts.count == 2, let port = Int(parts[1]) else { throw Failed(what: "no address: \(address)") }
        let call = try TestCall(String(parts[0]), port)
        try call.send("INVITE", sequence: 1)
        try await eventually("\(address) answers the call") { call.receive().hasPrefix("SIP/2.0 200") }
        try call.send("ACK", sequence: 1)
        return call
    }

    /// Hangs up, and returns once that is answered.
    func end() async throws {
        try send("BYE", sequence: 2)
        try await eventually("the call is over") { receive().hasPrefix("SIP/2.0 200") }
    }

    private init(_ host: String, _ port: Int) throws {
        self.host = host
        self.port = port
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else { throw Failed(what: "no address: \(host)") }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failed(what: "connect: errno \(errno)") }
    }

    deinit { close(descriptor) }

    private var ownPort: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// The callee knows the dialog by its Call-ID and the caller's tag.
    private func send(_ method: String, sequence: Int) throws {
        let lines = [
            "\(method) sip:100@\(host):\(port) SIP/2.0",
            "Via: SIP/2.0/UDP \(host):\(ownPort);branch=z9hG4bK\(id)\(method)", "Max-Forwards: 70",
            "From: <sip:test@\(host)>;tag=\(id)", "To: <sip:100@\(host)>\(toTag.withLock { $0 })", "Call-ID: \(id)",
            "CSeq: \(sequence) \(method)", "Contact: <sip:test@\(host):\(ownPort)>", "Content-Length: 0", "", "",
        ]
        let text = lines.joined(separator: "\r\n")
        guard Glibc.send(descriptor, text, text.utf8.count, 0) == text.utf8.count else {
            throw Failed(what: "send \(method): errno \(errno)")
        }
    }

    /// `;tag=...`, once the callee has said it.
    private let toTag = Mutex("")

    /// The next answer, if there is one now.
    private func receive() -> String {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return "" }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self)
        for line in text.split(separator: "\r\n") where line.hasPrefix("To:") {
            if let tag = line.firstRange(of: ";tag=") { toTag.withLock { $0 = String(line[tag.lowerBound...]) } }
        }
        return text
    }
}
