import Glibc

/// Stream sockets of this host.
enum Sockets {
    struct Failed: Error {
        var call: String
        var code: Int32
    }

    static func listen(_ place: Relay.Place) throws -> Int32 {
        let descriptor = socket(family(place), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failed(call: "socket", code: errno) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let isListening =
            withAddress(place) { Glibc.bind(descriptor, $0, $1) == 0 } && Glibc.listen(descriptor, 64) == 0
        guard isListening else {
            defer { close(descriptor) }
            throw Failed(call: "listen on \(place)", code: errno)
        }
        return descriptor
    }

    static func connect(_ place: Relay.Place) -> Int32? {
        let descriptor = socket(family(place), Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard withAddress(place, { Glibc.connect(descriptor, $0, $1) == 0 }) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Ends a listener: who waits in `accept` returns, and closes it.
    static func end(_ listener: Int32) {
        shutdown(listener, Int32(SHUT_RDWR))
    }

    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            // A peer that was killed is no signal for the tests.
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func family(_ place: Relay.Place) -> Int32 {
        switch place {
        case .port: AF_INET
        case .path: AF_UNIX
        }
    }

    private static func withAddress<Result>(
        _ place: Relay.Place, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        switch place {
        case .port(let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
            return withGeneric(&address, body)
        case .path(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
            return withGeneric(&address, body)
        }
    }

    private static func withGeneric<Address, Result>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }
}
