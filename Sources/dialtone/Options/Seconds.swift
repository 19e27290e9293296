import ArgumentParser

/// A span of time as it is written on a command line: `90`, `90s`, `10m`, `2h`.
struct Seconds: ExpressibleByArgument, Equatable {
    var count: Int

    init(_ count: Int) {
        self.count = count
    }

    /// `nil` for anything else, for nothing at all, and for more than a year.
    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600]
        let unit = argument.last.flatMap { units[$0] }
        let digits = unit == nil ? argument[...] : argument.dropLast()
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(digits),
            number > 0, number <= 365 * 24 * 3600
        else { return nil }
        count = number * (unit ?? 1)
        guard count <= 365 * 24 * 3600 else { return nil }
    }

    var defaultValueDescription: String { "\(count)s" }
}
