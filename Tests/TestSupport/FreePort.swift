import Glibc
import Synchronization

/// Ports that this process has given out: two tests that ask at the same time must not get the same.
private let given = Mutex<Set<UInt16>>([])

/// A TCP port of 127.0.0.1 that nobody listens on now and that this process has not given out before. Another process may still
/// take it before it is used: prefer port 0 where the program under test can report what it got.
public func freePort() throws -> Int {
    for _ in 0..<100 {
        let port = try portChosenByKernel()
        if given.withLock({ $0.insert(port).inserted }) { return Int(port) }
    }
    throw SystemCallFailed("bind 127.0.0.1:0", code: EADDRINUSE)
}

private func portChosenByKernel() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SystemCallFailed("socket") }
    defer { close(descriptor) }
    return try bindLoopback(descriptor, port: 0)
}

/// Binds to 127.0.0.1 and gives the port that it became.
func bindLoopback(_ descriptor: Int32, port: UInt16) throws -> UInt16 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
        }
    }
    guard result else { throw SystemCallFailed("bind 127.0.0.1:\(port)") }
    return UInt16(bigEndian: address.sin_port)
}
