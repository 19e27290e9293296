/// Texts that more than one word takes.
extension Rule where Value == String {
    /// RFC 1123's label, in lower case.
    static func label(maximum: Int) -> Rule {
        text(
            Pattern(
                .run(.alphanumeric, 1...1),
                .choice([Pattern(.run(.label, 0...Int.max), .run(.alphanumeric, 1...1)), Pattern()])),
            maximum: maximum,
            "a DNS label: small letters, digits and '-', a letter or digit first and last, at most \(maximum) characters"
        )
    }

    /// What libvirt takes as the name of a pool, network or volume; '/' stands for folders there.
    static func libvirtName(_ allowed: String) -> Rule { text(.libvirtName, maximum: 255, allowed) }

    static func path(_ allowed: String) -> Rule { text(.path, allowed) }

    /// `https://etcd.example.net:2379`
    static let endpoint = text(
        Pattern(
            .literal("http"), .choice([Pattern(.literal("s")), Pattern()]), .literal("://"), .choice(Pattern.hosts),
            .choice([Pattern(.literal(":"), .run(.digits, 1...5)), Pattern()]),
            .choice([Pattern(.literal("/")), Pattern()])),
        "a URL such as http://127.0.0.1:2379 or https://etcd.example.net:2379", check: portClause)

    /// `unix:/run/fleet.sock` or `http://HOST:PORT`
    static let fleet = text(
        Pattern(
            .choice([
                Pattern(.literal("unix:/"), .run(.printable(), 1...Int.max)),
                Pattern(.literal("http://"), .choice(Pattern.hosts), .literal(":"), .run(.digits, 1...5)),
            ])),
        "unix:PATH or http://HOST:PORT",
        check: { text in
            guard text.hasPrefix("unix:") else { return portClause(text) }
            // The size of sun_path in sockaddr_un (unix(7)), less the closing zero.
            return text.utf8.count - 5 > 107 ? ", whose path is longer than the 107 bytes of a socket's" : nil
        },
        explain: { $0.hasPrefix("ssh:") ? ", which is not in this version" : "" })

    /// `qemu+ssh://root@hv1/system`
    static let libvirtURI = text(
        Pattern(
            .run(.small, 1...1), .run(.scheme, 0...Int.max), .literal("://"), .run(.uri, 0...Int.max), .literal("/"),
            .run(.uri, 0...Int.max)),
        "a libvirt URI such as qemu:///system or qemu+ssh://root@hv1.example.net/system")

    /// A reference as container runtimes take it.
    static let containerImage = text(
        Pattern(
            .run(.alphanumericOfBothCases, 1...1),
            .choice([
                Pattern(.run(.image, 0...Int.max), .run(.imageEnd, 1...1)), Pattern(),
            ])),
        maximum: 255, "a container image such as registry.example.net/asterisk:20.9")

    private static func portClause(_ text: String) -> String? {
        guard let slashes = text.firstRange(of: "://"), let colon = text.lastIndex(of: ":"), colon >= slashes.upperBound
        else { return nil }
        let digits = text[text.index(after: colon)...].prefix { $0 != "/" }
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return (1...65535).contains(Int(digits) ?? 0) ? nil : ", whose port is not from 1 to 65535"
    }
}

extension Pattern {
    static let libvirtName = Pattern(
        .run(.printable(except: "/ "), 1...1),
        .choice([Pattern(.run(.printable(except: "/"), 0...Int.max), .run(.printable(except: "/ "), 1...1)), Pattern()])
    )

    /// An absolute path that does not end in '/'.
    static let path = Pattern(.literal("/"), .run(.printable(), 0...Int.max), .run(.printable(except: "/"), 1...1))

    /// A name, an IPv4 address, or an IPv6 address in brackets.
    static let hosts = [
        Pattern(.run(.host, 1...253)), Pattern(.literal("["), .run(.ipv6, 2...45), .literal("]")),
    ]
}

extension Characters {
    static let digits = Characters("0"..."9")
    static let small = Characters("a"..."z")
    static let alphanumeric = Characters("a"..."z", "0"..."9")
    static let label = Characters("a"..."z", "0"..."9", and: "-")
    static let alphanumericOfBothCases = Characters("a"..."z", "A"..."Z", "0"..."9")
    static let host = Characters("a"..."z", "A"..."Z", "0"..."9", and: ".-_")
    static let ipv6 = Characters("a"..."f", "A"..."F", "0"..."9", and: ":.")
    static let scheme = Characters("a"..."z", "0"..."9", and: "+.-")
    static let uri = Characters("!"..."~")
    static let image = Characters("a"..."z", "A"..."Z", "0"..."9", and: "._:/@-+")
    static let imageEnd = Characters("a"..."z", "A"..."Z", "0"..."9", and: "_")
    static let base64 = Characters("a"..."z", "A"..."Z", "0"..."9", and: "+/=")
    static let nameStart = Characters("a"..."z", "A"..."Z", and: "_")
    static let name = Characters("a"..."z", "A"..."Z", "0"..."9", and: "_")
}
