import FoundationEssentials
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore

/// fleet's API over TCP and over a unix socket: carries requests to one `FleetHost`.
struct FleetServer: Sendable {
    private let services: [HTTPService]
    /// The TCP port.
    let port: Int

    /// Returns once both listen.
    static func start(host: FleetHost, port: Int = 0, socket: String) async throws(LabError) -> FleetServer {
        unlink(socket)
        let tcp = try await HTTPService.start(
            .hostname("127.0.0.1", port: port), name: "fleet's API on 127.0.0.1:\(port)"
        ) { try await respond($0, host) }
        do throws(LabError) {
            let unix = try await HTTPService.start(
                .unixDomainSocket(path: socket), name: "fleet's API on \(socket)"
            ) { try await respond($0, host) }
            return FleetServer(services: [tcp, unix], port: tcp.port)
        } catch {
            await tcp.stop()
            throw error
        }
    }

    func stop() async {
        for service in services { await service.stop() }
    }

    private static func respond(_ request: Request, _ host: FleetHost) async throws -> Response {
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
