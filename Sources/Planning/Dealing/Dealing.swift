/// What Kamailio's dispatcher deals from a list: a model of `dispatch.c`, held to a real Kamailio by tests.
///
/// Destinations are in the order of the list file. Kamailio keeps a set in reverse of that, which shows where slots are left over.
public struct Dealing: Sendable, Hashable {
    /// What of a line of the list decides.
    public struct Destination: Sendable, Hashable {
        /// `rweight=` for algorithm 11, `weight=` for algorithm 9; 0 where the line has none.
        public var weight: Int
        /// Whether it is neither inactive nor disabled.
        public var isActive: Bool

        public init(weight: Int = 0, isActive: Bool = true) {
            self.weight = weight
            self.isActive = isActive
        }
    }

    /// Slots of the table from which the weighted algorithms deal.
    public static let slots = 100

    public let version: KamailioVersion

    /// - Returns: `nil` for a release of which nobody has measured how it deals: before 5.6.3, or after 6.1.
    public init?(version: KamailioVersion) {
        guard version >= .measured, version < KamailioVersion(6, 2) else { return nil }
        self.version = version
    }

    private init(measured version: KamailioVersion) {
        self.version = version
    }

    /// As the release that was measured deals.
    public static let measured = Dealing(measured: .measured)

    /// Slots of each destination under algorithm 11: of 100 calls in turn, exactly so many go there.
    ///
    /// A weight is taken as a part of the sum of the active ones, rounded down; what is left over goes to the first of the file that has any. A weight
    /// that is not from 1 to 100 counts as none. Where no destination has one, the last of the file gets all, whether it is active or not;
    /// if it is not, the one that is tried next.
    public func relativeWeights(_ destinations: [Destination]) -> [Int] {
        let weights = destinations.map { destination in
            destination.isActive && (1...100).contains(destination.weight) ? destination.weight : 0
        }
        let sum = weights.reduce(0, +)
        guard sum > 0, let last = destinations.indices.last else {
            var table = [Int](repeating: 0, count: destinations.count)
            if let last = destinations.indices.last { table[last] = Dealing.slots }
            return passedOn(table, destinations)
        }
        var table = weights.map { $0 * Dealing.slots / sum }
        let rest = Dealing.slots - table.reduce(0, +)
        table[table.firstIndex { $0 > 0 } ?? destinations.firstIndex { $0.isActive } ?? last] += rest
        return table
    }

    /// Slots of each destination under algorithm 9.
    ///
    /// A weight is a number of slots, given out from the end of the file until 100 are gone; what is left over goes to the first of the file. If the last of
    /// the file has no weight, it gets all. What falls to an inactive destination goes to the one before it in the file, round about.
    public func weights(_ destinations: [Destination]) -> [Int] {
        guard let last = destinations.indices.last else { return [] }
        var table = [Int](repeating: 0, count: destinations.count)
        var left = Dealing.slots
        if destinations[last].weight > 0 {
            for index in destinations.indices.reversed() {
                let taken = min(max(destinations[index].weight, 0), left)
                table[index] = taken
                left -= taken
            }
            table[0] += left
        } else {
            table[last] = Dealing.slots
        }
        return passedOn(table, destinations)
    }

    /// Calls of each destination under algorithm 4, of so many in turn after a reload.
    ///
    /// Kamailio goes round from the end of the file to its beginning, past those that are not active.
    public func roundRobin(_ destinations: [Destination], calls: Int) -> [Int] {
        let order = destinations.indices.reversed().filter { destinations[$0].isActive }
        var table = [Int](repeating: 0, count: destinations.count)
        guard !order.isEmpty else { return table }
        for (position, index) in order.enumerated() {
            table[index] = calls / order.count + (position < calls % order.count ? 1 : 0)
        }
        return table
    }

    /// What falls to a destination that is not active is dealt to the one that Kamailio tries next: the one before it in the file, round about.
    private func passedOn(_ table: [Int], _ destinations: [Destination]) -> [Int] {
        guard destinations.contains(where: \.isActive) else { return table.map { _ in 0 } }
        var result = table.map { _ in 0 }
        for index in table.indices where table[index] > 0 {
            var target = index
            while !destinations[target].isActive { target = target == 0 ? destinations.count - 1 : target - 1 }
            result[target] += table[index]
        }
        return result
    }
}
