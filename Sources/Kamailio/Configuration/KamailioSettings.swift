/// A setting that Kamailio's script could not carry.
public struct KamailioSettingsError: Error, Hashable, CustomStringConvertible {
    public let description: String
}

/// What a rendered Kamailio configuration is made from.
public struct KamailioSettings: Sendable, Hashable {
    /// The numbers of the dispatcher's sets.
    public struct Sets: Sendable, Hashable {
        public var stable: Int
        public var canary: Int
        /// The pseudo-destinations from which a call's track is drawn.
        public var draw: Int
        /// The pseudo-destinations that carry emergency numbers and the rules of `canary.match`.
        public var rules: Int

        public init(stable: Int = 1, canary: Int = 2, draw: Int = 9, rules: Int = 8) {
            self.stable = stable
            self.canary = canary
            self.draw = draw
            self.rules = rules
        }
    }

    /// An IPv4 address and a port to listen on.
    public struct Listen: Sendable, Hashable {
        public enum Transport: String, Sendable, Hashable {
            case udp, tcp
        }

        public let transport: Transport
        public let host: String
        public let port: Int

        /// - Throws: where the host is no IPv4 address or the port is none.
        public init(_ transport: Transport, host: String, port: Int) throws(KamailioSettingsError) {
            guard DispatcherLine.isAddress("\(host):\(port)") else {
                throw KamailioSettingsError(description: "\(host):\(port) is no IPv4 address and port to listen on")
            }
            self.transport = transport
            self.host = host
            self.port = port
        }

        var text: String { "\(transport.rawValue):\(host):\(port)" }
    }

    /// Where SIP is spoken.
    public var listen: [Listen]
    /// Where JSON-RPC is spoken: over HTTP, to this host alone.
    public var rpc: Listen
    /// An absolute path.
    public let listFile: String
    /// An absolute path of a directory: the rendered files are there, and the user's own pieces.
    public let directory: String
    public var sets = Sets()
    public var timers = ProbeTimers()
    /// Seconds within which a Call-ID goes where it went before; at least 32 (64 T1, RFC 3261 section 17.1.1.2).
    public var stickiness = 64
    /// Whether the canary takes all calls when no stable instance answers. Emergency calls go there in any case.
    public var stableFallsBack = false
    /// IPv4 networks whose requests are not counted; where there are none, nobody's are.
    public private(set) var trusted: [String] = []
    /// Bytes of a request that are taken at most.
    public var longestMessage = 16_384
    /// Seconds between two reloads at least (`reload_delta`).
    public var reloadDelta = 1
    /// Processes that handle SIP over UDP, for each address.
    public var children = 4

    /// - Throws: where a path cannot stand in the script, or the RPC address is not a loopback one.
    public init(
        listen: [Listen], rpc: Listen, listFile: String, directory: String, trusted: [String] = []
    ) throws(KamailioSettingsError) {
        guard !listen.isEmpty else { throw KamailioSettingsError(description: "there is no address to listen on") }
        guard rpc.transport == .tcp, rpc.host.hasPrefix("127.") else {
            throw KamailioSettingsError(
                description: "JSON-RPC has no authentication: only a loopback address over TCP is taken for it")
        }
        for path in [listFile, directory] where !KamailioSettings.isPlain(path: path) {
            throw KamailioSettingsError(
                description:
                    "a path begins with /, and has neither spaces, quotes, backslashes nor control characters: \(path.debugDescription)"
            )
        }
        for network in trusted where !KamailioSettings.isNetwork(network) {
            throw KamailioSettingsError(description: "\(network.debugDescription) is no IPv4 network")
        }
        self.listen = listen
        self.rpc = rpc
        self.listFile = listFile
        self.directory = directory
        self.trusted = trusted
    }

    /// Whether it is an absolute path that the script can name: `include_file` takes none with a space in it.
    private static func isPlain(path: String) -> Bool {
        path.hasPrefix("/")
            && path.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "\"" && $0 != "\\" }
    }

    /// `10.0.0.0/8`, or one address.
    static func isNetwork(_ text: String) -> Bool {
        let sides = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let host = sides.first, DispatcherLine.isAddress("\(host):1") else { return false }
        if sides.count == 1 { return true }
        guard sides.count == 2, let bits = Int(sides[1]) else { return false }
        return (0...32).contains(bits) && String(bits) == sides[1]
    }
}
