import FoundationEssentials
import HTTPTransport
import Kamailio

/// A real Kamailio with the configuration that Dialtone renders, on a loopback address of the lab's own.
struct LabKamailio: Sendable {
    /// As `lab.yaml` has it in `kamailio.external`.
    let name: String
    let child: LabChild
    /// Where it takes calls, as `HOST:PORT`.
    let sip: String
    /// Its JSON-RPC.
    let rpc: String
    let listFile: String

    /// Kamailio's `reload_delta` here, in seconds.
    static let reloadDelta = 1

    /// The node numbers of a lab end at 210.
    private static func host(_ number: Int, _ network: LabNetwork) -> String {
        network.serviceAddress(of: "\(network.prefix).\(220 + number)")
    }

    /// Returns once it answers.
    ///
    /// - Parameter number: from 1 on.
    static func start(
        _ number: Int, network: LabNetwork, layout: LabLayout, environment: [String: String]
    ) async throws(LabError) -> LabKamailio {
        let name = "kamailio-\(number)"
        guard LabChild.path(of: "kamailio").hasPrefix("/") else {
            throw LabError(
                "a lab with a Kamailio needs the packages kamailio and kamailio-extra-modules; --kamailio 0 does without"
            )
        }
        let directory = layout.kamailio(name)
        let host = host(number, network)
        let list = "\(directory)/dispatcher.list"
        let configuration: KamailioConfiguration
        do {
            var settings = try KamailioSettings(
                listen: [.init(.udp, host: host, port: 5060)], rpc: .init(.tcp, host: host, port: 8060),
                listFile: list, directory: directory)
            settings.reloadDelta = reloadDelta
            configuration = KamailioConfiguration(settings)
        } catch {
            throw LabError("\(name) cannot be set up: \(error)")
        }
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw LabError("cannot make \(directory): \(error)")
        }
        try LabFile.replace("\(directory)/\(KamailioConfiguration.mainName)", with: Array(configuration.main.utf8))
        try LabFile.replace("\(directory)/\(KamailioConfiguration.routeName)", with: Array(configuration.route.utf8))
        if !FileManager.default.fileExists(atPath: list) {
            do {
                try DispatcherList.dealingNothing(configuration.settings.sets).replace(list)
            } catch {
                throw LabError("\(name) cannot be set up: \(error)")
            }
        }
        let child = try LabChild(
            name: name,
            command: [
                "kamailio", "-f", "\(directory)/\(KamailioConfiguration.mainName)", "-DD", "-E", "-Y", directory,
                "-P", "\(directory)/kamailio.pid", "-m", "64", "-M", "8",
            ], environment: environment, log: layout.log(name))
        let kamailio = LabKamailio(
            name: name, child: child, sip: "\(host):5060", rpc: "http://\(host):8060/RPC", listFile: list)
        do throws(LabError) {
            try await kamailio.waitUntilItAnswers(layout)
        } catch {
            await child.stop()
            throw error
        }
        return kamailio
    }

    private func waitUntilItAnswers(_ layout: LabLayout) async throws(LabError) {
        let client = KamailioClient(url: rpc, timeout: .seconds(1))
        let end = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < end {
            if let status = child.exitStatus {
                throw LabError("\(name) ended with status \(status); \(LabLogs.tail(layout.log(name)))")
            }
            if (try? await client.run()) != nil { return }
            guard (try? await Task.sleep(for: .milliseconds(20))) != nil else {
                throw LabError("starting \(name) was cancelled")
            }
        }
        throw LabError("\(name) at \(rpc) does not answer after 20 s; \(LabLogs.tail(layout.log(name)))")
    }
}
