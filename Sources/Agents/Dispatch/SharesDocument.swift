import FoundationEssentials
import Kamailio

/// `shares` (DESIGN section 6), as the controller writes it.
struct SharesDocument: Decodable, Sendable, Hashable {
    struct Draw: Decodable, Sendable, Hashable {
        var stable: Int
        var canary: Int
    }

    enum Track: String, Decodable, Sendable, Hashable {
        case stable, canary
    }

    struct Instance: Decodable, Sendable, Hashable {
        enum State: String, Decodable, Sendable, Hashable {
            case `in`, draining, out
        }

        var name: String
        var address: String
        var track: Track
        var state: State
    }

    /// One rule of `canary.match`; all that it names must hold.
    struct Rule: Decodable, Sendable, Hashable {
        var to: Track
        /// What the called number begins with.
        var called: String?
        /// What the caller's number begins with.
        var caller: String?
        /// The network that the call comes from.
        var source: String?
        var header: String?
        /// Of that header; without it, any.
        var value: String?
    }

    var schema: Int
    var revision: Int
    var draw: Draw
    var instances: [Instance]
    var emergencyNumbers: [String]?
    var match: [Rule]?

    /// Names of the instances that new calls are held off from.
    var draining: [String] { instances.filter { $0.state == .draining }.map(\.name) }
}

/// Why a document in etcd is not acted on.
struct SharesError: Error, Hashable, CustomStringConvertible {
    let description: String
}

extension SharesDocument {
    /// Reads the document; what does not fit its place is refused whole, so that the list in force stays.
    init(_ bytes: [UInt8]) throws(SharesError) {
        do {
            self = try JSONDecoder().decode(SharesDocument.self, from: Data(bytes))
        } catch {
            throw SharesError(description: "it is not the JSON document that belongs there")
        }
        guard schema == 1 else { throw SharesError(description: "its schema is \(schema), and 1 is known here") }
        guard (0...100).contains(draw.stable), draw.stable + draw.canary == 100 else {
            throw SharesError(description: "its draw does not add up to 100")
        }
        guard Set(instances.map(\.name)).count == instances.count else {
            throw SharesError(description: "it names an instance twice")
        }
    }
}
