import Foundation
import TestSupport
import Testing

@testable import Etcd

private struct AnyJSON: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode([String: String]())
    }
}

private enum Expected: Sendable {
    case compacted, leaseNotFound, unauthenticated
    case rejected(Int, GRPCCode?, String)
}

private let refused: [(String, Expected)] = [
    ("03-metrics-missing", .rejected(404, nil, "Not Found")),
    ("12-kv-put-notbase64", .rejected(400, .invalidArgument, "illegal base64 data at input byte 0")),
    ("13-kv-put-unknown-field", .rejected(400, .invalidArgument, "etcdserver: key is not provided")),
    ("14-kv-put-empty-key", .rejected(400, .invalidArgument, "etcdserver: key is not provided")),
    ("15-bad-json", .rejected(400, .invalidArgument, "unexpected EOF")),
    ("22-lease-revoke-unknown", .leaseNotFound),
    ("23-put-unknown-lease", .leaseNotFound),
    ("29-range-compacted", .compacted),
    ("35-v3alpha", .rejected(404, nil, "404 page not found")),
    ("36-auth-status", .rejected(404, nil, "Not Found")),
    ("37-auth-enable-noroot", .rejected(412, .failedPrecondition, "etcdserver: root user does not exist")),
    ("38-member-remove-unknown", .rejected(404, .notFound, "etcdserver: member not found")),
    ("39-member-add-dup-peer", .rejected(412, .failedPrecondition, "etcdserver: Peer URLs already exists")),
    ("40-member-add-badurl", .rejected(400, .invalidArgument, "etcdserver: given member URLs are invalid")),
    (
        "74-learner-promote-notstarted",
        .rejected(
            412, .failedPrecondition,
            "etcdserver: can only promote a learner member which is in sync with leader")
    ),
    (
        "75-learner-add-second",
        .rejected(412, .failedPrecondition, "etcdserver: too many learner members in cluster")
    ),
    ("77-move-leader-to-node4", .rejected(412, .failedPrecondition, "etcdserver: bad leader transferee")),
]

/// Recordings of answers that carry a header and no more than this version reads of them.
private let understood = [
    "08-kv-put-prevkv", "11-kv-range-serializable", "27-compact", "31-alarm-list", "32-defrag", "33-hash",
    "34-v3beta",
    "67-remove-node3", "68-add-node4-tooearly", "72-learner-add", "76-learner-remove",
    "80-noquorum-range-serializable",
]

/// Used in other suites, or below by a test of their own.
private let usedElsewhere = [
    "01-health", "02-version", "04-member-list", "05-status", "06-status-node2", "07-kv-put", "09-kv-range",
    "10-kv-range-missing", "16-lease-grant", "17-lease-put", "18-lease-keepalive", "19-lease-ttl",
    "20-lease-keepalive-unknown", "21-lease-revoke", "24-txn-cas", "25-txn-cas-again", "26-watch",
    "28-watch-compacted", "30-deleterange", "61-down-status-node1", "62-down-member-list", "63-down-status-node3",
    "64-down-put", "65-down-health", "66-down-add-before-remove", "69-list-after-add", "70-list-after-join",
    "71-status-node4", "73-learner-list", "78-noquorum-status", "79-noquorum-put", "81-noquorum-range-linear",
    "82-noquorum-member-list", "83-noquorum-health", "auth-plain-http", "tls-and-auth",
]

/// Each recorded refusal becomes its typed error, and every recording is used by some test.
@Suite struct RecordedErrorTests {
    private func call(_ answer: ReplayResponse, _ repetition: Gateway.Repetition = .no) async throws
        -> WireAcknowledgement
    {
        let server = try await ReplayServer.start { _ in answer }
        return try await EtcdClient(endpoints: [server.url]).gateway.call("/v3/x", AnyJSON(), repetition: repetition)
    }

    private func check(_ error: EtcdError?, _ expected: Expected) {
        switch (error, expected) {
        case (.compacted, .compacted), (.leaseNotFound, .leaseNotFound), (.unauthenticated, .unauthenticated): break
        case (.rejected(let seen), .rejected(let status, let code, let message)):
            #expect(seen.status == status)
            #expect(seen.code == code)
            #expect(seen.message == message)
        default: Issue.record("\(String(describing: error)) instead of \(expected)")
        }
    }

    @Test("every recorded refusal is its typed error, for reads and writes alike", arguments: refused.indices)
    func refusals(row: Int) async throws {
        let (name, expected) = refused[row]
        let answer = try #require(try Recording(name).answer)
        for repetition in [Gateway.Repetition.no, .harmless] {
            let error = await #expect(throws: EtcdError.self) { _ = try await call(answer, repetition) }
            check(error, expected)
        }
    }

    @Test("every other recorded answer is understood as success", arguments: understood)
    func acknowledged(name: String) async throws {
        let recording = try Recording(name)
        let answer = try await call(try #require(recording.answer))
        #expect(answer.header?.clusterID?.value ?? 2_962_354_523_238_851_296 == 2_962_354_523_238_851_296)
    }

    @Test("66: an unhealthy cluster has done nothing: the write may go elsewhere, and ends as unreachable")
    func unhealthyCluster() async throws {
        let answer = try #require(try Recording("66-down-add-before-remove").answer)
        let error = await #expect(throws: EtcdError.self) { _ = try await call(answer) }
        guard case .unreachable(let tried) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(tried.map(\.reason) == ["etcdserver: unhealthy cluster"])
    }

    @Test(
        "unavailable with another text may come after the proposal: of a write the outcome is unknown",
        arguments: ["etcdserver: request timed out", "transport is closing", "etcdserver: leader changed"])
    func unavailable(message: String) async throws {
        let answer = ReplayResponse.json(
            "{\"error\":\"\(message)\",\"message\":\"\(message)\",\"code\":14}", status: 503)
        let write = await #expect(throws: EtcdError.self) { _ = try await call(answer, .no) }
        guard case .outcomeUnknown = write else {
            Issue.record("\(String(describing: write))")
            return
        }
        let read = await #expect(throws: EtcdError.self) { _ = try await call(answer, .harmless) }
        guard case .unreachable = read else {
            Issue.record("\(String(describing: read))")
            return
        }
    }

    @Test("answers with authentication on: without a token, with a wrong one, with a wrong password")
    func authentication() async throws {
        var seen: [String] = []
        for block in try Recording.text("auth-plain-http").components(separatedBy: "\n\n") {
            let lines = block.split(separator: "\n")
            guard lines.count == 3, let status = lines[2].split(separator: " ").dropFirst().first.flatMap({ Int($0) })
            else { continue }
            let answer = ReplayResponse.json(String(lines[1]), status: status)
            guard status != 200 else {
                _ = try await call(answer)
                continue
            }
            let error = await #expect(throws: EtcdError.self) { _ = try await call(answer) }
            guard case .unauthenticated(let rejection) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            seen.append(rejection.message)
        }
        #expect(
            Set(seen) == [
                "etcdserver: user name is empty", "etcdserver: invalid auth token",
                "etcdserver: authentication failed, invalid user ID or password",
            ])
    }

    @Test("a client certificate with a common name is refused in etcd's own words")
    func commonName() async throws {
        let words = "CommonName of client sending a request against gateway will be ignored and not used as expected"
        #expect(try Recording.text("tls-and-auth").contains(words))
        let answer = ReplayResponse(
            status: 400, headers: ["content-type": "text/plain"], body: Array("\(words)\n".utf8))
        let error = await #expect(throws: EtcdError.self) { _ = try await call(answer) }
        check(error, .rejected(400, nil, words))
    }

    @Test("what is not etcd's is said to be so", arguments: ["", "<html>", "[]", "{\"header\":{\"revision\":\"x\"}}"])
    func malformed(body: String) async throws {
        let error = await #expect(throws: EtcdError.self) { _ = try await call(.json(body)) }
        guard case .malformed = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("no recording is left out")
    func complete() throws {
        let used = Set(refused.map(\.0) + understood + usedElsewhere)
        #expect(Set(try Recording.names()) == used)
    }
}
