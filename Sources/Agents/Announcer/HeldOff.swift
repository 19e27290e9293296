import Etcd
import FoundationEssentials

/// What the shares and the dispatchers say of one instance: a count is only worth something for its drain when it is from after all of them had it out.
struct HeldOff: Sendable {
    /// What was in force when a count began.
    struct Moment: Sendable, Hashable {
        var shares: Int
        var dispatchers: [String: Int]
    }

    private let name: String
    private let sharesKey: String
    private let dispatchersPrefix: String
    /// Of the shares, where they hold the instance off.
    private var revision: Int?
    private var dispatchers: [String: Int] = [:]

    init(_ configuration: AnnouncerConfiguration) {
        name = configuration.name
        sharesKey = configuration.sharesKey
        dispatchersPrefix = configuration.dispatchersPrefix
    }

    /// `nil`: it gets calls, or nobody deals any.
    var moment: Moment? { revision.map { Moment(shares: $0, dispatchers: dispatchers) } }

    mutating func takeShares(_ followed: Followed) {
        switch followed {
        case .whole(let entries): read(entries.first { $0.key == sharesKey }?.value)
        case .changed(let events):
            guard let last = events.last(where: { $0.keyValue.key == sharesKey }) else { return }
            read(last.change == .put ? last.keyValue.value : nil)
        case .back, .away: return
        }
    }

    private mutating func read(_ shares: [UInt8]?) {
        let document = shares.flatMap { try? SharesDocument($0) }
        let isHeldOff = document?.instances.contains { $0.name == name && $0.state != .in } ?? false
        revision = isHeldOff ? document?.revision : nil
    }

    mutating func takeDispatchers(_ followed: Followed) {
        switch followed {
        case .whole(let entries):
            dispatchers = [:]
            for entry in entries { read(entry) }
        case .changed(let events):
            for event in events {
                if event.change == .put {
                    read(event.keyValue)
                } else {
                    dispatchers[dispatcher(event.keyValue)] = nil
                }
            }
        case .back, .away: return
        }
    }

    private func dispatcher(_ entry: EtcdKeyValue) -> String { String(entry.key.dropFirst(dispatchersPrefix.count)) }

    private mutating func read(_ entry: EtcdKeyValue) {
        struct Document: Decodable {
            var revision: Int
        }
        dispatchers[dispatcher(entry)] = try? JSONDecoder().decode(Document.self, from: Data(entry.value)).revision
    }
}
