import Agents
import ArgumentParser
import Asterisk
import Etcd
import FoundationEssentials
import HTTPTransport

struct AnnounceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "announce",
        abstract: "Keep one Asterisk registered while it answers.",
        discussion: """
            Dialtone runs this beside every instance, by a unit of its own. It registers the instance in etcd under a \
            lease while SIP OPTIONS is answered, and says how many calls it carries.

            ARI's user and password are taken from the variables ARI_USER and ARI_PASSWORD, those of AMI, which is asked \
            where ARI does not answer, from AMI_USER and AMI_SECRET.

            Examples:
              dialtone announce --cluster astricon --name astricon-asterisk-1 \\
                --address 10.0.0.11 --node astricon-node-1 --unit 0f3a \\
                --image registry.example.net/asterisk:20.9 \\
                --etcd http://10.0.0.2:2379 --ari http://127.0.0.1:8088
            """)

    @Option(help: "The cluster's name.") var cluster: String
    @Option(help: "The instance's name.") var name: String
    @Option(help: "The IP address that it answers SIP on.") var address: String
    @Option(help: "The UDP port that it answers SIP on.") var port = 5060
    @Option(help: "The node that it runs on.") var node: String
    @Option(help: "stable or canary.") var track: String = "stable"
    @Option(help: "The image that it runs.") var image: String
    @Option(help: "The hash of its unit.") var unit: String
    @Option(help: ArgumentHelp("etcd's client URLs, with commas between them [DIALTONE_ETCD]", valueName: "urls"))
    var etcd: String?
    @Option(help: "ARI's address; without it and AMI's the calls stay unknown.") var ari: String?
    @Option(
        help: ArgumentHelp(
            "AMI's address, where AMI_USER is set; the instance's, with the port that belongs to its SIP port, unless given.",
            valueName: "address:port"))
    var ami: String?
    @Option(
        help: ArgumentHelp(
            "Where it is announced: dialtone, and kamailio-etcd-dispatcher for its keys in etcd's v2 store too.",
            valueName: "list"))
    var discovery = "dialtone"
    @Option(
        help: ArgumentHelp(
            "An extension that echoes: called before the instance gets its first caller.", valueName: "extension"))
    var probe: String?
    @Option(help: "A PEM file with the certificates that sign etcd's.") var etcdCa: String?
    @Option(help: "A PEM file with the certificate for etcd.") var etcdCert: String?
    @Option(help: "A PEM file with the key for etcd.") var etcdKey: String?

    func validate() throws {
        guard (1...65535).contains(port) else { throw ValidationError("--port takes 1 to 65535") }
        let places = discovery.split(separator: ",", omittingEmptySubsequences: false)
        guard places.contains("dialtone"),
            places.allSatisfy({ ["dialtone", "kamailio-etcd-dispatcher"].contains($0) })
        else { throw ValidationError("--discovery takes dialtone, or dialtone,kamailio-etcd-dispatcher") }
        guard ami == nil || manager(["AMI_USER": "u"]) != nil else {
            throw ValidationError("--ami takes ADDRESS:PORT")
        }
        if let probe {
            let isPlain = probe.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "+*#._-".unicodeScalars.contains($0))
            }
            guard isPlain, !probe.isEmpty else {
                throw ValidationError("--probe takes letters, digits and + * # . _ -")
            }
        }
        guard ["stable", "canary"].contains(track) else { throw ValidationError("--track takes stable or canary") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let urls = etcd ?? environment["DIALTONE_ETCD"], !urls.isEmpty else {
            throw ValidationError("give etcd's URLs with --etcd")
        }
        let endpoints = urls.split(separator: ",").map(String.init)
        let tls = HTTPClient.TLSFiles(ca: etcdCa, certificate: etcdCert, key: etcdKey)
        let client = EtcdClient(endpoints: endpoints, tls: tls)
        let v2 = discovery.contains("kamailio") ? EtcdV2Client(endpoints: endpoints, tls: tls) : nil
        let credentials = environment["ARI_USER"].map {
            AsteriskRest.Credentials(user: $0, password: environment["ARI_PASSWORD"] ?? "")
        }
        var configuration = AnnouncerConfiguration(
            cluster: cluster, name: name, address: address, port: port, node: node, track: track, image: image,
            unit: unit)
        configuration.probe = probe
        let announcer = Announcer(
            configuration: configuration, etcd: client,
            ari: ari.map { AsteriskRest(url: $0, credentials: credentials) }, ami: manager(environment), v2: v2)
        await StopSignals.cancelling { await announcer.run() }
    }

    /// `nil`: no user was given, or what was given is no address.
    private func manager(_ environment: [String: String]) -> AsteriskManager? {
        guard let user = environment["AMI_USER"] else { return nil }
        // AMI's port moves with SIP's (DESIGN section 3).
        let place = ami ?? "\(address):\(5038 + port - 5060)"
        guard let colon = place.lastIndex(of: ":"), let port = Int(place[place.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        return AsteriskManager(
            host: String(place[..<colon]), port: port,
            credentials: .init(user: user, secret: environment["AMI_SECRET"] ?? ""))
    }
}
