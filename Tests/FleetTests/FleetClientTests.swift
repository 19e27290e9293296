import Fleet
import TestSupport
import Testing

@Suite struct FleetClientTests {
    private func unit(_ number: Int) -> String {
        #"{"desiredState":"inactive","name":"page@\#(number).service","options":[{"section":"A","name":"b","value":"c"}]}"#
    }

    @Test("105 units come in two pages, the token goes back as it came")
    func pages() async throws {
        let server = try await ReplayServer.start { request in
            switch request.target {
            case "/fleet/v1/units":
                let units = (0..<100).map(unit).joined(separator: ",")
                return .json(#"{"nextPageToken":"ZAACAA==","units":[\#(units)]}"#)
            case "/fleet/v1/units?nextPageToken=ZAACAA%3D%3D":
                return .json(#"{"units":[\#((100..<105).map(unit).joined(separator: ","))]}"#)
            default: return .json("{}", status: 400)
            }
        }
        let units = try await FleetClient(address: .http(server.url)).units()
        #expect(units.map(\.name) == (0..<105).map { "page@\($0).service" })
        #expect(units.allSatisfy { $0.options == [UnitOption(section: "A", name: "b", value: "c")] })
        #expect(units.allSatisfy { $0.currentState == nil && $0.machineID == nil })
    }

    @Test("states and machines follow their pages too, with the filter on each")
    func otherPages() async throws {
        let server = try await ReplayServer.start { request in
            .json(request.target.contains("nextPageToken") ? "{}" : #"{"nextPageToken":"x"}"#)
        }
        let client = FleetClient(address: .http(server.url))
        #expect(try await client.states(unit: "a@1.service", machineID: "m").isEmpty)
        #expect(try await client.machines().isEmpty)
        #expect(
            server.requests.map(\.target) == [
                "/fleet/v1/state?unitName=a@1.service&machineID=m",
                "/fleet/v1/state?unitName=a@1.service&machineID=m&nextPageToken=x", "/fleet/v1/machines",
                "/fleet/v1/machines?nextPageToken=x",
            ])
    }

    @Test("a page that names itself as the next does not go round for ever")
    func endlessPages() async throws {
        let server = try await ReplayServer.start { _ in .json(#"{"nextPageToken":"x"}"#) }
        let error = await #expect(throws: FleetError.self) {
            try await FleetClient(address: .http(server.url)).units()
        }
        guard case .malformed = error else { throw try #require(error) }
        #expect(server.requests.count == 2)
    }

    @Test("a socket that is not there, or on which nobody listens, is named, and no port that nobody asked for")
    func deafSocket() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("", to: "fleet.sock")
        let reasons = [
            directory.file("none.sock"): "there is no socket \(directory.file("none.sock")): No such file or directory",
            path: "nobody takes a connection on the socket \(path), or we may not use it",
        ]
        for (path, reason) in reasons {
            let error = await #expect(throws: FleetError.self) {
                try await FleetClient(address: .unixSocket(path)).machines()
            }
            #expect(error == .unreachable(address: "unix:\(path)", reason: reason))
        }
    }

    @Test(
        "names are escaped in paths and filters",
        arguments: [
            ("a@1.service", "a@1.service"), ("bad name.service", "bad%20name.service"),
            ("a/b?c#d.service", "a%2Fb%3Fc%23d.service"),
            ("a\\x2d%.service", "a%5Cx2d%25.service"), ("ü.service", "%C3%BC.service"), ("..", ".."),
            ("a&b=c+d", "a%26b%3Dc%2Bd"),
        ])
    func escaping(name: String, path: String) async throws {
        let server = try await ReplayServer.start { _ in .json("{}", status: 404) }
        let client = FleetClient(address: .http(server.url))
        #expect(try await client.unit(name) == nil)
        await #expect(throws: FleetError.self) { try await client.states(unit: name) }
        #expect(server.requests.map(\.target) == ["/fleet/v1/units/\(path)", "/fleet/v1/state?unitName=\(path)"])
    }

    @Test("values with quotes, percent signs, newlines and unicode reach fleet unharmed")
    func values() async throws {
        let server = try await ReplayServer.start { _ in ReplayResponse(status: 201) }
        let value = "/bin/sh -c \"echo %% $X \\\\ ☎\"\nü"
        let options = [UnitOption(section: "Service", name: "ExecStart", value: value)]
        let client = FleetClient(address: .http(server.url))
        #expect(try await client.put("a.service", options: options, desiredState: .launched) == .written)
        let body = try #require(server.requests.first?.body)
        let json: [String: Any] = [
            "desiredState": "launched", "options": [["section": "Service", "name": "ExecStart", "value": value]],
        ]
        #expect(sameJSON(body, json))
    }

    @Test("what does not answer is named, with the reason")
    func unreachable() async throws {
        let url = "http://127.0.0.1:\(try freePort())"
        let tcp = await #expect(throws: FleetError.self) { try await FleetClient(address: .http(url)).machines() }
        #expect(tcp?.description.hasPrefix("fleet at \(url) cannot be reached: ") == true)
        #expect(tcp?.isOutage == true)
        let unix = await #expect(throws: FleetError.self) {
            try await FleetClient(address: .unixSocket("/nowhere/fleet.sock")).delete("a.service")
        }
        #expect(unix?.description.hasPrefix("fleet at unix:/nowhere/fleet.sock cannot be reached: ") == true)
    }

    @Test("silence: a read is unreachable, a change is of unknown outcome")
    func silence() async throws {
        let server = try await ReplayServer.start { _ in try await .never() }
        let client = FleetClient(address: .http(server.url), timeout: 0.3)
        let read = await #expect(throws: FleetError.self) { try await client.units() }
        guard case .unreachable = read else { throw try #require(read) }
        let write = await #expect(throws: FleetError.self) {
            try await client.setDesiredState(.launched, of: "a.service")
        }
        guard case .outcomeUnknown(_, let call, _) = write else { throw try #require(write) }
        #expect(call == "PUT /fleet/v1/units/a.service")
    }

    @Test("an outage of fleet's etcd is told from a refusal")
    func outage() async throws {
        let status = [500: true, 503: true, 400: false, 404: false, 409: false]
        for (status, isOutage) in status {
            let server = try await ReplayServer.start { _ in
                .json(#"{"error":{"code":\#(status),"message":""}}"#, status: status)
            }
            let error = await #expect(throws: FleetError.self) {
                try await FleetClient(address: .http(server.url)).units()
            }
            #expect(error?.isOutage == isOutage)
        }
    }

    @Test("what is not fleet's is said to be so", arguments: ["", "<html>", #"{"units":[{"name":"a"}]}"#])
    func malformed(body: String) async throws {
        let server = try await ReplayServer.start { _ in .json(body) }
        let error = await #expect(throws: FleetError.self) { try await FleetClient(address: .http(server.url)).units() }
        guard case .malformed = error else { throw try #require(error) }
    }

    @Test(
        "addresses as they stand in a manifest",
        arguments: [
            ("unix:/var/run/fleet.sock", .unixSocket("/var/run/fleet.sock")),
            ("unix:///var/run/fleet.sock", .unixSocket("/var/run/fleet.sock")),
            ("http://10.0.0.1:49153/", .http("http://10.0.0.1:49153")), ("https://f", .http("https://f")),
            ("unix:", nil), ("unix:relative", nil), ("unix://host/x", nil), ("http://", nil), ("ssh://a", nil),
            ("", nil),
        ] as [(String, FleetAddress?)])
    func addresses(text: String, address: FleetAddress?) {
        #expect(FleetAddress(text) == address)
    }
}
