import Glibc
import TestSupport

/// One request over UDP, and its answer as text.
enum SIPExchange {
    struct Silent: Error {}

    static func ask(_ method: String, port: Int) async throws -> String {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Silent() }
        let text = """
            \(method) sip:someone@127.0.0.1:\(port) SIP/2.0
            Via: SIP/2.0/UDP 127.0.0.1:5999;branch=z9hG4bK\(method)1;rport
            From: <sip:test@127.0.0.1>;tag=1
            To: <sip:someone@127.0.0.1>
            Call-ID: \(method)-1
            CSeq: 1 \(method)
            Contact: <sip:test@127.0.0.1:5999>
            Max-Forwards: 70
            Content-Length: 0


            """.replacing("\n", with: "\r\n")
        _ = text.withCString { send(descriptor, $0, text.utf8.count, 0) }
        return try await eventually("\(method) is answered") {
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
        }
    }
}
