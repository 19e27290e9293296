import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import SIP

/// What the lab runs for an Asterisk unit: a SIP endpoint, and the part of ARI that an announcer asks.
struct AsteriskStandIn: Sendable {
    private let endpoint: SIPEndpoint
    private let ari: HTTPService

    /// - Throws: when one of its ports is taken or the address is not this host's.
    static func start(
        name: String, version: String, address: String, sipPort: Int, ariPort: Int
    ) async throws(LabError) -> AsteriskStandIn {
        let endpoint: SIPEndpoint
        do {
            endpoint = try await SIPEndpoint.start(address: address, port: sipPort, version: version)
        } catch {
            throw LabError("\(name): \(error)")
        }
        let answers = AriAnswers(name: name, version: version, endpoint: endpoint, startedAt: Date())
        do throws(LabError) {
            let ari = try await HTTPService.start(
                .hostname(address, port: ariPort), name: "ARI of \(name) on \(address):\(ariPort)"
            ) { await answers.respond($0) }
            return AsteriskStandIn(endpoint: endpoint, ari: ari)
        } catch {
            await endpoint.close(hangingUp: false)
            throw error
        }
    }

    /// - Parameter hangingUp: calls get BYE, as from a stopped Asterisk; without it there is silence, as from a dead machine.
    func stop(hangingUp: Bool) async {
        await endpoint.close(hangingUp: hangingUp)
        await ari.stop()
    }
}

/// The answers of `/ari`, as an Asterisk words them.
private struct AriAnswers: Sendable {
    let name: String
    let version: String
    let endpoint: SIPEndpoint
    let startedAt: Date

    private struct Channel: Encodable {
        var id: String
        var name: String
        var state: String
        // The names are Asterisk's.
        // swift-format-ignore: AlwaysUseLowerCamelCase
        var protocol_id: String
        var creationtime: String
        var language = "en"
    }

    private struct Info: Encodable {
        struct System: Encodable {
            var version: String
        }

        struct Config: Encodable {
            var name: String
        }

        struct Status: Encodable {
            // swift-format-ignore: AlwaysUseLowerCamelCase
            var startup_time: String
        }

        var system: System
        var config: Config
        var status: Status
    }

    private struct Pong: Encodable {
        var ping = "pong"
        var timestamp: String
    }

    private struct Refusal: Encodable {
        var message: String
    }

    func respond(_ request: Request) async -> Response {
        if request.method == .post, request.uri.path == AsteriskFault.path { return await misbehave(request) }
        guard request.method == .get else { return json(Refusal(message: "Invalid method"), .methodNotAllowed) }
        switch request.uri.path {
        case "/ari/channels":
            let channels = await endpoint.calls().enumerated().map { index, call in
                Channel(
                    id: "\(name)-\(Int(call.since.timeIntervalSince1970)).\(index)", name: "PJSIP/lab-\(index)",
                    state: call.isAnswered ? "Up" : "Ring", protocol_id: call.callID,
                    creationtime: AriAnswers.time(call.since))
            }
            return json(channels)
        case "/ari/asterisk/info":
            return json(
                Info(
                    system: .init(version: version), config: .init(name: name),
                    status: .init(startup_time: AriAnswers.time(startedAt))))
        case "/ari/asterisk/ping": return json(Pong(timestamp: AriAnswers.time(Date())))
        default: return json(Refusal(message: "Resource not found"), .notFound)
        }
    }

    /// The lab's own: no Asterisk has it.
    private func misbehave(_ request: Request) async -> Response {
        guard let body = try? await request.body.collect(upTo: 65_536),
            let fault = try? JSONDecoder().decode(AsteriskFault.self, from: Data(body.readableBytesView))
        else { return json(Refusal(message: "No fault of the lab"), .badRequest) }
        await endpoint.behave(fault.behaviour)
        return json(fault)
    }

    /// `2026-11-24T16:48:13.631+0000`
    private static func time(_ date: Date) -> String {
        String(LabTime.text(date).dropLast()) + "+0000"
    }

    private func json(_ value: some Encodable, _ status: HTTPResponse.Status = .ok) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes]
        // Strings alone: cannot fail to encode, and an empty body would show it.
        let body = (try? encoder.encode(value)) ?? Data()
        var response = Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
        response.headers[.contentType] = "application/json"
        response.headers[.server] = "Asterisk/\(version)"
        return response
    }
}
