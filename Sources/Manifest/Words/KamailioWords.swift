import ClusterModel
import OrderedJSON

/// `spec.kamailio`
struct KamailioDraft: Sendable {
    var external: Written<[Written<ExternalDraft>]>?

    static let record = Record(
        KamailioDraft(), later: ["replicas", "floatingAddress", "registrar", "trusted", "listen"],
        [
            Word(
                "external", ExternalDraft.record.rule.list(atLeast: 1), into: \.external,
                required: true,
                "Kamailios that others run, with `dialtone dispatch` beside each. A change of the shares is in force when every "
                    + "one of them has acknowledged it.")
        ])
}

/// One of `spec.kamailio.external`
struct ExternalDraft: Sendable {
    var name: Written<String>?

    static let record = Record(
        ExternalDraft(), later: ["sets"],
        [
            Word(
                "name", .label(maximum: 63), into: \.name, required: true, examples: ["kamailio-1"],
                "As `dialtone dispatch --name` has it.")
        ])
}

/// One of `spec.canary.match`
struct MatchDraft: Sendable {
    var to: Written<String>?
    var called: Written<String>?
    var caller: Written<String>?
    var source: Written<String>?
    var header: Written<String>?
    var value: Written<String>?

    static let record = Record(
        MatchDraft(),
        [
            Word("to", .choice(["canary", "stable"]), into: \.to, required: true, "Where the calls go."),
            Word("called", .dialled, into: \.called, examples: ["4930"], "What the called number begins with."),
            Word("caller", .dialled, into: \.caller, examples: ["+4930"], "What the caller's number begins with."),
            Word(
                "source", .network, into: \.source, examples: ["10.0.0.0/8"],
                "The IPv4 address or network that the call comes from."),
            Word("header", .headerName, into: \.header, examples: ["X-Beta"], "A header that the call has."),
            Word(
                "value", .headerValue, into: \.value, examples: ["yes"],
                "The value of that header. Left out: any."),
        ])
}

extension Rule where Value == String {
    /// Digits as they are dialled.
    static let dialled = text(
        Pattern(.run(Characters("0"..."9", and: "+*#"), 1...32)), maximum: 32,
        "a number in quotes, of digits, '+', '*' and '#', at most 32 characters")

    /// `10.0.0.0/8`
    fileprivate static let network = text(
        Pattern(
            .run(.digits, 1...3), .literal("."), .run(.digits, 1...3), .literal("."), .run(.digits, 1...3),
            .literal("."),
            .run(.digits, 1...3), .choice([Pattern(.literal("/"), .run(.digits, 1...2)), Pattern()])),
        "an IPv4 address or network, such as 10.0.0.7 or 10.0.0.0/8",
        check: { text in
            let sides = text.split(separator: "/")
            guard sides.first.flatMap({ IPv4($0) }) != nil else { return ", which is no IPv4 address" }
            guard sides.count == 2, let bits = Int(sides[1]), String(bits) == sides[1], bits <= 32 else {
                return sides.count == 1 ? nil : ", whose prefix is not from 0 to 32"
            }
            return nil
        })

    /// RFC 3261's token, as far as header names need it.
    fileprivate static let headerName = text(
        Pattern(.run(Characters("a"..."z", "A"..."Z", "0"..."9", and: "-"), 1...64)), maximum: 64,
        "the name of a header, of letters, digits and '-'")

    fileprivate static let headerValue = text(
        Pattern(.run(Characters("a"..."z", "A"..."Z", "0"..."9", and: "._:/+*#@-"), 1...128)), maximum: 128,
        "a value of letters, digits and . _ : / + * # @ -")
}
