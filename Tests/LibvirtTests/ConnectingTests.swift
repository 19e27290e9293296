import FoundationEssentials
import Glibc
import Libvirt
import TestSupport
import Testing

@Suite("Connections that do not come about")
struct ConnectingTests {
    @Test(
        "the error says what was tried and what came back",
        arguments: [
            (
                "qemu+unix:///system?socket=/nonexist", 38, 7,
                "Failed to connect socket to '/nonexist': No such file or directory"
            ),
            (
                "test+unix:///default?socket=/nonexist", 38, 7,
                "Failed to connect socket to '/nonexist': No such file or directory"
            ),
            ("test:///nonexist.xml", 27, 12, "XML error: failed to parse xml document '/nonexist.xml'"),
        ])
    func unreachable(uri: String, code: Int32, domain: Int32, message: String) async {
        let connection = LibvirtConnection(uri: uri)
        let error = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
        #expect(error?.code.rawValue == code && error?.domain.rawValue == domain)
        #expect(error?.message == message)
        #expect(error?.isConnectionLoss == true)
        #expect(
            error?.description
                == "virConnectOpen for the connection on \(uri): \(message) (libvirt code \(code), domain \(domain))")
        await connection.close()
    }

    @Test("a socket that takes connections and never answers is given up in the time allowed, by all who wait")
    func silent() async throws {
        let directory = try TemporaryDirectory()
        let listener = try SilentSocket(path: directory.file("sock"))
        let connection = LibvirtConnection(
            uri: "test+unix:///default?socket=\(directory.file("sock"))", openTimeout: .milliseconds(300))
        let start = ContinuousClock.now
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    let error = await #expect(throws: LibvirtError.self) { try await connection.listDomains() }
                    #expect(error?.code == .operationTimeout && error?.isConnectionLoss == true)
                    #expect(error?.message == "no connection within 0.3 seconds")
                }
            }
        }
        // libvirt itself would wait for ever; the rest is room for a busy machine.
        #expect(ContinuousClock.now - start < .seconds(10))
        listener.close()
        // The attempt that hung ends with its socket; the next call reports the new state of things.
        try await eventually("the refusal is told") {
            do {
                _ = try await connection.listDomains()
                return false
            } catch let error as LibvirtError {
                return error.code == .systemError
            }
        }
        await connection.close()
    }

    @Test("while a daemon hangs for long, one attempt at a time is under way: the one before it is hung up")
    func oneAttempt() async throws {
        let directory = try TemporaryDirectory()
        let listener = try SilentSocket(path: directory.file("sock"))
        let connection = LibvirtConnection(
            uri: "test+unix:///default?socket=\(directory.file("sock"))", openTimeout: .milliseconds(50))
        try await eventually("several were made", deadline: .seconds(20)) {
            await withTaskGroup { group in
                for _ in 0..<8 { group.addTask { _ = try? await connection.listDomains() } }
            }
            return listener.accepted() >= 4
        }
        #expect(listener.standing() <= 1)
        listener.close()
        await connection.close()
    }
}

/// A listening unix socket on which nothing answers: the kernel connects clients.
private final class SilentSocket {
    private let descriptor: Int32
    private var clients: [Int32] = []

    init(path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 8) == 0)
    }

    /// Takes what has come; how many that were in all.
    func accepted() -> Int {
        var next = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        while poll(&next, 1, 0) > 0 { clients.append(accept(descriptor, nil, nil)) }
        return clients.count
    }

    /// How many of those are not hung up.
    func standing() -> Int {
        clients.count { client in
            var end = pollfd(fd: client, events: 0, revents: 0)
            poll(&end, 1, 0)
            return Int32(end.revents) & POLLHUP == 0
        }
    }

    func close() {
        for client in clients { Glibc.close(client) }
        Glibc.close(descriptor)
    }
}
