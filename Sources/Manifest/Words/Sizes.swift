extension Rule where Value == Int {
    /// A size with its unit; `units` tells how many of the smallest one each is, which is what the value counts.
    static func size(_ units: [String: Int], within range: ClosedRange<Int>, _ allowed: String) -> Rule {
        let names = units.keys.sorted()
        let pattern = Pattern(
            .run(Characters("1"..."9"), 1...1), .run(.digits, 0...8), .choice(names.map { Pattern(.literal($0)) }))
        return Rule<String>.text(pattern, maximum: 16, allowed).map { text, node, findings in
            let digits = text.prefix { $0.isNumber }
            let unit = units[String(text.dropFirst(digits.count))] ?? 0
            let size = (Int(digits) ?? 0) * unit
            guard range.contains(size) else {
                findings.refuse(node, allowed: allowed)
                return nil
            }
            return size
        }
    }

    /// A time with its unit; counted in seconds.
    static func duration(within range: ClosedRange<Int>, _ allowed: String) -> Rule {
        size(["s": 1, "m": 60, "h": 3600], within: range, allowed)
    }
}
