import ClusterModel
import OrderedJSON

/// `spec.kamailio`
struct KamailioDraft: Sendable {
    var replicas: Written<Int>?
    var image: Written<String>?
    var runtime: Written<String>?
    var listen: Written<Int>?
    var trusted: Written<[Written<String>]>?
    var external: Written<[Written<ExternalDraft>]>?

    static let record = Record(
        KamailioDraft(), later: ["floatingAddress", "registrar"],
        [
            Word(
                "replicas", .number(0...1000), into: \.replicas, default: 0,
                "Kamailios of Dialtone's own, on its nodes and at most one on each, with `dialtone dispatch` beside each. They are touched one at a "
                    + "time, and only while every other one has the shares in force."),
            Word(
                "image", .containerImage, into: \.image, examples: ["registry.example.net/kamailio:5.6.3"],
                "The container image of these, with a program named kamailio. Its configuration is Dialtone's, rendered on the node into "
                    + "/var/lib/dialtone/NAME, where custom-*.cfg are taken in too."),
            Word(
                "runtime", .choice(["docker", "podman"]), into: \.runtime,
                "What runs these containers. Left out: as asterisk.runtime says."),
            Word(
                "listen", .number(1024...65535), into: \.listen, default: .number(KamailioSpec.defaultPort),
                "The UDP port, on the node's address, on which these take calls. Instances of Asterisk have 5060, 5070 and so on."
            ),
            Word(
                "trusted", Rule.network.list(atLeast: 1), into: \.trusted, examples: [["10.0.0.0/8"]],
                "Networks whose requests these do not count for flooding; those of all others are limited (pike). Left out: "
                    + "nobody's are counted."),
            Word(
                "external", ExternalDraft.record.rule.list(atLeast: 1), into: \.external,
                "Kamailios that others run, with `dialtone dispatch` beside each. A change of the shares is in force when every "
                    + "one of them has acknowledged it."),
        ])
}

/// One of `spec.kamailio.external`
struct ExternalDraft: Sendable {
    var name: Written<String>?
    var sets: Written<SetsDraft>?

    static let record = Record(
        ExternalDraft(),
        [
            Word(
                "name", .label(maximum: 63), into: \.name, required: true, examples: ["kamailio-1"],
                "As `dialtone dispatch --name` has it."),
            Word(
                "sets", SetsDraft.record.rule, into: \.sets,
                "The numbers of its dispatcher's sets that are Dialtone's, as `dialtone dispatch --sets` has them there: one that deals by "
                    + "others is told. Left out: nobody looks."),
        ])
}

/// `sets`
struct SetsDraft: Sendable {
    var stable: Written<Int>?
    var canary: Written<Int>?
    var draw: Written<Int>?
    var rules: Written<Int>?

    static let record = Record(
        SetsDraft(),
        [
            word("stable", \.stable, 1, "The stable instances."), word("canary", \.canary, 2, "The canary's."),
            word("draw", \.draw, 9, "What a call's track is drawn from."),
            word("rules", \.rules, 8, "What carries the rules for calls that are not drawn."),
        ])

    private static func word(
        _ name: String, _ path: any (WritableKeyPath<SetsDraft, Written<Int>?> & Sendable), _ fallback: Int,
        _ help: String
    ) -> Word<SetsDraft> {
        Word(name, .number(1...65535), into: path, default: .number(fallback), help)
    }

    var sets: DispatcherSets {
        let defaults = DispatcherSets()
        return DispatcherSets(
            stable: stable?.value ?? defaults.stable, canary: canary?.value ?? defaults.canary,
            draw: draw?.value ?? defaults.draw, rules: rules?.value ?? defaults.rules)
    }
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
    static let network = text(
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
