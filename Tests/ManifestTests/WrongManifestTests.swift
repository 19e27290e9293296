import FoundationEssentials
import Manifest
import Testing

/// A wrong manifest, and what is said about it.
struct WrongManifest: Sendable, CustomTestStringConvertible {
    var title: String
    var text: String
    /// `LINE:COLUMN: message`
    var expected: [String]

    var testDescription: String { title }

    /// Lines that stand for right parts, so that a case shows what is wrong with it.
    private static let right = [
        "HEAD": "apiVersion: dialtone/v1\nkind: Cluster\nmetadata: {name: astricon}",
        "CONNECTIONS": "connections: {etcd: \"http://127.0.0.1:2379\", fleet: \"unix:/run/fleet.sock\"}",
        "NODES": "nodes: {count: 4, image: /n.qcow2, addresses: 10.0.0.11-10.0.0.20}",
        "ASTERISK": "asterisk: {replicas: 3, image: a:1}",
    ]

    /// The cases of `Fixtures/wrong.txt`: `=== title`, the manifest, `>>>`, the messages.
    static let all: [WrongManifest] = {
        let url = repository.appending(path: "Tests/ManifestTests/Fixtures/wrong.txt")
        guard let text = try? String(contentsOf: url, encoding: .utf8) else { return [] }
        return text.split(separator: "=== ").map { part in
            let lines = part.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let mark = lines.firstIndex(of: ">>>") ?? lines.endIndex
            let manifest = lines[1..<mark].map { line in
                let indent = line.prefix { $0 == " " }
                return right[String(line.dropFirst(indent.count))].map { indent + $0 } ?? line
            }
            return WrongManifest(
                title: lines[0], text: manifest.joined(separator: "\n") + "\n",
                expected: lines[mark...].dropFirst().filter { !$0.isEmpty })
        }
    }()
}

@Suite("A wrong manifest")
struct WrongManifestTests {
    @Test("says exactly this, here", arguments: WrongManifest.all)
    func saysExactly(_ manifest: WrongManifest) {
        #expect(complaints(manifest.text) == manifest.expected.map { "m.yaml:" + $0 })
    }

    @Test("is tried in at least 150 kinds, each under a title of its own")
    func manyKinds() {
        #expect(WrongManifest.all.count >= 150)
        #expect(Set(WrongManifest.all.map(\.title)).count == WrongManifest.all.count)
    }

    @Test("with ten problems has ten messages, in the order of their places")
    func tenProblems() throws {
        let manifest = try #require(WrongManifest.all.first { $0.title == "ten problems" })
        #expect(manifest.expected.count == 10)
    }
}
