import ArgumentParser
import FoundationEssentials
import Kamailio

struct KamailioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kamailio",
        abstract: "Write a Kamailio configuration that deals the calls.",
        discussion: """
            Writes kamailio.cfg and dialtone-route.cfg, and a dispatcher list that deals nothing where there is none. A Kamailio with a script of its own includes the second alone; \
            what that needs stands at its top. Pieces of your own go into custom-*.cfg beside them.

            Examples:
              dialtone kamailio --directory /etc/kamailio --listen 10.0.0.5:5060
            """)

    @Option(help: ArgumentHelp("Where the files go, as an absolute path.", valueName: "dir")) var directory: String
    @Option(help: ArgumentHelp("An address to take calls on, over UDP; may be repeated.", valueName: "ip:port"))
    var listen: [String]
    @Option(help: ArgumentHelp("Where JSON-RPC answers: a loopback address.", valueName: "ip:port"))
    var rpc = "127.0.0.1:8060"
    @Option(help: ArgumentHelp("The dispatcher's list file; left out: in the directory.", valueName: "file"))
    var list: String?
    @Option(
        help: ArgumentHelp("Networks whose requests are not counted for flooding; may be repeated.", valueName: "net"))
    var trusted: [String] = []
    @Option(help: ArgumentHelp("The dispatcher sets that are Dialtone's.", valueName: "stable,canary,draw[,rules]"))
    var sets = DispatcherSetNumbers()

    func run() throws {
        guard FileManager.default.fileExists(atPath: directory) else {
            throw CommandError(.failed, "there is no directory \(directory): make it first")
        }
        do {
            var settings = try KamailioSettings(
                listen: listen.map { try address($0, .udp) }, rpc: address(rpc, .tcp),
                listFile: list ?? "\(directory)/dispatcher.list", directory: directory, trusted: trusted)
            settings.sets = sets.numbers
            let configuration = KamailioConfiguration(settings)
            for (name, text) in [
                (KamailioConfiguration.mainName, configuration.main),
                (KamailioConfiguration.routeName, configuration.route),
            ] {
                try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(name)"), options: .atomic)
            }
            if !FileManager.default.fileExists(atPath: settings.listFile) {
                // Kamailio does not start without one; `dialtone dispatch` writes what is dealt.
                try DispatcherList.dealingNothing(settings.sets).replace(settings.listFile)
            }
            Streams.error.write(
                """
                Written: \(directory)/\(KamailioConfiguration.mainName) and \(KamailioConfiguration.routeName). An instance that hangs gets no \
                new calls after \(settings.timers.detectionBound) s. What is dealt is written to \(settings.listFile) by `dialtone dispatch`.

                """.printableLines)
        } catch let error as KamailioSettingsError {
            throw ValidationError(error.description)
        } catch {
            throw CommandError(.failed, "\(directory): \(error)")
        }
    }

    private func address(
        _ text: String, _ transport: KamailioSettings.Listen.Transport
    ) throws(KamailioSettingsError) -> KamailioSettings.Listen {
        let sides = text.split(separator: ":", omittingEmptySubsequences: false)
        return try KamailioSettings.Listen(
            transport, host: sides.first.map(String.init) ?? "", port: sides.count == 2 ? Int(sides[1]) ?? 0 : 0)
    }
}

/// `1,2,9,8`; the rules' set is the one before the draw's where it is not given.
struct DispatcherSetNumbers: ExpressibleByArgument {
    var numbers = KamailioSettings.Sets()

    init() {}

    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard (3...4).contains(parts.count) else { return nil }
        let all = parts.count == 4 ? parts : parts + [parts[2] - 1]
        guard all.allSatisfy({ $0 > 0 }), Set(all).count == 4 else { return nil }
        numbers = KamailioSettings.Sets(stable: all[0], canary: all[1], draw: all[2], rules: all[3])
    }

    var defaultValueDescription: String {
        "\(numbers.stable),\(numbers.canary),\(numbers.draw),\(numbers.rules)"
    }
}
