import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Fleet

/// Every answer in both recordings, over TCP and over a unix socket, through the client's own calls wherever it has one for that request.
@Suite struct RecordedTests {
    enum Transport: Sendable { case tcp, unix }

    @Test(
        "every recorded answer is decoded, and every request is the recorded one",
        arguments: ["recorded", "recorded-placement"], [Transport.tcp, .unix])
    func all(file: String, transport: Transport) async throws {
        let exchanges = try Exchange.all(file)
        #expect(exchanges.count > 18)
        let current = Mutex(0)
        let directory = try TemporaryDirectory()
        let socket = directory.file("fleet.sock")
        let server = try await ReplayServer.start(at: transport == .tcp ? .loopback() : .unixSocket(socket)) {
            request in
            let exchange = exchanges[current.withLock { $0 }]
            guard request.method == exchange.method, request.target == "/fleet/v1\(exchange.path)",
                sameJSON(request.body, exchange.body)
            else { return ReplayResponse(status: 599, body: Array("not as recorded: \(request.text)".utf8)) }
            return exchange.response
        }
        let client = FleetClient(address: transport == .tcp ? .http(server.url) : .unixSocket(socket))
        for (index, exchange) in exchanges.enumerated() {
            current.withLock { $0 = index }
            do {
                try await repeatExchange(exchange, with: client)
                #expect((200..<300).contains(exchange.status), "\(exchange.note)")
            } catch let FleetError.api(status, message, call) {
                #expect(status == exchange.status, "\(exchange.note): \(message)")
                #expect(message == exchange.errorMessage, "\(exchange.note)")
                #expect(call == "\(exchange.method) /fleet/v1\(exchange.path)")
            }
        }
        #expect(server.requests.count == exchanges.count)
    }

    private func repeatExchange(_ exchange: Exchange, with client: FleetClient) async throws {
        let parts = exchange.path.split(separator: "?", maxSplits: 1).map(String.init)
        let query = parts.count > 1 ? parts[1].split(separator: "=", maxSplits: 1).map(String.init) : []
        let unit = parts[0].hasPrefix("/units/") ? parts[0].dropFirst(7).removingPercentEncoding : nil
        switch (exchange.method, parts[0], query.first) {
        case ("GET", "/machines", nil):
            #expect(try tree(try await client.machines()) == exchange.list("machines"))
        case ("GET", "/units", nil):
            #expect(try tree(try await client.units()) == exchange.list("units"))
        case ("GET", "/state", nil):
            #expect(try tree(try await client.states()) == exchange.list("states"))
        case ("GET", "/state", "unitName"):
            #expect(try tree(try await client.states(unit: query[1])) == exchange.list("states"))
        case ("GET", "/state", "machineID"):
            #expect(try tree(try await client.states(machineID: query[1])) == exchange.list("states"))
        case ("GET", let path, nil) where path.hasPrefix("/state/"):
            let state: UnitState = try await client.read(exchange.path)
            #expect(try tree(state) == exchange.answer as? NSObject)
        case ("DELETE", _, nil):
            try await client.delete(try #require(unit))
        case ("GET", _, nil) where unit != nil:
            let found = try await client.unit(try #require(unit))
            if exchange.status == 404 {
                throw FleetError.api(
                    status: 404, message: exchange.errorMessage ?? "", call: "GET /fleet/v1\(exchange.path)")
            }
            #expect(try tree(try #require(found)) == exchange.answer as? NSObject)
        case ("PUT", _, nil) where unit != nil:
            try await put(try #require(unit), exchange, with: client)
        default:
            _ = try await client.exchange(exchange.method, exchange.path, body: exchange.bodyBytes)
        }
    }

    private func put(_ unit: String, _ exchange: Exchange, with client: FleetClient) async throws {
        let body = exchange.body as? [String: Any]
        let state = (body?["desiredState"] as? String).flatMap(FleetUnit.State.init)
        guard let body, let state, body["name"] == nil else {
            // Bodies that the client cannot write: broken ones, states that fleet does not know, a name beside the path's.
            _ = try await client.exchange("PUT", exchange.path, body: exchange.bodyBytes)
            return
        }
        guard let options = body["options"] as? [[String: String]] else {
            try await client.setDesiredState(state, of: unit)
            return
        }
        let typed = options.map {
            UnitOption(section: $0["section"] ?? "", name: $0["name"] ?? "", value: $0["value"] ?? "")
        }
        let result = try await client.put(unit, options: typed, desiredState: state)
        #expect(result == (exchange.status == 201 ? .written : .unchanged))
    }
}
