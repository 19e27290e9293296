import Agents
import ArgumentParser
import Etcd
import FoundationEssentials
import HTTPTransport
import Kamailio

struct DispatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dispatch",
        abstract: "Keep one Kamailio dealing calls as the cluster's shares say.",
        discussion: """
            Runs beside a Kamailio. It writes the dispatcher's list file, has Kamailio read it, and acknowledges in etcd \
            which revision is in force. While etcd cannot be reached the last list stays.

            A Kamailio with a script of its own includes dialtone-route.cfg, which `dialtone kamailio` writes; without it no call \
            is dealt to a canary.

            Examples:
              dialtone dispatch --cluster astricon --name kamailio-1 \\
                --list /etc/kamailio/dispatcher.list --rpc http://127.0.0.1:8060/RPC \\
                --etcd http://10.0.0.2:2379
            """)

    @Option(help: "The cluster's name.") var cluster: String
    @Option(help: "The dispatcher's name, as the manifest has it in kamailio.external.") var name: String
    @Option(help: "The dispatcher's list file, as Kamailio's list_file says.") var list: String
    @Option(help: ArgumentHelp("Kamailio's JSON-RPC over HTTP.", valueName: "url"))
    var rpc = "http://127.0.0.1:8060/RPC"
    @Option(help: ArgumentHelp("The dispatcher sets that are Dialtone's.", valueName: "stable,canary,draw[,rules]"))
    var sets = DispatcherSetNumbers()
    @Option(help: ArgumentHelp("Kamailio's reload_delta.", valueName: "seconds"))
    var reloadDelta = 5
    @Option(help: ArgumentHelp("etcd's client URLs, with commas between them [DIALTONE_ETCD]", valueName: "urls"))
    var etcd: String?
    @Option(help: "A PEM file with the certificates that sign etcd's.") var etcdCa: String?
    @Option(help: "A PEM file with the certificate for etcd.") var etcdCert: String?
    @Option(help: "A PEM file with the key for etcd.") var etcdKey: String?

    func validate() throws {
        guard (0...3600).contains(reloadDelta) else { throw ValidationError("--reload-delta takes 0 to 3600") }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let urls = etcd ?? environment["DIALTONE_ETCD"], !urls.isEmpty else {
            throw ValidationError("give etcd's URLs with --etcd")
        }
        let client = EtcdClient(
            endpoints: urls.split(separator: ",").map(String.init),
            tls: HTTPClient.TLSFiles(ca: etcdCa, certificate: etcdCert, key: etcdKey))
        let configuration = DispatcherConfiguration(
            cluster: cluster, name: name, listFile: list, sets: sets.numbers, reloadDelta: reloadDelta)
        let dispatcher = Dispatcher(configuration: configuration, etcd: client, kamailio: KamailioClient(url: rpc))
        await StopSignals.cancelling { await dispatcher.run() }
    }
}
