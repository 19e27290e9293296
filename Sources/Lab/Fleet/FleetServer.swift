import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// fleet's API over TCP and over a unix socket: carries requests to one `FleetHost`.
struct FleetServer: Sendable {
    let host: FleetHost

    /// Serves until cancelled.
    ///
    /// - Parameter running: called with the TCP port once both listen.
    func run(port: Int, socket: String, running: @escaping @Sendable (Int) async -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, bound) = AsyncStream<Int>.makeStream()
            for address in [BindAddress.hostname("127.0.0.1", port: port), .unixDomainSocket(path: socket)] {
                let application = Application(
                    responder: responder, configuration: .init(address: address, serverName: nil),
                    onServerRunning: { bound.yield($0.localAddress?.port ?? 0) }, logger: Self.quiet)
                group.addTask { try await application.run() }
            }
            group.addTask {
                var seen: [Int] = []
                for await port in ports {
                    seen.append(port)
                    if seen.count == 2 { return await running(seen.max() ?? 0) }
                }
            }
            try await group.waitForAll()
        }
    }

    private var responder: CallbackResponder<BasicRequestContext> {
        CallbackResponder { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            let answer = await host.answer(
                FleetRequest(
                    method: request.method.rawValue, target: request.uri.string,
                    contentType: request.headers[.contentType], body: Data(body.readableBytesView)))
            var response = Response(status: .init(code: answer.status))
            if let json = answer.json {
                response.headers[.contentType] = "application/json"
                response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: json))
            }
            return response
        }
    }

    private static var quiet: Logger {
        var logger = Logger(label: "lab.http")
        logger.logLevel = .critical
        return logger
    }
}
